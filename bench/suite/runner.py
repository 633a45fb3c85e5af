# SPDX-License-Identifier: GPL-2.0-only
"""Runs boots, keeps what they found, and compares it.

A boot is kept under a name that is the hash of all that went into it: the same
name, the same nanoseconds, on any machine. A boot that is kept is not run again.
"""

import hashlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.suite import inputs
from bench.suite.guest import SPEC, Boot, measure, stop_guests

KEPT = inputs.BENCH / "kept"

# Boots at once; each is one thread of QEMU.
GUESTS = 2


def name_of(boot: Boot, hashes: dict) -> str:
    parts = [hashes, boot.drive, boot.profile(), boot.listing(), boot.command()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text)
    part.rename(path)


class Runner:
    """Runs boots, several at once, and says how far it is."""

    def __init__(self, kept: Path = KEPT):
        self.kept = kept
        self.hashes = inputs.hashes()
        self.versions = inputs.versions(inputs.BUILD / "qemu-system-x86_64")
        self.lock = threading.Lock()
        self.done = 0
        self.todo = 0
        self.start = time.monotonic()

    def path(self, boot: Boot) -> Path:
        return self.kept / f"{name_of(boot, self.hashes)}.json"

    def one(self, boot: Boot) -> None:
        start = time.monotonic()
        found = measure(boot, self.path(boot).stem)
        seconds = time.monotonic() - start
        write(self.path(boot), json.dumps({
            "drive": boot.drive,
            "profile": boot.profile(),
            "inputs": self.hashes,
            "wall_seconds": round(seconds),
            **found,
        }, sort_keys=True))
        with self.lock:
            self.done += 1
            left = (time.monotonic() - self.start) / self.done * (self.todo - self.done)
            drive = ", ".join(f"{value}" for value in boot.drive.values())
            print(f"[{self.done}/{self.todo}] {drive}: {len(boot.points)} points in "
                  f"{seconds:.0f} s; about {left / 60:.0f} min left", flush=True)

    def all(self, boots: list) -> list:
        """Runs what is not kept yet; returns what is kept of all of them."""
        missing = [boot for boot in boots if not self.path(boot).exists()]
        self.todo += len(missing)
        self.kept.mkdir(parents=True, exist_ok=True)
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
        return self.found(boots)

    def found(self, boots: list) -> list:
        """What is kept of boots; if that is not all, each record names what is not whole."""
        if inputs.hashes() != self.hashes:
            sys.exit("bench: something was built while guests ran: nothing of this counts")
        kept = [boot for boot in boots if self.path(boot).exists()]
        unfinished = sorted({name for boot in boots if boot not in kept
                             for name in boot.figures()})
        # Whoever measured it: what is here now makes the same inputs.
        return [{**json.loads(self.path(boot).read_text()), "versions": self.versions,
                 **({"unfinished": unfinished} if unfinished else {})} for boot in kept]


class LoadedRunner(Runner):
    """Runs all boots again, on a machine that is kept busy, into a place apart."""

    def __init__(self):
        super().__init__(inputs.BENCH / "again")

    def all(self, boots: list) -> list:
        shutil.rmtree(self.kept, ignore_errors=True)
        busy = [subprocess.Popen(["sha256sum", "/dev/zero"], stdout=subprocess.DEVNULL)
                for _ in range(os.cpu_count())]
        try:
            return super().all(boots)
        finally:
            for process in busy:
                process.kill()


def save(records: list, path: Path) -> None:
    """The raw results of a suite: a list of records, a line for each."""
    write(path, "[\n" + ",\n".join(json.dumps(one, sort_keys=True) for one in records) + "\n]\n")


def things(records: list) -> dict:
    """Everything that was measured in virtual time, by what it is."""
    known = {}
    for record in records:
        drive = tuple(sorted(record["drive"].items()))
        for point in record["points"]:
            spec = tuple((key, point[key]) for key in ("figure", *SPEC) if key in point)
            known[drive, spec] = point
        for thing in record.get("calibration", ()):
            known[drive, (("thing", thing["thing"]),)] = thing
    return known


def named(name: tuple) -> str:
    return " ".join(f"{key}={value}" for part in name for key, value in part)


def change(one: dict, other: dict) -> float:
    """How much longer the second took; those that took no time last."""
    return other["ns"] / one["ns"] if one.get("ns") and other.get("ns") else 1.0


def say_differences(one: dict, other: dict, wrong: list) -> None:
    """A line for each measurement that both have, the largest change first."""
    for name in sorted(wrong, key=lambda name: abs(math.log(change(one[name], other[name]))),
                       reverse=True):
        keys = sorted(key for key in {**one[name], **other[name]}
                      if one[name].get(key) != other[name].get(key))
        print(f"{change(one[name], other[name]):8.3f}  {named(name)}: {', '.join(keys)}")


def compare(first: list, second: list) -> bool:
    """Says what the second run found otherwise, or not at all; whether it is the same."""
    one, other = things(first), things(second)
    made_of = [{key for record in records for key in record["inputs"].items()}
               for records in (first, second)]
    for key, value in sorted(made_of[0] ^ made_of[1]):
        print(f"made of another {key}: {value}")
    both = [name for name in one if name in other]
    wrong = [name for name in both if one[name] != other[name]]
    if wrong:
        print("  second: first")
    say_differences(one, other, wrong)
    print(f"{len(both) - len(wrong)} of {len(both)} measurements that both have are equal in "
          "all their numbers")
    for only, which in ((len(one) - len(both), "first"), (len(other) - len(both), "second")):
        if only:
            print(f"{only} only in the {which}")
    return bool(one) and not wrong and len(one) == len(other) == len(both)


def table(records: list) -> str:
    """What was measured, a line for each point."""
    rows = [("figure", "profile", "program", "method", "size", "count", "ms", "MB/s")]
    for record in records:
        for point in record["points"]:
            rows.append((point["figure"], record["drive"].get("profile", ""),
                         point["program"], point["method"], str(point["size"]),
                         str(point["count"]), f"{point['ns'] / 1e6:.3f}",
                         f"{point['bytes'] * 1e3 / point['ns']:.1f}" if point["ns"] else "-"))
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "".join("  ".join(word.rjust(width) if i > 3 else word.ljust(width)
                             for i, (word, width) in enumerate(zip(row, widths))).rstrip() + "\n"
                   for row in rows)


def refuse_unequal(records: list) -> None:
    """A point counts when its result is that of the same work done elsewhere."""
    seen, wrong = {}, False
    for point in (point for record in records for point in record["points"]):
        work = tuple(point.get(key) for key in
                     ("program", "file", "size", "count", "start", "stride"))
        first = seen.setdefault(work, point)
        if point["hash"] != first["hash"]:
            print(f"not equal: {first}\n           {point}", file=sys.stderr)
            wrong = True
    if wrong:
        sys.exit("bench: results differ between methods; nothing of this counts")
