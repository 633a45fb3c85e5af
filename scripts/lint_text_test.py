# SPDX-License-Identifier: GPL-2.0-only
"""Tests of scripts/lint-text: what it forbids is found, and nothing else is."""

import importlib.machinery
import importlib.util
import tempfile
import unittest
from pathlib import Path

LOADER = importlib.machinery.SourceFileLoader(
    "lint_text", str(Path(__file__).with_name("lint-text")))
lint = importlib.util.module_from_spec(importlib.util.spec_from_loader("lint_text", LOADER))
LOADER.exec_module(lint)

WORDS = "# a remark\nbet arms linux/block\nblk_half model linux/block\ntwin native user\n"
MODEL = "linux/block/model.c"
HEADER = "linux/block/model.h"


class Text(unittest.TestCase):
    """One file of a small tree, and what is found in it."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.addCleanup(setattr, lint, "TOP", lint.TOP)
        lint.TOP = Path(scratch.name)
        self.write("scripts/words", WORDS)

    def write(self, name: str, text: str) -> None:
        path = lint.TOP / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def found(self, check: str, text: str, name: str = MODEL) -> list[str]:
        """What a check says of a file with this text, without the file's name."""
        self.write(name, text)
        return [line.removeprefix(f"{name}:") for line in lint.CHECKS[check]([name], [])]

    def test_words(self) -> None:
        self.assertEqual(self.found("words", "int a;\nint my_bet;\n"),
                         ["2: my_bet: for 'bet' say 'arms'"])
        self.assertEqual(self.found("words", "#define BET_MAX 3\n"),
                         ["1: BET_MAX: for 'bet' say 'arms'"])
        self.assertEqual(self.found("words", "struct blk_half_of *h;\n"),
                         ["1: blk_half_of: for 'blk_half' say 'model'"])
        self.assertEqual(self.found("words", "int twin;\n", "user/a.h"),
                         ["1: twin: for 'twin' say 'native'"])

    def test_words_elsewhere(self) -> None:
        for text in ("/* a bet */ int half, better, blk_halfway;\n", "char *s = \"bet\";\n",
                     "#include <bet.h>\n", "int twin; // bet\n"):
            self.assertEqual(self.found("words", text), [])
        self.assertEqual(self.found("words", "int bet;\n", "user/a.c"), [])

    def test_nameless(self) -> None:
        self.assertEqual(self.found("words", "/*\n * Whoever waits.\n */\n"),
                         ["2: begins with 'Whoever'; name it"])
        self.assertEqual(self.found("words", "/* A task that waits for nobody. */\n"), [])

    def test_static(self) -> None:
        for text in ("static int run(void)\n", "static struct a *\nrun(int b)\n",
                     "static __printf(1, 2) void run(const char *a, ...)\n",
                     "static const struct a_b run = {\n", "static int run[4];\n",
                     "static inline u64 run(u64 a)\n", "struct run {\n", "enum run {\n"):
            self.assertEqual([line.split(": ", 1)[1] for line
                              in self.found("static", text, HEADER)],
                             ["run: has one word"], text)

    def test_static_of_two_words(self) -> None:
        for text in ("static int run_all(void)\n", "int run(void)\n", "\tstatic int run;\n",
                     "static DEFINE_MUTEX(a_lock);\n", "struct run_all {\n",
                     "static const char * const all_names[] = {\n", "struct run *a;\n"):
            self.assertEqual(self.found("static", text, HEADER), [], text)
        self.assertEqual(self.found("static", "static int run;\n", "user/a.c"), [])

    def test_static_tells_its_file(self) -> None:
        for name in ("firmware/a/pool.c", "userspace/cli/cmd-pool.c", "bench/guest/pools.c"):
            self.assertEqual(self.found("static", "\nstatic int get_it(void)\n", name),
                             ["2: get_it: has no word of the file's name"])
            self.assertEqual(self.found("static", "static int pool_get(void)\n"
                                        "static struct a *\nget_pool(int b)\n"
                                        "static int get_it;\nint get_all(void)\n", name), [])
        for name in ("firmware/a/pool.h", "userspace/libc/pool.c", "selftests/pool.c",
                     "firmware/tests/pool_test.c"):
            self.assertEqual(self.found("static", "static int get_it(void)\n", name), [])

    def test_static_tells_its_file_in_the_kernel(self) -> None:
        for name in ("linux/fs/lambda/pool.c", "linux/drivers/nvme/host/lambda_pool.c"):
            self.assertEqual(self.found("static", "static int get_lambda(void)\n", name),
                             ["1: get_lambda: has no word of the file's name"])
            self.assertEqual(self.found("static", "static int pool_get(void)\n"
                                        "static LIST_HEAD(all_of_it);\n", name), [])
        for name in ("linux/fs/ext4/lambda.c", "linux/fs/xfs/xfs_lambda.c",
                     "linux/arch/x86/net/bpf_lambda.c", "linux/drivers/nvme/host/lambda.c",
                     "linux/block/lambda/tests/pool_test.c", "linux/fs/lambda/pool.h"):
            self.assertEqual(self.found("static", "static int get_it(void)\n", name), [])

    def test_ascii(self) -> None:
        self.assertEqual(self.found("ascii", "\n\tpr_err(\"a λ\\n\");\n"), ['2: "a λ\\n"'])
        self.assertEqual(self.found("ascii", "-\"λ\"\n+\"µ\"\n", "linux/series/1.patch"),
                         ['2: "µ"'])
        self.assertEqual(self.found("ascii", "\tbool \"λ\"\n", "linux/a/Kconfig"), ['1: "λ"'])
        self.assertEqual(self.found("ascii", "/* \"λ\" */ a = \"b\"; // λ\n"), [])
        self.assertEqual(self.found("ascii", "\"λ\"", "user/a.c"), [])


if __name__ == "__main__":
    unittest.main()
