# SPDX-License-Identifier: GPL-2.0-only
"""The report's section on the code of the kernel's JIT, and where it falls short."""

import math
from pathlib import Path

from bench.suite.model import Silicon
from bench.suite.tables import number, table

METHODS = ("scalar", "vector", "own", "guarded", "unchecked", "bare", "kernel")
PAIRS = (("kernel", "scalar"), ("bare", "scalar"), ("kernel", "bare"), ("kernel", "vector"),
         ("kernel", "own"), ("guarded", "unchecked"))
# Over the first within which factor of the second.
AIMS = (("kernel", "scalar", 1.25), ("kernel", "bare", 1.10))
HELPER_PROGRAMS, HELPER_AIM = ("grep", "csvfilter"), ("kernel", "vector", 1.2)


def measured(silicon: Silicon) -> tuple:
    """Methods and pairs that there are figures of: old ones have none of *own*."""
    has = [set(one["median"]) for one in silicon.jit.values()]
    methods = [method for method in METHODS if all(method in one for one in has)]
    return methods, [pair for pair in PAIRS if set(pair) <= set(methods)]


def ratios(silicon: Silicon) -> str:
    methods, pairs = measured(silicon)
    rows, logs = [], dict.fromkeys(pairs, 0.0)
    for program in silicon.jit:
        row = [program, *(number(silicon.median(program, method)) for method in methods)]
        for pair in pairs:
            low, middle, high = silicon.ratio(program, *pair)
            logs[pair] += math.log(middle)
            row.append(f"{middle:.2f} ({low:.2f}–{high:.2f})")
        rows.append(row)
    means = [math.exp(value / len(rows)) for value in logs.values()]
    rows.append(["geometric mean"] + [""] * len(methods) + [f"**{mean:.2f}**" for mean in means])
    return table(["", *methods] + [f"{over} / {under}" for over, under in pairs], rows)


def aims(silicon: Silicon) -> str:
    """Which aims are missed, and the hot loops of the programs that miss one."""
    lines, missed = [], []
    for program in silicon.jit:
        for over, under, aim in AIMS + ((HELPER_AIM,) if program in HELPER_PROGRAMS else ()):
            ratio = silicon.ratio(program, over, under)[1]
            if ratio > aim:
                missed.append(program)
                lines.append(f"- {program}: {over} / {under} is {ratio:.2f}, aim {aim:.2f}")
    text = ["\n".join(lines) or "None.", ""]
    for program in dict.fromkeys(missed):
        loop = silicon.jit[program]["loop"]
        if loop:
            text += [f"The hot loop of {program}, share of samples first:\n", "```asm", *loop,
                     "```\n"]
        else:
            text.append(f"{program} spends its time in helpers, not in its own code.\n")
    return "\n".join(text)


def jit(silicon: Silicon, plot, path: Path) -> str:
    methods, _ = measured(silicon)
    native, own = "the same C", ""
    if "own" in methods:
        native, own = "the C of `bench/native`", "the λ's own source likewise (*own*), "
    plot.silicon([(program, {method: silicon.median(program, method) for method in methods})
                  for program in silicon.jit], path)
    return "\n".join([
        "## Code of the kernel's JIT on silicon\n",
        "`make bench-jit`: the code that the kernel's JIT made in a guest, byte for byte and at "
        f"its own alignment, in a process with a guarded window of 4 GiB, beside {native} by "
        f"clang -O2 without vectors (*scalar*) and -O3 with AVX2 (*vector*), {own}by the drive's JIT "
        "(*guarded*, and *unchecked* without its checks), and the kernel's code with its checks "
        "taken out (*bare*). Helpers are the kernel's own source. Nanoseconds per byte of input, "
        "medians; ratios within a round, with the middle half of rounds:\n",
        ratios(silicon),
        f"![ns per byte of each program and method]({path.name})\n",
        "Loop heads begin lines of 64 bytes: a short loop that lies in two of them takes twice as "
        "long on this processor.\n",
        "*bare / scalar* is what is lost before any check: clang makes code for BPF without "
        "conditional moves or indexed addresses, and the JIT translates it one "
        "instruction at a time. It would take a peephole pass over pairs of instructions to win "
        "that back. *kernel / bare* is the checks: a move that cuts an address to 32 bits before "
        "each access, which addressing relative to a segment base would save, and a count at "
        "each backward jump, which could be taken once where a loop's length is known.\n",
        "### Aims that are missed\n",
        aims(silicon)])
