# SPDX-License-Identifier: GPL-2.0-only
"""The report's plots, alike for the same results: no date, no random names."""

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

from bench.suite.model import best, limit, methods, speed  # noqa: E402

matplotlib.rcParams.update({
    "svg.hashsalt": "lambda-io", "svg.fonttype": "none", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.alpha": 0.3, "axes.axisbelow": True, "legend.frameon": False,
})

COLOURS = {"read": "#7f7f7f", "direct": "#bcbd22", "mmap": "#8c564b", "host": "#1f77b4",
           "drive": "#d62728", "auto": "#2ca02c", "both": "#9467bd"}
NAMES = {
    "read": "read()", "direct": "O_DIRECT", "mmap": "mmap()", "host": "λ in the host",
    "drive": "λ in the drive", "auto": "λ, automatic", "both": "λ on both sides",
}


def save(figure, path) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def mb(point) -> float:
    return speed(point) / 1e6


def bars(points, title, path) -> None:
    """The best throughput of each program and method, with the limit of each."""
    programs = list(dict.fromkeys(point["program"] for point in points))
    figure, axes = plt.subplots(figsize=(9.5, 3.2))
    width = 0.8 / len(methods(points))
    named = set()
    for number, method in enumerate(methods(points)):
        for place, program in enumerate(programs):
            point = best([p for p in points if p["program"] == program], (method,))
            if not point:
                continue
            at = place - 0.4 + (number + 0.5) * width
            axes.bar(at, mb(point), width, color=COLOURS[method],
                     label=None if method in named else NAMES[method])
            most = point["bytes"] / limit(point)[0] * 1e3
            axes.plot([at - width / 2, at + width / 2], [most, most], color="black", lw=1.2,
                      label=None if named else "limit")
            named.add(method)
    axes.set_xticks(range(len(programs)), programs)
    axes.set_ylabel("MB of the file per second")
    axes.set_title(title, fontsize=9)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, path)


def limits(axes, points, key) -> None:
    """The two limits of the drive: data goes to the host, or only results do."""
    for drive, style, name in ((False, ":", "limit of the link, data crosses it"),
                               (True, "--", "limit of the drive with λs")):
        method = "drive" if drive else "read"
        line = sorted(((point[key], point["bytes"] / limit(point, drive)[0] * 1e3)
                       for point in points if point["method"] == method and limit(point, drive)[0]))
        if line:
            axes.plot(*zip(*line), style, color="black", lw=1, label=name)


def lines(results, figure_name, key, label, path, log=True, **fixed) -> None:
    """Throughput over one axis, a plot for each program, a line for each method."""
    points = results.select(figure=figure_name, **fixed)
    programs = list(dict.fromkeys(point["program"] for point in points))
    figure, all_axes = plt.subplots(1, len(programs), figsize=(9.5, 3.2), squeeze=False)
    for axes, program in zip(all_axes[0], programs):
        chosen = [point for point in points if point["program"] == program]
        for method in methods(points):
            line = sorted((point[key], mb(point)) for point in chosen if point["method"] == method)
            axes.plot(*zip(*line), marker="o", ms=3, color=COLOURS[method], label=NAMES[method])
        limits(axes, chosen, key)
        axes.set_yscale("log")
        if log:
            axes.set_xscale("log", base=2)
        axes.set_xlabel(label)
        axes.set_title(program, fontsize=9)
    all_axes[0][0].set_ylabel("MB of the file per second")
    all_axes[0][-1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, path)


def host_rates(curves, path) -> None:
    """Speed-up over read() for hosts of several rates, and what the drive allows."""
    figure, axes = plt.subplots(figsize=(6, 3.4))
    for number, (program, curve) in enumerate(curves.items()):
        rates, speedups, limits_ = zip(*curve)
        axes.plot(rates, speedups, marker="o", ms=4, color=f"C{number}", label=program)
        axes.plot(rates, limits_, ":", lw=1, color=f"C{number}",
                  label="limit" if number == 0 else None)
    axes.axhline(5.12, color="black", ls="--", lw=1)
    axes.annotate("5.12: the paper's best, on other hardware", (1, 5.12), (2.2, 5.3), fontsize=8)
    axes.axhline(1, color="black", lw=0.8)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axes.set_ylim(0.125, 16)
    axes.set_xlabel("host, G instructions a second")
    axes.set_ylabel("speed-up over read()")
    axes.legend(fontsize=8, ncols=2)
    save(figure, path)


def racks(curves, names, path) -> None:
    """GB per second of a site by drives a host: a plot a program, a line a way."""
    programs = list(dict.fromkeys(program for program, _ in curves))
    figure, all_axes = plt.subplots(1, len(programs), figsize=(9.5, 3.2), squeeze=False)
    for axes, program in zip(all_axes[0], programs):
        for place, (way, name) in enumerate(names.items()):
            axes.plot(*zip(*curves[program, way]), color=f"C{place}", label=name)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xlabel("drives a host")
        axes.set_title(program, fontsize=9)
    all_axes[0][0].set_ylabel("GB of files per second")
    all_axes[0][-1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, path)


def silicon(table, path) -> None:
    """Nanoseconds per byte of the kernel's code beside native code."""
    codes = ("scalar", "vector", "guarded", "bare", "kernel")
    figure, axes = plt.subplots(figsize=(8, 3.2))
    for number, code in enumerate(codes):
        axes.bar([place - 0.4 + (number + 0.5) * 0.16 for place in range(len(table))],
                 [times[code] for _, times in table], 0.16, label=code)
    axes.set_xticks(range(len(table)), [program for program, _ in table])
    axes.set_yscale("log")
    axes.set_ylabel("ns per byte of input")
    axes.legend(fontsize=8, ncols=5)
    save(figure, path)
