# SPDX-License-Identifier: GPL-2.0-only
"""Does the model choose well? A random sample of what a user may do.

Each point is done by the automatic choice and by both forced sides, over the
same data with the same part of it cached. What the choice took is compared
with the better of the two sides.
"""

import random
import statistics
from itertools import product

from bench.suite.guest import Boot
from bench.suite.plan import KIB, MIB, PROFILES
from bench.suite.tables import table

PROGRAMS = ("stats32", "stats64", "knn", "grep", "bitmap")
SIZES = tuple(size * KIB for size in (64, 128, 256, 512, 1024))
CACHED = range(0, 101, 10)
THREADS = (1, 2, 4, 8)
POINTS, LARGE_POINTS, LARGE = 300, 20, 8 * MIB
REQUESTS = 200
# The data's files are as long; a point that wants more goes round.
FILE = 64 * MIB

# Within which factor of the better side, on what part of the points, and always.
AIM, AIM_PART, WORST = 1.05, 0.95, 1.15
MISS_MEDIAN, MISS_95 = 0.10, 0.30

POINTS_A_BOOT = 8


def sample(seed: int) -> list:
    chance = random.Random(seed)
    grid = list(product(PROFILES, PROGRAMS, CACHED, SIZES, THREADS))
    large = list(product(PROFILES, PROGRAMS, CACHED, (LARGE,), THREADS))
    return chance.sample(grid, POINTS) + chance.sample(large, LARGE_POINTS)


def methods(seed: int, program: str, cached: int, size: int, threads: int):
    """The point in its three methods, over at least so many requests."""
    rounds = -(-REQUESTS * size // FILE)
    count = -(-REQUESTS // rounds)
    for method in ("host", "drive", "auto"):
        yield {"figure": "sweep", "seed": seed, "program": program, "method": method, "size": size,
               "count": count, "rounds": rounds, "cached": cached, "threads": threads,
               "trace": 1}


def boots(seed: int) -> list:
    """Points of the same drive share a boot."""
    result = []
    chosen = sample(seed)
    for profile in PROFILES:
        mine = [point[1:] for point in chosen if point[0] == profile]
        for at in range(0, len(mine), POINTS_A_BOOT):
            result.append(Boot({"profile": profile}, [
                one for point in mine[at:at + POINTS_A_BOOT] for one in methods(seed, *point)]))
    return result


class Choice:
    """A point: what the choice took, and what the sides took."""

    def __init__(self, profile: str, host: dict, device: dict, auto: dict):
        self.profile, self.host, self.device, self.auto = profile, host, device, auto
        self.better = min(host["ns"], device["ns"])
        self.ratio = auto["ns"] / self.better
        # Of requests that were not sent somewhere only to measure.
        plain = auto["requests"] - auto["profiled"]
        share = auto["ns_profiled"] / max(1, auto["ns_requests"])
        self.without = (1 - share) * auto["requests"] / plain * self.ratio if plain else self.ratio
        self.misses = [abs(miss) / 1000 for miss in auto.get("misses", [])]

    def row(self) -> list:
        auto = self.auto
        return [self.profile, auto["program"], auto["cached"], auto["size"] >> 10,
                auto["threads"], self.host["ns"] / 1e6, self.device["ns"] / 1e6, auto["ns"] / 1e6,
                auto["device"] / auto["requests"], auto["profiled"], self.ratio, self.without]


HEAD = ["profile", "program", "cached %", "KiB", "threads", "host ms", "device ms", "auto ms",
        "to device", "profiled", "auto / better", "without profiling"]


def choices(records: list, seed: int) -> list:
    found = []
    for record in records:
        points = [point for point in record["points"] if point.get("seed") == seed]
        for k in range(0, len(points), 3):
            found.append(Choice(record["drive"]["profile"], *points[k:k + 3]))
    return found


def listing(found: list) -> str:
    return table(HEAD, [[f"{one:.2f}" if isinstance(one, float) else one for one in choice.row()]
                        for choice in found], words=2)


def verdict(found: list) -> list:
    """What is promised and what is so: text, value, aim, kept."""
    good = sum(choice.ratio <= AIM for choice in found) / len(found)
    worst = max(choice.ratio for choice in found)
    misses = sorted(miss for choice in found for miss in choice.misses)
    lines = [(f"points within {AIM - 1:.0%} of the better side", good, AIM_PART,
              good >= AIM_PART),
             ("the worst, as a multiple of the better side", worst, WORST, worst <= WORST)]
    if misses:
        middle, most = statistics.median(misses), misses[int(0.95 * len(misses))]
        lines += [("prediction error, median", middle, MISS_MEDIAN, middle <= MISS_MEDIAN),
                  ("prediction error, 95th percentile", most, MISS_95, most <= MISS_95)]
    return lines


def report(found: list, seed: int) -> str:
    by_ratio = sorted(found, key=lambda choice: -choice.ratio)
    lines = [f"## The choice of a side\n\nSeed {seed}: {len(found)} points of "
             f"{found[0].auto['requests']} requests or more, requests of the automatic choice "
             "and of both forced sides over the same data.\n",
             "| | is | aim | |\n|---|---:|---:|---|"]
    lines += [f"| {text} | {value:.3f} | {aim:.2f} | {'kept' if kept else '**missed**'} |"
              for text, value, aim, kept in verdict(found)]
    without = sum(choice.without <= AIM for choice in found) / len(found)
    lines += [f"| the same without requests that only measure | {without:.3f} | | |", "",
              "The worst ten:\n", listing(by_ratio[:10]), "All:\n", listing(by_ratio)]
    return "\n".join(lines)
