# SPDX-License-Identifier: GPL-2.0-only
"""Takes the checks out of code that the kernel's JIT made for λ programs.

What is left is what the same JIT would make of the same program if it trusted
it: an access through its base register, not through r11 or r10 and the window in
r12, and jumps that count nothing. Loop heads stay aligned. The code is taken apart
by objdump and put together by as and ld, which change nothing else but that
forward jumps may be short, as the JIT has them for other programs.
"""

import re
import subprocess
import tempfile
from pathlib import Path

# From the code to its bare version, in bytes: both have a place.
DISTANCE = 0x100000
# Images begin this far from the boundary that loop heads are aligned to.
SKEW = 8

WIDE = {f"%r{n}d": f"%r{n}" for n in range(8, 16)} | {
    f"%e{name}": f"%r{name}" for name in "ax bx cx dx si di bp".split()
}


def disassemble(code: bytes, address: int):
    """Address and text of each instruction."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(code)
        file.flush()
        listing = subprocess.run(
            ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "--no-show-raw-insn",
             f"--adjust-vma={address:#x}", file.name],
            check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        found = re.match(r" *([0-9a-f]+):\t(.*\S)", line)
        if found:
            text, _, note = found.group(2).partition("#")
            text = text.strip()
            if "(%rip)" in text:
                text = re.sub(r"\S+\(%rip\)", f"P{int(note, 16):x}(%rip)", text)
            yield int(found.group(1), 16), re.sub(r"^(cs |data16 )+", "", text)


def jump_target(text: str):
    found = re.match(r"(j\w+|call) +(0x[0-9a-f]+)$", text)
    return int(found.group(2), 16) if found else None


def is_count(text: str) -> bool:
    return re.fullmatch(r"sub +\$0x1,%r9", text) is not None


def constants(insns):
    """Addresses of what instructions read from behind the code."""
    found = (re.search(r"P([0-9a-f]+)\(%rip\)", text) for _, text in insns)
    return {int(one.group(1), 16) for one in found if one}


class Bases:
    """Which register each of those holds that accesses go through."""

    def __init__(self):
        self.held = {}

    def take(self, text: str) -> bool:
        """Whether the instruction only serves to hold a base."""
        found = re.fullmatch(r"mov +(%\w+),%(r1[01])d", text)
        if not found or found.group(1) not in WIDE:
            return False
        self.held[found.group(2)] = (WIDE[found.group(1)], 0)
        return True

    def access(self, text: str) -> str:
        """The operand through the base itself, which is farther on by now."""
        found = re.search(r"(-?0x[0-9a-f]+)?\(%(r1[01]),%r12,1\)", text)
        if not found:
            # Of the frame; what lies below the window is the header.
            return re.sub(r"(?<!-)\b(0x[0-9a-f]+)\(%r12\)", r"\1", text)
        off = int(found.group(1) or "0", 16)
        base, delta = self.held.get(found.group(2), (f"%{found.group(2)}", 0))
        return text.replace(found.group(0), f"{off - delta:#x}({base})")

    def note(self, text: str) -> None:
        """What an instruction does to bases that are held."""
        words = re.split(r"[ ,]+", text)
        found = re.fullmatch(r"(add|sub)q? +\$(-?0x[0-9a-f]+),(%\w+)", text)
        for reg, (base, delta) in list(self.held.items()):
            if found and found.group(3) == base:
                step = int(found.group(2), 16)
                step -= 1 << 64 if step >> 63 else 0
                self.held[reg] = (base, delta + (step if found.group(1) == "add" else -step))
            elif f"%{reg}d" == words[-1] and words[0] == "lea":
                del self.held[reg]
            elif WIDE.get(words[-1], words[-1]) == base and words[0][:3] not in ("cmp", "tes"):
                del self.held[reg]


def without_checks(insns):
    """The instructions that stay, with None for those that went."""
    insns = list(insns)
    bases, k = Bases(), 0
    while k < len(insns):
        address, text = insns[k]
        later = insns[k + 1][1] if k + 1 < len(insns) else ""
        if bases.take(text) or text.startswith("nop"):
            yield address, None
        elif is_count(text):
            yield address, None
            if later.startswith("jae"):
                yield insns[k + 1][0], "jmp" + later[3:]
                k += 1
            yield insns[k + 1][0], None
            k += 1
        else:
            yield address, bases.access(text)
            bases.note(text)
        k += 1


def assembly(functions):
    """Source text of all functions, one behind the other."""
    insns, pools = [], {}
    for address, code in functions:
        own = list(disassemble(code, address))
        pool = constants(own)
        pools |= {at: code[at - address:at - address + 8] for at in pool}
        insns += [insn for insn in own if not pool or insn[0] < min(pool)]
    starts = {address for address, _ in functions}
    known = {address for address, _ in insns}
    targets, heads = set(starts), set()
    for address, text in insns:
        target = jump_target(text)
        if target in known:
            targets.add(target)
            # Backward by jmp alone go slow paths, and what a select moves.
            if target <= address and not text.startswith(("call", "jmp")):
                heads.add(target)
    yield ".text"
    for address, text in without_checks(insns):
        if address in starts:
            yield f".p2align 6\n.skip {SKEW}"
        elif address in heads:
            yield f".p2align {5 if address % 64 else 6}"
        if address in targets:
            yield f"L{address:x}:"
        if text is None:
            continue
        target = jump_target(text)
        if target in known:
            text = f"{text.split()[0]} L{target:x}"
        yield text
    yield ".p2align 3"
    for at, value in pools.items():
        yield f"P{at:x}: .quad {int.from_bytes(value, 'little'):#x}"


def bare(functions):
    """Address and code of the functions of one program without checks."""
    address = functions[0][0] + DISTANCE
    with tempfile.TemporaryDirectory() as folder:
        source, obj, out = (Path(folder, name) for name in ("a.s", "a.o", "a.bin"))
        source.write_text("\n".join(assembly(functions)) + "\n")
        subprocess.run(["as", "-o", obj, source], check=True)
        subprocess.run(["ld", "-e", "0", "--oformat", "binary", f"-Ttext={address - SKEW:#x}",
                        "-o", out, obj], check=True)
        return address, out.read_bytes()[SKEW:]


def read_dump(text: str):
    """Programs of a dump of `lambda-bench jit`: name and functions."""
    programs, functions, left = [], None, 0
    for line in text.splitlines():
        words = line.split()
        if not words or words[0] == "symbol":
            continue
        if words[0] == "program":
            functions = []
            programs.append((words[1], functions))
        elif words[0] == "function":
            functions.append((int(words[1], 16), b""))
        else:
            functions[-1] = (functions[-1][0], functions[-1][1] + bytes.fromhex(words[0]))
    return programs


def add_bare(text: str) -> str:
    """The dump with a bare version of each program."""
    lines = [text.rstrip("\n")]
    for name, functions in read_dump(text):
        address, code = bare(functions)
        lines += [f"bare {name}", f"function {address:x} {len(code)}"]
        lines += [code[k:k + 32].hex() for k in range(0, len(code), 32)]
    return "\n".join(lines) + "\n"
