# SPDX-License-Identifier: GPL-2.0-only
"""λs in windows that the memory management unit guards, and in others: they end
alike, and QEMU goes on. Run by life_test.py.
"""
import os
import signal
import struct
from pathlib import Path

from bench import expect, test
from drive import DATA, Drive, insn

# Window addresses
HEAP, INPUT, OUTPUT = 0x20000000, 0x40000000, 0x80000000
MEMSET = 0x10002
BYTE, WORD, STORE = 0x71, 0x79, 0x7a    # loads, and a store of zeros

FAULT = 3               # a status of λs
FUNCTIONS = 256         # of one λ, at most
SHARE = 4               # FW_WINDOWS_SHARE of the firmware
BOOT_AT = 96            # of the start of the drive in a result


def access(address, code, offset=0):
    """A λ that makes one access."""
    return (insn(0xb7, 0), insn(0xb4, 1, 0, 0, address),
            insn(code, 1, code != STORE, offset), insn(0x95))


def fill(address, size):
    """A λ that has a helper write there."""
    return (insn(0xb4, 1, 0, 0, address), insn(0xb7, 2, 0, 0, 1),
            insn(0xb7, 3, 0, 0, size), insn(0x85, 0, 0, 0, MEMSET),
            insn(0xb7, 0), insn(0x95))


def call_all():
    """A λ with as many functions as can be, each with a frame in use."""
    n = FUNCTIONS - 1
    calls = [insn(0x85, 0, 1, 0, n + 1 + k) for k in range(n)]
    return (*calls, insn(0xb7, 0, 0, 0, 5), insn(0x95),
            *n * (insn(0x7a, 10, 0, -8, 1), insn(0x95)))


# Each with the address at which it faults, and whether it writes there.
FAULTS = (
    (access(0, BYTE), 0, 0), (access(8, STORE), 8, 1),
    (access(0, WORD, -1), -1, 0), (access(-1, WORD, 32767), 0x100007ffe, 0),
    (access(HEAP, BYTE), HEAP, 0), (access(INPUT, STORE), INPUT, 1),
    (access(INPUT + 4089, WORD), INPUT + 4096, 0),
    (access(OUTPUT + 4095, STORE), OUTPUT + 4096, 1),
    (fill(INPUT, 16), INPUT, 1), (fill(OUTPUT, 5000), OUTPUT + 4096, 1))


def maps(b, name=""):
    """Mappings of QEMU's, all or of a file of that name."""
    lines = Path(f"/proc/{b.m.process.pid}/maps").read_text().splitlines()
    return sum(name in line for line in lines)


def replace(b, **properties):
    """Has a drive with other properties in place of this one."""
    b.properties |= properties
    b.m.eject()
    expect(not b.m.plugged(), "the old drive is gone")
    b.plug()
    b.d = Drive(b.m)
    b.d.start()


def results(b):
    """What becomes of each λ that faults; the start of the drive comes next."""
    got = []
    for program, _, _ in FAULTS:
        program = b.d.load(*program)
        b.d.ok(1, **b.d.fast(program))
        got.append(b.m.read(DATA + 4096, BOOT_AT))
        b.d.unload(program)
    return got


@test(timing="on")
def faults_end_alike(b):
    """By status, address and times, however λs are run and by whom."""
    kinds = [dict(jit="off")] + [dict(jit="on", guard=guard, workers=workers)
                                 for guard in ("off", "on")
                                 for workers in (0, 2)]
    all_of_them = []
    for kind in kinds:
        replace(b, **kind)
        all_of_them.append(results(b))
        guarded = kind.get("guard") == "on"
        expect((maps(b, "lambda-pool") > 1) == guarded, f"guarded: {kind}")
    for got in all_of_them:
        expect(got == all_of_them[0], "all results are the same")
    for (_, address, write), result in zip(FAULTS, all_of_them[0]):
        expect(result[:2] == bytes((FAULT, write)), f"a fault at {address:#x}")
        expect(struct.unpack_from("<q", result, 8)[0] == address,
               f"at {address:#x}: {result[8:16].hex()}")
    expect(b.works(), "it works")


@test()
def other_signals_are_no_faults(b):
    """One that is sent ends QEMU, as it does without λs."""
    b.d.start()
    results(b)
    os.kill(b.m.process.pid, signal.SIGSEGV)
    expect(b.m.wait(lambda: b.m.process.poll() is not None, 20), "QEMU ends")
    expect(b.m.process.poll() != 0, "by the signal")


@test(**{"slots": 64, "slot-size": "2M"})
def mappings_are_left_to_others(b):
    """λs of many functions take no more than their share."""
    most = int(Path("/proc/sys/vm/max_map_count").read_text()) // SHARE
    b.d.start()
    before = maps(b)
    program = b.d.load(*call_all())
    for slot in range(64):
        command = b.d.exec_write(program, 4096)
        expect(b.d.ok(1, **command) == 5, f"it runs in slot {slot}")
    taken = maps(b) - before
    expect(taken <= most + 64, f"{taken} mappings")
    expect(taken > min(most, 64 * 2 * FUNCTIONS) - 3 * FUNCTIONS,
           f"{taken} mappings")
    b.m.eject()
    expect(b.m.wait(lambda: not maps(b, "memfd:lambda-")), "all are given back")
    expect(b.works(), "a new one works")
