#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Results of PostgreSQL's regression suite, with the extension and without.

    installcheck.py OFF ON

OFF and ON are folders of what psql printed, test by test. What EXPLAIN prints is no
matter, nor is the order of rows that no ORDER BY gives one. Prints what differs else,
test by test, a count of each, and as its last line `N passed, N failed`, of tests.
"""
import difflib
import pathlib
import re
import sys

RULE = re.compile(r"-[-+]*$")
COUNT = re.compile(r"\(\d+ rows?\)$")
# Functions of the suite that give what EXPLAIN says, by the names of their columns.
PLANS = re.compile(r"\s*(QUERY PLAN|explain_\w+|\w*explain\w*)\s*$")


# A test, and beginnings of lines of it that a plan changes: how often a function is asked
# that has effects of its own, and costs so little that it is asked in front of what is
# pushed down; and whether an index was read, behind whether a table was.
EXPLAINED = {"updatable_views": "NOTICE:  snooped value: ",
             "stats": " t        | t        | "}
# What the suite says where a plan is not the one it is about.
OTHER_PLAN = ("WARNING:  did not get bitmap", "WARNING:  did not get seqscan")


def blocks(text):
    """What was printed: lines one by one, and each table as (header, rows)."""
    lines, at = text.splitlines(), 0
    while at < len(lines):
        end = at + 2
        if at + 1 < len(lines) and RULE.match(lines[at + 1]) and lines[at].startswith(" "):
            while end < len(lines) and lines[end] and not COUNT.match(lines[end]):
                end += 1
        if lines[end:end + 1] and COUNT.match(lines[end]) and end > at + 1:
            yield lines[at], lines[at + 2:end], lines[end:end + 1]
            at = end + 1
        else:
            yield lines[at], None, None
            at += 1


def plain(text, left_out):
    """The same without plans; a table whose query has no ORDER BY has its rows sorted."""
    found, query, in_plan = [], [], False
    for line, rows, count in blocks(text):
        indented = line.startswith(" ") and rows is None
        in_plan = line.startswith(("explain ", "EXPLAIN ")) or (in_plan and indented)
        if line.startswith(left_out) or (in_plan and indented):
            continue
        if rows is None:
            found.append(line)
            query = [] if not line or query[-1:] and query[-1].endswith(";") else query
            query.append(line.lower())
            continue
        if PLANS.match(line):
            found.append("QUERY PLAN")
            continue
        rows = [row for row in rows if not row.startswith(left_out)]
        if not any("order by" in part for part in query):
            rows = sorted(rows)
        found += [line.strip(), *rows, *count]
        query = []
    return found


def compare(name, off, on):
    """Whether they are alike: yes, but for plans or order, or the lines that differ."""
    if off == on:
        return "alike", []
    left_out = OTHER_PLAN + ((EXPLAINED[name],) if name in EXPLAINED else ())
    one, other = plain(off, left_out), plain(on, left_out)
    if one == other:
        return "alike but for plans and order", []
    return "different", [line for line in difflib.unified_diff(one, other, "off", "on",
                                                               lineterm="", n=4)]


def read(path):
    return path.read_text(encoding="utf-8", errors="surrogateescape")


def main():
    off, on = map(pathlib.Path, sys.argv[1:])
    kinds = {"alike": 0, "alike but for plans and order": 0, "different": 0}
    for path in sorted(off.glob("*.out")):
        other = on / path.name
        if not other.exists():
            kind, lines = "different", ["there is no result of it"]
        else:
            kind, lines = compare(path.stem, read(path), read(other))
        kinds[kind] += 1
        if lines:
            print(f"{path.stem}:")
            print("\n".join(f"  {line}" for line in lines[:80])
                  .encode("utf-8", "replace").decode())
    print(", ".join(f"{n} {kind}" for kind, n in kinds.items()))
    failed = kinds["different"]
    print(f"{sum(kinds.values()) - failed} passed, {failed} failed")
    sys.exit(failed > 0 or not sum(kinds.values()))


if __name__ == "__main__":
    main()
