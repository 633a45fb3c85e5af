#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Times of queries over lineitem, of PostgreSQL's own scan and of λs in the process.

    figures.py [WORKERS]

Both are in one session and take turns, with what they read cached, and no JIT; with so
many workers, or in one process. Times are of the server's process, user and system,
which others on the machine touch less, and by the clock, which alone tells where there
are workers; of each the least of eleven. A ratio is the median of those of neighbours,
which had the same to put up with.
"""
import statistics
import subprocess
import sys

QUERIES = {
    "q6": """SELECT sum(l_extendedprice * l_discount) AS revenue FROM lineitem
        WHERE l_shipdate >= date '1994-01-01'
        AND l_shipdate < date '1994-01-01' + interval '1 year'
        AND l_discount BETWEEN 0.06 - 0.01 AND 0.06 + 0.01 AND l_quantity < 24""",
    "q1": """SELECT l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice),
        sum(l_extendedprice * (1 - l_discount)),
        sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)), avg(l_quantity),
        avg(l_extendedprice), avg(l_discount), count(*) FROM lineitem
        WHERE l_shipdate <= date '1998-12-01' - interval '90 day'
        GROUP BY l_returnflag, l_linestatus""",
    "like": "SELECT count(*) FROM lineitem WHERE l_comment LIKE '%special%haggle%'",
    "rows": "SELECT l_orderkey, l_comment FROM lineitem WHERE l_quantity = 1 "
            "AND l_shipmode = 'MAIL'",
}
TURNS = 11
WORKERS = int(sys.argv[1]) if len(sys.argv) > 1 else 0

# A session goes over a row at a time without workers: the question is asked as a whole.
SESSION = f"""
SET jit = off;
SET max_parallel_workers_per_gather = {WORKERS};
""" + """
CREATE FUNCTION pg_temp.spent() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(split_part(s, ' ', 1)::bigint)::bigint FROM
    (SELECT pg_read_file('/proc/' || pg_backend_pid() || '/schedstat') AS s) x $$;
CREATE FUNCTION pg_temp.time(side text, question text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    spent bigint; began timestamptz; answer text := '';
BEGIN
    PERFORM set_config('lambda.side', side, false);
    spent := pg_temp.spent(); began := clock_timestamp();
    EXECUTE 'SELECT count(x) FROM (' || question || ' OFFSET 0) x' INTO answer;
    RETURN side || ' ' || (pg_temp.spent() - spent) / 1e6 || ' ' ||
        extract(epoch FROM clock_timestamp() - began) * 1000;
END $$;
"""


def measure(query):
    script = SESSION + "".join(f"SELECT pg_temp.time('{side}', $q${query}$q$);\n"
                               for _ in range(TURNS + 1) for side in ("off", "process"))
    lines = subprocess.run(("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
                           input=script, text=True, capture_output=True, check=True).stdout
    times = {"off": [], "process": []}
    for line in lines.splitlines():
        side, spent, took = line.split()
        times[side].append((float(spent), float(took)))
    return times["off"][1:], times["process"][1:]


def main():
    print("milliseconds     processor             clock")
    print("             off  process  ratio     off  process  ratio")
    for name, query in QUERIES.items():
        off, process = measure(query)
        row = []
        for i in range(2):
            ratio = statistics.median(o[i] / p[i] for o, p in zip(off, process))
            row.append(f"{min(o[i] for o in off):8.1f} {min(p[i] for p in process):8.1f} "
                       f"{ratio:6.2f}")
        print(f"{name:6s} {'  '.join(row)}")


if __name__ == "__main__":
    main()
