# SPDX-License-Identifier: GPL-2.0-only
"""What is measured: figures, each a grid of points on some drives."""

from itertools import product

from bench.suite.guest import Boot, Calibration

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

# Native code behind read(), past the page cache, over mmap(); a λ in the host,
# in the drive, and where the kernel likes.
METHODS = ("read", "direct", "mmap", "host", "drive", "auto")
# A λ on both sides at once: of record-wise programs, and of requests that are
# large enough to be divided.
BOTH, DIVIDED = "both", 512 * KIB
PROFILES = ("paper", "smartssd", "fast-host", "balanced")
REMOTE = ("remote-10g", "remote-25g")
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
               "warm": KNOWN if point["method"] in ("auto", BOTH) else 1, **point}


def cold(quick: bool):
    """Every program on every drive with an empty page cache."""
    for profile in PROFILES:
        yield {"profile": profile}, grid(
            "cold", 8 * MIB, program=PROGRAMS, method=METHODS, threads=(4,) if quick else (1, 4))


def rates(quick: bool):
    """Hosts of 2, 4 and 8 G instructions a second; `cold` has the one of 1 G."""
    for dilation in (2, 4, 8):
        yield {"profile": "paper", "dilation": dilation}, grid(
            "cold", 8 * MIB, program=PROGRAMS, method=("read", "drive", "auto"),
            threads=(4,) if quick else (1, 4))


def large(quick: bool):
    """Sequential requests of 8 MiB against what the drive can do."""
    for profile in PROFILES:
        # As many at a time as the quick suite's bytes are.
        methods = {1: (*METHODS, BOTH), 4: (*METHODS, BOTH)}
        if quick:
            alone = ("host", "drive", "auto", BOTH) if profile == "balanced" else ()
            methods = {1: alone, 2: METHODS}
        for number in methods:
            yield {"profile": profile, "pipeline": "on"}, grid(
                "large", (16 if quick else 64) * MIB, program=("stats32", "stats64", "knn", "grep"),
                method=methods[number], size=(8 * MIB,), threads=(number,))


def remote(quick: bool):
    """Every program, cold, over drives that lie beyond a network, and as much without one."""
    for profile in REMOTE[:1] if quick else (*REMOTE, "paper"):
        yield {"profile": profile, "pipeline": "on"}, grid(
            "remote", (16 if quick else 64) * MIB,
            program=("stats64", "grep") if quick else PROGRAMS,
            method=("read", "drive") if quick else ("read", "direct", "drive", "auto"),
            size=(8 * MIB,), threads=(2,) if quick else (1, 4))


def striped(quick: bool):
    """Files over 1, 2, 4 and 8 drives, in stripes of half a megabyte."""
    for profile, number in product(("paper",) if quick else ("paper", "balanced"),
                                   (1, 4) if quick else (1, 2, 4, 8)):
        yield {"profile": profile, "pipeline": "on", "stripes": number}, grid(
            "striped", (16 if quick else 64) * MIB,
            program=("stats64",) if quick else ("stats32", "stats64", "knn", "grep"),
            method=("read", "drive") if quick else ("read", "direct", "drive"),
            size=(8 * MIB,), threads=(1,) if quick else (1, 4))


def cached(quick: bool):
    """What part of the data the page cache holds."""
    for profile in ("balanced",) if quick else ("paper", "balanced"):
        yield {"profile": profile}, grid(
            "cached", 8 * MIB, program=("stats64", "grep"), method=METHODS,
            cached=range(0, 101, 25 if quick else 10))


def sizes(quick: bool):
    """Bytes of a request."""
    yield {"profile": "balanced"}, (
        point for size in ((4, 64, 1024, 8192) if quick else (4, 16, 64, 256, 1024, 4096, 8192))
        for point in grid("sizes", min(8 * MIB, 256 * size * KIB), program=("stats64", "grep"),
                          method=(*METHODS, BOTH) if size * KIB >= DIVIDED else METHODS,
                          size=(size * KIB,)))


def threads(quick: bool):
    """Requests under way at a time."""
    yield {"profile": "balanced"}, grid(
        "threads", 8 * MIB, program=("stats64",) if quick else ("stats64", "knn"), method=METHODS,
        size=(256 * KIB,), threads=(1, 2, 4, 8))


def ring(quick: bool):
    """One thread with a ring against threads with system calls: requests under way at a time."""
    total = (16 if quick else 64) * MIB
    yield {"profile": "paper"}, [
        *grid("ring", total, program=("stats64", "grep"), method=("drive", "ring-drive"),
              threads=(1, 8)),
        *grid("ring", 4 * MIB, program=("stats64",), method=("host",), size=(4 * KIB,),
              cached=(100,)),
        *grid("ring", 4 * MIB, program=("stats64",), method=("ring-host",), size=(4 * KIB,),
              cached=(100,), threads=(1, 32))]


def growth(quick: bool):
    """Requests spread over files of more and more bytes, and of more and more extents."""
    files = {"big64m": 64 * MIB, "big1g": GIB, "big16g": 16 * GIB,
             **{f"pieces{10 ** k}": 64 * MIB for k in (1, 2, 3, 4)}}
    chosen = ("big64m", "big16g", "pieces100", "pieces10000") if quick else tuple(files)
    yield {"profile": "balanced"}, (
        point for file in chosen for point in grid(
            "growth", 16 * MIB, program=("stats64",), method=METHODS, file=(file,),
            stride=(files[file] // 16,)))


def datasets(quick: bool):
    """Data that a page cache of about 350 MiB holds or does not, read once more."""
    if quick:
        return
    yield {"profile": "balanced", "memory": "512M"}, (
        {**point, "keep": 1, "warm": point["count"]}
        for total in (128, 256, 384, 512) for point in grid(
            "datasets", total * MIB, program=("stats64",), method=METHODS, file=("big1g",)))


def pair(one: dict, other: dict):
    """Two points at the same time, each in a process of its own."""
    for point, beside in ((one, other), (other, one)):
        yield {**point, "beside": "{program}-{method}-{size}-{threads}".format(
            **{"threads": 1, **beside})}


def pairs(quick: bool):
    """Two programs at once: one that likes the host and one that does not; two alike."""
    # A drive that is slow at all but helpers, which are what grep has.
    slow = {"profile": "balanced", "change": "core_mips=250"}
    for drive in (slow,) if quick else (slow, {"profile": "balanced"}, {"profile": "fast-host"}):
        yield drive, (
            point for programs in (("grep", "stats32"), ("stats64", "stats32"))
            for method in ("host", "drive", "auto") for point in pair(*grid(
                "pairs", (8 if quick else 32) * MIB, program=programs, method=(method,))))


def beside(quick: bool):
    """Ordinary reads of the disk beside λs that its cores are slow at, and that outlast them."""
    slow = {"figure": "beside", "program": "csvfilter", "method": "drive", "size": 256 * KIB,
            "count": 64 if quick else 256, "warm": 1}
    for profile in ("fast-host",) if quick else ("fast-host", "balanced"):
        points = []
        for size, stride, count in ((4, 28, 1000),) if quick else ((4, 28, 1000), (64, 64, 500)):
            reader = {"figure": "beside", "program": "touch", "method": "direct",
                      "size": size * KIB, "count": count, "stride": stride * KIB, "warm": 1}
            points.append(reader)
            for number in (4,) if quick else (1, 4, 16):
                points += pair(reader, {**slow, "threads": number})
        yield {"profile": profile}, points


def probes(quick: bool):
    """Requests of a profiling period, how many of them may be tried: from the first on."""
    settings = product((50, 200) if quick else (50, 200, 800), (5,) if quick else (1, 5, 20))
    methods = [{"method": "host"}, {"method": "drive"},
               *({"method": "auto", "period": period, "probes": number}
                 for period, number in settings)]
    for profile in ("fast-host",) if quick else ("fast-host", "balanced"):
        yield {"profile": profile}, (
            {**point, **method, "warm": 0} for method in methods for point in grid(
                "probes", (16 if quick else 64) * MIB, method=("auto",), size=(64 * KIB,),
                program=("grep",) if quick else ("grep", "stats32")))


def drives(quick: bool):
    """The drive of one profile with one number changed."""
    changes = {"link_mbps": (800,), "core_mips": (250,)} if quick else {
        "link_mbps": (800, 1600, 6400), "media_read_mbps": (1750, 7000),
        "cores": (1, 2, 8), "core_mips": (250, 500, 2000)}
    for name, values in changes.items():
        for value in values:
            yield {"profile": "balanced", "change": f"{name}={value}"}, grid(
                "drives", 8 * MIB, program=("stats64", "grep"),
                method=("read", "host", "drive", "auto"), threads=(4,))


def path(_):
    """Instructions of a request that does nothing, on a drive that takes no time.

    Requests lie apart, so that none profits from what another read ahead.
    """
    yield {"profile": "balanced", "timing": "off"}, (
        point for size, stride in ((4 * KIB, MIB), (MIB, 2 * MIB))
        for point in grid("path", 16 * size, program=("touch",), method=METHODS, size=(size,),
                          stride=(stride,), cached=(0, 100)))


def cpu(_):
    """The part of the processor: nothing but work on cached data."""
    yield {"profile": "balanced", "timing": "off"}, grid(
        "cpu", CPU_COUNT * MIB, program=PROGRAMS, method=("read", "mmap", "host"), cached=(100,))


FIGURES = (cold, rates, large, remote, striped, cached, sizes, threads, ring, growth, datasets,
           pairs, beside, probes, drives, path, cpu)
NAMES = tuple(figure.__name__ for figure in FIGURES)


def portions(points: list):
    """As many at a time as share a boot; who is beside another stays there."""
    portion = []
    for point in points:
        if len(portion) >= POINTS_A_BOOT and sum("beside" in one for one in portion) % 2 == 0:
            yield portion
            portion = []
        portion.append(point)
    yield portion


def boots(quick: bool, only: list = None) -> list:
    """All points, sorted into boots with the same drive."""
    by_drive = {}
    for figure in (figure for figure in FIGURES if figure.__name__ in (only or NAMES)):
        for drive, points in figure(quick):
            by_drive.setdefault(tuple(drive.items()), []).extend(points)
    return [Calibration({"profile": "balanced"})] + [
            Boot(dict(drive), portion)
            for drive, points in by_drive.items() for portion in portions(points)]
