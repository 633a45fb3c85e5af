#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Scans by λs beside writers, each against PostgreSQL's own scan of one snapshot.

    writers.py FIRST SECONDS

Runs pieces of 30 seconds, each of what its number makes of it, FIRST and so on, until
SECONDS are over, so that a run goes on where another ended. What writes keeps sums;
what looks takes both answers in one snapshot, of every level of isolation, and the
sums have to be right. In the middle of a piece the server is killed. Where STANDBY
names a folder, a server that follows is there, is asked as well, and is promoted
under a transaction at the end. With CHECKSUMS no page may be a λ's. Connects as psql
does, to the server of PGDATA; its last line is `N passed, N failed`, of answers.
"""
import collections
import os
import random
import subprocess
import sys
import threading
import time

PIECE = 30
TOTAL = 20000 * 1000
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
# Files that are behind their buffers, or written and read all the time.
BUFFERS = ("-c shared_buffers=32MB", "-c shared_buffers=1MB -c bgwriter_lru_maxpages=100 "
           "-c bgwriter_delay=20ms")
# What two transactions do to one another, and what a server does to both.
EXPECTED = ("40001", "40P01", "55P03", "57P01", "57P02", "57P03", "57014", "0A000",
            "25P02", "42P07", "42701", "42703")
QUESTIONS = (
    ("account", "SELECT sum(balance) FROM account WHERE id >= 0", f"({TOTAL})"),
    ("account", "SELECT branch, count(*), sum(balance), min(id), max(id), avg(rate) "
                "FROM account WHERE id >= 0 GROUP BY branch", None),
    ("account", "SELECT md5(string_agg(id || ':' || balance, ',' ORDER BY id)) "
                "FROM (SELECT id, balance FROM account WHERE balance >= 0) y", None),
    ("account", "SELECT id, balance, note FROM account WHERE note LIKE '%7 x x%'", None),
    ("account", "SELECT count(*), sum(rate * balance) FROM account WHERE rate > 50.5", None),
    ("journal", "SELECT coalesce(sum(amount), 0) FROM journal WHERE amount <> 0", "(0)"),
    ("journal", "SELECT account, count(*) FROM journal WHERE amount > 0 GROUP BY account", None),
    ("duty", "SELECT count(*) >= 1 FROM duty WHERE busy AND id > 0", "(t)"),
)


class Failed(Exception):
    """An SQLSTATE."""


class Gone(Exception):
    """The server is."""


class Session:
    def __init__(self, port):
        self.psql = subprocess.Popen(
            ("psql", "-X", "-q", "-A", "-t", "-v", "VERBOSITY=sqlstate", "-p", str(port)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ask(self, script):
        """What is said; raises Failed with the first error, when all was done."""
        try:
            self.psql.stdin.write(script + "\n\\echo ~\n")
            self.psql.stdin.flush()
        except OSError as error:
            raise Gone from error
        lines, failed = [], None
        for line in self.psql.stdout:
            line = line.rstrip("\n")
            if line == "~":
                if failed:
                    raise Failed(failed)
                return lines
            kind, _, code = line.partition(":  ")
            if kind in ("ERROR", "FATAL"):
                failed = failed or code
            elif kind != "WARNING":
                lines.append(line)
        raise Gone

    def end(self):
        self.psql.stdin.close()
        self.psql.stdout.close()
        self.psql.wait()


class Piece:
    """One piece: threads that work until it is over, and what they found."""

    def __init__(self, seed, port, standby):
        self.seed, self.port, self.standby = seed, port, standby
        self.over = False
        self.lock = threading.Lock()
        self.done = collections.Counter()
        self.wrong = []
        self.hot = 1000
        self.gate = threading.Barrier(2)

    def count(self, what, n=1):
        with self.lock:
            self.done[what] += n

    def differ(self, text):
        with self.lock:
            self.wrong.append(text)

    def again(self, name, port, what):
        """Calls @what(session, rng) until the piece is over, whatever the server does."""
        rng, session = random.Random(f"{self.seed} {name}"), None
        while not self.over:
            try:
                session = session or Session(port)
                what(session, rng)
            except Failed as error:
                code = str(error)
                self.count(f"error {code}")
                if code[:5] not in EXPECTED and code[:2] not in ("08", "53"):
                    self.differ(f"{name}: unexpected error {code}")
                try:
                    session.ask("ROLLBACK;")
                except (Failed, Gone):
                    session = None
            except Gone:
                session = None
                time.sleep(0.2)
        if session:
            session.end()

    # Writers

    def account(self, rng):
        return max(1, self.hot + rng.randint(-150, 150))

    def write(self, session, rng):
        a, b = self.account(rng), self.account(rng)
        call = rng.choice((f"transfer({a}, {b}, {rng.randint(1, 50)})",) * 4 +
                          (f"split({a})", f"merge({a}, {b})"))
        script = f"SELECT {call};"
        what = rng.random()
        if what < 0.2:
            script = f"BEGIN; {script} ROLLBACK;"
        elif what < 0.4:
            script = f"BEGIN; {script} SAVEPOINT s; SELECT transfer({b}, {a}, 3); " \
                f"ROLLBACK TO s; SELECT pg_sleep({rng.random() / 50}); COMMIT;"
        elif what < 0.5:
            script = f"BEGIN; SELECT id FROM account WHERE id BETWEEN {a} AND {a + 20} " \
                f"FOR {rng.choice(('UPDATE', 'SHARE'))}; COMMIT;"
        elif what < 0.55:
            script = f"UPDATE account SET note = note || ' x' WHERE id BETWEEN {a} AND {a + 30};"
        session.ask("SET lock_timeout = '2s';" + script)
        self.count("writes")

    def leave(self, session, rng, first):
        """Two at once, when all that they read is as old as a λ will have it."""
        try:
            self.gate.wait(5)
            if first:
                time.sleep(0.3)
                session.ask("VACUUM duty; CHECKPOINT;")
            self.gate.wait(5)
        except threading.BrokenBarrierError:
            self.gate.reset()
            return
        session.ask(f"BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT leave({first}, "
                    f"{rng.random() / 20}); COMMIT;")
        self.count("leaves")

    def change(self, session, rng):
        """What is done to tables; a VACUUM most of all, so that λs have pages."""
        n = rng.randint(0, 3)
        seldom = (
            "VACUUM FULL account;", "VACUUM FULL duty;", "VACUUM (FREEZE) account;",
            "CLUSTER account USING account_pkey;",
            f"CREATE INDEX account_{n} ON account (branch, balance);",
            f"DROP INDEX IF EXISTS account_{n};", "REINDEX TABLE account;",
            f"ALTER TABLE account ADD COLUMN IF NOT EXISTS new{n} integer DEFAULT {n};",
            f"ALTER TABLE account ADD COLUMN IF NOT EXISTS new{n} float DEFAULT random();",
            f"ALTER TABLE account DROP COLUMN IF EXISTS new{n};",
            "TRUNCATE journal;",
            "BEGIN; TRUNCATE journal; COPY journal FROM STDIN (FREEZE);\n1\t5\n2\t-5\n\\.\nCOMMIT;",
            "BEGIN; TRUNCATE journal; INSERT INTO journal VALUES (1, 7); ROLLBACK;",
            f"ALTER TABLE {rng.choice(('account', 'journal'))} SET TABLESPACE "
            f"{rng.choice(('pg_default', 'beside'))};")
        often = ("VACUUM account; CHECKPOINT;", "VACUUM journal; VACUUM duty; CHECKPOINT;",
                 "VACUUM account;", "CHECKPOINT;", "VACUUM ANALYZE;")
        script = rng.choice(seldom if rng.random() < 0.25 else often)
        session.ask("SET lock_timeout = '1s'; " + script)
        self.count("changes")
        self.hot = rng.randint(200, 19800) if rng.random() < 0.3 else self.hot
        time.sleep(rng.random() / 5)

    # Those that look

    def check(self, where, level, question, wanted, answers):
        for got in answers[1:]:
            self.count("answers")
            if got != answers[0]:
                self.differ(f"{where}, {level}: {question}: {got[:200]} is not {answers[0][:200]}")
        if wanted is not None and answers[0] != wanted:
            self.differ(f"{where}, {level}: {question}: {answers[0]} is not {wanted}")

    def look(self, session, rng, level, where="server"):
        table, question, wanted = rng.choice(QUESTIONS)
        asked = question.replace("'", "''")
        sides = ["off", "on"]
        rng.shuffle(sides)
        # The lock comes before the snapshot, so that no table is rewritten between.
        script = f"BEGIN ISOLATION LEVEL {level}; LOCK TABLE {table} IN ACCESS SHARE MODE; "
        if where == "server" and rng.random() < 0.5:
            script += f"SET LOCAL lambda.request_delay = {rng.randint(1, 5)}; "
        one = ", ".join(f"ask_{side}('{asked}')" for side in sides)
        script += f"SELECT {one};\n"
        if level != "READ COMMITTED":
            script += f"SELECT pg_sleep({rng.random() / 20}) \\g /dev/null\n" \
                f"SELECT ask_on('{asked}'); SELECT ask_off('{asked}');"
        said = session.ask(script + " COMMIT;")
        answers = "|".join(said).split("|")
        if len(answers) != (2 if level == "READ COMMITTED" else 4):
            self.differ(f"{where}: it said {said}")
            return
        self.check(where, level, question, wanted, answers)
        self.count(f"{where} {level}")
        if where == "server" and rng.random() < 0.2:
            pages = session.ask("SELECT coalesce(sum(pages), 0), coalesce(sum(pages_declined), 0) "
                                "FROM lambda_stat_scans; SELECT lambda_stat_scans_reset();")
            by_lambda, declined = pages[0].split("|")
            self.count("pages", int(by_lambda))
            self.count("declined", int(declined))

    # A piece

    def threads(self):
        for i in range(3):
            yield f"writer {i}", self.port, self.write
        for first in (True, False):
            yield f"leaver {first}", self.port, \
                lambda s, rng, first=first: self.leave(s, rng, first)
        yield "changer", self.port, self.change
        for level in LEVELS:
            yield level, self.port, lambda s, rng, level=level: self.look(s, rng, level)
        if self.standby:
            for level in LEVELS[:2]:
                yield f"standby {level}", self.port + 1, \
                    lambda s, rng, level=level: self.look(s, rng, level, "standby")

    def run(self, seconds):
        workers = [threading.Thread(target=self.again, args=one) for one in self.threads()]
        for worker in workers:
            worker.start()
        time.sleep(seconds / 2)
        control("-m", "immediate", "stop")
        control("start", "-o", BUFFERS[self.seed % 2])
        time.sleep(seconds / 2)
        self.over = True
        for worker in workers:
            worker.join()
        self.print()
        return self.done["answers"], len(self.wrong)

    def print(self):
        done = ", ".join(f"{n} {what}" for what, n in sorted(self.done.items()))
        print(f"piece {self.seed}: {done}; {len(self.wrong)} wrong", flush=True)
        for text in self.wrong[:10]:
            print(f"  {text}", flush=True)


def control(*words, data=None):
    data = data or os.environ["PGDATA"]
    subprocess.run(("pg_ctl", "-D", data, "-l", f"{data}.log", "-w", *words),
                   stdout=subprocess.DEVNULL, check=True)


def promote(piece, folder):
    """A snapshot of the recovery is looked at when there is none any more."""
    session = Session(piece.port + 1)
    table, question, _ = QUESTIONS[1]
    asked = question.replace("'", "''")
    first = session.ask(f"BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE {table} IN ACCESS "
                        f"SHARE MODE; SELECT ask_off('{asked}');")
    control("promote", data=folder)
    other = Session(piece.port + 1)
    other.ask("UPDATE account SET balance = balance + 1 WHERE id % 50 = 0; VACUUM account; "
              "CHECKPOINT;")
    later = session.ask(f"SELECT ask_on('{asked}'); SELECT ask_off('{asked}'); COMMIT;")
    answers = [first[0], *later]
    piece.check("promoted", "REPEATABLE READ", question, None, answers)
    other.ask(f"SELECT ask_on('{asked}') = ask_off('{asked}');")
    pages = other.ask("SELECT sum(pages) FROM lambda_stat_scans;")
    print(f"promoted: {len(answers) - 1} answers, {pages[0]} pages by λ; "
          f"{len(piece.wrong)} wrong", flush=True)
    for text in piece.wrong:
        print(f"  {text}")
    return len(answers) - 1, len(piece.wrong)


def main():
    first, seconds = int(sys.argv[1]), int(sys.argv[2])
    port, standby = int(os.environ["PGPORT"]), os.environ.get("STANDBY")
    passed = wrong = pages = 0
    seed, until = first, time.monotonic() + seconds
    while time.monotonic() < until:
        piece = Piece(seed, port, standby)
        answers, failed = piece.run(min(PIECE, max(4, until - time.monotonic())))
        passed, wrong, pages = passed + answers, wrong + failed, pages + piece.done["pages"]
        seed += 1
    if standby:
        answers, failed = promote(Piece(seed, port, standby), standby)
        passed, wrong = passed + answers, wrong + failed
    if not pages:
        print("no page was a λ's")
        wrong += 1
    print(f"the next piece is {seed}\n{max(passed - wrong, 0)} passed, {wrong} failed")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
