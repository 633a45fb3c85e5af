# SPDX-License-Identifier: GPL-2.0-only
"""Proves that rules of the JIT for λs say the same as the instructions they are for.

Each claim is about all values at a time: Z3 finds one for which it does not hold,
or that there is none. On the left is what RFC 9669 says of the instructions, on
the right what x86-64 does in their place: arch/x86/net/bpf_lambda_rules.c and
arch/x86/net/bpf_lambda_sums.c. A claim that is known to be wrong has to be found
wrong, lest all of them hold for nothing. TAP on standard output.
"""

from z3 import (UGE, UGT, ULE, ULT, And, BitVec, Extract, If, Implies, LShR, Not, SignExt, Solver,
                ZeroExt, unsat)

A, B, M = (BitVec(name, 64) for name in "abm")
IMM = BitVec("imm", 32)

SIMPLE = {"add": lambda x, y: x + y, "or": lambda x, y: x | y, "and": lambda x, y: x & y,
          "sub": lambda x, y: x - y, "xor": lambda x, y: x ^ y}
UNSIGNED = {"==": lambda x, y: x == y, "!=": lambda x, y: x != y, ">": UGT, ">=": UGE, "<": ULT,
            "<=": ULE}
SIGNED = {"s>": lambda x, y: x > y, "s>=": lambda x, y: x >= y, "s<": lambda x, y: x < y,
          "s<=": lambda x, y: x <= y}
REVERSE = {"==": "!=", "!=": "==", ">": "<=", ">=": "<", "<": ">=", "<=": ">", "s>": "s<=",
           "s>=": "s<", "s<": "s>=", "s<=": "s>"}


def low(value, bits):
    return Extract(bits - 1, 0, value)


def zero_extended(value):
    return ZeroExt(64 - value.size(), value) if value.size() < 64 else value


def sign_extended(value):
    return SignExt(64 - value.size(), value) if value.size() < 64 else value


def alu(op, bits, x, y):
    """An operation of class ALU64 or ALU, which leaves the upper half zero."""
    return zero_extended(op(low(x, bits), low(y, bits)))


def extensions():
    yield "shl 32, sar 32 is movslq", (A << 32) >> 32 == sign_extended(low(A, 32))
    yield "shl 32, shr 32 is mov of 32 bits", LShR(A << 32, 32) == zero_extended(low(A, 32))
    loaded = zero_extended(low(M, 32))
    yield "a load before it is movslq", (loaded << 32) >> 32 == sign_extended(low(M, 32))


def updates():
    for name, op in SIMPLE.items():
        for size in (8, 16, 32, 64):
            for bits in (32, 64) if size < 64 else (64,):
                loaded = zero_extended(low(M, size))
                yield (f"{name} of {bits} bits is one of {size} in memory",
                       low(alu(op, bits, loaded, A), size) == op(low(M, size), low(A, size)))
                constant = sign_extended(IMM)
                yield (f"{name} of {bits} bits with a constant is one of {size} in memory",
                       low(alu(op, bits, loaded, constant), size) ==
                       op(low(M, size), low(constant, size)))


def compares():
    for name, op in UNSIGNED.items():
        for size, most in ((8, 255), (16, 127)):
            for bits in (32, 64):
                loaded = low(zero_extended(low(M, size)), bits)
                yield (f"{name} of {bits} bits is one of {size} in memory",
                       Implies(And(IMM >= 0, IMM <= most),
                               op(loaded, low(sign_extended(IMM), bits)) ==
                               op(low(M, size), low(IMM, size))))


def selects():
    for name, op in {**UNSIGNED, **SIGNED}.items():
        back = {**UNSIGNED, **SIGNED}[REVERSE[name]]
        for bits in (32, 64):
            x, y = low(A, bits), low(B, bits)
            yield (f"a move unless {name} is one if {REVERSE[name]}, of {bits} bits",
                   If(op(x, y), A, B) == If(back(x, y), B, A))


def sums():
    yield "mov, add is lea", A + B == B + A
    for shift in (1, 2, 3):
        yield f"shl {shift}, mov, add is lea", A + (B << shift) == A + B * (1 << shift)
        yield (f"the low half of a sum with a shift of {shift} is lea of 32 bits",
               low(A + (B << shift), 32) == low(A, 32) + low(B, 32) * (1 << shift))
    yield "a constant is a displacement", A + sign_extended(IMM) == A + SignExt(32, IMM)


def bases():
    off, delta = sign_extended(low(B, 16)), sign_extended(Extract(31, 16, B))
    held = zero_extended(low(A, 32))
    # An access by it has succeeded: nothing is mapped below 64 KiB, or above 3 GiB.
    good = And(UGE(held, 0x10000 - 0x7fff), ULE(held, 0xc0000000 + 0x8000))
    yield ("a base that moved on is one with a displacement",
           Implies(good, zero_extended(low(A + delta, 32)) + off == held + (delta + off)))


def counts():
    yield "a count is negative when it borrows", Implies(A >= 0, (A - 1 < 0) == ULT(A, 1))


def holds(claim):
    solver = Solver()
    solver.add(Not(claim))
    return solver.check() == unsat


def wrong():
    """What a rule must not be for; each tells why it asks what it asks."""
    yield "shl 31, sar 31 is movslq", (A << 31) >> 31 == sign_extended(low(A, 32))
    loaded = zero_extended(low(M, 8))
    yield ("a signed compare of what was a byte is one of a byte",
           Implies(And(IMM >= 0, IMM <= 255), (loaded > sign_extended(IMM)) ==
                   (low(M, 8) > low(IMM, 8))))
    yield ("a compare of a byte with any constant is one of a byte",
           (loaded == sign_extended(IMM)) == (low(M, 8) == low(IMM, 8)))
    yield ("an operation of 32 bits on 8 bytes is one of 8",
           alu(SIMPLE["add"], 32, M, A) == M + A)
    off, delta = sign_extended(low(B, 16)), sign_extended(Extract(31, 16, B))
    held = zero_extended(low(A, 32))
    yield ("any base that moved on is one with a displacement",
           zero_extended(low(A + delta, 32)) + off == held + (delta + off))
    yield "a count is negative when it borrows, whatever it is", (A - 1 < 0) == ULT(A, 1)


def main():
    number = 0
    for prove in (extensions, updates, compares, selects, sums, bases, counts):
        for name, claim in prove():
            number += 1
            print("ok" if holds(claim) else "not ok", number, "-", name)
    for name, claim in wrong():
        number += 1
        print("not ok" if holds(claim) else "ok", number, "- it is not so that", name)
    print(f"1..{number}")


main()
