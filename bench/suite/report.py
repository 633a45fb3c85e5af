# SPDX-License-Identifier: GPL-2.0-only
"""Writes the report, from what was kept of measurements and from nothing else."""

import json
from collections import Counter
from itertools import product
from pathlib import Path

from bench.suite import racks
from bench.suite.jit_report import jit
from bench.suite.model import (Results, Silicon, best, break_even, corrected, cpu_costs, limit,
                               methods, speed)
from bench.suite.plan import NAMES
from bench.suite.tables import number, table


FILES = {"big64m": "64 MiB", "big1g": "1 GiB", "big16g": "16 GiB",
         **{f"pieces{10 ** k}": f"64 MiB in {10 ** k:,} extents" for k in (1, 2, 3, 4)}}

# What programs are for, for who does not know their names.
WORK = {"stats32": "sum and extremes of 32-bit numbers",
        "stats64": "sum and extremes of 64-bit numbers",
        "knn": "distances to a point", "grep": "search for a text",
        "bitmap": "a bitmap, unpacked and written", "csvfilter": "lines of a CSV file"}

# The methods that are to win.
OURS = ("drive", "auto")


def drive(point: dict) -> str:
    """The profile, with what is another in it."""
    return ", ".join(filter(None, (point["profile"], point["change"])))


def mean(point: dict) -> float:
    """Nanoseconds that a request took."""
    return point["ns_requests"] / point["requests"]


def nearness(point: dict) -> str:
    """The part of a point's time that the drive's busiest resource needed."""
    return f"{limit(point)[0] / point['ns']:.2f}"


class Report:
    """The sections, each of which returns text and may have @plot leave a plot."""

    def __init__(self, results: Results, silicon: Silicon, layers: dict, plot, folder: Path):
        self.results, self.silicon, self.layers = results, silicon, layers
        self.plot, self.folder = plot, folder
        self.cpu = cpu_costs(results)

    @classmethod
    def of(cls, raw: Path, plot, folder: Path):
        """The report of what @raw has: see gather() of scripts/bench."""
        results, silicon, layers = (json.loads(path.read_text()) if path.exists() else None
                                    for path in (raw / f"{name}.json" for name in
                                                 ("results", "silicon", "layers")))
        return cls(Results(results), silicon and Silicon(silicon), layers, plot, folder)

    def image(self, name: str, what: str) -> str:
        return f"![{what}]({name}.svg)\n"

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.svg"

    def inputs(self) -> str:
        record = self.results.records[0]
        points = len(self.results.points)
        return "\n".join([
            "# Figures\n",
            "Written by `make bench` from its raw results alone. Methods: *read* is read() or "
            "write() and native code, *direct* the same with O_DIRECT, *mmap* mmap() and native "
            "code, *host* a λ in the host's kernel, *drive* a λ in the drive, *auto* a λ where the "
            "kernel likes, *both* a λ on both sides at once, of requests that can be divided. "
            "Native code is clang -O3 for x86-64-v3. Every result was equal by all methods.\n",
            f"{points} points in {len(self.results.records)} boots; each covers "
            f"{number(min(p['bytes'] for p in self.results.points) / 1e6)} to "
            f"{number(max(p['bytes'] for p in self.results.points) / 1e6)} MB of a file. "
            "Times are virtual: one processor that executes one instruction a nanosecond, beside "
            "a drive with the timing of a profile of `configs/csd`. The same inputs give the "
            "same nanoseconds on any machine:\n",
            table(["input", "SHA-256"],
                  [[name, f"`{value}`"] for name, value in sorted(record["inputs"].items())]),
            table(["made from", ""], sorted(record["versions"].items())),
            *(["A commit that has another name by now has the same tree: "
               "`git log --format='%T %H'` has both.\n"] if "tree" in record["versions"] else []),
            *self.later(),
        ])

    def later(self) -> list:
        """What was measured with other inputs than the rest, and of which commit."""
        first, found = self.results.records[0], {}
        for record in self.results.records:
            if record["inputs"] != first["inputs"]:
                names = found.setdefault(record["versions"].get("commit", "unknown"), {})
                names.update({point["figure"]: None for point in record["points"]})
        return [f"Measured later, with what commit {commit} makes: "
                f"{', '.join(f'`{name}`' for name in names)}.\n"
                for commit, names in found.items()]

    def calibration(self) -> str:
        rows = []
        for thing in self.results.calibration:
            real, virtual = self.silicon.native[thing["thing"]], float(thing["ns"])
            rows.append([thing["thing"], thing["unit"], number(virtual), number(real),
                         f"{virtual / real:.2g}"])
        return "\n".join([
            "## What virtual time is worth\n",
            "One nanosecond an instruction is no processor. The same loops, by the clock of the "
            f"figures and on silicon ({self.silicon.about['processor']}; medians of "
            f"{self.silicon.rounds} rounds on a machine that others use too):\n",
            table(["", "per", "virtual ns", "silicon ns", "virtual / silicon"], rows),
            "String instructions and system calls are charged too much, misses of caches and of "
            "the TLB nothing. So each comparison of host and drive is shown for hosts of 1, 2, 4 "
            "and 8 G instructions a second, and once more with work and copies as silicon does "
            "them.\n"])

    def cold(self) -> str:
        text = ["## Cold page cache\n"]
        for profile in dict.fromkeys(point["profile"] for point in self.results.points):
            points = self.results.select(figure="cold", profile=profile, rate=1)
            if not points:
                continue
            self.plot.bars(points, f"Cold, profile {profile}, host of 1 G instructions a second",
                           self.path(f"cold-{profile}"))
            text += [self.image(f"cold-{profile}", f"throughput on profile {profile}"),
                     self.cold_table(points)]
        return "\n".join(text)

    def cold_table(self, points: list) -> str:
        rows = []
        for program in dict.fromkeys(point["program"] for point in points):
            row = [program]
            for method in methods(points):
                point = best([p for p in points if p["program"] == program], (method,))
                row.append(f"{number(speed(point) / 1e6)} ({nearness(point)})"
                           if point else "–")
            rows.append(row)
        return ("MB of the file per second, and how near that is to what the busiest resource "
                "of the drive allows:\n\n" + table(["", *methods(points)], rows))

    def outstanding(self, figure: str) -> str:
        numbers = sorted({point["threads"] for point in self.results.select(figure=figure)})
        return ("the better of " if numbers[1:] else "") + " and ".join(map(str, numbers))

    def rates_of(self, points: list, rates: list) -> tuple:
        """Of one program: a row of the table and the curve of the plot."""
        def real(point):
            return corrected(point, self.silicon, self.cpu)

        row, curve, again, drive = [points[0]["program"]], [], [], []
        for rate in rates:
            here = [point for point in points if point["rate"] == rate]
            base, mine = best(here, ("read",)), best(here, OURS)
            curve.append((rate, base["ns"] / mine["ns"], base["ns"] / limit(mine)[0]))
            row.append(f"{curve[-1][1]:.2f} ({mine['method']}, {nearness(mine)})")
            drive.append(base["ns"] / best(here, ("drive",))["ns"])
            again.append(real(best(here, ("read",), real)) / real(best(here, OURS, real)))
        row.append(break_even(rates, drive))
        return row + [f"{one:.2f}" for one in again], curve

    def rates(self) -> str:
        points, rows, curves = self.results.select(figure="cold", profile="paper"), [], {}
        rates = sorted({point["rate"] for point in points})
        for program in dict.fromkeys(point["program"] for point in points):
            row, curves[program] = self.rates_of(
                [point for point in points if point["program"] == program], rates)
            rows.append(row)
        self.plot.host_rates(curves, self.path("rates"))
        wins = {row[0]: row[1 + len(rates)] for row in rows}
        short = [[f"{WORK[program]} (`{program}`)", *(f"{faster:.1f} ×" for _, faster, _ in curve),
                  {"above": "all of them", "below": "none"}.get(
                      wins[program].split()[0], f"{wins[program]} G")]
                 for program, curve in curves.items()]
        return "\n".join([
            "## How fast a host has to be\n",
            "As many times as fast as read() and native code is a λ over data that is not cached, "
            "where it does best, on hosts of so many instructions a second (a slow core executes 1 "
            "G, a fast one 8 G):\n",
            table(["", *(f"{rate} G" for rate in rates), "the drive wins up to"], short),
            "In full:\n",
            f"Profile `paper`, cold: the better of {' and '.join(OURS)} against read() and native "
            f"code, with {self.outstanding('cold')} requests at a time. A "
            "host of k G instructions a second is one beside a drive slowed down by k. In "
            "parentheses the method, and the part of its time that the busiest resource of the "
            "drive needs. The columns *corrected* are an estimate: work and copies take what "
            "they take on silicon, as if none of it were hidden behind the drive, and only the "
            "rest of the host has that rate.\n",
            table(["", *(f"{rate} G" for rate in rates), "drive breaks even at",
                   *(f"{rate} G corrected" for rate in rates)], rows),
            self.image("rates", "speed-up over read() by host rate"),
            "The paper reports up to 5.12 over Linux I/O. It has the same shape of system and "
            "other hardware: that number stands beside these, it does not judge them.\n"])

    def large(self) -> str:
        rows = []
        points = self.results.select(figure="large")
        for key in dict.fromkeys((p["profile"], p["program"]) for p in points):
            row = list(key)
            for method in methods(points):
                point = best([p for p in points if (p["profile"], p["program"]) == key], (method,))
                row.append(f"{number(speed(point) / 1e6)} ({nearness(point)} {limit(point)[1]})"
                           if point else "–")
            rows.append(row)
        plots = []
        for profile in dict.fromkeys(point["profile"] for point in points):
            name = f"large-{profile}"
            self.plot.bars([point for point in points if point["profile"] == profile],
                           f"Cold requests of 8 MiB, profile {profile}", self.path(name))
            plots.append(self.image(name, f"throughput of large requests on profile {profile}"))
        return "\n".join([
            "## Against the limit of the drive\n",
            "Sequential requests of 8 MiB, cold, `pipeline=on`, "
            f"{self.outstanding('large')} at a time, where both were measured. MB per second, "
            "and the part of the time that the busiest resource was needed; of *both*, which "
            "does not tell who did how much, only the media count:\n",
            table(["profile", "", *methods(points)], rows), *plots, self.both()])

    def both(self) -> str:
        """Of the large requests, those that both sides ran, beside either."""
        points, rows = self.results.select(figure="large"), []
        for divided in (point for point in points if point["method"] == "both"):
            here = {point["method"]: point for point in points if all(
                point[key] == divided[key] for key in ("profile", "program", "threads"))}
            better = best([here["host"], here["drive"]], ("host", "drive"))
            rows.append([divided["profile"], divided["program"], divided["threads"],
                         *(number(speed(here[method]) / 1e6)
                           for method in ("host", "drive", "auto", "both")),
                         f"{better['ns'] / divided['ns']:.2f} ({better['method']})",
                         f"{divided['both']}, {here['auto']['both']}"])
        return "\n".join([
            "### Both sides at once\n",
            "The same requests, MB per second, and how much sooner both sides are through than "
            "the better one alone. *Both* is what the disk's policy `both` forces, with however "
            "many at a time; *auto* divides where it expects to gain from it. The last column has "
            f"how many of {points[0]['requests']} requests *both* and *auto* divided:\n",
            table(["profile", "", "at a time", "host", "drive", "auto", "both",
                   "both over the better", "divided, both and auto"], rows, words=2)])

    def cached(self) -> str:
        text = ["## Cached fraction\n", "Requests of 1 MiB, of which a part is cached.\n"]
        for profile in dict.fromkeys(p["profile"] for p in self.results.select(figure="cached")):
            name = f"cached-{profile}"
            self.plot.lines(self.results, "cached", "cached", "percent of each request cached",
                       self.path(name), log=False, profile=profile)
            text += [f"Profile `{profile}`:\n",
                     self.image(name, f"throughput by cached fraction, {profile}")]
        return "\n".join(text)

    def sizes(self) -> str:
        self.plot.lines(self.results, "sizes", "size", "bytes of a request", self.path("sizes"))
        return "\n".join(["## Request size\n", "Profile `balanced`, cold.\n",
                          self.image("sizes", "throughput by request size")])

    def threads(self) -> str:
        self.plot.lines(self.results, "threads", "threads", "outstanding requests",
                   self.path("threads"))
        return "\n".join([
            "## Outstanding requests\n",
            "Profile `balanced`, cold, requests of 256 KiB. One processor: this is overlap, not "
            "scaling over cores.\n",
            self.image("threads", "throughput by outstanding requests")])

    def growth(self) -> str:
        points, rows = self.results.select(figure="growth"), []
        first = {point["method"]: point["ns"] for point in points if point["file"] == "big64m"}
        for file in dict.fromkeys(point["file"] for point in points):
            row = [FILES[file]]
            for method in methods(points):
                point = best([p for p in points if p["file"] == file], (method,))
                row.append(f"{point['ns'] / point['bytes']:.3f} "
                           f"({point['ns'] / first[method]:.2f})")
            rows.append(row)
        return "\n".join([
            "## Growth\n",
            f"Profile `balanced`, cold: {points[0]['requests']} requests of 1 MiB, one at a time, "
            "spread evenly over a file; stats64 over zeros. Nanoseconds per byte, and as a "
            "multiple of those of the first file:\n",
            table(["file", *methods(points)], rows)])

    def datasets(self) -> str:
        points, rows = self.results.select(figure="datasets"), []
        for total in dict.fromkeys(point["bytes"] for point in points):
            row = [f"{total >> 20} MiB"]
            for method in methods(points):
                point = best([p for p in points if p["bytes"] == total], (method,))
                row.append(number(speed(point) / 1e6))
            rows.append(row)
        return "\n".join([
            "## Data set against page cache\n",
            "Profile `balanced`, a guest of 512 MiB: MB per second of stats64 over data that was "
            "read once before. The automatic choice may keep the data out of the cache:\n",
            table(["data", *methods(points)], rows)])

    def pairs(self) -> str:
        points, rows = self.results.select(figure="pairs"), []
        # Partners follow each other.
        couples = list(zip(points[::2], points[1::2]))
        for key in dict.fromkeys((drive(a), a["program"], b["program"]) for a, b in couples):
            here = {a["method"]: (a, b) for a, b in couples
                    if (drive(a), a["program"], b["program"]) == key}
            ended = {method: max(one["ns"] for one in couple) for method, couple in here.items()}
            rows += [[key[0], " + ".join(key[1:]), f"{method}+{method}",
                      f"{ended[method] / 1e6:.1f}", *(f"{one['ns'] / 1e6:.1f} ({one['host']}, {one['device']}, {one['both']})"
                        for one in couple),
                      f"{ended[method] / min(ended['host'], ended['drive']):.2f}"]
                     for method, couple in here.items()]
        return "\n".join([
            "## Pairs of applications\n",
            f"Two programs on one drive at the same time, each in a process of its own, cold, "
            f"each {points[0]['requests']} requests of 1 MiB, one after the other. Milliseconds "
            "until both were through, and each by itself with how many of its requests host, "
            "drive and both sides ran; the last column compares with the better of the two "
            "forced sides:\n",
            table(["drive", "programs", "methods", "both", "first", "second", "over the better"],
                  rows, words=3)])

    def beside(self) -> str:
        points, rows, alone = self.results.select(figure="beside"), [], None
        for point, after in zip(points, [*points[1:], None]):
            if point["method"] == "drive":
                continue
            # One by itself comes first, then one for each number of λs.
            other = after if "beside" in point else None
            alone = alone if other else point
            rows.append([point["profile"], f"{point['size'] >> 10} KiB",
                         other["threads"] if other else 0, number(speed(point) / 1e6),
                         f"{alone['ns'] / point['ns']:.3f}",
                         *(f"{ns / 1e3:.1f}" for ns in (mean(point), point["ns_p99"])),
                         *(self.slow(point, other, alone) if other else [""] * 5)])
        return "\n".join([
            "## Ordinary reads beside slow λs\n",
            "O_DIRECT reads, one at a time, at places that lie apart, while so many requests of "
            "csvfilter over 256 KiB are in the drive at any time. By the drive's model a read "
            "waits for media and link alone, never for a core, and for these in turn: if λs keep "
            "one busy for a part of the time, it finds a turn of at most 64 KiB under way with "
            "that probability, and half of it to go. *Expected* is the mean time without λs and "
            "that wait; what is above it are turns of more than one λ, and the host's processor, "
            "which has something to do for all of them:\n",
            table(["profile", "reads", "λs", "MB/s", "of those without λs", "mean µs",
                   "99 % within µs", "expected mean µs", "λs' MB/s", "media busy with λs",
                   "link busy with λs", "λs there"], rows)])

    @staticmethod
    def slow(point: dict, other: dict, alone: dict) -> list:
        """What λs take of the drive, and what a read waits for that."""
        model, turn = point["model"], 65536 * 1e3
        media, link = float(model["media_read_mbps"]), float(model["link_mbps"])
        shares = [other[f"bytes_{name}"] / rate * 1e3 / other["ns"]
                  for name, rate in (("media", media), ("link", link))]
        # A turn is one channel's.
        wait = (shares[0] * turn / media * int(model["channels"]) + shares[1] * turn / link) / 2
        return [f"{(mean(alone) + wait) / 1e3:.1f}", number(speed(other) / 1e6),
                *(f"{share:.2%}" for share in shares),
                f"{min(1, other['ns'] / point['ns']):.0%}"]

    def probes(self) -> str:
        points, rows = self.results.select(figure="probes"), []
        for key in dict.fromkeys((p["profile"], p["program"]) for p in points):
            here = [p for p in points if (p["profile"], p["program"]) == key]
            forced = {method: best(here, (method,)) for method in ("host", "drive")}
            better = min(forced.values(), key=lambda p: p["ns"])
            rows += [[*key, p["period"], p["probes"],
                      *(f"{forced[method]['ns'] / 1e6:.1f}" for method in forced),
                      f"{p['ns'] / 1e6:.1f}", p["profiled"],
                      f"{p['ns_profiled'] / p['ns_requests']:.1%}",
                      f"{p['ns'] / better['ns']:.3f}"] for p in here if p["method"] == "auto"]
        return "\n".join([
            "## Profiling\n",
            "`period` and `probes` of the disk in sysfs: of so many requests of a λ, so many may "
            f"be sent to the side that is expected to be slower. {points[0]['requests']} requests "
            "of 64 KiB, cold, one at a time, from the first one on, when nothing is known. "
            "Milliseconds of both forced sides and of the automatic choice, and what that cost "
            "over the better side:\n",
            table(["profile", "", "period", "probes", "host ms", "drive ms", "auto ms", "tried",
                   "their part of the time", "auto over the better"], rows, words=2)])

    def remote(self) -> str:
        points, rows = self.results.select(figure="remote"), []
        for key in dict.fromkeys((p["profile"], p["program"]) for p in points):
            here = [p for p in points if (p["profile"], p["program"]) == key]
            base, mine = best(here, ("read",)), best(here, ("drive", "auto"))
            rows.append([*key, *(number(speed(best(here, (method,))) / 1e6)
                                 for method in methods(points)),
                         f"{base['ns'] / mine['ns']:.2f} ({mine['method']})"])
        return "\n".join([
            "## Beyond a network\n",
            "Cold requests of 8 MiB over drives whose link is a network, the `remote-` "
            f"profiles, `pipeline=on`, {self.outstanding('remote')} at a time: MB of the file "
            "per second, and how much sooner a λ is through than native code behind read(). "
            "What TCP costs the processors is left out.\n",
            table(["profile", "", *methods(points), "λ over read"], rows)])

    def striped(self) -> str:
        points, rows = self.results.select(figure="striped"), []
        numbers = sorted({point["stripes"] for point in points})
        for key in product(*(dict.fromkeys(p[name] for p in points)
                             for name in ("profile", "program", "method"))):
            here = [p for p in points if (p["profile"], p["program"], p["method"]) == key]
            found = [best([p for p in here if p["stripes"] == number], (key[2],))
                     for number in numbers]
            rows.append([*key, *(f"{number(speed(one) / 1e6)} ({found[0]['ns'] / one['ns']:.2f})"
                                 for one in found)])
        return "\n".join([
            "## Several drives\n",
            "Cold requests of 8 MiB of files that lie in stripes of 512 KiB over drives of one "
            f"profile, `pipeline=on`, {self.outstanding('striped')} at a time: MB of the file "
            "per second, and how many times as many as with one drive:\n",
            table(["profile", "", "", *(f"{n} drive{'s' * (n > 1)}" for n in numbers)], rows,
                  words=3)])

    def racks(self) -> str:
        return racks.section(self.results, self.plot, self.path("racks"))

    def drives(self) -> str:
        points, rows = self.results.select(figure="drives"), []
        keys = [(program, method) for program in dict.fromkeys(p["program"] for p in points)
                for method in dict.fromkeys(p["method"] for p in points)]
        for change in dict.fromkeys(point["change"] for point in points):
            here = {(p["program"], p["method"]): p for p in points if p["change"] == change}
            rows.append([f"`{change}`"] + [
                f"{number(speed(here[key]) / 1e6)} ({nearness(here[key])})" for key in keys])
        return "\n".join([
            "## Other drives\n",
            "Profile `balanced` with one number changed, cold, 4 at a time: MB per second, and "
            "how near that is to the limit:\n",
            table(["", *(" ".join(key) for key in keys)], rows)])

    def path_cost(self) -> str:
        points, rows = self.results.select(figure="path"), []
        for size in (4096, 1 << 20):
            for cached in (100, 0):
                row = [f"{size >> 10} KiB, {'cached' if cached else 'cold'}"]
                for method in methods(points):
                    point = best([p for p in points if p["size"] == size and
                                  p["cached"] == cached], (method,))
                    row.append(f"{point['ns'] / point['requests']:,.0f}")
                rows.append(row)
        return "\n".join([
            "## Cost of the path\n",
            "Instructions of one request that looks at a byte of each page, on a drive that "
            f"takes no time; means of {points[0]['requests']} requests that lie apart.\n",
            table(["request", *methods(points)], rows)])

    def breakdown(self) -> str:
        """Instructions of a request by layer, of which each was counted."""
        text = ["### Where they go\n",
                "Each instruction of a few such requests, by the layer that the function it is in "
                "belongs to; the loop of the program that makes them is in user space.\n"]
        inputs, traced = self.results.records[0]["inputs"], self.layers["points"]
        others = sorted(name for name in inputs if inputs[name] != self.layers["inputs"].get(name))
        if others:
            text.append(f"**Counted with other inputs than the rest: {', '.join(others)}.**\n")
        for key in dict.fromkeys((p["size"], p["cached"]) for p in traced):
            points = [p for p in traced if (p["size"], p["cached"]) == key]
            total = Counter()
            for point in points:
                total.update(point["layers"])
            rows = [[layer] + [f"{p['layers'].get(layer, 0) / p['requests']:,.0f}" for p in points]
                    for layer, _ in total.most_common()]
            rows.append(["all"] + [f"**{sum(p['layers'].values()) / p['requests']:,.0f}**"
                                   for p in points])
            text += [f"{key[0] >> 10} KiB, {'cached' if key[1] else 'cold'}:\n",
                     table(["", *(p["method"] for p in points)], rows)]
        return "\n".join(text)

    def missing(self, names: set) -> str:
        """What the rest of the report is without, and who measures it."""
        measures = {"silicon": "scripts/bench jit", "layers": "scripts/bench trace"}
        text, points = "", [f"`{name}`" for name in NAMES if name in names]
        if points:
            text = "These results have no points, or not all, of " + ", ".join(points) + \
                ". The whole of `make bench` has them.\n"
        for name, command in measures.items():
            if name in names:
                text += f"There is nothing of `{name}`: `{command}` measures it.\n"
        return "## Not measured\n\n" + text if text else ""

    def text(self) -> str:
        sections = {
            "rates": self.rates, "cold": self.cold, "large": self.large, "remote": self.remote,
            "striped": self.striped, "racks": self.racks, "cached": self.cached,
            "sizes": self.sizes, "threads": self.threads, "growth": self.growth,
            "datasets": self.datasets, "pairs": self.pairs, "beside": self.beside,
            "probes": self.probes, "drives": self.drives, "path": self.path_cost}
        # What a section needs but points of its own name.
        needs = {"rates": {"cold", "cpu", "silicon"}, "racks": {"striped"}}
        measured = {point["figure"] for point in self.results.points}
        measured |= {name for name in ("silicon", "layers") if getattr(self, name)}
        unfinished = self.results.unfinished()
        there = [name for name in sections if needs.get(name, {name}) <= measured - unfinished and
                 name not in unfinished]
        text = [self.inputs(), *([self.calibration()] if self.silicon else ()),
                *(sections[name]() for name in there)]
        if "path" in there and self.layers:
            text.append(self.breakdown())
        without = (set(sections) - set(there)) | ({"silicon", "layers"} - measured)
        text += filter(None, [self.missing(without)])
        if self.silicon:
            text.append(jit(self.silicon, self.plot, self.path("silicon")))
        return "\n".join(text)

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "report.md"
        path.write_text(self.text())
        return path
