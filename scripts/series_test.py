# SPDX-License-Identifier: GPL-2.0-only
"""Tests of scripts/series: what is no book is found, and imports keep places."""

import importlib.machinery
import importlib.util
import sys
import tempfile
import unittest
from pathlib import Path

import series_rules
import series_stage
from series_stage import SELFTESTS, Patch, SeriesError

LETTER = "Subject: x\n\n" + "".join(f"{name}\n{'-' * len(name)}\nWords.\n\n"
                                   for name in series_rules.SECTIONS)
ORDER = "# a comment\none\ntwo drive\\.h\n"


def program(name: str):
    """The program of that name beside this file, as a module."""
    place = str(Path(__file__).with_name(name))
    loader = importlib.machinery.SourceFileLoader(f"{name}_program", place)
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def hunk(path: str, *lines: str) -> bytes:
    """Lines that are added to an existing file."""
    text = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n"
    return (text + "".join(f"+{line}\n" for line in lines)).encode()


class Book(unittest.TestCase):
    """A small series that is in order, and what each rule says when it is not."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = Path(scratch.name) / "series"
        self.tree = Path(scratch.name) / "tree"
        self.files: dict[str, Path] = {}
        self.patches: list[Patch] = []
        self.add("one/0001-first", ["fs/x/a.c", "fs/x/a.h"])
        self.put("fs/x/a.c", '#include "a.h"\n')
        self.put("fs/x/a.h", "int a(void);\n")
        self.add("two/0001-second", ["include/linux/b.h"],
                 hunk("fs/open.c", "#include <linux/b.h>"))
        self.put("include/linux/b.h", '#include "c.h"\n')
        self.write("ORDER", ORDER)
        self.write("one/cover-letter", LETTER)
        self.write("two/cover-letter", LETTER)

    def write(self, name: str, text: str) -> None:
        """A file in the folder of the series."""
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def put(self, path: str, text: str) -> None:
        """A new file of the kernel."""
        self.files[path] = self.tree / path
        self.files[path].parent.mkdir(parents=True, exist_ok=True)
        self.files[path].write_text(text)

    def add(self, place: str, new: list[str], hunks: bytes = b"") -> Patch:
        """A patch at the end of the series."""
        part, _, name = place.partition("/")
        patch = Patch(part, name, {"Subject": name[5:]}, "", new, hunks)
        self.patches.append(patch)
        self.write(f"{place}.patch", "")
        return patch

    def wrong(self) -> list[str]:
        """All findings."""
        return (series_rules.entered_once(self.patches, self.files) +
                series_rules.book(self.top, self.patches, self.files))

    def only(self, *words: str) -> None:
        """There is one finding, and it has the words."""
        wrong = self.wrong()
        self.assertEqual(1, len(wrong), wrong)
        for word in words:
            self.assertIn(word, wrong[0])

    def test_in_order(self) -> None:
        self.assertEqual([], self.wrong())

    def test_file_in_two_patches(self) -> None:
        self.add("two/0002-third", ["fs/x/a.c"])
        self.only("fs/x/a.c is New: in one/0001-first and two/0002-third")

    def test_file_in_no_patch(self) -> None:
        self.put("fs/x/stray.c", "")
        self.only("no patch", "fs/x/stray.c")

    def test_patch_of_no_file(self) -> None:
        self.add("two/0002-third", ["fs/x/gone.c"])
        self.only("no such file", "fs/x/gone.c")

    def test_part_outside_order(self) -> None:
        self.write("three/0001-x.patch", "")
        self.only("three", "not in ORDER")

    def test_part_without_patch(self) -> None:
        self.write("ORDER", ORDER + "three\n")
        self.write("three/cover-letter", LETTER)
        self.only("three", "without a patch")

    def test_patch_outside_parts(self) -> None:
        self.write("0001-x.patch", "")
        self.only("0001-x.patch", "in no part")

    def test_no_cover_letter(self) -> None:
        (self.top / "two/cover-letter").unlink()
        self.only("two", "no cover-letter")

    def test_section_is_missing(self) -> None:
        self.write("one/cover-letter", LETTER.replace("Problem\n", "Trouble\n"))
        self.only("one/cover-letter", "Problem")

    def test_section_without_words(self) -> None:
        self.write("two/cover-letter", LETTER.replace(
            "Figures\n-------\nWords.\n", "Figures\n-------\n"))
        self.only("two/cover-letter", "Figures")

    def test_last_section_empty(self) -> None:
        self.write("two/cover-letter", LETTER[:LETTER.rindex("Words.")])
        self.only("two/cover-letter", "Open questions")

    def test_numbers_begin_at_one(self) -> None:
        self.patches[0].name = "0002-first"
        self.only("one/0002-first", "0001")

    def test_numbers_have_no_gap(self) -> None:
        self.add("two/0003-third", [])
        self.only("two/0003-third", "0002")

    def test_size(self) -> None:
        self.put("fs/x/a.c", '#include "a.h"\n' + "\n" * 798)
        self.assertEqual([], self.wrong())
        self.patches[0].hunks = hunk("fs/Makefile", "obj-y += x/")
        self.only("one/0001-first", "801 new lines")

    def test_header_without_user(self) -> None:
        self.put("fs/x/a.c", "")
        self.only("one/0001-first", "nothing includes fs/x/a.h")

    def test_header_before_its_user(self) -> None:
        self.patches[0].new.append("fs/x/c.h")
        self.put("fs/x/c.h", "")
        self.put("fs/x/c.c", '#include "c.h"\n')
        self.add("two/0002-third", ["fs/x/c.c"])
        self.only("one/0001-first", "nothing includes fs/x/c.h")

    def test_header_of_a_header(self) -> None:
        self.put("fs/x/a.h", '#include "../y/c.h"\n')
        self.put("fs/y/c.h", "")
        self.patches[0].new.append("fs/y/c.h")
        self.assertEqual([], self.wrong())

    def test_header_after_its_user(self) -> None:
        self.put("fs/x/a.c", '#include "a.h"\n#include <linux/b.h>\n')
        self.only("one/0001-first", "include/linux/b.h", "enters later")

    def test_edit_includes_what_is_later(self) -> None:
        self.patches[0].hunks = hunk("fs/file.c", "#include <linux/b.h>")
        self.only("one/0001-first", "fs/file.c", "enters later")

    def test_selftest_in_the_part_before(self) -> None:
        self.put(f"{SELFTESTS}/a_test.c", "drive.h\n")
        self.patches[0].new.append(f"{SELFTESTS}/a_test.c")
        self.only("a_test.c", "in one, but tests two")

    def test_selftest_in_the_part_after(self) -> None:
        self.put(f"{SELFTESTS}/a_test.sh", "")
        self.add("two/0002-third", [f"{SELFTESTS}/a_test.sh"])
        self.only("a_test.sh", "in two, but tests one")

    def test_unit_test_elsewhere(self) -> None:
        self.put("fs/x/tests/a_test.c", "")
        self.add("two/0002-third", ["fs/x/tests/a_test.c"])
        self.only("fs/x/tests/a_test.c", "in two, but tests one")

    def test_lines_wait_for_their_source(self) -> None:
        text = (b"lambda-y += a.o\nlambda-$(B) += b.o\nobj-y += x/\nT += b.sh\n"
                b"$(O)/a: a.h b.h\nV := a.h b.h\nsource \"fs/x/Kconfig.b\"\n")
        files = dict.fromkeys(f"fs/x/{name}" for name in
                              ("a.c", "b.c", "b.sh", "a.h", "b.h", "Kconfig.b"))
        got = series_stage.present_lines("fs/x/Makefile", text,
                                         {"fs/x/a.c", "fs/x/a.h"}, files)
        self.assertEqual(b"lambda-y += a.o\nobj-y += x/\nV := a.h b.h\n", got)
        self.assertEqual(text, series_stage.present_lines(
            "fs/x/Makefile", text, set(files), files))

    def test_symbols_wait_for_their_kconfig(self) -> None:
        self.put("fs/x/Kconfig", "config X\n\tbool\n")
        text = b"CONFIG_NET=y\n\nCONFIG_X=y\n"
        for known, wanted in (set(), b"CONFIG_NET=y\n"), ({"fs/x/Kconfig"}, text):
            self.assertEqual(wanted, series_stage.present_lines(
                f"{SELFTESTS}/config", text, known, self.files))


class Import(unittest.TestCase):
    """Where commits of a worktree go."""

    def setUp(self) -> None:
        self.series = program("series")
        self.addCleanup(setattr, series_stage.home, "parts",
                        series_stage.home.parts)
        series_stage.home.parts = lambda: ["one", "two"]
        self.before = [self.patch("A", "one", "0001-a"),
                       self.patch("B", "one", "0002-own-name"),
                       self.patch("C", "two", "0001-c")]

    @staticmethod
    def patch(subject: str, part: str = "", name: str = "") -> Patch:
        return Patch(part, name, {"Subject": subject}, "", [], b"")

    def places(self, *subjects: str) -> list[str]:
        """Where commits of these subjects go."""
        patches = [self.patch(subject) for subject in subjects]
        self.series.place_all(patches, self.before)
        return [patch.place for patch in patches]

    def test_unchanged(self) -> None:
        self.assertEqual(["one/0001-a", "one/0002-own-name", "two/0001-c"],
                         self.places("A", "B", "C"))

    def test_new_commit_joins_the_part_before(self) -> None:
        self.assertEqual(["one/0001-new-words", "one/0002-own-name", "two/0001-c",
                          "two/0002-d"], self.places("new: words", "B", "C", "D"))

    def test_parts_do_not_mix(self) -> None:
        with self.assertRaises(SeriesError):
            self.places("A", "C", "B")


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    sys.exit(not unittest.TextTestRunner().run(suite).wasSuccessful())
