# SPDX-License-Identifier: GPL-2.0-only
"""Usage: walk_test.py QEMU PROFILE SECONDS [SEED]

Does anything that guest and keeper can do to a drive, in any order. A walk is
a new machine and STEPS of a generator with a seed, from SEED (1) on; walks go
on for SECONDS, and are reported as TAP. See scripts/check-qtest.

All the while QEMU has to live, and a machine that is stopped has to stay as it
is. In the end the drive, or a new one, has to work, and QEMU quits whatever it
is doing.
"""
import random
import sys
import time

from bench import Bench, Tap, attempt, expect
from drive import (BAR, CC, DATA, DOORBELL, ENABLE, ENTRIES, MSIX_BAR, QUEUES,
                   QUEUE_BYTES, READ, WRITE_BLOCKS, CommandFailed, fill_program)
from machine import Refused

STEPS = 200

VECTORS = 3             # admin and two I/O queues
REMEMBERED = 40         # steps that are told of a walk that went wrong
TURNS = (1, 1000, 1_000_000, 20_000_000)
WATCHED = DATA, QUEUES + VECTORS * QUEUE_BYTES - DATA   # of the guest's memory
ABORT = 0x08


class Walk:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.steps = []
        self.programs = []
        self.writes = []
        self.frozen = None

    def properties(self):
        r = self.r
        return {"timing": r.choice(("on", "off")), "jit": r.choice(("on", "off")),
                "guard": r.choice(("on", "off")),
                "workers": r.choice((0, 1, 2, 4)),
                "media-workers": r.choice((0, 1, 4)), "slots": r.choice((1, 4)),
                "slot-size": "1M", "programs": 8, "program-size": "64K"}

    def go(self, bench):
        self.b, self.m = bench, bench.m
        try:
            self.restart()
            for _ in range(STEPS):
                self.step()
            self.finish()
        except Exception:
            print("# last steps:", *self.steps[-REMEMBERED:])
            raise

    # What the guest does

    def restart(self):
        """Begins anew, whatever state the drive is in."""
        self.b.start(VECTORS - 1)
        self.programs = [self.b.d.load(*fill_program(n)) for n in TURNS]
        self.writes = []
        for n in range(self.r.randrange(2)):
            program = self.r.choice(self.programs)
            self.writes.append(self.b.d.exec_write(program, 4096 * n))

    def command(self):
        r, d = self.r, self.b.d
        sector = r.randrange(2048)
        kinds = [d.identify(),
                 dict(opcode=READ, nsid=1, prp1=DATA, cdw10=sector, cdw12=7),
                 dict(opcode=WRITE_BLOCKS, nsid=1, prp1=DATA, cdw10=sector,
                      cdw12=7),
                 dict(opcode=ABORT, cdw10=d.cid << 16 | r.randrange(VECTORS)),
                 dict(opcode=r.randrange(256), nsid=1, prp1=DATA)]
        if self.programs:
            kinds += 3 * [d.fast(r.choice(self.programs))]
        return r.choice(kinds + self.writes)

    def send(self, queue=None):
        queue = self.r.randrange(VECTORS) if queue is None else queue
        for _ in range(self.r.choice((1, 1, 1, 4, ENTRIES - 1))):
            self.b.d.put(queue, **self.command())
        self.b.d.ring(queue)

    def poll(self):
        for queue in range(VECTORS):
            while self.b.d.poll(queue):
                pass

    def write_register(self):
        r = self.r
        at, value = r.choice((
            (CC, 0), (CC, ENABLE), (CC, ENABLE | 1 << 14),
            (DOORBELL + 4 * r.randrange(2 * VECTORS), r.randrange(ENTRIES + 1)),
            (r.randrange(0, 0x2000, 4), r.getrandbits(32))))
        self.m.write32(BAR + at, value)

    def destination(self):
        """Where a message may go, and what it says there."""
        r, m, d = self.r, self.m, self.b.d
        doorbell = DOORBELL + 4 * r.randrange(2 * VECTORS)
        entry = MSIX_BAR + 16 * r.randrange(VECTORS)
        return r.choice((
            m.ejection(), m.ejection(), d.flr(), (BAR + CC, 0), (BAR + CC, ENABLE),
            (BAR + doorbell, r.randrange(ENTRIES)), (entry + 12, 1),
            (entry, BAR + doorbell), (m.slot_control, 0x100),
            (DATA, r.getrandbits(32)), (d.config(4), 0)))

    def aim(self):
        """A message goes astray, for which there soon is a reason."""
        if self.r.randrange(2):
            self.restart()
        vector = self.r.randrange(VECTORS)
        self.b.d.message(vector, *self.destination())
        self.send(vector)

    def mask(self):
        self.b.d.mask(self.r.randrange(VECTORS), self.r.randrange(2))

    def mask_all(self):
        self.b.d.mask_all(self.r.randrange(2))

    # What its keeper does

    def pass_time(self):
        self.m.clock_step(self.r.choice((1000, 100_000, 1_000_000_000)))

    def wait(self):
        time.sleep(self.r.choice((0, 0.001, 0.02)))

    def reset(self):
        self.m.reset()

    def eject(self):
        self.m.eject()

    def ask_for_ejection(self):
        try:
            self.m.qmp("device_del", id="drive")
        except Refused:
            self.steps[-1] += " (there is none, or it was asked before)"

    def plug(self):
        if not self.m.plugged():
            self.b.plug()

    def stop(self):
        self.m.stop()
        self.frozen = self.watched()

    def cont(self):
        expect(self.watched() == self.frozen, "a stopped machine stays as it is")
        self.frozen = None
        self.m.cont()

    def watched(self):
        return self.m.read(*WATCHED), self.b.media()

    GUEST = {send: 12, poll: 4, write_register: 3, aim: 3, mask: 1,
             mask_all: 1, restart: 3}
    KEEPER = {pass_time: 4, wait: 4, reset: 1, eject: 1, ask_for_ejection: 1,
              plug: 1}

    def step(self):
        kinds = dict(self.KEEPER)
        if self.frozen:
            kinds[Walk.cont] = 4
        else:
            kinds |= self.GUEST | {Walk.stop: 1}
        what = self.r.choices(list(kinds), list(kinds.values()))[0]
        self.steps.append(what.__name__)
        try:
            what(self)
        except CommandFailed as why:
            self.steps[-1] += f" ({why})"

    def finish(self):
        if self.frozen:
            self.cont()
        for vector in range(VECTORS):
            self.b.d.message(vector)
        expect(self.b.works(queues=VECTORS - 1), "in the end the drive works")
        self.send()
        expect(self.m.quit() == 0, "QEMU quits well")


def main():
    qemu, profile, seconds = sys.argv[1:4]
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    end = time.monotonic() + float(seconds)
    tap = Tap()
    while time.monotonic() < end:
        w = Walk(seed)
        tap.result(f"seed {seed}", attempt(
            lambda: Bench(qemu, profile, w.properties()), w.go))
        seed += 1
    return tap.status()


if __name__ == "__main__":
    sys.exit(main())
