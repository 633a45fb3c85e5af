#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: terminal_test.py, with SCREEN the program of screen.c and LAMBDA the command.
top and trace at a terminal, in a shell with jobs: they fit it, follow its size, end on
q, and leave it as it was whatever ends or stops them. TAP on standard output.
"""

import os
import re
import shlex
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from ptyshell import PROMPT, Shell, done, result

ESCAPE = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")
FRAME = re.compile(r"\x1b\[H(.+?)\x1b\[H", re.S)


def frames(said):
    """What stood on the screen, one time after the other, as lines."""
    return [ESCAPE.sub("", frame).split("\r\n") for frame in FRAME.findall(said)]


def erases_behind(said):
    """Whether something is erased on a line after it was written: where the line is
    full, that is its last letter."""
    kept = re.sub(r"\x1b\[[?0-9;]*[A-IL-Za-z]", "\n", said)
    return re.search(r"[^\n]\x1b\[[JK]", kept) is not None


def has_frame(good):
    return lambda said: any(good(frame) for frame in frames(said))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make_disk(sysfs):
    """A disk that has run some λs, in the kernel's files."""
    disk = sysfs / "block/nvme0n1/lambda"
    write(disk / "policy", "[auto] host device both\n")
    for name in ("period", "probes", "stats/host_requests", "stats/host_bytes"):
        write(disk / name, "200\n")
    debug = sysfs / "kernel/debug/block/nvme0n1/lambda"
    write(debug / "model", "busy_media 5000\n")
    write(debug / "profiles", "".join(f"image {i}\nop read\nhost_requests 7\n\n"
                                      for i in range(20)))


def ends(shell, command, how, name):
    """It is shown, ends by that, and leaves the terminal as it was."""
    before = shell.state()
    shell.type(command + "\n")
    shell.until(has_frame(lambda frame: "nvme0n1" in frame[0]))
    if callable(how):
        how()
    else:
        shell.type(how)
    said = shell.until(PROMPT)
    status = shell.do("echo status $?")
    result(f"{name} ends it", "status 0" in status, status)
    result(f"{name} gives the screen back",
           said.count("\x1b[?1049l") == 1 and "\x1b[?25h" in said, said)
    result(f"{name} gives the keys back", shell.state() == before)


def test_size(command):
    shell = Shell(24, 100)
    shell.type(command + "\n")
    for rows, columns, titles in ((24, 100, "WAIT"), (50, 60, "/s"), (6, 30, "NAME"),
                                (5, 10, "NAME")):
        shell.resize(rows, columns)
        said = shell.until(has_frame(lambda frame, size=(rows, columns):
                           len(frame) <= size[0] and max(map(len, frame)) <= size[1] and
                           (len(frame) == size[0] or size[0] > 48)))
        frame = frames(said)[-1]
        result(f"{rows} rows of {columns}: fit", titles in frame[1] and
               ("more lines)"[:columns - 5] in frame[-1]) == (rows < 49), frame)
        result("and nothing that was written is erased", not erases_behind(said), said)
    shell.type("q")
    shell.until(PROMPT)
    shell.close()


def test_environment(command):
    shell = Shell(24, 100)
    for setting, good, name in (
            ("COLUMNS=50 LINES=9", lambda said: has_frame(lambda frame: len(frame) == 9 and
             max(map(len, frame)) == 50)(said), "COLUMNS and LINES are obeyed"),
            ("A=1", lambda said: "\x1b[1m" in said and "µs" in said, "titles are bold"),
            ("NO_COLOR=1", lambda said: "\x1b[1m" not in said, "but not with NO_COLOR"),
            ("LC_ALL=C", lambda said: said.isascii() and "CPU us+/MiB" in said,
             "a locale without UTF-8 gets ASCII")):
        shell.type(f"{setting} {command}\n")
        shell.until("\r\n")
        said = shell.until(has_frame(lambda frame: "nvme0n1" in frame[0]))
        result(name, good(said), said)
        shell.type("q")
        shell.until(PROMPT)
    for term in ("TERM=dumb", "TERM="):
        shell.type(f"{term} {command}\n")
        said = shell.until(lambda said: said.count("nvme0n1: policy") > 2)
        result(f"{term}: tables one after the other, without escapes",
               "\x1b" not in said.partition("\r\n")[2], said)
        result(f"{term}: they fit", max(map(len, said.split("\r\n")[1:])) <= 100, said)
        shell.type("q")
        shell.until(PROMPT)
    shell.close()


def test_stop(command):
    shell = Shell()
    before = shell.state()
    shell.type(command + "\n")
    shell.until(has_frame(lambda frame: "nvme0n1" in frame[0]))
    shell.type("\x1a")
    said = shell.until(PROMPT)
    result("^Z stops it and gives the screen back",
           said.index("\x1b[?1049l") < said.index("Stopped"), said)
    result("^Z gives the keys back", shell.state() == before)
    shell.type("fg\n")
    said = shell.until(has_frame(lambda frame: "nvme0n1" in frame[0]))
    result("fg takes the screen again", "\x1b[?1049h" in said, said)
    shell.type("q")
    shell.until(PROMPT)
    result("and q ends it", shell.state() == before)
    said = shell.do(f"{command} & sleep 0.5")
    result("in the background nothing is drawn", "\x1b" not in said, said)
    result("nor are keys taken", shell.state() == before)
    shell.type("fg\n")
    shell.until(has_frame(lambda frame: "nvme0n1" in frame[0]))
    shell.type("q")
    shell.until(PROMPT)
    result("until it comes to the front", shell.state() == before)
    shell.close()


def test_redirected(command, folder):
    shell = Shell(24, 40)
    before = shell.state()
    shell.do(f"timeout 1 {command} >{folder}/out")
    text = Path(folder, "out").read_text()
    result("a file gets whole tables", "\x1b" not in text and "BIAS" in text, text)
    result("and the keys stay", shell.state() == before)
    shell.close()


EVENT = ("  lambda-{} [001]     4.012345: lambda_request: 259:1 ino 12 image 7 read bytes "
         "1048576 cached 0 dirty 0 out 32 chosen host side host reason model status ok "
         "outstanding 1 host 0 device 0 expected 0 ns 1300000\n")


def test_trace(screen, folder):
    pipe = Path(folder, "pipe")
    os.mkfifo(pipe)
    shell = Shell(24, 160)
    before = shell.state()
    shell.type(f"{screen} trace {pipe}\n")
    shell.until("STATUS")
    with pipe.open("w") as events:
        for i, columns in enumerate((160, 80, 40, 20)):
            shell.resize(24, columns)
            if i:
                shell.until("TASK")
            events.write(EVENT.format(i) + " bash-5 [000] 11.000001: lambda_load: " +
                         "x" * 500 + "\nlast\n")
            events.flush()
            said = ESCAPE.sub("", shell.until("last\r\n"))
            result(f"trace fits {columns} columns", f"lambda-{i}" in said and
                   (columns != 40 or re.search(r"host +1\.300 ", said)) and
                   max(map(len, said.split("\r\n"))) <= columns, said)
        shell.type("\x1a")
        shell.until(PROMPT)
        result("^Z in trace gives the keys back", shell.state() == before)
        shell.type("fg\n")
        shell.until("TASK")
    shell.type("q")
    shell.until(PROMPT)
    result("q ends trace", shell.state() == before)
    shell.close()


def test_messages(command):
    shell = Shell(LC_ALL="C")
    for words in ("--help", "fly", "run --help", "info --disk"):
        said = shell.do(f"{command} {words}")
        result(f"lambda {words}: ASCII", said.isascii() and "?" not in
               said.replace("verb?", "").replace("disk?", "").replace("-?", ""), said)
    shell.close()
    shell = Shell()
    result("and UTF-8 where that is shown", "λ" in shell.do(f"{command} --help"))
    shell.close()


def test_help(command, folder):
    """With a page beside the command, man opens it; else there is the usage."""
    write(Path(folder, "share/man/man1/lambda-run.1.gz"), "")
    write(Path(folder, "bin/man"), '#!/bin/sh\necho "man is told $*"\n')
    shutil.copy(command, f"{folder}/bin/lambda")
    os.chmod(f"{folder}/bin/man", 0o755)
    shell = Shell(PATH=f"{folder}/bin:{os.environ['PATH']}")
    said = shell.do("lambda help run")
    result("help opens the page of a verb",
           "man is told -l " in said and "/man1/lambda-run.1.gz" in said, said)
    for words in ("lambda help load", "lambda help run | cat", "TERM=dumb lambda help run"):
        said = shell.do(words)
        result(f"{words}: the usage", "--budget=" in said and "man is" not in said, said)
    shell.close()


def main():
    folder = tempfile.mkdtemp()
    sysfs = Path(folder, "sys")
    make_disk(sysfs)
    screen = shlex.quote(os.environ["SCREEN"])
    command = f"{screen} top {shlex.quote(str(sysfs))}"
    shell = Shell()
    for how, name in (("q", "q"), ("\x03", "^C"), ("\x1c", "^\\"),
                      (lambda: os.killpg(os.tcgetpgrp(shell.fd), signal.SIGTERM), "TERM")):
        ends(shell, command, how, name)
    shell.close()
    test_size(command)
    test_environment(command)
    test_stop(command)
    test_redirected(command, folder)
    test_trace(screen, folder)
    test_messages(shlex.quote(os.environ["LAMBDA"]))
    test_help(os.environ["LAMBDA"], folder)
    shutil.rmtree(folder)
    return done()


if sys.argv[1:] and sys.argv[1] in ("-h", "--help"):
    print(__doc__)
    sys.exit()
sys.exit(main())
