#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the suite itself: that it judges right, not what it measured."""

import contextlib
import copy
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.suite import bare, guest, inputs, loops, model, plan, racks, report  # noqa: E402
from bench.suite import runner, summary  # noqa: E402

TOP = Path(__file__).resolve().parents[2]
REPORT = TOP / "bench/report"

# Where only the text of a report is looked at.
NO_PLOTS = SimpleNamespace(**dict.fromkeys(
    ("bars", "lines", "host_rates", "racks", "silicon"), lambda *_, **__: None))

# A loop over numbers as the kernel's JIT emits it, at its address.
ADDRESS = 0xffffffffa0000008
LOOP = bytes.fromhex(
    "31c0"              # 00: xor  %eax,%eax
    "4189fb"            # 02: mov  %edi,%r11d
    "438b542300"        # 05: mov  0x0(%r11,%r12,1),%edx
    "01d0"              # 0a: add  %edx,%eax
    "4883c704"          # 0c: add  $0x4,%rdi
    "4983e901"          # 10: sub  $0x1,%r9
    "0f8206000000"      # 14: jb   20
    "4839f7"            # 1a: cmp  %rsi,%rdi
    "72e3"              # 1d: jb   2
    "c3"                # 1f: ret
    "e800100000"        # 20: call the thunk
    "ebf3")             # 25: jmp  1a

# Accesses by a base that moves on, and a constant behind the code.
HELD = bytes.fromhex(
    "4189fb"            # 00: mov  %edi,%r11d
    "438b542300"        # 03: mov  0x0(%r11,%r12,1),%edx
    "4883c704"          # 08: add  $0x4,%rdi
    "438b442308"        # 0c: mov  0x8(%r11,%r12,1),%eax
    "48230508000000"    # 11: and  0x8(%rip),%rax
    "c3"                # 18: ret
    "cccccccccccccc"
    "8877665544332211")


def point(**other) -> dict:
    """Of a boot, as its record has it."""
    counts = ("ns bytes out_bytes requests host device both profiled ns_requests ns_profiled "
              "ns_longest ns_p99 ns_media ns_link ns_compute bytes_media bytes_link").split()
    return {"figure": "cold", "program": "grep", "method": "read", "size": 1 << 20, "count": 8,
            "hash": "1", **dict.fromkeys(counts, 0), "ns": 1000, "bytes": 8 << 20, **other}


def record(*points, **drive) -> dict:
    profile = ("media_read_mbps = 3500\nmedia_write_mbps = 2000\nlink_mbps = 3200\n"
               "cores = 4\nchannels = 8\n")
    return {"drive": {"profile": "balanced", **drive}, "profile": profile,
            "inputs": {"kernel": "1"}, "points": list(points)}


def said(function, *words) -> tuple:
    """What a function returns and what it prints."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        return function(*words), text.getvalue()


class Comparing(unittest.TestCase):
    def test_equal(self):
        records = [record(point())]
        same, text = said(runner.compare, records, copy.deepcopy(records))
        self.assertTrue(same)
        self.assertIn("1 of 1", text)

    def test_one_nanosecond(self):
        same, text = said(runner.compare, [record(point())], [record(point(ns=1001))])
        self.assertFalse(same)
        self.assertIn("method=read", text)

    def test_missing(self):
        first = [record(point(), point(method="drive"))]
        self.assertFalse(said(runner.compare, first, [record(point())])[0])
        self.assertFalse(said(runner.compare, [record(point())], first)[0])

        text = said(runner.compare, first, [record(point(ns=2000), point(method="mmap"))])[1]
        self.assertIn("0 of 1", text)
        self.assertIn("1 only in the first", text)
        self.assertIn("1 only in the second", text)
        self.assertIn("   2.000  profile=balanced figure=cold program=grep method=read", text)
        self.assertNotIn("{", text)

    def test_largest_first(self):
        first = [record(point(), point(method="mmap"), point(method="drive"))]
        second = [record(point(ns=1100), point(method="mmap", ns=100), point(method="drive",
                                                                            ns=1200))]
        lines = said(runner.compare, first, second)[1].splitlines()[1:4]
        self.assertEqual([line.split()[0] for line in lines], ["0.100", "1.200", "1.100"])

    def test_nothing(self):
        self.assertFalse(said(runner.compare, [], [])[0])

    def test_table(self):
        lines = runner.table([record(point(), point(ns=0))]).splitlines()
        self.assertEqual(lines[1].split(), "cold balanced grep read 1048576 8 0.001 8388608.0"
                         .split())
        self.assertEqual(lines[2].split()[-2:], ["0.000", "-"])

    def test_other_inputs(self):
        other = record(point())
        other["inputs"] = {"kernel": "2"}
        self.assertIn("kernel", said(runner.compare, [record(point())], [other])[1])


class Results(unittest.TestCase):
    def test_equal_across_ways(self):
        runner.refuse_unequal([record(point(), point(method="drive"))])

    def test_unequal_across_ways(self):
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
            runner.refuse_unequal([record(point()), record(point(method="drive", hash="2"))])

    def test_missing_point(self):
        boot = guest.Boot({"profile": "paper"}, [point(), point(method="drive")])
        with self.assertRaises(ValueError):
            boot.parse("id,ns,hash,misses\n0,5,1,\n")

    def test_kept_point(self):
        boot = guest.Boot({"profile": "paper"}, [{"method": "drive"}])
        found = boot.parse("id,ns,hash,misses\n0,5,1,7 -8 \n")
        self.assertEqual(found, {"points": [{"method": "drive", "ns": 5, "hash": "1",
                                             "misses": [7, -8]}]})

    def test_names(self):
        """A boot has another name where anything of it is another."""
        hashes, boot = {"kernel": "1"}, guest.Boot({"profile": "paper"}, [{"method": "drive"}])
        names = {runner.name_of(boot, hashes), runner.name_of(boot, {"kernel": "2"}),
                 runner.name_of(guest.Boot({"profile": "balanced"}, boot.points), hashes),
                 runner.name_of(guest.Boot(boot.drive, [{"method": "host"}]), hashes),
                 runner.name_of(guest.Calibration(boot.drive, boot.points), hashes)}
        self.assertEqual(len(names), 5)

    def test_split(self):
        """The device mapper makes the image of its stripes again."""
        with tempfile.TemporaryDirectory() as folder:
            whole, parts = Path(folder, "whole"), [Path(folder, f"{k}") for k in range(4)]
            data = bytearray(guest.STRIPE * 12)
            for at in (0, 3 * guest.STRIPE - 1, 7 * guest.STRIPE + 12345, len(data) - 1):
                data[at] = at % 255 + 1
            whole.write_bytes(data)
            guest.split(whole, parts)
            rows = [part.read_bytes() for part in parts]
            again = b"".join(row[at:at + guest.STRIPE] for at in range(0, len(rows[0]), guest.STRIPE)
                             for row in rows)
            self.assertEqual(again, bytes(data))

    def test_changed_profile(self):
        boot = guest.Boot({"profile": "balanced", "change": "cores=2"})
        self.assertIn("\ncores = 2\n", boot.profile())
        self.assertNotIn("change", boot.properties(Path("p")))


class Plan(unittest.TestCase):
    def test_points_differ(self):
        """What is compared by its name has one of its own, in both suites."""
        for quick in (True, False):
            points = [(tuple(boot.drive.items()), one["figure"], line.split(" ", 1)[1])
                      for boot in plan.boots(quick) for one, line in zip(
                          boot.points, boot.listing().splitlines())]
            self.assertEqual(len(points), len(set(points)))

    def test_quick(self):
        for boot in plan.boots(True):
            for one in boot.points:
                self.assertLessEqual(one["size"] * one["count"], 16 << 20)


    def test_pairs(self):
        """Who is beside another shares its boot, and follows or precedes it there."""
        for quick in (True, False):
            for boot in plan.boots(quick):
                beside = [one for one in boot.points if "beside" in one]
                for one, other in zip(beside[::2], beside[1::2], strict=True):
                    self.assertIn(one["program"], other["beside"])
                    self.assertIn(other["program"], one["beside"])
                    place = boot.points.index(one)
                    self.assertIs(boot.points[place + 1], other)

    def test_portions(self):
        most = plan.POINTS_A_BOOT
        points = [{}] * (most - 1) + [{"beside": "b"}, {"beside": "a"}, {}]
        self.assertEqual([len(one) for one in plan.portions(points)], [most + 1, 1])


class Model(unittest.TestCase):
    def setUp(self):
        records = [record(point(), point(method="drive", device=8, out_bytes=1 << 20)),
                   record(point(ns=3000), dilation=2)]
        self.results = model.Results(records)

    def test_dilation(self):
        self.assertEqual([one["ns"] for one in self.results.points], [1000, 1000, 1500])

    def test_limit(self):
        """The link for who reads all of it; media for who reads little of it."""
        host, drive, _ = self.results.points
        self.assertEqual(model.limit(host)[1], "link")
        self.assertEqual(model.limit(drive)[1], "media")
        self.assertAlmostEqual(model.limit(host)[0], (8 << 20) / 3.2)
        self.assertAlmostEqual(model.limit(drive)[0], (8 << 20) / 3.5)

    def test_limit_of_both(self):
        """Whoever does it, the media give all of it."""
        divided = model.Results([record(point(method="both", both=8, ns_compute=1e9))]).points[0]
        self.assertEqual(model.limit(divided)[1], "media")
        self.assertAlmostEqual(model.limit(divided)[0], (8 << 20) / 3.5)

    def test_break_even(self):
        self.assertEqual(model.break_even([1, 2], [0.5, 0.2]), "below 1")
        self.assertEqual(model.break_even([1, 2], [3, 2]), "above 2")
        self.assertEqual(model.break_even([1, 4], [1.5, 0.5]), "2.0")


class Sections(unittest.TestCase):
    """Of the report, where they judge."""

    @staticmethod
    def rows(section: str, *points) -> list:
        found = report.Report(model.Results([record(*points)]), None, {}, None, TOP)
        lines = getattr(found, section)().splitlines()
        rows = [[cell.strip() for cell in line.split("|")[1:-1]]
                for line in lines if line.startswith("| ")]
        return rows[1:]

    def test_both(self):
        large = {"figure": "large", "threads": 1, "requests": 8}
        rows = self.rows("both", point(method="host", ns=3e6, host=8, **large),
                         point(method="drive", ns=2e6, device=8, **large),
                         point(method="auto", ns=2e6, device=8, **large),
                         point(method="both", ns=1e6, both=7, host=1, **large))
        self.assertEqual(rows[0][-2:], ["2.00 (drive)", "7, 0"])

    def test_pairs(self):
        pair = {"figure": "pairs", "requests": 8}
        rows = self.rows("pairs", *(
            point(method=method, program=program, ns=ns, device=device, host=8 - device, **pair)
            for method, times in (("host", (4e6, 8e6)), ("drive", (2e6, 9e6)), ("auto", (2e6, 6e6)))
            for program, ns, device in zip(("grep", "stats32"), times, (8, 0))))
        self.assertEqual([row[2:] for row in rows], [
            ["host+host", "8.0", "4.0 (0, 8, 0)", "8.0 (8, 0, 0)", "1.00"],
            ["drive+drive", "9.0", "2.0 (0, 8, 0)", "9.0 (8, 0, 0)", "1.12"],
            ["auto+auto", "6.0", "2.0 (0, 8, 0)", "6.0 (8, 0, 0)", "0.75"]])

    def test_beside(self):
        reader = {"figure": "beside", "method": "direct", "size": 4096, "bytes": 4096 * 100,
                  "requests": 100}
        rows = self.rows(
            "beside", point(ns=8e6, ns_requests=8e6, ns_p99=81e3, **reader),
            point(ns=10e6, ns_requests=10e6, ns_p99=150e3, beside="λ", **reader),
            point(figure="beside", method="drive", ns=9e6, bytes_media=3.5e6, threads=4,
                  beside="r"))
        self.assertEqual(rows[0][2:7], ["0", "51.2", "1.000", "80.0", "81.0"])
        # A ninth of the time, a channel is at half of its 64 KiB.
        self.assertEqual(rows[1][2:8], ["4", "41", "0.800", "100.0", "150.0",
                                        f"{80 + 65.536 * 8 / 3.5 / 9 / 2:.1f}"])
        self.assertEqual(rows[1][-3:], ["11.11%", "0.00%", "90%"])

    def test_probes(self):
        asked = {"figure": "probes", "requests": 8, "ns_requests": 4e6}
        rows = self.rows(
            "probes", point(method="host", ns=4e6, **asked), point(method="drive", ns=2e6, **asked),
            point(method="auto", ns=3e6, period=50, probes=5, profiled=2, ns_profiled=1e6, **asked))
        self.assertEqual(rows, [["balanced", "grep", "50", "5", "4.0", "2.0", "3.0", "2",
                                 "25.0%", "1.500"]])

    def test_traces(self):
        """Of another kernel, they say so."""
        for kernel in "1", "2":
            found = report.Report(model.Results([record(point())]), None,
                                  {"inputs": {"kernel": kernel}, "points": []}, None, TOP)
            self.assertEqual("other inputs than the rest: kernel" in found.breakdown(),
                             kernel != "1")

    def test_missing(self):
        found = report.Report(model.Results([]), None, {}, None, TOP)
        self.assertIn("`datasets`, `pairs`", found.missing({"pairs", "datasets"}))
        self.assertIn("scripts/bench trace", found.missing({"layers"}))
        self.assertEqual(found.missing(set()), "")


class Stopping(unittest.TestCase):
    """A run that is ended in its middle has measured something."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name)
        self.boots = [guest.Boot({"profile": "paper"}, [point()]),
                      guest.Boot({"profile": "paper", "dilation": 2}, [point()]),
                      guest.Boot({"profile": "balanced"}, [point(figure="path")])]

    def runner(self, *ended):
        """One that has run the first of the boots, and is stopped at those that are ended."""
        mine = runner.Runner.__new__(runner.Runner)
        mine.kept, mine.hashes, mine.versions = self.folder, {"kernel": "1"}, {"commit": "c"}
        for boot in self.boots:
            if boot not in ended:
                runner.write(mine.path(boot), json.dumps(
                    {**record(), "points": boot.points, "drive": boot.drive}))
        return mine

    def found(self, *ended):
        with mock.patch.object(runner.inputs, "hashes", lambda: {"kernel": "1"}):
            return self.runner(*ended).found(self.boots)

    def test_all(self):
        found = self.found()
        self.assertEqual(len(found), 3)
        self.assertNotIn("unfinished", found[0])

    def test_part(self):
        found = self.found(*self.boots[1:])
        self.assertEqual([one["unfinished"] for one in found], [["path", "rates"]])
        self.assertEqual(len(runner.table(found).splitlines()), 2)

    def test_other_build(self):
        """What guests began with is not what is there now."""
        with mock.patch.object(runner.inputs, "hashes", lambda: {"kernel": "2"}), \
                self.assertRaises(SystemExit):
            self.runner().found(self.boots)

    def test_stopped(self):
        """By a signal while guests run: the command says so, and others are not begun."""
        mine, begun = self.runner(*self.boots), []
        mine.lock, mine.done, mine.todo, mine.start = threading.Lock(), 0, 0, 0

        def measured(boot, _):
            begun.append(boot)
            if len(begun) == 2:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.5)
                raise RuntimeError("a guest ended with -15")
            return {"points": boot.points}
        was = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        try:
            with mock.patch.object(runner, "measure", measured), \
                    mock.patch.object(runner, "GUESTS", 1), \
                    mock.patch.object(runner.inputs, "hashes", lambda: {"kernel": "1"}), \
                    self.assertRaises(guest.Stopped):
                said(mine.all, self.boots)
        finally:
            signal.signal(signal.SIGINT, was[0])
            signal.signal(signal.SIGTERM, was[1])
        self.assertEqual(len(begun), 2)
        with mock.patch.object(runner.inputs, "hashes", lambda: {"kernel": "1"}):
            found = mine.found(self.boots)
        self.assertEqual([(one["drive"], one["unfinished"]) for one in found],
                         [(self.boots[0].drive, ["path", "rates"])])

    def test_report(self):
        """Of what is whole; the rest is named."""
        raw = json.loads((REPORT / "raw/results.json").read_text())
        for one in raw:
            one["unfinished"] = ["sizes", "rates"]
        (self.folder / "results.json").write_text(json.dumps(raw))
        text = report.Report.of(self.folder, NO_PLOTS, self.folder).text()
        self.assertIn("## Cold page cache", text)
        self.assertNotIn("## How fast a host has to be", text)
        there = {point["figure"] for one in raw for point in one["points"]}
        wanting = {"rates", "sizes"} | ({"remote", "striped"} - there)
        self.assertIn("not all, of " + ", ".join(
            f"`{name}`" for name in plan.NAMES if name in wanting) + ".", text)
        self.assertIn("`scripts/bench jit`", text)
        self.assertIn("`scripts/bench trace`", text)


class Racks(unittest.TestCase):
    """What is busy longest, of one host and of many."""

    work = racks.Work(drive=0.25, name="cores", link=0.5, native=1.0, host=0.0625,
                      out=0.001)

    def test_busiest(self):
        one = racks.Site(network=False)
        self.assertEqual(self.work.takes(one, "drive"), (0.25, "cores"))
        self.assertEqual(self.work.takes(one, "read"), (1.0, "processors"))
        many = racks.Site(4, 100, 10)
        self.assertEqual(self.work.takes(many, "drive")[1], "the asker's card")
        self.assertEqual(self.work.takes(many, "shipped"), (1.0, "the asker's processor"))

    def test_processor(self):
        """Who divides and joins for many drives."""
        self.assertEqual(self.work.takes(racks.Site(64, network=False), "drive"),
                         (0.0625, "processors"))

    def test_pays(self):
        self.assertEqual(self.work.pays(racks.Site(network=False), "read"), 1)
        self.assertEqual(self.work.pays(racks.Site(network=False), "drive"), 4)


class Committed(unittest.TestCase):
    """The report in the repository, and what the README takes from it."""

    def setUp(self):
        self.text = (REPORT / "report.md").read_text()

    def test_from_raw(self):
        again = report.Report.of(REPORT / "raw", NO_PLOTS, REPORT)
        runner.refuse_unequal(again.results.records)
        self.assertEqual(again.text(), self.text)

    def test_tree(self):
        """What names the sources by content is told, and how a commit is found by it."""
        versions = inputs.versions()
        text = report.Report(model.Results([{**record(point()), "versions": versions}]),
                             None, {}, None, TOP).inputs()
        here = subprocess.run(["git", "-C", TOP, "cat-file", "-t", versions["tree"]],
                              capture_output=True, text=True, check=True).stdout
        self.assertEqual(here, "tree\n")
        self.assertIn(f"| tree | {versions['tree']} |\n", text)
        self.assertIn("git log --format='%T %H'", text)

    def test_later(self):
        """Figures of another commit than the rest are told."""
        one, other = record(point()), record(point(figure="striped"))
        one["versions"], other["versions"] = {"commit": "1"}, {"commit": "2"}
        other["inputs"] = {"kernel": "2"}
        text = report.Report(model.Results([one, other]), None, {}, None, TOP).inputs()
        self.assertIn("with what commit 2 makes: `striped`.", text)

    def test_readme(self):
        lines = (TOP / "README.md").read_text().split("bench/report/rates.svg")[0].splitlines()
        rows = [line for line in lines if line.startswith("| ")]
        self.assertGreater(len(rows), 5)
        for row in rows:
            self.assertIn(row + "\n", self.text)


class Summary(unittest.TestCase):
    """What a report keeps of thousands of lines."""

    def test_summarise(self):
        raw = {
            "about.json": '{"processor": "P"}',
            "kernel-code.txt": f"program sum\nfunction {ADDRESS:x} {len(LOOP)}\n{LOOP.hex()}\n",
            "native.csv": "what,round,ns\nsum/read,0,3\nsum/read,1,1\nsum/read,2,2\n",
            "jit.csv": "program,method,round,value\nsum,samples,5,60\n" + "".join(
                f"sum,{method},{turn},{ns * (turn + 1)}\n" for turn in range(3)
                for method, ns in (("kernel", 6), ("bare", 4), ("scalar", 2), ("vector", 1), ("own", 1),
                                   ("guarded", 3), ("unchecked", 3)))}
        with tempfile.TemporaryDirectory() as folder:
            for name, text in raw.items():
                Path(folder, name).write_text(text)
            kept = json.loads(summary.text(summary.summarise(Path(folder))))
        silicon = model.Silicon(kept)
        self.assertEqual((silicon.about["processor"], silicon.rounds), ("P", 3))
        self.assertEqual(silicon.native_time("sum", "read"), 2)
        self.assertEqual(silicon.median("sum", "kernel"), 12)
        self.assertEqual(silicon.ratio("sum", "kernel", "scalar"), [3, 3, 3])
        self.assertIn("100.0 %", kept["jit"]["sum"]["loop"][1])


class Code(unittest.TestCase):
    def test_bare(self):
        address, code = bare.bare([(ADDRESS, LOOP)])
        self.assertEqual(address, ADDRESS + bare.DISTANCE)
        text = [one for _, one in bare.disassemble(code, address) if "nop" not in one]
        self.assertEqual([one.split()[0] for one in text[:7]],
                         ["xor", "mov", "add", "add", "cmp", "jb", "ret"])
        self.assertIn("(%rdi),%edx", text[1])

    def test_bare_base(self):
        address, code = bare.bare([(ADDRESS, HELD)])
        text = [one for _, one in bare.disassemble(code, address)]
        self.assertEqual([one.split()[0] for one in text[:5]],
                         ["mov", "add", "mov", "and", "ret"])
        self.assertIn("(%rdi),%edx", text[0])
        self.assertIn("0x4(%rdi),%eax", text[2])
        self.assertTrue(code.endswith(HELD[-8:]))

    def test_hot_loop(self):
        dump = f"program sum\nfunction {ADDRESS:x} {len(LOOP)}\n{LOOP.hex()}\n"
        loop = loops.hot_loop(dump, "sum", {2: 10, 5: 60, 0: 10})
        self.assertEqual(len(loop), 8)
        self.assertIn("75.0 %", loop[1])
        self.assertIn("jb     2", loop[7])

    def test_few_samples(self):
        dump = f"program sum\nfunction {ADDRESS:x} {len(LOOP)}\n{LOOP.hex()}\n"
        self.assertEqual(loops.hot_loop(dump, "sum", {2: 1}), [])


def main() -> int:
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner().run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
