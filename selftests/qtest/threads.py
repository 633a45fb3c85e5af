# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's threads: found by name, kept from running, and their system calls."""
import ctypes
import errno
import os
import signal
import time
from pathlib import Path

ENTER_SECONDS = 10      # for a call to be made


def threads(b, name, states="RSDt"):
    """Those of QEMU's with that name, in one of these states."""
    found = []
    for stat in Path(f"/proc/{b.m.process.pid}/task").glob("*/stat"):
        try:
            head, tail = stat.read_text().rsplit(") ", 1)
        except OSError:
            continue                # it has just ended
        number, comm = head.split(" (", 1)
        if comm == name and tail[0] in states:
            found.append(int(number))
    return found


class Frozen:
    """Threads of another process, kept from running one by one."""

    SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000

    def __init__(self, threads):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.threads = threads

    def ptrace(self, request, thread, data=None):
        if self.libc.ptrace(ctypes.c_long(request), thread, None, data):
            raise OSError(ctypes.get_errno(), "ptrace")

    def __enter__(self):
        for thread in self.threads:
            self.ptrace(self.SEIZE, thread, ctypes.c_void_p(self.SYSGOOD))
            self.ptrace(self.INTERRUPT, thread)
            os.waitpid(thread, self.WALL)
        return self

    def __exit__(self, *_):
        for thread in self.threads:
            try:
                self.ptrace(self.DETACH, thread)
            except ProcessLookupError:      # or QEMU could never end
                os.waitpid(thread, self.WALL)

    # One thread alone, from call to call

    SYSGOOD, SYSCALL, GETREGS, SETREGS = 1, 24, 12, 13
    REGISTERS, RAX, ORIG_RAX = 27, 10, 15       # of x86-64

    def registers(self):
        regs = (ctypes.c_ulong * self.REGISTERS)()
        self.ptrace(self.GETREGS, self.threads[0], regs)
        return regs

    def set_register(self, which, value):
        regs = self.registers()
        regs[which] = value & 0xffffffffffffffff
        self.ptrace(self.SETREGS, self.threads[0], regs)

    def next_stop(self, end):
        """Whether it comes to the next entry to, or return from, a call."""
        thread = self.threads[0]
        self.ptrace(self.SYSCALL, thread)
        while time.monotonic() < end:
            pid, status = os.waitpid(thread, self.WALL | os.WNOHANG)
            if not pid:
                time.sleep(0.001)
            elif os.WSTOPSIG(status) == signal.SIGTRAP | 0x80:
                return True
            else:
                self.ptrace(self.SYSCALL, thread)
        self.ptrace(self.INTERRUPT, thread)
        os.waitpid(thread, self.WALL)
        return False

    def enters(self, *calls):
        """Whether it makes one of these calls; stands still at its entry."""
        end = time.monotonic() + ENTER_SECONDS
        while self.next_stop(end):
            regs = self.registers()
            entry = regs[self.RAX] == -errno.ENOSYS & 0xffffffffffffffff
            if entry and regs[self.ORIG_RAX] in calls:
                return True
        return False

    def fail(self, error):
        """The call that it stands at is not made, and returns this."""
        self.set_register(self.ORIG_RAX, -1)
        self.next_stop(time.monotonic() + ENTER_SECONDS)
        self.set_register(self.RAX, -error)
