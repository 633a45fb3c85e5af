# SPDX-License-Identifier: GPL-2.0-only
"""A shell at a terminal of its own, and results as TAP, for tests of the command."""

import fcntl
import os
import pty
import select
import struct
import termios
import time

PATIENCE = 60
PROMPT = "ready> "
count = failed = 0


def result(name, good, shown=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        print(f"# {shown!r}")
    return good


class Shell:
    """A shell at a terminal of its own."""

    def __init__(self, rows=24, columns=100, **environment):
        self.said = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update({"PS1": PROMPT, "TERM": "xterm", "LC_ALL": "C.UTF-8"})
            for name in ("COLUMNS", "LINES", "NO_COLOR"):
                os.environ.pop(name, None)
            os.environ.update(environment)
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i", "+o", "history"])
        self.resize(rows, columns)
        self.until(PROMPT)
        # What is typed is not to be taken for what is said.
        self.do("bind 'set enable-bracketed-paste off'")

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, wanted):
        """What is said up to a text, or to what makes a function true."""
        end = time.monotonic() + PATIENCE
        found = wanted if callable(wanted) else lambda said: wanted in said
        while not found(self.said):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                result(f"it says {wanted!r}", False, self.said[-2000:])
                break
            self.said += os.read(self.fd, 65536).decode(errors="replace")
        said, self.said = self.said, ""
        return said

    def do(self, command):
        self.type(command + "\n")
        return self.until(PROMPT).partition("\r\n")[2]

    def state(self):
        return self.do("stty -g")

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def done():
    """The plan, at the end; the value is the status."""
    print(f"1..{count}")
    return failed != 0
