# SPDX-License-Identifier: GPL-2.0-only
"""Tests of scripts/check-circles: what files want of each other is found in objects."""

import importlib.machinery
import importlib.util
import subprocess
import tempfile
import unittest
from pathlib import Path


def program():
    """scripts/check-circles as a module."""
    place = str(Path(__file__).with_name("check-circles"))
    loader = importlib.machinery.SourceFileLoader("check_circles", place)
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


CIRCLES = program()


class Objects(unittest.TestCase):
    """Files of C, compiled."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def wants(self, **calls: str) -> dict:
        """Files of these names, each with a function of its name that calls others."""
        objects = {}
        for name, others in calls.items():
            source, made = self.folder / f"{name}.c", self.folder / f"{name}.o"
            source.write_text("".join(f"void {other}(void);\n" for other in others)
                              + f"void {name}(void);\nvoid {name}(void)\n{{\n"
                              + "".join(f"\t{other}();\n" for other in others) + "}\n")
            subprocess.run(["cc", "-c", "-o", made, source], check=True)
            objects[made] = name
        return CIRCLES.read_wants(objects)

    def test_one_way_is_no_circle(self) -> None:
        wants = self.wants(a="bc", b="c", c="")
        self.assertEqual(wants["a"], {"b": {"b"}, "c": {"c"}})
        self.assertEqual(CIRCLES.find_circles(wants), [])

    def test_two_files(self) -> None:
        wants = self.wants(a="b", b="ac", c="")
        self.assertEqual(CIRCLES.find_circles(wants), [["a", "b"]])

    def test_through_others(self) -> None:
        wants = self.wants(a="b", b="c", c="d", d="b", e="f", f="e")
        self.assertEqual(CIRCLES.find_circles(wants), [["b", "c", "d"], ["e", "f"]])

    def test_headers_from_above(self) -> None:
        part = CIRCLES.Part("x", ".", "*.o", above=("userspace", "bench"))
        self.wants(a="", b="")
        (self.folder / "a.d").write_text("a.o: a.c ../linux/a.h \\\n ../bench/a.h\n")
        (self.folder / "b.d").write_text("b.o: b.c workbench/a.h userspace.h\n")
        self.assertEqual(CIRCLES.wrong_headers(part, part.objects(self.folder)),
                         ["a includes ../bench/a.h"])

    def test_objects_of_files_that_are_gone(self) -> None:
        self.wants(nothing_of_this_name="")
        part = CIRCLES.Part("x", ".", "*.o", "userspace/cli")
        self.assertEqual(part.objects(self.folder), {})


if __name__ == "__main__":
    unittest.main()
