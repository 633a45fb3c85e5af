# SPDX-License-Identifier: GPL-2.0-only
"""A machine without a guest: QEMU obeys two sockets, in the guest's place and
in that of whoever looks after it.

By qtest come the accesses that a processor would make, and what time it is; by
QMP the machine is stopped, reset and left, and devices come and go.
"""
import base64
import json
import os
import select
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PATIENCE = 60           # s for an answer; a busy machine gives it within one

# q35: where the configuration space of all devices is put, as memory.
ECAM = 0xb0000000
PCIEXBAR = 0x60
CONFIG_ADDRESS, CONFIG_DATA = 0xcf8, 0xcfc
CAP_EXPRESS, CAP_MSIX = 0x10, 0x11


class QemuGone(Exception):
    """QEMU has ended, or hung up."""


class Refused(Exception):
    """QEMU does not do what it was told by QMP."""


class DriveGone(Exception):
    """The drive is not in its slot any more."""


class Lines:
    """A socket that QEMU connects to, and its lines."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(1)
        self.listener.settimeout(PATIENCE)

    def accept(self):
        self.socket, _ = self.listener.accept()
        self.listener.close()
        self.socket.settimeout(PATIENCE)
        self.file = self.socket.makefile("rb")

    def send(self, text):
        try:
            self.socket.sendall(text.encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            raise QemuGone from None

    def line(self):
        try:
            line = self.file.readline()
        except ConnectionResetError:
            line = b""
        if not line:
            raise QemuGone
        return line.decode().strip()

# Races that QEMU has without the drive: QEMU ends at any other.
RACES = Path(__file__).with_name("races")


class Machine:
    """One QEMU, with a slot for a drive."""

    SLOT_DEVICE = 3     # of the root port, on bus 0
    BUS = 1             # behind it

    def __init__(self, qemu, *arguments):
        self.folder = Path(tempfile.mkdtemp(prefix="qtest-"))
        self.events = []
        self.said = open(self.folder / "said", "w+b")
        self.qtest = Lines(self.folder / "qtest")
        self.monitor = Lines(self.folder / "qmp")
        self.process = subprocess.Popen(
            [qemu, "-M", "q35", "-accel", "qtest", "-m", "64M", "-nodefaults",
             "-display", "none", "-name", "debug-threads=on", "-global",
             "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
             "-device", "pcie-root-port,id=slot0,chassis=1,slot=1,"
             f"addr={self.SLOT_DEVICE}",
             "-qtest", f"unix:{self.folder}/qtest", "-qtest-log", "none",
             "-qmp", f"unix:{self.folder}/qmp", *arguments],
            stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said,
            # Slices of GLib change threads by locks that TSan does not see.
            env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0",
                              "G_SLICE": "always-malloc",
                              "TSAN_OPTIONS": f"suppressions={RACES} "
                                              "halt_on_error=1"})
        try:
            self.monitor.accept()
            self.monitor.line()
            self.qmp("qmp_capabilities")
            self.qtest.accept()
            self._place_buses()
        except (OSError, QemuGone) as why:
            said = self.last_words()
            self.end()
            raise RuntimeError(f"QEMU does not start: {said}") from why

    # What a processor does.

    def order(self, text):
        """An order of qtest and its answer; interrupts are told in between."""
        self.qtest.send(text)
        return self.answer()

    def answer(self):
        while True:
            line = self.qtest.line()
            if line.startswith("OK"):
                return line[2:].strip()
            if not line.startswith("IRQ"):
                raise RuntimeError(f"qtest says {line}")

    def read32(self, at):
        return int(self.order(f"readl {at:#x}"), 16)

    def write32(self, at, value):
        self.order(f"writel {at:#x} {value:#x}")

    def write64(self, at, value):
        self.order(f"writeq {at:#x} {value:#x}")

    def read(self, at, size):
        return base64.b64decode(self.order(f"b64read {at:#x} {size:#x}"))

    def write(self, at, data):
        text = base64.b64encode(data).decode()
        self.order(f"b64write {at:#x} {len(data):#x} {text}")

    def clock_step(self, ns):
        self.order(f"clock_step {ns}")

    def config_read(self, bus, device, at):
        where = 1 << 31 | bus << 16 | device << 11 | at & 0xfc
        self.order(f"outl {CONFIG_ADDRESS:#x} {where:#x}")
        return int(self.order(f"inl {CONFIG_DATA:#x}"), 16)

    def config_write(self, bus, device, at, value):
        where = 1 << 31 | bus << 16 | device << 11 | at & 0xfc
        self.order(f"outl {CONFIG_ADDRESS:#x} {where:#x}")
        self.order(f"outl {CONFIG_DATA:#x} {value:#x}")

    def capability(self, bus, device, wanted):
        at = self.config_read(bus, device, 0x34) & 0xff
        while at:
            head = self.config_read(bus, device, at)
            if head == 0xffffffff:
                raise DriveGone
            if head & 0xff == wanted:
                return at
            at = head >> 8 & 0xff
        raise RuntimeError(f"no capability {wanted:#x}")

    def _place_buses(self):
        port = self.SLOT_DEVICE
        self.config_write(0, port, 0x18, self.BUS << 8 | self.BUS << 16)
        self.config_write(0, port, 0x20, 0xfe10fe00)  # memory behind it
        self.config_write(0, port, 0x04, 0x7)
        self.config_write(0, 0, PCIEXBAR + 4, 0)
        self.config_write(0, 0, PCIEXBAR, ECAM | 1)
        express = self.capability(0, port, CAP_EXPRESS)
        # Slot control, as an address of memory.
        self.slot_control = ECAM + (port << 15) + express + 0x18

    # What its keeper does.

    def qmp(self, command, **arguments):
        self.ask(command, **arguments)
        return self.told()

    def ask(self, command, **arguments):
        """The first half of qmp(), which does not wait for QEMU."""
        self.monitor.send(json.dumps({"execute": command,
                                      "arguments": arguments}))

    def told(self):
        """The other half."""
        while True:
            answer = json.loads(self.monitor.line())
            if "error" in answer:
                raise Refused(answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]
            self.events.append(answer["event"])

    def says(self, seconds):
        """Whether QMP has anything to tell within that time."""
        return bool(select.select([self.monitor.socket], [], [], seconds)[0])

    def event(self, name):
        """Waits for an event that has not been waited for yet."""
        while name not in self.events:
            self.events.append(json.loads(self.monitor.line())["event"])
        self.events.remove(name)

    def stop(self):
        self.qmp("stop")

    def cont(self):
        self.qmp("cont")

    def reset(self):
        """Resets the machine; the buses have to be placed again."""
        self.qmp("system_reset")
        self.event("RESET")
        self._place_buses()

    def plug(self, **properties):
        self.qmp("device_add", driver="lambda-nvme", id="drive", bus="slot0",
                 **properties)

    def power_on(self):
        self.write32(self.slot_control, 0x100)

    def ejection(self):
        """A register as memory, and what ejects the drive when put there."""
        return self.slot_control, 0x700             # power off

    def eject(self):
        """What the guest does once it has let go of the drive."""
        self.write32(*self.ejection())

    def plugged(self):
        return self.config_read(self.BUS, 0, 0) != 0xffffffff

    def quit(self):
        """Its status when it is asked to end."""
        self.qmp("quit")
        return self.process.wait(PATIENCE)

    def wait(self, condition, seconds=PATIENCE):
        """Until it holds; QEMU's main loop runs meanwhile."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.001)
        return True

    def last_words(self):
        self.said.seek(0)
        return self.said.read().decode(errors="replace")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.said.close()
        shutil.rmtree(self.folder)
