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
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.suite.inputs import BENCH, IMAGE, TOP, run

# Bytes of a stripe, where the data lie on several drives.
STRIPE = 512 << 10

# Seconds of wall time after which a guest is given up.
LIMIT = 3600

# What a list says of a point; the rest of a point is for the report.
SPEC = ("program", "method", "file", "size", "count", "start", "stride", "cached", "threads",
        "rounds", "trace", "warm", "keep", "mark", "beside", "period", "probes")


@dataclass
class Boot:
    """A guest: the drive it has, and the points it measures in turn."""

    drive: dict     # And the guest's memory, and how many such drives, where that is told.
    points: list = field(default_factory=list)

    def listing(self) -> str:
        """What lambda-bench is given."""
        return "".join(
            " ".join([f"id={number}"] + [f"{key}={point[key]}" for key in SPEC if key in point])
            + "\n" for number, point in enumerate(self.points))

    def stripes(self) -> int:
        return self.drive.get("stripes", 1)

    def disk(self) -> str:
        """What makes $disk of the drives, which have names in no order."""
        number = self.stripes()
        if number == 1:
            return "disk=/dev/nvme0n1"
        return (
            f"targets=; for k in $(seq 0 {number - 1}); do "
            'at=$(dirname "$(grep -lx "CSD$k *" /sys/block/nvme*n1/device/serial)"); '
            'at=${at%/device}; targets="$targets /dev/${at##*/} 0"; done; '
            f'dmsetup create bench --table "0 $(($(cat $at/size) * {number})) striped {number} '
            f'{STRIPE >> 9}$targets" >&2 && disk=/dev/dm-0')

    def command(self) -> str:
        return f"{self.disk()} && mount $disk /mnt && lambda-bench run /points /mnt"

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
                 if key not in ("change", "memory", "stripes")}
        return ",".join(f"{key}={value}" for key, value in {**known, "profile": profile}.items())


class Calibration(Boot):
    """A guest that tells what its clock makes of common work."""

    def command(self) -> str:
        return f"{self.disk()} && mount $disk /mnt && lambda-bench calibrate /mnt/numbers"

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


def split(image: Path, parts: list) -> None:
    """The image's stripes in turn, as the device mapper puts them together; holes stay holes."""
    size, at = image.stat().st_size, 0
    with ExitStack() as files:
        whole, *each = (files.enter_context(open(path, mode)).fileno()
                        for path, mode in ((image, "rb"), *((part, "wb") for part in parts)))
        for part in each:
            os.ftruncate(part, size // len(parts))
        while at < size:
            try:
                at = os.lseek(whole, at, os.SEEK_DATA) // STRIPE * STRIPE
            except OSError:     # No data behind this.
                break
            row, column = divmod(at // STRIPE, len(parts))
            os.pwrite(each[column], os.pread(whole, STRIPE, at), row * STRIPE)
            at += STRIPE


def copies(boot: Boot, folder: Path) -> list:
    """The image for a guest, which writes to it: a file a drive."""
    disks = [folder / f"disk{number}.img" for number in range(boot.stripes())]
    if len(disks) == 1:
        run("cp", "--sparse=always", "--reflink=auto", IMAGE, disks[0])
    else:
        split(IMAGE, disks)
    return disks


def prepare(boot: Boot, folder: Path) -> list:
    """Lays out what a guest is given; what scripts/vm is told of it."""
    listing, profile = folder / "points", folder / "profile"
    listing.write_text(boot.listing())
    profile.write_text(boot.profile())
    disks = copies(boot, folder)
    return [*(["--tool", "dmsetup"] if disks[1:] else []),
            *(word for disk in disks for word in ("--csd", f"{disk},{boot.properties(profile)}")),
            "--mem", boot.drive.get("memory", "4G"), "--file", f"{listing}:/points",
            "--exec", boot.command()]


def measure(boot: Boot, key: str) -> dict:
    """One guest, on a copy of the image: it writes to it."""
    folder = BENCH / f"guest-{key}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    given = prepare(boot, folder)
    done = guest([TOP / "scripts/vm", "--icount", "--time", str(LIMIT), "--log", folder / "dmesg",
                  *given])
    for disk in folder.glob("disk*.img"):
        disk.unlink()
    if done.returncode:
        (folder / "output").write_text(done.stdout + done.stderr)
        raise RuntimeError(f"a guest ended with {done.returncode}; see {folder}\n"
                           + done.stderr[-2000:])
    found = boot.parse(done.stdout.strip())
    shutil.rmtree(folder)
    return found
