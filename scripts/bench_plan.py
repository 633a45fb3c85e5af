# SPDX-License-Identifier: GPL-2.0-only
"""What is measured: figures, each a grid of points on some drives."""

from itertools import product

from bench_guest import Boot, Worth

KIB, MIB = 1 << 10, 1 << 20

# Native code behind read(), past the page cache, over mmap(); a λ in the host,
# in the drive, and where the kernel likes.
WAYS = ("UB", "UD", "UM", "K", "D", "A")
PROFILES = ("paper", "smartssd", "fast-host", "balanced")
# The five of the paper, and one that is all branches and copies.
PROGRAMS = ("stats32", "stats64", "knn", "grep", "bitmap", "csvfilter")

# Requests of what is also done on silicon.
CPU_COUNT = 16

# Requests after which the kernel has tried both sides and knows.
KNOWN = 24

# A guest boots in seconds, so many points share a boot, but none is endless.
POINTS_A_BOOT = 36


def grid(figure: str, total: int, **axes):
    """Points of a figure: every combination of its axes, over @total bytes."""
    for values in product(*axes.values()):
        point = dict(zip(axes, values))
        point.setdefault("size", MIB)
        yield {"figure": figure, "count": max(1, total // point["size"]),
               "warm": KNOWN if point["way"] == "A" else 1, **point}


def cold(quick: bool):
    """Every program on every drive with an empty page cache."""
    for profile in PROFILES:
        yield {"profile": profile}, grid(
            "cold", 8 * MIB, program=PROGRAMS, way=WAYS, threads=(1, 4))


def large(quick: bool):
    """Sequential requests of 8 MiB against what the drive can do."""
    for profile in PROFILES:
        yield {"profile": profile, "pipeline": "on"}, grid(
            "large", 16 * MIB if quick else 64 * MIB, program=("stats64", "knn", "grep"),
            way=WAYS, size=(8 * MIB,))


def rates(quick: bool):
    """Hosts of 2, 4 and 8 G instructions a second; `cold` has the one of 1 G."""
    for dilation in (2, 4, 8):
        yield {"profile": "paper", "dilation": dilation}, grid(
            "cold", 8 * MIB, program=PROGRAMS, way=WAYS, threads=(1, 4))


def cached(quick: bool):
    """What part of the data the page cache holds."""
    for profile in ("paper", "balanced"):
        yield {"profile": profile}, grid(
            "cached", 8 * MIB, program=("stats64", "grep"), way=WAYS,
            cached=range(0, 101, 25 if quick else 10))


def sizes(quick: bool):
    """Bytes of a request."""
    yield {"profile": "balanced"}, (
        point for size in (4, 16, 64, 256, 1024, 4096, 8192)
        for point in grid("sizes", min(8 * MIB, 256 * size * KIB), program=("stats64", "grep"),
                          way=WAYS, size=(size * KIB,)))


def threads(quick: bool):
    """Requests under way at a time."""
    yield {"profile": "balanced"}, grid(
        "threads", 8 * MIB, program=("stats64", "knn"), way=WAYS, size=(256 * KIB,),
        threads=(1, 2, 4, 8))


def path(quick: bool):
    """Instructions of a request that does nothing, on a drive that takes no time.

    Requests lie apart, so that none profits from what another read ahead.
    """
    yield {"profile": "balanced", "timing": "off"}, (
        point for size, stride in ((4 * KIB, MIB), (MIB, 2 * MIB))
        for point in grid("path", 32 * size, program=("none",), way=WAYS, size=(size,),
                          stride=(stride,), cached=(0, 100)))


def cpu(quick: bool):
    """The part of the processor: nothing but work on cached data."""
    yield {"profile": "balanced", "timing": "off"}, grid(
        "cpu", CPU_COUNT * MIB, program=PROGRAMS, way=("UB", "UM", "K"), cached=(100,))


FIGURES = (cold, large, rates, cached, sizes, threads, path, cpu)


NAMES = tuple(figure.__name__ for figure in FIGURES)


def boots(quick: bool, only: list = NAMES) -> list:
    """All points, sorted into boots with the same drive."""
    by_drive = {}
    for figure in (figure for figure in FIGURES if figure.__name__ in only):
        for drive, points in figure(quick):
            by_drive.setdefault(tuple(sorted(drive.items())), []).extend(points)
    return [Worth({"profile": "balanced"})] + [
            Boot(dict(drive), points[at:at + POINTS_A_BOOT])
            for drive, points in by_drive.items()
            for at in range(0, len(points), POINTS_A_BOOT)]
