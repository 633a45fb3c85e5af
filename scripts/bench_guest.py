# SPDX-License-Identifier: GPL-2.0-only
"""Boots guests that measure points, and keeps what they found.

A boot measures a list of points on one drive. What a point takes depends on
what the guest did before, so the boot is what is kept, under a name that is
the hash of all that went into it: the same name, the same nanoseconds, on any
machine. A boot that is kept is not run again.
"""

import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("LAMBDA_BUILD") or
             Path(os.environ.get("LAMBDA_CACHE") or Path.home() / ".cache/lambda-io") / "build")
BENCH = BUILD / "bench"
RESULTS = BENCH / "results"
IMAGE = BENCH / "data.img"

# Boots at once; each is one thread of QEMU.
GUESTS = 2
# Seconds of wall time after which a guest is given up.
LIMIT = 3600

# What a list says of a point; the rest of a point is for the report.
SPEC = ("program", "way", "file", "size", "count", "start", "stride", "cached", "threads",
        "rounds", "trace", "warm", "mark")


@dataclass
class Boot:
    """A guest: the drive it has, and the points it measures in turn."""

    drive: dict
    points: list = field(default_factory=list)
    setup: str = "mount /dev/nvme0n1 /mnt"
    memory: str = "4G"

    def listing(self) -> str:
        """What lambda-bench is given."""
        return "".join(
            " ".join([f"id={number}"] + [f"{key}={point[key]}" for key in SPEC if key in point])
            + "\n" for number, point in enumerate(self.points))

    def command(self) -> str:
        return "lambda-bench run /points /mnt"

    def parse(self, text: str) -> dict:
        """What a record keeps of the guest's output: all points, or an error."""
        rows = {}
        for row in csv.DictReader(text.splitlines()):
            misses = [int(value) for value in row.pop("misses").split()]
            rows[int(row.pop("id"))] = {
                key: value if key == "hash" else int(value) for key, value in row.items()} | (
                    {"misses": misses} if misses else {})
        if sorted(rows) != list(range(len(self.points))):
            raise ValueError(f"{len(rows)} of {len(self.points)} points came back")
        return {"points": [{**point, **rows[number]}
                           for number, point in enumerate(self.points)]}

    def properties(self) -> str:
        """What QEMU is told of the drive, beside its image."""
        known = dict(self.drive)
        if "text" in known:
            known["profile"] = profile_file(known.pop("text"))
        return ",".join(f"{key}={value}" for key, value in known.items())


class Worth(Boot):
    """A guest that tells what its clock makes of common work."""

    def command(self) -> str:
        return "lambda-bench worth /mnt/numbers"

    def parse(self, text: str) -> dict:
        return {"points": [], "worth": list(csv.DictReader(text.splitlines()))}


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, **options)


def output(*command) -> str:
    return run(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()


def profile_file(text: str) -> Path:
    """A profile of our own, for what configs/csd does not have."""
    path = BENCH / "profiles" / (hashlib.sha256(text.encode()).hexdigest()[:16] + ".conf")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return path


def profile_text(drive: dict) -> str:
    if "text" in drive:
        return drive["text"]
    return (TOP / "configs/csd" / f"{drive['profile']}.conf").read_text()


def build() -> None:
    """Everything that figures are made of; what is there costs nothing."""
    for script, *words in (("deps",), ("build-kernel", "lambda"), ("build-userspace",),
                           ("build-qemu",), ("build-initramfs",)):
        run(TOP / "scripts" / script, *words)
    make_image()


def make_image() -> None:
    maker = TOP / "scripts/make-bench-data"
    key = output(TOP / "scripts/fetch-source") + sha256(maker)
    stamp = IMAGE.with_suffix(".key")
    if not IMAGE.exists() or not stamp.exists() or stamp.read_text() != key:
        BENCH.mkdir(parents=True, exist_ok=True)
        run(maker, IMAGE)
        stamp.write_text(key)


def inputs() -> dict:
    """Hashes of all that a guest is made of but its own boot."""
    files = {
        "kernel": BUILD / "kernel-lambda/arch/x86/boot/bzImage",
        "initramfs": BUILD / "initramfs.cpio",
        "qemu": BUILD / "qemu-system-x86_64",
        "bios": Path("/usr/share/seabios/bios-256k.bin"),
        "linuxboot": Path("/usr/share/qemu/linuxboot_dma.bin"),
        "image": IMAGE,
        "flags": TOP / "scripts/vm",
    }
    return {name: sha256(path) for name, path in files.items()}


def versions() -> dict:
    """Where the sources of all that come from."""
    git = ["git", "-C", TOP]
    changed = output(*git, "status", "--porcelain")
    return {
        "commit": output(*git, "rev-parse", "HEAD") + (" with changes" if changed else ""),
        "linux": " ".join(line.split()[1] for line in (TOP / "linux/base").read_text().splitlines()
                          if line.startswith(("package", "version"))),
        "qemu": output(BUILD / "qemu-system-x86_64", "-version").splitlines()[0],
        "gcc": output("gcc", "--version").splitlines()[0],
        "clang": output("clang", "--version").splitlines()[0],
    }


def key_of(boot: Boot, hashes: dict) -> str:
    parts = [hashes, boot.drive, profile_text(boot.drive), boot.listing(), boot.setup,
             boot.command(), boot.memory]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


GROUPS = set()


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
    sys.exit("bench: stopped; what is done is kept")


def measure(boot: Boot, key: str) -> dict:
    """One guest, on a copy of the image: it writes to it."""
    folder = BENCH / f"guest-{key}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    listing, disk, log = folder / "points", folder / "disk.img", folder / "dmesg"
    listing.write_text(boot.listing())
    run("cp", "--sparse=always", "--reflink=auto", IMAGE, disk)
    done = guest(
        [TOP / "scripts/vm", "--icount", "--time", str(LIMIT), "--mem", boot.memory,
         "--log", log, "--csd", f"{disk},{boot.properties()}", "--file", f"{listing}:/points",
         "--exec", f"{boot.setup} && {boot.command()}"])
    disk.unlink()
    if done.returncode:
        (folder / "output").write_text(done.stdout + done.stderr)
        raise RuntimeError(f"a guest ended with {done.returncode}; see {folder}\n"
                           + done.stderr[-2000:])
    found = boot.parse(done.stdout.strip())
    shutil.rmtree(folder)
    return found


class Runner:
    """Runs boots, several at once, and says how far it is."""

    def __init__(self, results: Path = RESULTS):
        self.hashes = inputs()
        made_of = hashlib.sha256(json.dumps(self.hashes, sort_keys=True).encode()).hexdigest()
        self.results = results / made_of[:12]
        self.versions = versions()
        self.lock = threading.Lock()
        self.done = 0
        self.todo = 0
        self.start = time.monotonic()

    def path(self, boot: Boot) -> Path:
        return self.results / f"{key_of(boot, self.hashes)}.json"

    def keep(self, boot: Boot, found: dict, seconds: float) -> None:
        path = self.path(boot)
        record = {
            "drive": boot.drive,
            "profile": profile_text(boot.drive),
            "setup": boot.setup,
            "memory": boot.memory,
            "inputs": self.hashes,
            "versions": self.versions,
            "wall_seconds": round(seconds),
            **found,
        }
        part = path.with_suffix(".part")
        part.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
        part.rename(path)

    def one(self, boot: Boot) -> None:
        start = time.monotonic()
        self.keep(boot, measure(boot, key_of(boot, self.hashes)), time.monotonic() - start)
        with self.lock:
            self.done += 1
            passed = time.monotonic() - self.start
            left = passed / self.done * (self.todo - self.done)
            name = boot.drive.get("profile", "another profile")
            print(f"[{self.done}/{self.todo}] {name}: {len(boot.points)} points in "
                  f"{time.monotonic() - start:.0f} s; about {left / 60:.0f} min left", flush=True)

    def all(self, boots: list) -> list:
        """Runs what is not kept yet; returns what is kept of all of them."""
        missing = [boot for boot in boots if not self.path(boot).exists()]
        self.todo += len(missing)
        self.results.mkdir(parents=True, exist_ok=True)
        # What is reported on is what was measured last.
        os.utime(self.results)
        points = sum(len(boot.points) for boot in missing)
        print(f"{len(boots)} boots, {len(boots) - len(missing)} of them kept; "
              f"{points} points to measure", flush=True)
        signal.signal(signal.SIGTERM, stop_guests)
        signal.signal(signal.SIGINT, stop_guests)
        with ThreadPoolExecutor(GUESTS) as pool:
            waiting = [pool.submit(self.one, boot) for boot in missing]
            try:
                for one in waiting:
                    one.result()
            finally:
                pool.shutdown(cancel_futures=True)
        if inputs() != self.hashes:
            sys.exit("bench: something was built while guests ran: nothing of this counts")
        return [json.loads(self.path(boot).read_text()) for boot in boots]


def unequal(records: list) -> list:
    """Points whose result differs from that of the same work done elsewhere."""
    seen, wrong = {}, []
    for record in records:
        for point in record["points"]:
            work = tuple(point.get(key) for key in
                         ("program", "file", "size", "count", "start", "stride"))
            first = seen.setdefault(work, point)
            if point["hash"] != first["hash"]:
                wrong.append((first, point))
    return wrong


def refuse_unequal(records: list) -> None:
    wrong = unequal(records)
    for first, point in wrong:
        print(f"not equal: {first}\n           {point}", file=sys.stderr)
    if wrong:
        sys.exit("bench: results differ between ways; nothing of this counts")
