#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Random tables and queries, answered with the extension and without.

    differ.py FIRST COUNT [QUERIES]

Batch N is what its number makes of it, so that one that failed is run again by
that number, and a run goes on where another ended. Each makes tables, changes them,
and asks QUERIES questions of every mode: with λs on the sides that DIFFER_SIDES in the
environment names, in the process if it names none. It connects as psql does. Prints a
line a batch, and for one whose answers differ the question; then its status is 1.
"""
import os
import random
import subprocess
import sys

# What a session sets in each mode; the first is the oracle.
SIDES = os.environ.get("DIFFER_SIDES", "process").split()
MODES = ["SET lambda.side = off"]
for place in SIDES:
    MODES += [f"SET lambda.side = {place}",
              f"SET lambda.side = {place}; SET lambda.interpret = on; SET work_mem = '128kB'",
              f"SET lambda.side = {place}; {{workers}}"]
# Plans have workers where they can. One that waits for a row costs more than it spares.
WORKERS = """SET max_parallel_workers_per_gather = {}; SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET work_mem = '{}kB';
SET parallel_leader_participation = {}; SET enable_partitionwise_aggregate = {};
SET force_parallel_mode = {}; SET enable_hashagg = {}"""

TYPES = ("smallint", "integer", "bigint", "numeric(9,2)", "numeric(30,3)", "numeric",
         "real", "double precision", "date", "timestamp", "timestamptz", "boolean",
         "char(4)", "varchar(30)", "text")
# Types of which values that are equal look different: which one stands for them in a
# group is that of the plan.
LOOSE = ("numeric", "real", "double precision")
WORDS = ("", "a", "b", "ab", "abc", "b c", "aa", "é", "éa", "%", "_", "a_b", "  ", "a ", "xyz")


def literal(rng, kind):
    """A constant of that type, now and then one at an edge."""
    edge = rng.random() < 0.1
    if kind in ("smallint", "integer", "bigint"):
        most = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}[kind]
        value = rng.choice((most - 1, -most + 1, 0)) if edge else rng.randint(-20, 20)
        return f"'{value}'::{kind}"
    if kind.startswith("numeric"):
        if edge:
            value = rng.choice(("0", "NaN", "-0.001", "999999.99", "1e5", "123456.789"))
        elif kind == "numeric" and rng.random() < 0.2:
            value = rng.choice(("1e30", "-1e30", "2.5000000000000000000000001", "Infinity",
                                "-7.4999999999999999999999999", "9223372036854775807.5"))
        else:
            value = f"{rng.randint(-2000, 2000) / 10 ** rng.randint(0, 4):.4f}"
            value = value[:len(value) - rng.randint(0, 4)].rstrip(".")
        return f"'{value}'::{kind}"
    if kind in ("real", "double precision"):
        value = rng.choice(("NaN", "Infinity", "-Infinity", "-0", "0", "1e-40", "1e30")) \
            if edge else str(rng.randint(-20, 20) / 4)
        return f"'{value}'::{kind}"
    if kind == "date":
        return rng.choice(("'infinity'::date", "'-infinity'::date")) if edge else \
            f"(date '2000-01-01' + {rng.randint(-20, 20)})"
    if kind in ("timestamp", "timestamptz"):
        return f"'{rng.choice(('infinity', '-infinity'))}'::{kind}" if edge else \
            f"({kind} '2000-01-01' + interval '{rng.randint(-480, 480)} hour')"
    if kind == "boolean":
        return rng.choice(("true", "false"))
    word = "".join(rng.choice(WORDS) for _ in range(rng.randint(1, 3)))
    if kind == "char(4)":
        word = word[:4]
    return f"'{word[:30]}'::{kind}"


class Table:
    """A table with rows of many kinds, some of them changed after a VACUUM, in @parts
    partitions by its first column, or in one piece."""

    def __init__(self, rng, name, parts):
        self.rng, self.name, self.parts = rng, name, parts
        self.columns = [(f"c{i}", rng.choice(TYPES)) for i in range(rng.randint(1, 9))]
        self.extra = []

    def row(self, columns):
        rng = self.rng
        nulls = rng.choice((0, 0, 0.1, 0.5))
        return "(" + ", ".join(f"NULL::{kind}" if rng.random() < nulls else
                               literal(rng, kind) for _, kind in columns) + ")"

    def insert(self, count):
        columns = self.columns
        if not count:
            return ""
        rows = ", ".join(self.row(columns) for _ in range(min(count, 60)))
        names = ", ".join(name for name, _ in columns)
        return (f"INSERT INTO {self.name} ({names}) SELECT {names} FROM (VALUES {rows}) "
                f"v({names}), generate_series(1, {max(count // 60, 1)});\n")

    def make(self):
        rng, name = self.rng, self.name
        options = rng.choice(("", " WITH (fillfactor = 50)"))
        text = f"CREATE TABLE {name} (" + ", ".join(f"{c} {k}" for c, k in self.columns)
        text += f") PARTITION BY HASH ({self.columns[0][0]});\n" if self.parts else f"){options};\n"
        for i in range(self.parts):
            text += f"CREATE TABLE {name}_{i} PARTITION OF {name} FOR VALUES WITH " \
                f"(MODULUS {self.parts}, REMAINDER {i}){options};\n"
        text += self.insert(rng.choice((0, 1, 50, 600, 3000)))
        if rng.random() < 0.3 and len(self.columns) > 1:
            gone = rng.randrange(len(self.columns))
            if gone or not self.parts:
                text += f"ALTER TABLE {name} DROP COLUMN {self.columns.pop(gone)[0]};\n"
        if rng.random() < 0.3:
            kind = rng.choice(TYPES)
            default = rng.choice(("", f" DEFAULT {literal(rng, kind)}"))
            text += f"ALTER TABLE {name} ADD COLUMN late {kind}{default};\n"
            self.columns.append(("late", kind))
            text += self.insert(rng.choice((0, 60)))
        texts = [c for c, k in self.columns if k == "text"]
        if texts and rng.random() < 0.3:
            text += f"INSERT INTO {name} ({texts[0]}) VALUES (repeat('ab', 4000)), " \
                "((SELECT string_agg(md5(i::text), '') FROM generate_series(1, 300) i));\n"
        return text + self.settle()

    def settle(self):
        rng, name = self.rng, self.name
        text = ""
        if rng.random() < 0.9:
            text += f"VACUUM (FREEZE {rng.choice(('on', 'off'))}, " \
                f"ANALYZE {rng.choice(('on', 'off'))}) {name};\n"
        if rng.random() < 0.9:
            text += "CHECKPOINT;\n"
        if rng.random() < 0.3:
            change = rng.choice((f"DELETE FROM {name}", f"UPDATE {name} SET {self.columns[0][0]} = "
                                 f"{literal(rng, self.columns[0][1])}"))
            text += f"{change} WHERE random() < {rng.choice((0.01, 0.3))};\n"
            if rng.random() < 0.5:
                text += f"VACUUM {name};\n"
            if rng.random() < 0.5:
                text += "CHECKPOINT;\n"
        return text


class Side:
    """A table by another name, of whose columns it says so."""

    def __init__(self, name, table):
        self.name, self.columns = name, [(f"{name}.{c}", k) for c, k in table.columns]


def pattern(rng):
    parts = [rng.choice(("%", "%", "_", "a", "b", "é", "ab", " ", "\\%", "\\_"))
             for _ in range(rng.randint(0, 5))]
    return "'" + "".join(parts) + "'"


def number(rng, table, depth):
    """An arithmetic expression, and whether it is a numeric."""
    columns = [(c, k) for c, k in table.columns
               if k in ("smallint", "integer", "bigint") or k.startswith("numeric")]
    if not columns:
        return None
    column, kind = rng.choice(columns)
    if depth == 0 or rng.random() < 0.4:
        return column
    other = number(rng, table, depth - 1)
    if rng.random() < 0.5:
        other = rng.choice(("1", "2", "0.5", "1.25", "-3", "100"))
    sides = [column, other]
    rng.shuffle(sides)
    return f"({sides[0]} {rng.choice('+-*')} {sides[1]})"


def leaf(rng, table):
    column, kind = rng.choice(table.columns)
    what = rng.random()
    if what < 0.1:
        return f"{column} IS {rng.choice(('', 'NOT '))}NULL"
    if what < 0.2 and number(rng, table, 0):
        return f"{number(rng, table, 2)} {rng.choice(('<', '>', '=', '<>'))} " \
            f"{number(rng, table, 1)}"
    if what < 0.3:
        values = [literal(rng, kind) for _ in range(rng.randint(1, 5))]
        if rng.random() < 0.1:
            values.append("NULL")
        return f"{column} {rng.choice(('', 'NOT '))}IN ({', '.join(values)})"
    if kind == "boolean" and what < 0.7:
        return f"{column}{rng.choice(('', ' IS TRUE', ' IS NOT TRUE', ' IS FALSE'))}"
    if kind in ("char(4)", "varchar(30)", "text"):
        if what < 0.7:
            return f"{column} {rng.choice(('', 'NOT '))}LIKE {pattern(rng)}"
        return f"{column} {rng.choice(('=', '=', '<>', '<'))} {literal(rng, kind)}"
    if what < 0.4:
        return f"{column} BETWEEN {literal(rng, kind)} AND {literal(rng, kind)}"
    if kind == "date" and what < 0.6:
        kind = "timestamp"
    elif kind.startswith("numeric") and what < 0.7:
        kind = "numeric"
    return f"{column} {rng.choice(('<', '<=', '=', '<>', '>=', '>'))} {literal(rng, kind)}"


def condition(rng, table, depth):
    what = rng.random()
    if depth == 0 or what < 0.3:
        return leaf(rng, table)
    if what < 0.4:
        return f"NOT ({condition(rng, table, depth - 1)})"
    glue = rng.choice((" AND ", " OR "))
    return "(" + glue.join(condition(rng, table, depth - 1)
                           for _ in range(rng.randint(2, 3))) + ")"


def aggregate(rng, table):
    column, kind = rng.choice(table.columns)
    what = rng.random()
    if what < 0.2:
        return "count(*)"
    if what < 0.4:
        return f"count({column})"
    if what < 0.6 and kind not in LOOSE + ("boolean",):
        return f"{rng.choice(('min', 'max'))}({column})"
    value = number(rng, table, 2)
    return f"{rng.choice(('sum', 'avg'))}({value})" if value else "count(*)"


def join(rng, tables):
    """A join of two tables by columns of one kind of integers, if they have such."""
    one, other = rng.choice(tables), rng.choice(tables)
    pairs = [(a, b) for a, k in one.columns for b, l in other.columns
             if k == l and k in ("smallint", "integer", "bigint")]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    where = [condition(rng, Side("x", one), rng.randint(0, 2)) for _ in range(rng.randint(0, 1))]
    # In order: workers have their rows in any, and then others are the first ones.
    inner = f"(SELECT * FROM {other.name} y WHERE {condition(rng, Side('y', other), 1)} " \
        f"ORDER BY y.{b} LIMIT {rng.choice((0, 1, 5, 30))}) y"
    names = ", ".join(f"x.{c} AS x{i}" for i, (c, _) in enumerate(one.columns)
                      if i == 0 or rng.random() < 0.4)
    if rng.random() < 0.4:
        where.append(f"{rng.choice(('', 'NOT '))}EXISTS (SELECT FROM {inner} WHERE "
                     f"x.{a} = y.{b})")
        return f"SELECT {names} FROM {one.name} x WHERE {' AND '.join(where)}"
    kind = rng.choice(("", "", "", "LEFT ", "RIGHT "))
    where = f" WHERE {where[0]}" if where else ""
    return f"SELECT {names}, y.{b} AS k FROM {one.name} x {kind}JOIN {inner} " \
        f"ON x.{a} = y.{b}{where}"


def question(rng, table):
    where = f" WHERE {condition(rng, table, rng.randint(0, 3))}" if rng.random() < 0.9 else ""
    if rng.random() < 0.5:
        names = [c for c, _ in table.columns]
        rng.shuffle(names)
        return f"SELECT {', '.join(names[:rng.randint(1, len(names))])} FROM {table.name}{where}"
    keys = [c for c, kind in table.columns if kind not in LOOSE and rng.random() < 0.25][:3]
    values = [aggregate(rng, table) for _ in range(rng.randint(1, 4))]
    names = ", ".join(f"{v} AS v{i}" for i, v in enumerate(keys + values))
    group = f" GROUP BY {', '.join(keys)}" if keys else ""
    return f"SELECT {names} FROM {table.name}{where}{group}"


ASK = """
CREATE FUNCTION ask(question text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
    EXECUTE 'SELECT count(*) || md5(coalesce(string_agg(x::text, E''\\n'' ORDER BY x::text '
            'COLLATE "C"), '''')) FROM (' || question || ') x' INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
"""


def psql(script):
    done = subprocess.run(("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"), input=script,
                          text=True, capture_output=True, check=False)
    # A program that is refused is done without, and has to be none of these.
    if done.returncode or "the λ of pg_lambda" in done.stderr:
        sys.exit(f"psql failed:\n{done.stderr}")
    return done.stdout.splitlines()


def workers(rng):
    """What a session with workers sets, one of many."""
    return WORKERS.format(rng.randint(1, 3), rng.choice((64, 64, 4096)),
                          rng.choice(("on", "off")), rng.choice(("on", "off")),
                          rng.choice(("off", "off", "on")), rng.choice(("on", "on", "off")))


def batch(seed, queries):
    """Returns what differed: a question, the mode and both answers."""
    rng = random.Random(seed)
    schema = f"r{seed}"
    begin = f"SET search_path = {schema}, public; SET max_parallel_workers_per_gather = 0;\n"
    parts = random.Random(f"parts of {seed}")
    tables = [Table(rng, f"t{i}", parts.choice((0, 0, 0, 2, 4))) for i in range(rng.randint(1, 3))]
    psql(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema};" + begin + ASK +
         "".join(table.make() for table in tables))
    asked = [rng.random() < 0.15 and join(rng, tables) or question(rng, rng.choice(tables))
             for _ in range(queries)]
    modes = [mode.format(workers=workers(rng)) for mode in MODES]
    answers = [psql(begin + "SET lambda.always = on;" + mode + ";\n" +
                    "".join(f"SELECT ask($q${q}$q$);\n" for q in asked)) for mode in modes]
    # An error that a λ spares, as it does not look at the other side of a null, is
    # none that PostgreSQL promises; one that it adds is wrong.
    failed = [len(answer) == 5 for answer in answers[0]]
    wrong = [(q, modes[m], answers[0][i], answers[m][i]) for i, q in enumerate(asked)
             for m in range(1, len(modes)) if answers[m][i] != answers[0][i] and not failed[i]]
    if not wrong:
        psql(f"DROP SCHEMA {schema} CASCADE")
    return wrong, sum(failed)


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2])
    queries = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    status = 0
    for seed in range(first, first + count):
        wrong, failed = batch(seed, queries)
        print(f"batch {seed}: {queries} questions, {failed} errors, {len(wrong)} differ",
              flush=True)
        for asked, mode, wanted, got in wrong[:5]:
            print(f"  {asked}\n  {mode}: {got}, but off: {wanted}")
        status |= bool(wrong)
    sys.exit(status)


if __name__ == "__main__":
    main()
