# SPDX-License-Identifier: GPL-2.0-only
"""Usage: life_test.py QEMU PROFILE [NAME...]

Pulls the drive out, resets, stops and ends it at the worst of times; all
tests or those NAMEd, as TAP. See scripts/check-qtest.
"""
import re
import sys
import time
from pathlib import Path

import media  # noqa: F401, tests of its own
import windows  # noqa: F401, likewise
from bench import (NEW, OLD, SETUP, WRITTEN_AT, Bench, attempt, expect,
                   run_named, test)
from drive import (BAR, CC, COMMIT, CSTS, DATA, DOORBELL, ENTRIES, INBOX, READ,
                   WRITE_BLOCKS, fill_program)
from threads import Frozen, threads

TURNS = 100_000_000             # of a λ's loop: long, but it will end

NO_COMMAND = 0x7f               # ends at once

# What is due is so by the clock alone.
AT_ONCE = {"timing": "on", "media-workers": 0}


# The drive is ejected by a message of its own

@test()
def eject_from_doorbell(b):
    b.d.start()
    b.eject_by(0)
    b.send_identify()
    expect(not b.m.plugged(), "the drive is gone")
    expect(b.works(), "a new one works")


@test(**AT_ONCE)
def eject_from_alarm(b):
    b.d.start()
    b.eject_by(1)
    b.d.send(1, READ, nsid=1, prp1=DATA)
    expect(b.m.plugged(), "the read takes its time")
    b.m.clock_step(1_000_000_000)
    expect(not b.m.plugged(), "the drive is gone")
    expect(b.works(), "a new one works")


@test()
def eject_from_worker(b):
    b.d.start()
    program = b.d.load(*fill_program(1000))
    b.eject_by(1)
    b.d.send(1, **b.d.fast(program))
    expect(b.m.wait(lambda: not b.m.plugged()), "the drive is gone")
    expect(b.works(), "a new one works")


@test()
def eject_from_worker_among_many(b):
    """With λs running, waiting, and finished."""
    b.d.start()
    short, long = (b.d.load(*fill_program(n)) for n in (1000, TURNS))
    b.eject_by(1)
    for program in (long, short, short, long):
        b.d.put(1, **b.d.fast(program))
    b.d.ring(1)
    expect(b.m.wait(lambda: not b.m.plugged()), "the drive is gone")
    expect(b.works(), "a new one works")


@test()
def no_message_after_ejection(b):
    """Of two that are due at once, the first ejects."""
    b.d.start(queues=2)
    b.eject_by(1)
    b.m.stop()
    for queue in (1, 2):
        b.d.send(queue, NO_COMMAND, nsid=1)
    b.m.cont()
    expect(b.m.wait(lambda: not b.m.plugged()), "the drive is gone")
    expect(b.m.read32(INBOX + 8) == 0, "vector 2 says nothing")
    expect(b.works(), "a new one works")


# It is reset by a message of its own, or writes to itself

def is_reset(b):
    b.d.place()
    return b.m.read32(BAR + CSTS) == 0 and b.m.read32(BAR + CC) == 0


@test()
def reset_from_doorbell(b):
    b.d.start()
    b.d.message(0, *b.d.flr())
    b.send_identify()
    expect(is_reset(b), "the drive is reset")
    expect(b.works(), "it works again")


@test(**AT_ONCE)
def reset_from_alarm(b):
    b.d.start()
    b.d.message(1, *b.d.flr())
    b.d.send(1, READ, nsid=1, prp1=DATA)
    b.m.clock_step(1_000_000_000)
    expect(is_reset(b), "the drive is reset")
    expect(b.works(), "it works again")


@test(**AT_ONCE)
def message_rings_own_doorbell(b):
    """The command that it rings for is executed, and completes."""
    b.d.start(queues=2)
    b.d.put(2, READ, nsid=1, prp1=DATA)
    b.d.message(1, BAR + DOORBELL + 8 * 2, 1)
    b.d.send(1, READ, nsid=1, prp1=DATA)
    for _ in range(2):
        b.m.clock_step(1_000_000_000)
    expect(b.d.poll(2), "the command has completed")
    expect(b.m.read32(INBOX + 8) == 1, "and told so")


@test()
def message_has_another_raised(b):
    """By a command that it rings for, and that completes at once.

    QEMU lets no message through that a write of a doorbell leads to."""
    b.d.start(queues=2)
    b.d.put(2, NO_COMMAND, nsid=1)
    b.d.message(1, BAR + DOORBELL + 8 * 2, 1)
    b.m.stop()
    b.d.send(1, NO_COMMAND, nsid=1)
    b.m.cont()
    expect(b.m.wait(lambda: b.m.read32(INBOX + 8) == 1), "it comes as well")


# A reset

@test(**AT_ONCE)
def reset_completes_nothing(b):
    """Not even what has been due for long."""
    b.d.start()
    b.d.send(1, READ, nsid=1, prp1=DATA)
    b.m.stop()
    b.m.clock_step(1_000_000_000)
    b.m.reset()
    expect(b.d.queues[1].head == 0, "nothing was taken before")
    done = b.m.read(b.d.queues[1].done, 16)
    expect(done == bytes(16), f"no completion ({done.hex()})")
    b.m.cont()
    expect(b.m.read32(INBOX + 4) == 0, "no interrupt")
    expect(b.works(), "it works again")


# The machine is stopped

def leave_running(b):
    """Two λs that will write to guest and image; s until they have ended."""
    b.d.start()
    program = b.d.load(*fill_program(TURNS))
    begun = time.monotonic()
    b.d.ok(1, **b.d.fast(program))
    took = time.monotonic() - begun
    write = b.d.exec_write(program, WRITTEN_AT)
    b.m.write(DATA, OLD * 2)
    b.m.write(INBOX, bytes(4096))
    for command in (b.d.fast(program), write):
        b.d.put(1, **command)
    b.d.ring(1)
    return 3 * took + 0.5


@test()
def stopped_machine_stays_as_it_is(b):
    patience = leave_running(b)
    b.m.stop()
    expect(b.m.read(DATA, 4096) == OLD, "the λs run when it is stopped")
    time.sleep(patience)
    expect(b.m.read(DATA, 4096) == OLD, "guest memory stays")
    expect(b.written() == OLD, "the image stays")
    expect(b.m.read(INBOX, 16) == bytes(16), "no message comes")
    b.m.cont()
    for _ in range(2):
        expect(b.d.reap(1)[0] == 0, "they end well")
    expect(b.m.read(DATA, 4096) == NEW, "the answer is there")
    expect(b.written() == NEW, "the output is on the media")
    expect(b.m.read32(INBOX + 4) == 1, "and it was told")


@test()
def stopped_machine_gets_no_message(b):
    """Of a command either, that a debugger rings for."""
    b.d.start()
    b.m.write(INBOX, bytes(4096))
    b.m.stop()
    b.send_identify()
    expect(b.m.read32(INBOX) == 0, "no message while it is stopped")
    b.m.cont()
    expect(b.m.wait(lambda: b.m.read32(INBOX) == 1), "it comes then")
    expect(b.d.poll(0)[0] == 0, "the command has succeeded")


@test()
def reset_while_stopped(b):
    patience = leave_running(b)
    b.m.stop()
    time.sleep(patience)
    b.m.reset()
    b.m.cont()
    time.sleep(0.1)
    expect(b.m.read(DATA, 4096) == OLD, "nothing comes of the λs")
    expect(b.written() == OLD, "on the media neither")
    expect(b.works(), "it works again")


@test()
def reset_takes_messages_back(b):
    """Also from a host that has begun anew before the machine goes on."""
    b.d.start()
    b.m.stop()
    b.d.send(1, NO_COMMAND, nsid=1)
    expect(b.d.poll(1), "a command has completed")
    b.m.reset()
    b.d.start()
    b.m.cont()
    expect(b.m.wait(lambda: b.m.read32(INBOX) == 1), "the new host is told")
    expect(b.m.read32(INBOX + 4) == 0, "of no command of the old one")


@test()
def ejected_while_stopped(b):
    patience = leave_running(b)
    b.m.stop()
    time.sleep(patience)
    b.m.eject()
    expect(not b.m.plugged(), "the drive is gone")
    expect(b.written() == OLD, "nothing comes of the λs")
    b.m.cont()
    expect(b.works(), "a new one works")


@test()
def stopped_machine_keeps_its_media(b):
    """Of many writes, some under way."""
    b.d.start(queues=2)
    b.m.write(DATA, NEW)
    for i in range(ENTRIES - 1):
        for queue in (1, 2):
            b.d.put(queue, WRITE_BLOCKS, nsid=1, prp1=DATA, cdw10=8 * i,
                    cdw12=7 | 1 << 30)
    for queue in (1, 2):
        b.d.ring(queue)
    b.m.stop()
    media, inbox = b.media(), b.m.read(INBOX, 16)
    time.sleep(0.2)
    expect(b.media() == media, "the image stays")
    expect(b.m.read(INBOX, 16) == inbox, "no message comes")
    b.m.cont()
    for queue in (1, 2):
        for _ in range(ENTRIES - 1):
            expect(b.d.reap(queue)[0] == 0, "they end well")
    expect(b.media(size=4096 * (ENTRIES - 1)) == NEW * (ENTRIES - 1),
           "all is on the media")


# A λ does not end yet

def busy(b):
    """Threads that have run λs for some ms, and do not wait for anyone."""
    ran = Path(f"/proc/{b.m.process.pid}/task")
    return [t for t in threads(b, "lambda", "R") if
            int((ran / str(t) / "schedstat").read_text().split()[0]) > 5_000_000]


def mapped(b):
    """KiB of address space."""
    status = Path(f"/proc/{b.m.process.pid}/status").read_text()
    return int(re.search(r"VmSize:\s*(\d+)", status)[1])


@test()
def ejection_waits_for_no_lambda(b):
    """Nobody else waits either, and once it ends its memory is given back."""
    b.d.start()
    program = b.d.load(*fill_program(TURNS))
    b.m.qmp("query-status")
    for _ in range(2):
        b.d.put(1, **b.d.fast(program))
    b.d.ring(1)
    expect(b.m.wait(lambda: len(busy(b)) == 2), "λs run")
    with Frozen(busy(b)):
        b.m.eject()
        expect(b.m.qmp("query-status")["running"], "QEMU answers")
        expect(not b.m.plugged(), "the drive is gone")
        held = mapped(b)
        expect(b.works(), "a new one works on the same image")
        b.m.eject()
    expect(b.m.wait(lambda: mapped(b) < held), "the memory is given back")


# The media does not end yet

def media_threads(b):
    """Frozen where they wait for work."""
    b.m.qmp("query-status")
    expect(b.m.wait(lambda: threads(b, "lambda-media", "S") and not
                    threads(b, "lambda-media", "RD")), "the media is at rest")
    return Frozen(threads(b, "lambda-media"))


@test()
def reset_while_media_is_read(b):
    """What it reads then is nobody's."""
    b.d.start()
    b.m.write(DATA, OLD)
    with media_threads(b):
        b.d.send(1, READ, nsid=1, prp1=DATA, cdw12=7)
        expect(b.d.poll(1) is None, "the command waits")
        b.d.enable()
    time.sleep(0.1)
    expect(b.m.read(DATA, 4096) == OLD, "guest memory stays")
    expect(b.works(), "it works again")


@test()
def ejection_waits_for_no_media(b):
    b.d.start()
    with media_threads(b):
        for _ in range(8):
            b.d.put(1, READ, nsid=1, prp1=DATA, cdw12=7)
        b.d.ring(1)
        b.m.eject()
        expect(b.m.qmp("query-status")["running"], "QEMU answers")
        expect(not b.m.plugged(), "the drive is gone")
    expect(b.m.wait(lambda: not threads(b, "lambda-media")), "they end")
    expect(b.works(), "a new one works on the same image")


@test()
def commit_beside_the_lock(b):
    """QEMU goes on while a program is made ready."""
    b.d.start()
    b.m.qmp("query-status")
    program = b.d.load_only(*fill_program(1))
    with Frozen(threads(b, "lambda")):
        b.d.send(0, COMMIT, cdw10=program)
        expect(b.m.qmp("query-status")["running"], "QEMU answers")
        expect(b.d.poll(0) is None, "the command waits")
    expect(b.d.reap(0)[0] == 0, "it ends well")


@test()
def quit_waits_for_no_lambda(b):
    leave_running(b)
    expect(b.m.quit() == 0, "QEMU ends well")
    expect(b.written() == OLD, "nothing comes of the λs")


def main():
    qemu, profile, *names = sys.argv[1:]
    return run_named(SETUP, names, lambda function: attempt(
        lambda: Bench(qemu, profile, SETUP[function]), function))


if __name__ == "__main__":
    sys.exit(main())
