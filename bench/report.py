# SPDX-License-Identifier: GPL-2.0-only
"""Writes the report, from what was kept of measurements and from nothing else."""

import json
from collections import Counter
from pathlib import Path

from bench.jit_report import jit
from bench.model import Results, Silicon, best, break_even, corrected, cpu_costs, limit, speed
from bench.tables import number, table


FILES = {"big64m": "64 MiB", "big1g": "1 GiB", "big16g": "16 GiB",
         **{f"pieces{10 ** k}": f"64 MiB in {10 ** k:,} extents" for k in (1, 2, 3, 4)}}

# The ways that are to win.
OURS = ("D", "A")


def nearness(point: dict) -> str:
    """The part of a point's time that the drive's busiest resource needed."""
    return f"{limit(point)[0] / point['ns']:.2f}"


class Report:
    """The sections, each of which returns text and may have @plot leave a plot."""

    def __init__(self, results: Results, silicon: Silicon, traces: list, plot, folder: Path):
        self.results, self.silicon, self.traces = results, silicon, traces
        self.plot, self.folder = plot, folder
        self.cpu = cpu_costs(results)

    @classmethod
    def of(cls, raw: Path, plot, folder: Path):
        """The report of what @raw has: see gather() of scripts/bench."""
        return cls(Results(json.loads((raw / "results.json").read_text())), Silicon(raw),
                   json.loads((raw / "traces.json").read_text())["points"], plot, folder)

    def image(self, name: str, what: str) -> str:
        return f"![{what}]({name}.svg)\n"

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.svg"

    def inputs(self) -> str:
        record = self.results.records[0]
        points = len(self.results.points)
        return "\n".join([
            "# Figures\n",
            "Written by `make bench` from its raw results alone. Ways: `UB` read() and native "
            "code, `UD` the same with O_DIRECT, `UM` mmap() and native code, `K` a λ in the "
            "host's kernel, `D` a λ in the drive, `A` a λ where the kernel likes. Native code "
            "is clang -O3 for x86-64-v3. Every result was equal in all ways.\n",
            f"{points} points in {len(self.results.records)} boots; each covers "
            f"{number(min(p['bytes'] for p in self.results.points) / 1e6)} to "
            f"{number(max(p['bytes'] for p in self.results.points) / 1e6)} MB of a file. "
            "Times are virtual: one processor that executes one instruction a nanosecond, beside "
            "a drive with the timing of a profile of `configs/csd`. The same inputs give the "
            "same nanoseconds on any machine:\n",
            table(["input", "SHA-256"],
                  [[name, f"`{value}`"] for name, value in sorted(record["inputs"].items())]),
            table(["made from", ""], sorted(record["versions"].items())),
        ])

    def worth(self) -> str:
        rows = []
        for thing in self.results.worth:
            here = sorted(self.silicon.native[thing["thing"]])
            real, virtual = here[len(here) // 2], float(thing["ns"])
            rows.append([thing["thing"], thing["unit"], number(virtual), number(real),
                         f"{virtual / real:.2g}"])
        return "\n".join([
            "## What virtual time is worth\n",
            "One nanosecond an instruction is no processor. The same loops, by the clock of the "
            f"figures and on silicon ({self.silicon.about['processor']}; medians of "
            f"{len(here)} rounds on a machine that others use too):\n",
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
            self.plot.bars(self.results, profile, self.path(f"cold-{profile}"))
            text += [self.image(f"cold-{profile}", f"throughput on profile {profile}"),
                     self.cold_table(points)]
        return "\n".join(text)

    def cold_table(self, points: list) -> str:
        rows = []
        for program in dict.fromkeys(point["program"] for point in points):
            row = [program]
            for way in self.results.ways():
                point = best([p for p in points if p["program"] == program], (way,))
                row.append(f"{number(speed(point) / 1e6)} ({nearness(point)})"
                           if point else "–")
            rows.append(row)
        return ("MB of the file per second, and how near that is to what the busiest resource "
                "of the drive allows:\n\n" + table(["", *self.results.ways()], rows))

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
            base, mine = best(here, ("UB",)), best(here, OURS)
            curve.append((rate, base["ns"] / mine["ns"], base["ns"] / limit(mine)[0]))
            row.append(f"{curve[-1][1]:.2f} ({mine['way']}, {nearness(mine)})")
            drive.append(base["ns"] / best(here, ("D",))["ns"])
            again.append(real(best(here, ("UB",), real)) / real(best(here, OURS, real)))
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
        return "\n".join([
            "## How fast a host has to be\n",
            f"Profile `paper`, cold: the better of {' and '.join(OURS)} against read() and native "
            f"code, with {self.outstanding('cold')} requests at a time. A "
            "host of k G instructions a second is one beside a drive slowed down by k. In "
            "parentheses the way, and the part of its time that the busiest resource of the "
            "drive needs. The columns *corrected* are an estimate: work and copies take what "
            "they take on silicon, as if none of it were hidden behind the drive, and only the "
            "rest of the host has that rate.\n",
            table(["", *(f"{rate} G" for rate in rates), "D breaks even at",
                   *(f"{rate} G corrected" for rate in rates)], rows),
            self.image("rates", "speed-up over read() by host rate"),
            "The paper reports up to 5.12 over Linux I/O. It has the same shape of system and "
            "other hardware: that number stands beside these, it does not judge them.\n"])

    def large(self) -> str:
        rows = []
        points = self.results.select(figure="large")
        for key in dict.fromkeys((p["profile"], p["program"]) for p in points):
            row = list(key)
            for way in self.results.ways():
                point = best([p for p in points if (p["profile"], p["program"]) == key], (way,))
                row.append(f"{number(speed(point) / 1e6)} ({nearness(point)} {limit(point)[1]})")
            rows.append(row)
        return "\n".join([
            "## Against the limit of the drive\n",
            "Sequential requests of 8 MiB, cold, `pipeline=on`, "
            f"{self.outstanding('large')} at a time. MB per second, and the part of the time "
            "that the busiest resource was needed:\n",
            table(["profile", "", *self.results.ways()], rows)])

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
        first = {point["way"]: point["ns"] for point in points if point["file"] == "big64m"}
        for file in dict.fromkeys(point["file"] for point in points):
            row = [FILES[file]]
            for way in self.results.ways():
                point = best([p for p in points if p["file"] == file], (way,))
                row.append(f"{point['ns'] / point['bytes']:.3f} "
                           f"({point['ns'] / first[way]:.2f})")
            rows.append(row)
        return "\n".join([
            "## Growth\n",
            f"Profile `balanced`, cold: {points[0]['requests']} requests of 1 MiB, one at a time, "
            "spread evenly over a file; stats64 over zeros. Nanoseconds per byte, and as a "
            "multiple of those of the first file:\n",
            table(["file", *self.results.ways()], rows)])

    def datasets(self) -> str:
        points, rows = self.results.select(figure="datasets"), []
        for total in dict.fromkeys(point["bytes"] for point in points):
            row = [f"{total >> 20} MiB"]
            for way in self.results.ways():
                point = best([p for p in points if p["bytes"] == total], (way,))
                row.append(number(speed(point) / 1e6))
            rows.append(row)
        return "\n".join([
            "## Data set against page cache\n",
            "Profile `balanced`, a guest of 512 MiB: MB per second of stats64 over data that was "
            "read once before. The automatic choice may keep the data out of the cache:\n",
            table(["data", *self.results.ways()], rows)])

    def drives(self) -> str:
        points, rows = self.results.select(figure="drives"), []
        keys = [(program, way) for program in dict.fromkeys(p["program"] for p in points)
                for way in dict.fromkeys(p["way"] for p in points)]
        for change in dict.fromkeys(point["change"] for point in points):
            here = {(p["program"], p["way"]): p for p in points if p["change"] == change}
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
                for way in self.results.ways():
                    point = best([p for p in points if p["size"] == size and
                                  p["cached"] == cached], (way,))
                    row.append(f"{point['ns'] / point['requests']:,.0f}")
                rows.append(row)
        return "\n".join([
            "## Cost of the path\n",
            "Instructions of one request that looks at a byte of each page, on a drive that "
            f"takes no time; means of {points[0]['requests']} requests that lie apart.\n",
            table(["request", *self.results.ways()], rows)])

    def breakdown(self) -> str:
        """Instructions of a request by layer, of which each was counted."""
        text = ["### Where they go\n",
                "Each instruction of a few such requests, by the layer that the function it is in "
                "belongs to; the loop of the program that makes them is in user space.\n"]
        for key in dict.fromkeys((p["size"], p["cached"]) for p in self.traces):
            points = [p for p in self.traces if (p["size"], p["cached"]) == key]
            total = Counter()
            for point in points:
                total.update(point["layers"])
            rows = [[layer] + [f"{p['layers'].get(layer, 0) / p['requests']:,.0f}" for p in points]
                    for layer, _ in total.most_common()]
            rows.append(["all"] + [f"**{sum(p['layers'].values()) / p['requests']:,.0f}**"
                                   for p in points])
            text += [f"{key[0] >> 10} KiB, {'cached' if key[1] else 'cold'}:\n",
                     table(["", *(p["way"] for p in points)], rows)]
        return "\n".join(text)

    def text(self) -> str:
        measured = {point["figure"] for point in self.results.points}
        sections = [section for needs, section in (
            (set(), self.inputs), (set(), self.worth),
            ({"cold", "cpu"}, self.rates), ({"cold"}, self.cold), ({"large"}, self.large),
            ({"cached"}, self.cached), ({"sizes"}, self.sizes), ({"threads"}, self.threads),
            ({"growth"}, self.growth),
            ({"datasets"}, self.datasets), ({"drives"}, self.drives),
            ({"path"}, self.path_cost), ({"path"}, self.breakdown)) if needs <= measured]
        return "\n".join([*(section() for section in sections),
                          jit(self.silicon, self.plot, self.path("silicon"))])

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "report.md"
        path.write_text(self.text())
        return path
