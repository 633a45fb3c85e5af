# SPDX-License-Identifier: GPL-2.0-only
"""Guests: the drive of each, the points that it measures, and how it is run.

A boot measures a list of points on one drive. What a point takes depends on
what the guest did before, so the boot is what is kept: see runner.py.
"""

import csv
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from bench.suite.inputs import BENCH, IMAGE, TOP, run

# Seconds of wall time after which a guest is given up.
LIMIT = 3600

# What a list says of a point; the rest of a point is for the report.
SPEC = ("program", "method", "file", "size", "count", "start", "stride", "cached", "threads",
        "rounds", "trace", "warm", "keep", "mark", "beside", "period", "probes")


@dataclass
class Boot:
    """A guest: the drive it has, and the points it measures in turn."""

    drive: dict     # And how much memory the guest has, where that is told.
    points: list = field(default_factory=list)

    def listing(self) -> str:
        """What lambda-bench is given."""
        return "".join(
            " ".join([f"id={number}"] + [f"{key}={point[key]}" for key in SPEC if key in point])
            + "\n" for number, point in enumerate(self.points))

    def command(self) -> str:
        return "mount /dev/nvme0n1 /mnt && lambda-bench run /points /mnt"

    def parse(self, text: str) -> dict:
        """What a record keeps of the guest's output: all points, or an error."""
        rows = {}
        for row in csv.DictReader(text.splitlines()):
            number = int(row.pop("id"))
            misses = [int(value) for value in row.pop("misses").split()]
            rows[number] = {key: value if key == "hash" else int(value)
                            for key, value in row.items()}
            if misses:
                rows[number]["misses"] = misses
        if sorted(rows) != list(range(len(self.points))):
            raise ValueError(f"{len(rows)} of {len(self.points)} points came back")
        return {"points": [{**point, **rows[number]}
                           for number, point in enumerate(self.points)]}

    def figures(self) -> set:
        """Of which it has points; those of slowed down drives are for a figure of their own."""
        return {"rates" if "dilation" in self.drive else point["figure"]
                for point in self.points}

    def profile(self) -> str:
        """Text of the drive's profile, with the one number that is another."""
        text = (TOP / "configs/csd" / f"{self.drive['profile']}.conf").read_text()
        if "change" not in self.drive:
            return text
        name, value = self.drive["change"].split("=")
        return re.sub(rf"(?m)^{name} = .*$", f"{name} = {value}", text)

    def properties(self, profile: Path) -> str:
        """What QEMU is told of the drive, beside its image."""
        known = {key: value for key, value in self.drive.items()
                 if key not in ("change", "memory")}
        return ",".join(f"{key}={value}" for key, value in {**known, "profile": profile}.items())


class Calibration(Boot):
    """A guest that tells what its clock makes of common work."""

    def command(self) -> str:
        return "mount /dev/nvme0n1 /mnt && lambda-bench calibrate /mnt/numbers"

    def parse(self, text: str) -> dict:
        return {"points": [], "calibration": list(csv.DictReader(text.splitlines()))}


GROUPS = set()


class Stopped(SystemExit):
    """Somebody has had enough."""


def guest(command: list) -> subprocess.CompletedProcess:
    """Runs a guest that does not outlive us: see stop_guests()."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        GROUPS.add(process.pid)
        out, err = process.communicate()
        GROUPS.discard(process.pid)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def stop_guests(*_) -> None:
    for group in list(GROUPS):
        os.killpg(group, signal.SIGTERM)
    raise Stopped("bench: stopped; what is done is kept")


def measure(boot: Boot, key: str) -> dict:
    """One guest, on a copy of the image: it writes to it."""
    folder = BENCH / f"guest-{key}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    listing, disk, log = folder / "points", folder / "disk.img", folder / "dmesg"
    profile = folder / "profile"
    listing.write_text(boot.listing())
    profile.write_text(boot.profile())
    run("cp", "--sparse=always", "--reflink=auto", IMAGE, disk)
    done = guest(
        [TOP / "scripts/vm", "--icount", "--time", str(LIMIT), "--log", log,
         "--mem", boot.drive.get("memory", "4G"),
         "--csd", f"{disk},{boot.properties(profile)}", "--file", f"{listing}:/points",
         "--exec", boot.command()])
    disk.unlink()
    if done.returncode:
        (folder / "output").write_text(done.stdout + done.stderr)
        raise RuntimeError(f"a guest ended with {done.returncode}; see {folder}\n"
                           + done.stderr[-2000:])
    found = boot.parse(done.stdout.strip())
    shutil.rmtree(folder)
    return found
