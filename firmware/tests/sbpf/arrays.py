# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Cases of helpers over arrays, for tests/sbpf/generate: each operation on each
type, by the words of enum sbpf_op in linux/sbpf.h."""
import random
import struct

IN, OUT = 0x40000000, 0x80000000
M64 = 2**64 - 1
HISTOGRAM, INDEX, HAMMING, AND, OR, ANDNOT, PACK8 = range(0x10007, 0x1000e)
TYPED = 0x10011
TYPES = "BbHhIiQqfd"      # by struct, in the order of enum sbpf_type
OPS = ["fold", "dot", "sqdiff", "absdiff", "equal", "lt", "le", "eq", "ne", "ge",
       "gt", "lt_each", "le_each", "eq_each", "ne_each"]
COMPARE = {
    "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b,
    "ge": lambda a, b: a >= b, "gt": lambda a, b: a > b,
}
TERM = {
    "dot": lambda a, b: a * b, "sqdiff": lambda a, b: (a - b) * (a - b),
    "absdiff": lambda a, b: abs(a - b),
}
NAN = 0x7ff8000000000000


def elements(data, kind):
    size = struct.calcsize(kind)
    return [struct.unpack_from("<" + kind, data, i)[0]
            for i in range(0, len(data) - size + 1, size)]


def float_bits(x):
    return NAN if x != x else struct.unpack("<Q", struct.pack("<d", x))[0]


def total(terms, kind):
    if kind not in "fd":
        return sum(terms) & M64
    lanes = [0.0] * 8
    for i, term in enumerate(terms):
        lanes[i % 8] += term
    for n in (4, 2, 1):
        lanes = [lanes[k] + lanes[k + n] for k in range(n)]
    return float_bits(lanes[0])


def bounds(values, kind):
    """Least and greatest, and how many there are to choose from."""
    bits = 8 * struct.calcsize(kind)
    if kind in "fd":
        def order(x):
            return (x, -1 if float_bits(x) >> 63 else 1)
        values = sorted((x for x in values if x == x), key=order)
        least, greatest = float("-inf"), float("inf")
        show = float_bits
    else:
        values = sorted(values)
        least, greatest = (-2**(bits - 1), 2**(bits - 1) - 1) \
            if kind.islower() else (0, 2**bits - 1)

        def show(x):
            return x & M64
    count = len(values)
    return [show((values or [greatest])[0]), show((values or [least])[-1])], count


def bit_array(answers):
    words = [0] * ((len(answers) + 63) // 64)
    for i, answer in enumerate(answers):
        words[i // 64] |= answer << i % 64
    return struct.pack(f"<{len(words)}Q", *words)


def model(op, kind, a, b, value):
    """R0, and what is at the beginning of the first range."""
    x, y = elements(a, kind), elements(b, kind)
    if op == "fold":
        least_greatest, count = bounds(x, kind)
        return count, struct.pack("<4Q", *least_greatest, total(x, kind), count)
    if op in TERM:
        return total([TERM[op](p, q) for p, q in zip(x, y)], kind), b""
    if op == "equal":
        return sum(p == q for p, q in zip(x, y)), b""
    if not op.endswith("_each"):
        y = [value] * len(x)
    answers = [COMPARE[op[:2]](p, q) for p, q in zip(x, y)]
    return sum(answers), bit_array(answers)


def pick(rng, kind):
    """An element's bytes: any, or one at which something may go wrong."""
    size = struct.calcsize(kind)
    if kind not in "fd":
        special = (0, 1, 2**(8 * size - 1) - 1, 2**(8 * size - 1),
                   2**(8 * size) - 1)
        n = rng.choice(special) if rng.random() < .3 else \
            rng.randrange(2**(8 * size)) if rng.random() < .7 else rng.randrange(3)
        return n.to_bytes(size, "little")
    if rng.random() < .6:
        return struct.pack("<" + kind, rng.choice(
            (rng.uniform(-9, 9), rng.uniform(0, 1e30), rng.choice((0.1, -7.5)))))
    low = 2**(23 if kind == "f" else 52)
    exponents = 2**(8 * size - 1) // low
    special = [0, 1, low - 1, low]      # zero, subnormal, least normal
    if rng.random() < .1:               # infinity, and what is no number
        special = [(exponents - 1) * low + n for n in (0, 0, 1, low // 2, low - 1)]
    n = rng.choice(special) | rng.choice((0, 2**(8 * size - 1)))
    return n.to_bytes(size, "little")


def call(make, file, name, helper, args, data, result, written, charged, room):
    """One call whose first range is written from OUT + 8 on, or none is."""
    case = make(file, name)
    print("in", data.hex() or "00", file=file)
    for reg, arg in enumerate(args, 1):
        case.load64(reg, arg)
    case.insn(0x85, 0, 0, 0, helper)
    case.keep(0, result)
    case.output += written.ljust(room, b"\0")
    case.insn(0xb7, 0, 0, 0, len(case.output))
    case.insn(0x95)
    print(f"out {len(case.output)}\nok {len(case.output)}\n"
          f"output {case.output.hex()}\ninsns {case.executed}\n"
          f"used {1 + charged // 64}\nhelped {charged}", file=file)


def typed(make, file, rng):
    for op in OPS:
        for t, kind in enumerate(TYPES):
            size = struct.calcsize(kind)
            for nr in (0, rng.randrange(1, 9), rng.randrange(60, 70),
                       rng.randrange(130, 210)):
                a, b = (b"".join(pick(rng, kind) for _ in range(nr))
                        for _ in "ab")
                # Some elements equal; bytes that are no element; any address.
                b = b"".join((a if rng.random() < .3 else b)[i:i + size]
                             for i in range(0, len(b), size))
                rest = rng.randrange(size) * (nr > 0)
                a, b = (x + rng.randbytes(rest) for x in (a, b))
                value = rng.choice([pick(rng, kind)] + [a[:size]] * (nr > 0))
                skew = rng.randrange(8)
                data = bytes(skew) + a + b
                p, q = IN + skew, IN + skew + len(a)
                word = int.from_bytes(value + rng.randbytes(8 - size), "little")
                first = [] if op in TERM or op == "equal" else [OUT + 8]
                args = first + [p] + ([q] if first == [] or "_" in op else []) + \
                    [len(a)] + ([word] if op in COMPARE else [])
                r0, written = model(op, kind, a, b, elements(value, kind)[0])
                call(make, file, f"{op} of {nr} {kind}",
                     TYPED + OPS.index(op) * 10 + t, args, data, r0, written,
                     len(a), len(written) + 8)


def others(make, file, rng):
    for n in (0, 1, 7, 63, 64, 65, rng.randrange(66, 128), 200):
        a, b = (bytes(rng.choices(range(256), k=n)) for _ in "ab")
        args = [OUT + 8, IN, IN + n, n]
        words = [int.from_bytes(x, "little") for x in (a, b)]
        for helper, name, number in (
                (AND, "and", words[0] & words[1]), (OR, "or", words[0] | words[1]),
                (ANDNOT, "andnot", words[0] & ~words[1])):
            call(make, file, f"{name} of {n}", helper, args, a + b,
                 number.bit_count(), number.to_bytes(n, "little"), n, n + 8)
        call(make, file, f"hamming of {n}", HAMMING, args[1:], a + b,
             (words[0] ^ words[1]).bit_count(), b"", n, 8)
        call(make, file, f"histogram of {n}", HISTOGRAM, [OUT + 8, IN, n], a, 0,
             struct.pack("<256Q", *map(a.count, range(256))), n, 2056)
        for members in b"\n", b",\n", b"abcdefgh", bytes(8):
            text = bytes(rng.choices(members + b"xyz\x80", k=n))
            at = [i for i in range(n) if text[i] in members]
            call(make, file, f"index of {len(members)} in {n}", INDEX,
                 [OUT + 8, IN, n,
                  int.from_bytes((members * 8)[:8], "little")], text,
                 len(at), struct.pack(f"<{len(at)}I", *at), n, 4 * n + 8)
        for shift in range(4):
            size = 1 << shift
            bits = rng.randbytes((n // size + 63) // 64 * 8)
            kept = [a[i:i + size] for i in range(0, n - size + 1, size)
                    if bits[i // size // 8] >> i // size % 8 & 1]
            call(make, file, f"pack{8 * size} of {n}", PACK8 + shift,
                 [OUT + 8, IN, IN + n, n], a + bits, len(kept), b"".join(kept),
                 n, n + 8)


def arrays(make, file):
    rng = random.Random(19)
    typed(make, file, rng)
    others(make, file, rng)
