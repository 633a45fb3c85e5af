# SPDX-License-Identifier: GPL-2.0-only
"""The image below the drive, which is full, ends early, or fails, and what else
the drive asks of QEMU. Run by life_test.py.

Calls of the thread that reads and writes the image are seen, and made to fail,
as a debugger does: no filesystem fails when a test wants it to.
"""
import errno
import os
import time

from bench import IMAGE_BYTES, NEW, OLD, WRITTEN_AT, expect, test
from drive import (BAR, CC, CSTS, DATA, ENABLE, MSIX_BAR, READ, READY,
                   WRITE_BLOCKS, insn)
from threads import Frozen, threads

FLUSH, WRITE_ZEROES, DSM = 0x00, 0x08, 0x09
PWRITE, FDATASYNC, FALLOCATE = 18, 75, 285      # of x86-64

# Statuses
TRANSFER, PROTECTED, FULL, WRITE_FAULT, UNREAD = 0x04, 0x20, 0x81, 0x280, 0x281

CAP_POWER, STATE, D3HOT = 0x01, 4, 3

ONE = {"media-workers": 1}


def media_thread(b):
    return Frozen(threads(b, "lambda-media"))


def blocks(opcode, at=WRITTEN_AT):
    """A command on 4 KiB of the media there."""
    return dict(opcode=opcode, nsid=1, prp1=DATA, cdw10=at // 512, cdw12=7)


def status(b, **command):
    b.d.send(1, **command)
    return b.d.reap(1)[0]


def failing(b, call, error, **command):
    """How a command ends whose first such call fails."""
    with media_thread(b) as thread:
        b.d.send(1, **command)
        expect(thread.enters(call), f"call {call} is made")
        thread.fail(error)
    return b.d.reap(1)[0]


@test()
def stopped_machine_begins_no_media(b):
    """What it is asked for then begins when it goes on."""
    b.d.start()
    b.m.write(DATA, NEW)
    b.m.stop()
    b.d.send(1, **blocks(WRITE_BLOCKS))
    time.sleep(0.1)
    expect(b.written() == OLD, "the image stays")
    b.m.cont()
    expect(b.d.reap(1)[0] == 0, "the command succeeds")
    expect(b.written() == NEW, "the blocks are written")


@test(**ONE)
def stopped_machine_waits_for_its_media(b):
    """For what is under way: a machine that stands still changes no image."""
    b.d.start()
    b.m.write(DATA, NEW)
    with media_thread(b) as thread:
        b.d.send(1, **blocks(WRITE_BLOCKS))
        expect(thread.enters(PWRITE), "blocks are being written")
        b.m.ask("stop")
        expect(not b.m.says(0.3), "the machine is not stopped yet")
    b.m.told()
    expect(b.written() == NEW, "the blocks are there when it is")
    b.m.cont()
    expect(b.d.reap(1)[0] == 0, "the command succeeds")


@test(**ONE)
def ejection_waits_for_media_under_way(b):
    """QEMU does not; a new drive on the same image does."""
    b.d.start()
    b.m.write(DATA, NEW)
    with media_thread(b) as thread:
        b.d.send(1, **blocks(WRITE_BLOCKS))
        expect(thread.enters(PWRITE), "blocks are being written")
        b.m.eject()
        expect(b.m.qmp("query-status")["running"], "QEMU answers")
        expect(not b.m.plugged(), "the drive is gone")
        expect(not b.is_there(), "the image is in use")
    expect(b.works(), "later a new one works")
    expect(b.written() == NEW, "and what the old one wrote is there")


@test()
def pieces_go_where_they_belong(b):
    """An output's first page here, its second one there."""
    b.d.start()
    program = b.d.load(insn(0x79, 2, 1, 16), insn(0x7a, 2, 0, 0, 1),
                       insn(0x7a, 2, 0, 4096, 2), insn(0x79, 0, 1, 24),
                       insn(0x95))
    b.d.ok(1, **b.d.exec_write(program, WRITTEN_AT, WRITTEN_AT + 16384))
    for n, at in enumerate((WRITTEN_AT, WRITTEN_AT + 16384), 1):
        want = n.to_bytes(8, "little") + bytes(4088)
        expect(b.media(at, 4096) == want, f"page {n}")


@test(**{"lba-sizes": "512:4096"})
def namespaces_share_the_image(b):
    """The second one has its second half."""
    b.d.start()
    b.m.write(DATA, NEW)
    got = status(b, opcode=WRITE_BLOCKS, nsid=2, prp1=DATA)
    expect(got == 0, f"blocks are written ({got:#x})")
    expect(b.media(IMAGE_BYTES // 2, 4096) == NEW, "where they belong")
    expect(b.image.seek(0, 2) == IMAGE_BYTES, "the image has its size")


@test(**ONE)
def flush_reaches_the_image(b):
    """Else the host's end would lose what it says is safe."""
    b.d.start()
    expect(status(b, **blocks(WRITE_BLOCKS)) == 0, "blocks are written")
    with media_thread(b) as thread:
        b.d.send(1, FLUSH, nsid=1)
        expect(thread.enters(FDATASYNC), "the file is flushed")
    expect(b.d.reap(1)[0] == 0, "the command succeeds")


@test(**ONE)
def flush_that_fails(b):
    """May have lost what was written: from then on nothing is."""
    b.d.start()
    expect(status(b, **blocks(WRITE_BLOCKS)) == 0, "blocks are written")
    got = failing(b, FDATASYNC, errno.EIO, opcode=FLUSH, nsid=1)
    expect(got == WRITE_FAULT, f"the flush fails ({got:#x})")
    got = status(b, **blocks(WRITE_BLOCKS))
    expect(got == PROTECTED, f"a write is refused ({got:#x})")
    expect(status(b, **blocks(READ)) == 0, "blocks are read")


@test(**ONE)
def image_is_full(b):
    b.d.start()
    for error in errno.ENOSPC, errno.EDQUOT:
        got = failing(b, PWRITE, error, **blocks(WRITE_BLOCKS))
        expect(got == FULL, f"there is no space ({got:#x})")
    got = failing(b, PWRITE, errno.EIO, **blocks(WRITE_BLOCKS))
    expect(got == WRITE_FAULT, f"another error is one of the media ({got:#x})")
    expect(status(b, **blocks(WRITE_BLOCKS)) == 0, "later there may be")


@test()
def image_gets_shorter(b):
    b.d.start()
    b.image.truncate(WRITTEN_AT)
    got = status(b, **blocks(READ))
    expect(got == UNREAD, f"what is gone cannot be read ({got:#x})")
    b.image.truncate(IMAGE_BYTES)
    expect(b.works(), "it works")


def trim(b):
    """A command that gives back the 4 KiB that are written."""
    b.m.write(DATA, b"".join(n.to_bytes(size, "little") for n, size in
                             ((0, 4), (8, 4), (WRITTEN_AT // 512, 8))))
    return dict(opcode=DSM, nsid=1, prp1=DATA, cdw10=0, cdw11=4)


@test(**ONE)
def deallocate_is_a_hint(b):
    """What cannot be given back stays, and nothing is written in its place."""
    b.d.start()
    got = failing(b, FALLOCATE, errno.EIO, **trim(b))
    expect(got == 0, f"the command succeeds ({got:#x})")
    expect(b.written() == OLD, "the blocks stay")
    expect(status(b, **trim(b)) == 0, "the next one succeeds")
    expect(b.written() == bytes(4096), "the blocks are given back")
    size = b.image.seek(0, 2)
    expect(size == IMAGE_BYTES, f"the image has its size ({size})")


@test(**ONE)
def zeroes_without_holes(b):
    """Where there can be none they are written."""
    pages = 24
    os.pwrite(b.image.fileno(), OLD * (pages + 2), WRITTEN_AT - 4096)
    b.d.start()
    got = failing(b, FALLOCATE, errno.EOPNOTSUPP,
                  **blocks(WRITE_ZEROES) | {"cdw12": 8 * pages - 1})
    expect(got == 0, f"the command succeeds ({got:#x})")
    expect(b.media(WRITTEN_AT - 4096, 4096 * (pages + 2)) ==
           OLD + bytes(4096 * pages) + OLD, "zeros are there, and there alone")


@test(**ONE)
def transfers_reach_memory_alone(b):
    """No register, of the drive's own or of another device.

    QEMU itself sees to it within a write of a doorbell, and not later."""
    b.d.start()
    table = b.m.read(MSIX_BAR, 32)
    for at in BAR, MSIX_BAR:
        got = status(b, **blocks(READ) | {"prp1": at})
        expect(got == TRANSFER, f"the command fails ({got:#x})")
    expect(b.m.read32(BAR + CC) == ENABLE, "its registers are as they were")
    expect(b.m.read32(BAR + CSTS) == READY, "and it is ready")
    expect(b.m.read(MSIX_BAR, 32) == table, "so are its vectors")


@test()
def power_states(b):
    """There are two, and the drive keeps in the lower one what it has."""
    b.d.start()
    at = b.m.capability(b.m.BUS, 0, CAP_POWER) + STATE
    for state in D3HOT, 0:
        b.m.config_write(b.m.BUS, 0, at, state)
        got = b.m.config_read(b.m.BUS, 0, at) & 3
        expect(got == state, f"its state is {got}")
    expect(status(b, **blocks(READ)) == 0, "it goes on")
