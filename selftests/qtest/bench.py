# SPDX-License-Identifier: GPL-2.0-only
"""A machine with a λ drive over an image, and what all tests do with them."""
import os
import tempfile
import traceback

from drive import DATA, RESOURCES, CommandFailed, Drive, fill_program
from machine import DriveGone, Machine, QemuGone, Refused

IMAGE_BYTES = 4 << 20
OLD = b"\x11" * 4096            # what was there before a λ
NEW = b"\xff" * 4096            # what the λs of these tests put there
WRITTEN_AT = 8192               # where in the image they do

STARTS = 3                      # of a drive that may be told late to go
SETUP = {}                      # the tests, and of each the drive's properties


def test(**properties):
    """Makes a function a test of a drive with these properties."""
    def add(function):
        SETUP[function] = properties
        return function
    return add


def expect(what, name):
    if not what:
        raise AssertionError(name)


class Bench:
    """A machine with a drive, and the image below it."""

    def __init__(self, qemu, profile, properties):
        self.image = tempfile.NamedTemporaryFile(prefix="qtest-image-")
        self.image.truncate(IMAGE_BYTES)
        os.pwrite(self.image.fileno(), OLD, WRITTEN_AT)
        self.properties = {"image": self.image.name, "profile": profile,
                           "serial": "LIFE", "timing": "off"} | properties
        self.m = Machine(
            qemu, "-device", "lambda-nvme,id=drive,bus=slot0," +
            ",".join(f"{k}={v}" for k, v in self.properties.items()))
        self.d = Drive(self.m)

    def media(self, at=0, size=IMAGE_BYTES):
        return os.pread(self.image.fileno(), size, at)

    def written(self):
        return self.media(WRITTEN_AT, 4096)

    def send_identify(self):
        self.d.send(0, **self.d.identify())

    def eject_by(self, vector):
        """From now on the interrupt ejects the drive."""
        self.d.message(vector, *self.m.ejection())

    def plug(self):
        """Puts a new drive in, or powers on one that is there."""
        expect(self.m.wait(self.is_there), "the image of the drive before is free")
        self.m.power_on()

    def is_there(self):
        """Plugs one in, unless one that has gone still uses the image."""
        try:
            self.m.plug(**self.properties)
        except Refused as why:
            if " is in use" in str(why):
                return False
            expect("Duplicate" in str(why), str(why))
        return True

    def start(self, queues):
        """Has the drive, or a new one, begin: one that is told late may go."""
        for _ in range(STARTS):
            if not self.m.plugged():
                self.plug()
                expect(self.m.plugged(), "a new drive takes the place")
            try:
                return self.d.start(queues)
            except DriveGone:
                pass
        raise DriveGone

    def works(self, queues=1):
        """Whether the drive does all it should, or a new one in its place."""
        self.d = Drive(self.m)
        self.start(queues)
        program = self.patiently(lambda: self.d.load(*fill_program(1)))
        self.m.write(DATA, bytes(8192))
        self.patiently(lambda: self.d.ok(1, **self.d.fast(program)))
        return self.m.read(DATA, 4096) == NEW

    def patiently(self, what):
        """Does it when there is a place; λs told to stop may still hold all."""
        got = []

        def done():
            try:
                got.append(what())
            except CommandFailed as why:
                if why.status != RESOURCES:
                    raise
            return got

        expect(self.m.wait(done), "a place is free again")
        return got[0]

    def end(self):
        self.m.end()
        self.image.close()


def attempt(bench, function):
    """None, or what went wrong."""
    b = None
    try:
        b = bench()
        function(b)
    except AssertionError as wrong:
        return f"failed: {wrong}"
    except QemuGone:
        return f"QEMU is gone, status {b.m.process.wait() if b else '?'}"
    except Exception:
        return traceback.format_exc()
    finally:
        if b:
            for line in b.m.last_words().splitlines():
                print(f"# qemu: {line}")
            b.end()
    return None


class Tap:
    """Results as they come; how many there are is told first, or at the end."""

    def __init__(self, plan=None):
        self.n = self.bad = 0
        print("TAP version 13")
        if plan is not None:
            print(f"1..{plan}")
        self.planned = plan is not None

    def result(self, name, wrong):
        self.n += 1
        self.bad += wrong is not None
        for line in (wrong or "").splitlines():
            print(f"# {line}")
        print(f"{'not ok' if wrong else 'ok'} {self.n} - {name}", flush=True)

    def status(self):
        if not self.planned:
            print(f"1..{self.n}")
        return self.bad != 0


def run_named(tests, names, run):
    """Has run() do those of the tests that are named, or all; a status."""
    tests = [t for t in tests if not names or t.__name__ in names]
    tap = Tap(len(tests))
    for function in tests:
        tap.result(function.__name__, run(function))
    return tap.status()
