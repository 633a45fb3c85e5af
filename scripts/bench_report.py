# SPDX-License-Identifier: GPL-2.0-only
"""Writes the report, from what was kept of measurements and from nothing else."""

import math
from pathlib import Path

import bench_plot as plot
from bench_loops import hot_loop
from bench_model import (Results, Silicon, best, break_even, corrected, cpu_costs, limit,
                         speed)
from bench_sweep import choices, report as sweep_report

# Of the kernel's JIT: over the first within which factor of the second.
AIMS = (("kernel", "scalar", 1.25), ("kernel", "bare", 1.10))
HELPER_PROGRAMS, HELPER_AIM = ("grep", "csvfilter"), ("kernel", "vector", 1.2)


def table(head: list, rows: list) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def number(value: float) -> str:
    """Three digits, whatever the size."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def nearness(point: dict) -> str:
    """The part of a point's time that the drive's busiest resource needed."""
    return f"{limit(point)[0] / point['ns']:.2f}"


class Report:
    """The sections, each of which returns text and may leave a plot."""

    def __init__(self, results: Results, silicon: Silicon, folder: Path):
        self.results, self.silicon, self.folder = results, silicon, folder
        self.cpu = cpu_costs(results)

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
            "code, `UD` the same with O_DIRECT, `UM` mmap() and native code, `K` a λ in the host's "
            "kernel, `D` a λ in the drive, `A` a λ where the kernel likes. Native code is "
            "clang -O3 for x86-64-v3. Every result was equal in all ways.\n",
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

    def jit(self) -> str:
        silicon, rows, times = self.silicon, [], []
        ways = ("scalar", "vector", "guarded", "unchecked", "bare", "kernel")
        pairs = [(over, under) for over, under, _ in AIMS] + [("kernel", "vector"),
                                                              ("guarded", "unchecked")]
        logs = [0.0] * len(pairs)
        for program in silicon.jit:
            known = {way: sorted(silicon.jit[program][way]) for way in ways}
            middle = {way: values[len(values) // 2] for way, values in known.items()}
            times.append((program, middle))
            row = [program] + [number(middle[way]) for way in ways]
            for k, pair in enumerate(pairs):
                low, mid, high = silicon.ratio(program, *pair)
                logs[k] += math.log(mid)
                row.append(f"{mid:.2f} ({low:.2f}–{high:.2f})")
            rows.append(row)
        means = [math.exp(value / len(rows)) for value in logs]
        rows.append(["geometric mean"] + [""] * len(ways) + [f"**{mean:.2f}**" for mean in means])
        plot.silicon(times, self.path("silicon"))
        return "\n".join([
            "## Code of the kernel's JIT on silicon\n",
            "`make bench-jit`: the code that the kernel's JIT made in a guest, byte for byte and at "
            "its own alignment, in a process with a guarded window of 4 GiB, beside the same C by "
            "clang -O2 without vectors (*scalar*) and -O3 with AVX2 (*vector*), by the drive's JIT "
            "(*guarded*, and *unchecked* without its checks), and the kernel's code with its "
            "checks taken out (*bare*). Helpers are the kernel's own source. Nanoseconds per byte "
            "of input, medians; ratios within a round, with the middle half of rounds:\n",
            table(["", *ways] + [f"{over} / {under}" for over, under in pairs], rows),
            self.image("silicon", "ns per byte of each program and way"),
            self.aims()])

    def aims(self) -> str:
        """Which aims are met, and the hot loops of those that miss one."""
        lines, missed = [], []
        for program in self.silicon.jit:
            wanted = AIMS + ((HELPER_AIM,) if program in HELPER_PROGRAMS else ())
            for over, under, aim in wanted:
                ratio = self.silicon.ratio(program, over, under)[1]
                if ratio > aim:
                    missed.append(program)
                    lines.append(f"- {program}: {over} / {under} is {ratio:.2f}, aim {aim:.2f}")
        text = ["### Aims that are missed\n", "\n".join(lines) or "None.", ""]
        for program in dict.fromkeys(missed):
            loop = hot_loop(self.silicon.code, program, self.silicon.samples.get(program, {}))
            text += [f"The hot loop of {program}, share of samples first:\n", "```asm", *loop,
                     "```\n"] if loop else [
                         f"{program} spends its time in helpers, not in its own code.\n"]
        return "\n".join(text)

    def cold(self) -> str:
        text = ["## Cold page cache\n"]
        for profile in dict.fromkeys(point["profile"] for point in self.results.points):
            points = self.results.select(figure="cold", profile=profile, rate=1)
            if not points:
                continue
            plot.bars(self.results, profile, self.path(f"cold-{profile}"))
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

    def ours(self) -> tuple:
        """The ways that are to win."""
        return tuple(way for way in ("D", "A") if way in self.results.ways()) or ("K",)

    def rates(self) -> str:
        ours, rows, curves = self.ours(), [], []
        everything = self.results.select(figure="cold", profile="paper")
        rates = sorted({point["rate"] for point in everything})

        def real(point):
            return corrected(point, self.silicon, self.cpu)
        for program in dict.fromkeys(point["program"] for point in everything):
            row, speedups, again = [program], [], []
            for rate in rates:
                points = [p for p in everything if p["program"] == program and p["rate"] == rate]
                base, mine = best(points, ("UB",)), best(points, ours)
                speedups.append(base["ns"] / mine["ns"])
                again.append(real(best(points, ("UB",), real)) / real(best(points, ours, real)))
                row.append(f"{speedups[-1]:.2f} ({mine['way']}, {nearness(mine)})")
            rows.append(row + [break_even(rates, speedups)] + [f"{one:.2f}" for one in again])
            curves.append((program, rates, speedups))
        plot.host_rates(curves, self.path("rates"))
        return "\n".join([
            "## How fast a host has to be\n",
            f"Profile `paper`, cold: the better of {' and '.join(ours)} against read() and native "
            "code, both with the better of 1 and 4 outstanding requests. A host of k G "
            "instructions a second is one beside a drive slowed down by k. In parentheses the "
            "way, and its limit as a part of its time. The columns *corrected* have work and "
            "copies take what they take on silicon, and only the rest of the host that rate.\n",
            table(["", *(f"{rate} G" for rate in rates), "breaks even at",
                   *(f"{rate} G corrected" for rate in rates)], rows),
            self.image("rates", "speed-up over read() by host rate"),
            "The paper reports up to 5.12 over Linux I/O. It has the same shape of system, and "
            "other hardware: a comparison of that number with these says nothing of either.\n"])

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
            "Sequential requests of 8 MiB, cold, `pipeline=on`, one at a time. MB per second, "
            "and the part of the time that the busiest resource was needed:\n",
            table(["profile", "", *self.results.ways()], rows)])

    def cached(self) -> str:
        text = ["## Cached fraction\n", "Requests of 1 MiB, of which a part is cached.\n"]
        for profile in dict.fromkeys(p["profile"] for p in self.results.select(figure="cached")):
            name = f"cached-{profile}"
            plot.lines(self.results, "cached", "cached", "percent of each request cached",
                       self.path(name), log=False, profile=profile)
            text += [f"Profile `{profile}`:\n",
                     self.image(name, f"throughput by cached fraction, {profile}")]
        return "\n".join(text)

    def sizes(self) -> str:
        plot.lines(self.results, "sizes", "size", "bytes of a request", self.path("sizes"))
        return "\n".join(["## Request size\n", "Profile `balanced`, cold.\n",
                          self.image("sizes", "throughput by request size")])

    def threads(self) -> str:
        plot.lines(self.results, "threads", "threads", "outstanding requests",
                   self.path("threads"))
        return "\n".join([
            "## Outstanding requests\n",
            "Profile `balanced`, cold, requests of 256 KiB. One processor: this is overlap, not "
            "scaling over cores.\n",
            self.image("threads", "throughput by outstanding requests")])

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
            "Instructions of one request whose work is none, on a drive that takes no time; "
            f"means of {points[0]['requests']} requests that lie apart.\n",
            table(["request", *self.results.ways()], rows)])

    def choice(self) -> str:
        seeds = dict.fromkeys(p["seed"] for p in self.results.select(figure="sweep"))
        return "\n".join(sweep_report(choices(self.results.records, seed), seed)
                         for seed in seeds)

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        measured = {point["figure"] for point in self.results.points}
        sections = [self.inputs, self.worth]
        sections += [section for figure, section in (
            ("cold", self.rates), ("cold", self.cold), ("large", self.large),
            ("cached", self.cached), ("sizes", self.sizes), ("threads", self.threads),
            ("path", self.path_cost), ("sweep", self.choice)) if figure in measured]
        path = self.folder / "report.md"
        path.write_text("\n".join(section() for section in [*sections, self.jit]))
        return path
