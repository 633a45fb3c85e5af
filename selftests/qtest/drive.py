# SPDX-License-Identifier: GPL-2.0-only
"""The driver of a λ drive, as far as tests of its machine need one."""
import struct

from machine import CAP_EXPRESS, CAP_MSIX, ECAM

# Bytes of the guest's memory, a place for each purpose.
DATA = 0xfe0000         # what commands move
GRANT = 0xfdf000        # what a session is granted
INBOX = 0xff0000        # where messages go when they go nowhere else
QUEUES = 0x1000000      # submission queue N at 64 KiB * N, completions behind it
QUEUE_BYTES = 0x10000
BAR, MSIX_BAR = 0xfe000000, 0xfe010000
ENTRIES = 16            # of a queue, unless a test says otherwise

CC, CSTS, AQA, ASQ, ACQ, DOORBELL = 0x14, 0x1c, 0x24, 0x28, 0x30, 0x1000
ENABLE = 1 | 6 << 16 | 4 << 20
READY, FATAL = 1, 2

IDENTIFY, CREATE_SQ, CREATE_CQ = 0x06, 0x01, 0x05
READ, WRITE_BLOCKS = 0x02, 0x01
LOAD, COMMIT, UNLOAD, OPEN = 0xc1, 0xc4, 0xc8, 0xc2
ALLOC, WRITE, EXEC_WRITE, EXEC_FAST = 0x80, 0x89, 0x94, 0x9a

KEY, EPOCH = 0x1122334455667788, 1      # of the session
LEASE_MS = 3600000
ADMIN_VENDOR, IO_VENDOR = 0xc0, 0x80    # from there on commands name one

RESOURCES = 0x18a       # a status: no place now

FLR = 0x8000            # in the device control register


class CommandFailed(Exception):
    """A command has ended otherwise than it should."""

    def __init__(self, opcode, status):
        super().__init__(f"command {opcode:#x}: status {status:#x}")
        self.status = status


def insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("<BBhI", code, dst | src << 4, off, imm & 0xffffffff)


def fill_program(turns):
    """All of the output becomes 0xff, after so many turns of a loop."""
    return (insn(0xbf, 6, 1), insn(0xb7, 7, 0, 0, turns),
            insn(0x17, 7, 0, 0, 1), insn(0x55, 7, 0, -2),
            insn(0x79, 3, 6, 24), insn(0x79, 1, 6, 16), insn(0xb7, 2, 0, 0, 255),
            insn(0x85, 0, 0, 0, 0x10002), insn(0x79, 0, 6, 24), insn(0x95))


class Queue:
    def __init__(self, number):
        self.number = number
        self.at = QUEUES + number * QUEUE_BYTES
        self.done = self.at + QUEUE_BYTES // 2
        self.tail = self.head = 0
        self.phase = 1


class Drive:
    """The drive in a machine's slot."""

    def __init__(self, machine):
        self.m = machine
        self.entries = ENTRIES
        self.cid = 0
        self.express = self.msix = 0

    def place(self):
        """Has its registers answer; they do not after a reset."""
        m, bus = self.m, self.m.BUS
        m.config_write(bus, 0, 0x10, BAR)
        m.config_write(bus, 0, 0x14, 0)
        m.config_write(bus, 0, 0x20, MSIX_BAR)
        m.config_write(bus, 0, 0x04, 0x6)

    def start(self, queues=1):
        """From a drive in any state to one that works."""
        m, bus = self.m, self.m.BUS
        self.express = m.capability(bus, 0, CAP_EXPRESS)
        self.msix = m.capability(bus, 0, CAP_MSIX)
        # First of all, or a message to where it should not go undoes the rest.
        self.mask_all(True)
        self.place()
        m.write(INBOX, bytes(4096))
        for vector in range(queues + 1):
            self.message(vector)
        self.mask_all(False)
        self.enable(queues)

    def enable(self, queues=1):
        m = self.m
        m.write32(BAR + CC, 0)
        self.queues = [Queue(0)]
        m.write(self.queues[0].done, bytes(16 * self.entries))
        m.write32(BAR + AQA, self.entries - 1 << 16 | self.entries - 1)
        m.write64(BAR + ASQ, self.queues[0].at)
        m.write64(BAR + ACQ, self.queues[0].done)
        m.write32(BAR + CC, ENABLE)
        if m.read32(BAR + CSTS) != READY:
            raise RuntimeError(f"CSTS is {m.read32(BAR + CSTS):#x}")
        for number in range(1, queues + 1):
            self.create(Queue(number))
        self.ok(0, OPEN, prp1=GRANT, cdw11=0xffffffff, cdw12=LEASE_MS)

    def create(self, q):
        self.m.write(q.done, bytes(16 * self.entries))
        self.ok(0, CREATE_CQ, prp1=q.done,
                cdw10=self.entries - 1 << 16 | q.number, cdw11=q.number << 16 | 3)
        self.ok(0, CREATE_SQ, prp1=q.at,
                cdw10=self.entries - 1 << 16 | q.number, cdw11=q.number << 16 | 1)
        self.queues.append(q)

    def message(self, vector, at=None, value=1):
        """Where the message of a vector goes: to its place in the inbox."""
        at = INBOX + 4 * vector if at is None else at
        for i, word in enumerate((at & 0xffffffff, at >> 32, value, 0)):
            self.m.write32(MSIX_BAR + 16 * vector + 4 * i, word)

    def mask(self, vector, masked):
        self.m.write32(MSIX_BAR + 16 * vector + 12, masked)

    def mask_all(self, masked):
        self.m.config_write(self.m.BUS, 0, self.msix, 1 << 31 | masked << 30)

    def config(self, at):
        """A register of its configuration space, as memory."""
        return ECAM + (self.m.BUS << 20) + at

    def flr(self):
        """The device control register, and what resets the drive there."""
        return self.config(self.express + 8), FLR

    # Commands

    def put(self, number, opcode, nsid=0, prp1=0, prp2=0, cdw2=0, cdw3=0,
            **words):
        """Puts a command into its queue, without ringing."""
        q = self.queues[number]
        self.cid = self.cid + 1 & 0xffff
        if opcode >= (IO_VENDOR if number else ADMIN_VENDOR):
            cdw2, cdw3 = KEY & 0xffffffff, KEY >> 32
            if opcode != EXEC_FAST:
                words["cdw14"] = EPOCH
        entry = struct.pack(
            "<BBHIIIQQQ6I", opcode, 0, self.cid, nsid, cdw2, cdw3, 0, prp1, prp2,
            *(words.pop(f"cdw{i}", 0) for i in range(10, 16)))
        assert not words
        self.m.write(q.at + 64 * q.tail, entry)
        q.tail = (q.tail + 1) % self.entries
        return self.cid

    def ring(self, number):
        self.m.write32(BAR + DOORBELL + 8 * number, self.queues[number].tail)

    def send(self, number, opcode, **fields):
        cid = self.put(number, opcode, **fields)
        self.ring(number)
        return cid

    def poll(self, number):
        """The next completion as (status, result, id), or None."""
        q = self.queues[number]
        result, _, _, cid, status = struct.unpack(
            "<QHHHH", self.m.read(q.done + 16 * q.head, 16))
        if status & 1 != q.phase:
            return None
        q.head = (q.head + 1) % self.entries
        q.phase ^= not q.head
        self.m.write32(BAR + DOORBELL + 4 + 8 * number, q.head)
        return status >> 1 & 0x7ff, result, cid

    def reap(self, number):
        """Waits for the next completion, while the modelled time passes too."""
        got = []

        def come():
            self.m.clock_step(1_000_000)
            got.append(self.poll(number))
            return got[-1]

        if not self.m.wait(come):
            raise RuntimeError(f"no completion in queue {number}")
        return got[-1]

    def ok(self, number, opcode, **fields):
        """Sends a command, which succeeds; its result."""
        cid = self.send(number, opcode, **fields)
        status, result, whose = self.reap(number)
        if status or whose != cid:
            raise CommandFailed(opcode, status)
        return result

    def identify(self):
        return dict(opcode=IDENTIFY, prp1=DATA, cdw10=1)

    # λs

    def load_only(self, *insns):
        """Its id, not committed; it may jump back as often as it likes.

        Up to two pages."""
        head = struct.pack("<8IQ24x", 1, len(insns), 0, 0, 0, 0, 0, 0, 1 << 40)
        image = head + b"".join(insns)
        self.m.write(DATA, image)
        return self.ok(0, LOAD, prp1=DATA, prp2=DATA + 4096,
                       cdw12=len(image), cdw13=len(image))

    def load(self, *insns):
        program = self.load_only(*insns)
        self.ok(0, COMMIT, cdw10=program)
        return program

    def unload(self, program):
        self.ok(0, UNLOAD, cdw10=program)

    def fast(self, program, at=DATA):
        """Over the first 4 KiB of the media; the answer's two pages go to @at."""
        return dict(opcode=EXEC_FAST, nsid=1, prp1=at, prp2=at + 4096,
                    cdw10=program, cdw14=4096, cdw15=4096)

    def exec_write(self, program, *addresses):
        """A command that writes 4 KiB of output to each address of the media."""
        slot, count = self.ok(1, ALLOC, nsid=1), len(addresses)
        request = struct.pack("<8IQ24x", program, 0, 0, count, 4, 4096 * count,
                              0, 0, 0)
        request += b"".join(struct.pack("<QQ", at, 4096) for at in addresses)
        self.m.write(DATA, request)
        self.ok(1, WRITE, nsid=1, prp1=DATA, cdw10=slot, cdw13=len(request))
        self.ok(1, WRITE, nsid=1, prp1=DATA, cdw10=slot, cdw11=1, cdw13=4)
        return dict(opcode=EXEC_WRITE, nsid=1, cdw10=slot)
