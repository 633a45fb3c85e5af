#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""TPC-H's queries with the extension and without, over tables that are there.

    tpch.py SCALE SET TURNS [QUERY...]

Runs each query of queries.sql, or those that are named, by `lambda.side = process`
and by none, and compares every row; then takes times, TURNS of each in turns, in one
session, and prints a table. SET is how many sets of the refresh functions were
applied: it is part of what is printed. Connects as psql does; the last line is
`N passed, N failed`, and the status 1 where one failed. Processor time is that of
the session's process, so that with workers the clock alone tells.
"""
import json
import pathlib
import re
import subprocess
import sys

SIDES = ("off", "process")
PLANNING_MAX = 3.0
SLOWER_MAX = 1.05

SPENT = """
CREATE FUNCTION pg_temp.spent() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(split_part(s, ' ', 1)::bigint)::bigint FROM
    (SELECT pg_read_file('/proc/' || pg_backend_pid() || '/schedstat') AS s) x $$;
"""


def psql(script, *options):
    done = subprocess.run(("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1") + options,
                          input=script, text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"psql failed:\n{done.stderr}")
    return done.stdout


def queries(scale):
    text = pathlib.Path(__file__).with_name("queries.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- Query (\S+)\n", text.replace(":scale", scale), flags=re.M)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2])))


def answer(side, query):
    """Its rows, of all of them: which of two that are alike come last is no matter."""
    whole = re.sub(r"\nLIMIT \d+$", "", query)
    return sorted(psql(f"SET lambda.side = {side};\n{whole};\n").splitlines())


def times(query, turns):
    """Milliseconds for each side, of the processor and by the clock, of each turn."""
    script = SPENT + "\\timing off\n"
    for _ in range(turns + 1):
        for side in SIDES:
            script += f"SET lambda.side = {side};\n\\echo side {side}\n" \
                "SELECT pg_temp.spent();\n\\timing on\n\\o /dev/null\n" \
                f"{query};\n\\o\n\\timing off\nSELECT pg_temp.spent();\n"
    found = {side: [] for side in SIDES}
    turns_said = re.findall(r"side (\w+)\n(\d+)\nTime: ([\d.]+) ms[^\n]*\n(\d+)\n", psql(script))
    for side, before, took, after in turns_said:
        found[side].append(((int(after) - int(before)) / 1e6, float(took)))
    if any(len(found[side]) != turns + 1 for side in SIDES):
        sys.exit("times cannot be read from what psql says")
    # The first turn fills caches.
    return {side: found[side][1:] for side in SIDES}


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def explained(query):
    """What λs did: pages, pages declined by reason; and the time of planning."""
    script = "SET lambda.side = process;\n" + \
        f"EXPLAIN (FORMAT JSON, SUMMARY) {query};\n" * 5 + \
        f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query};\n"
    plans, at, text = [], 0, psql(script)
    while text[at:].strip():
        plan, at = json.JSONDecoder().raw_decode(text, text.index("[", at))
        plans.append(plan[0])
    pages, declined, kinds = 0, {}, set()
    for node in nodes(plans[-1]["Plan"]):
        if node["Node Type"] != "Custom Scan":
            continue
        kinds.add({"Lambda Scan": "scan", "Lambda Aggregate": "aggregate",
                   "Lambda Partial Aggregate": "partial"}[node["Custom Plan Provider"]])
        # A node that was not run has no figures.
        pages += node.get("Pages by λ", 0)
        for text in node.get("Pages Declined", ()):
            count, reason = text.split(" ", 1)
            declined[reason] = declined.get(reason, 0) + int(count)
    return {"pages": pages, "declined": declined, "kinds": "+".join(sorted(kinds)) or "-",
            "planning": min(plan["Planning Time"] for plan in plans[1:-1])}


def same_plan(query):
    """Whether λs have no part in it: then times differ by what else goes on."""
    plans = {psql(f"SET lambda.side = {side};\nEXPLAIN {query};\n") for side in SIDES}
    return len(plans) == 1


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def ratio(took, what):
    """Of turns that stand beside one another: how many times faster it is."""
    return median([off[what] / max(on[what], 1e-3)
                   for off, on in zip(took["off"], took["process"])])


def row(name, query, turns):
    """Prints a query's line; returns whether rows are equal, its ratios, its planning."""
    wanted, got = (answer(side, query) for side in SIDES)
    took, plan = times(query, turns), explained(query)
    plan["same"] = same_plan(query)
    if plan["same"]:
        plan["kinds"] = "same plan"
    ratios = [ratio(took, what) for what in (0, 1)]
    cells = [f"{min(t[what] for t in took[side]):9.1f}" for what in (0, 1) for side in SIDES]
    why = ", ".join(f"{count} {reason}" for reason, count in plan["declined"].items())
    print(f"{name:11s} {len(wanted):6d} {'=' if wanted == got else 'DIFFER':>6s} "
          f"{cells[0]} {cells[1]} {ratios[0]:5.2f} {cells[2]} {cells[3]} {ratios[1]:5.2f} "
          f"{plan['planning']:5.2f} {plan['pages']:7d} {plan['kinds']:9s} {why}", flush=True)
    if wanted != got:
        extra, missing = set(got) - set(wanted), set(wanted) - set(got)
        for text in list(extra)[:3]:
            print(f"  by λ alone:  {text}")
        for text in list(missing)[:3]:
            print(f"  not by λ:    {text}")
    return wanted == got, ratios, plan


def main():
    scale, refreshed, turns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    asked = queries(scale)
    if len(sys.argv) > 4:
        asked = {name: asked[name] for name in sys.argv[4:]}
    print(f"scale {scale}, {refreshed} refreshes; least milliseconds of {turns}, and the "
          "median of ratios of pairs\n"
          "                          processor time            by the clock         plan   pages"
          "\nquery         rows             off   process ratio       off   process ratio    ms"
          "    by λ           pages declined")
    done = {name: row(name, query, turns) for name, query in asked.items()}
    own = {name: r for name, r in done.items() if not r[2]["same"]}
    print(f"{sum(name[0] == 'q' for name in own)} of TPC-H's have another plan by λs, "
          f"{len(done) - len(own)} of all have the same")
    for i, what in enumerate(("processor time", "clock")):
        faster = [f"{name} {r[1][i]:.2f}" for name, r in own.items() if r[1][i] > 1]
        slower = [f"{name} {r[1][i]:.2f}" for name, r in own.items() if r[1][i] < 1 / SLOWER_MAX]
        print(f"{what}: faster are {', '.join(faster) or 'none'}; "
              f"more than 5 % slower: {', '.join(slower) or 'none'}")
    late = [name for name, r in done.items() if r[2]["planning"] > PLANNING_MAX]
    print(f"planning takes more than {PLANNING_MAX:g} ms: {', '.join(late) or 'none'}")
    failed = sum(not r[0] for r in done.values())
    if not any(r[2]["pages"] for r in done.values()):
        print("no page was a λ's")
        failed += 1
    print(f"{len(done) - sum(not r[0] for r in done.values())} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
