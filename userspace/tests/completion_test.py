#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: completion_test.py, with LAMBDA the command and BPF_OBJECTS the build folder.
What bash makes of lambda lines when the tabulator is typed. TAP on standard output.
"""

import os
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from ptyshell import PROMPT, Shell, done, result

HERE = Path(__file__).resolve().parent
VERBS = {"bench", "run", "load", "list", "ls", "info", "top", "trace", "cc",
         "version"}
SIDES = {"host", "device", "auto"}
OPS = {"LT", "LE", "EQ", "NE", "GE", "GT"}
FIELDS = {"column=", "op=", "value="}


def completed(shell, line, key="\t"):
    """The line after that key; ESC * puts in all that there is."""
    shell.type(f"{line}{key}\x01echo got '\x05|end'\n")
    said = shell.until(lambda said: re.search(r"\ngot .*\|end\r\n", said) and
                       said.endswith(PROMPT))
    return re.search(r"\ngot (.*)\|end\r\n", said)[1]


def everything(shell, line):
    """All that is offered, for what stands behind the last blank or '='."""
    before = re.match(r".*[ =]", line)[0]
    return set(completed(shell, line, "\x1b*")[len(before):].split())


def check(shell, line, wanted):
    got = completed(shell, line)
    result(f"{line!r} and a tab", got == wanted, got)


def check_all(shell, line, wanted, also=lambda offered: set()):
    offered = everything(shell, line)
    result(f"{line!r} and all", offered - also(offered) == wanted, offered)


def files(folder):
    return lambda offered: offered & {entry.name + "/" * entry.is_dir()
                                      for entry in folder.iterdir()}


def one_of_each(shell, folder):
    for line, wanted in (
            ("lambda ru", "lambda run "), ("lambda inf", "lambda info "),
            ("lambda --v", "lambda --version "), ("lambda help tr", "lambda help trace "),
            ("lambda run csvf", "lambda run csvfilter "),
            ("lambda run -v csvf", "lambda run -v csvfilter "),
            ("lambda run -b 1M --side host csvf", "lambda run -b 1M --side host csvfilter "),
            ("lambda run -H csvf", "lambda run -H csvfilter "),
            ("lambda run -rh csvfilter col", "lambda run -rh csvfilter column="),
            ("lambda run --rec", "lambda run --recursive "),
            ("lambda run --verb", "lambda run --verbose "),
            ("lambda run --bat", "lambda run --batch="),
            ("lambda run --side=d", "lambda run --side=device "),
            ("lambda run --side d", "lambda run --side device "),
            ("lambda run -P h", "lambda run -P hex "),
            ("lambda run --args=u1", "lambda run --args=u16:"),
            ("lambda run csvfilter col", "lambda run csvfilter column="),
            ("lambda run csvfilter op=G", "lambda run csvfilter op=G"),
            ("lambda run csvfilter op=N", "lambda run csvfilter op=NE "),
            ("lambda run csvfilter op=NE ta", "lambda run csvfilter op=NE table.csv "),
            ("lambda run --local --out=tab", "lambda run --local --out=table.csv "),
            ("lambda bench csvf", "lambda bench csvfilter "),
            ("lambda bench csvfilter op=N", "lambda bench csvfilter op=NE "),
            ("lambda bench --native=tab", "lambda bench --native=table.csv "),
            ("lambda load sub/ty", "lambda load sub/types.bpf.o "),
            ("lambda run sub/types.bpf.o colour=R", "lambda run sub/types.bpf.o colour=RED "),
            ("lambda load ~/table.c", "lambda load ~/table.csv "),
            ("lambda load su", "lambda load sub/"),
            ("lambda load two", "lambda load two\\ words "),
            ("lambda top --onc", "lambda top --once "),
            ("lambda fly a", "lambda fly a")):
        check(shell, line, wanted)


def all_of_some(shell, folder):
    disks = {f"/dev/{disk}".replace("!", "/") for disk in os.listdir("/sys/class/block")}
    programs = {path.name.split(".")[0] for path in
                Path(os.environ["LAMBDA_PATH"]).glob("*.bpf.o")}
    check_all(shell, "lambda ", VERBS | {"help", "--help", "--version"})
    check_all(shell, "lambda help ", VERBS)
    check_all(shell, "lambda run --side=", SIDES)
    check_all(shell, "lambda run --side ", SIDES)
    check_all(shell, "lambda run csvfilter op=", OPS)
    check_all(shell, "lambda run csvfilter ", FIELDS | {"two\\", "words"}, files(folder))
    check_all(shell, "lambda run ", programs | {"two\\", "words"}, files(folder))
    check_all(shell, "lambda load --program=", set())
    check_all(shell, "lambda load sub/calls.bpf.o --program=",
              {"first", "second"})
    check_all(shell, "lambda info /dev/", disks)


def every_option(shell):
    """Each option that a verb's help tells is offered."""
    for verb in sorted(VERBS - {"cc"}):
        told = shell.do(f"lambda {verb} --help")
        wanted = set(re.findall(r"(--[a-z-]+=?)", re.sub(r"(?m)^ {10}.*$|^[A-Z].*$", "", told)))
        check_all(shell, f"lambda {verb} --", wanted)


def main():
    folder = Path(tempfile.mkdtemp())
    objects = Path(os.environ["BPF_OBJECTS"])
    (folder / "sub").mkdir()
    for name in ("types", "calls"):
        shutil.copy(objects / f"tests/{name}.bpf.o", folder / "sub")
    (folder / "table.csv").touch()
    (folder / "two words").touch()
    (folder / "bin").mkdir()
    os.symlink(os.environ["LAMBDA"], folder / "bin/lambda")
    os.environ["LAMBDA_PATH"] = f"{objects}/programs"
    shell = Shell(24, 2000, HOME=str(folder), PATH=f"{folder}/bin:{os.environ['PATH']}")
    shell.do(f"cd {shlex.quote(str(folder))}; . {HERE.parent}/completion/lambda")
    one_of_each(shell, folder)
    all_of_some(shell, folder)
    every_option(shell)
    shell.close()
    shutil.rmtree(folder)
    return done()


if sys.argv[1:] and sys.argv[1] in ("-h", "--help"):
    print(__doc__)
    sys.exit()
sys.exit(main())
