# SPDX-License-Identifier: GPL-2.0-only
"""What a report keeps of measurements on this machine's processor.

Each round of them is thousands of lines, and the listing of the code some
hundred: medians, quartiles and the hot loops are what is told.
"""

import csv
import json
import statistics
from pathlib import Path

from bench.suite.jit_report import PAIRS
from bench.suite.loops import hot_loop


def rows(path: Path):
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def ratio(times: dict, over: str, under: str) -> list:
    """Quartiles of the ratios within a round."""
    return statistics.quantiles((a / b for a, b in zip(times[over], times[under])), n=4)


def jit(folder: Path) -> dict:
    """Of each program: nanoseconds per byte by method, ratios, and its hot loop."""
    times, samples = {}, {}
    for row in rows(folder / "jit.csv"):
        program = row["program"]
        if row["method"] == "samples":
            samples.setdefault(program, {})[int(row["round"])] = int(row["value"])
        else:
            times.setdefault(program, {}).setdefault(row["method"], []).append(
                float(row["value"]))
    code = (folder / "kernel-code.txt").read_text()
    return {program: {
        "median": {method: statistics.median(every) for method, every in mine.items()},
        "ratio": {f"{over}/{under}": ratio(mine, over, under) for over, under in PAIRS},
        "loop": hot_loop(code, program, samples.get(program, {}))}
        for program, mine in times.items()}


def summarise(folder: Path) -> dict:
    native = {}
    for row in rows(folder / "native.csv"):
        native.setdefault(row["what"], []).append(float(row["ns"]))
    return {"about": json.loads((folder / "about.json").read_text()),
            "rounds": len(next(iter(native.values()))),
            "native": {what: statistics.median(every) for what, every in native.items()},
            "jit": jit(folder)}


def text(summary: dict) -> str:
    """As JSON, with a line for each part."""
    parts = (f"{json.dumps(name)}: {json.dumps(part)}" for name, part in summary.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"
