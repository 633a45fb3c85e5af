# SPDX-License-Identifier: GPL-2.0-only
"""Takes the checks out of code that the kernel's JIT made for λ programs.

What is left is what the same JIT would make of the same program if it trusted
it: an access through its base register, not through r11 and the window in r12,
and jumps that count nothing. Loop heads stay aligned. The code is taken apart
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
            text = found.group(2).split("#")[0].strip()
            yield int(found.group(1), 16), re.sub(r"^(cs |data16 )+", "", text)


def jump_target(text: str):
    found = re.match(r"(j\w+|call) +(0x[0-9a-f]+)$", text)
    return int(found.group(2), 16) if found else None


def without_checks(insns):
    """The instructions that stay, with None for those that went."""
    insns = list(insns)
    k = 0
    while k < len(insns):
        address, text = insns[k]
        base = re.fullmatch(r"mov +(%\w+),%r11d", text)
        later = insns[k + 1][1] if k + 1 < len(insns) else ""
        if base and "(%r11,%r12,1)" in later:
            yield address, None
            yield insns[k + 1][0], later.replace("(%r11,%r12,1)", f"({WIDE[base.group(1)]})")
            k += 2
        elif re.fullmatch(r"sub +\$0x1,%r9", text):
            yield address, None
            if later.startswith("jns"):
                yield insns[k + 1][0], "jmp" + later[3:]
                yield insns[k + 2][0], None
                k += 3
            else:
                yield insns[k + 1][0], None
                k += 2
        elif text.startswith("nop"):
            yield address, None
            k += 1
        else:
            yield address, re.sub(r"(-?0x[0-9a-f]+)\(%r12\)", r"\1", text)
            k += 1


def assembly(functions):
    """Source text of all functions, one behind the other."""
    insns = [insn for address, code in functions for insn in disassemble(code, address)]
    starts = {address for address, _ in functions}
    known = {address for address, _ in insns}
    targets, heads = set(starts), set()
    for address, text in insns:
        target = jump_target(text)
        if target in known:
            targets.add(target)
            if target <= address and not text.startswith("call"):
                heads.add(target)
    # A stub jumps back to where it was called, which is no loop's head.
    stubs = {jump_target(text) for _, text in insns if text.startswith("js ")}
    heads -= {jump_target(text) for k, (address, text) in enumerate(insns)
              if k and insns[k - 1][0] in stubs}
    yield ".text"
    for address, text in without_checks(insns):
        if address in starts:
            yield f".p2align 6\n.skip {SKEW}"
        elif address in heads:
            yield ".p2align 6"
        if address in targets:
            yield f"L{address:x}:"
        if text is None:
            continue
        target = jump_target(text)
        if target in known:
            text = f"{text.split()[0]} L{target:x}"
        yield text


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
