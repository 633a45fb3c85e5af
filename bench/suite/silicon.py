# SPDX-License-Identifier: GPL-2.0-only
"""The same work on this machine's processor, where time passes by itself.

The code of the kernel's JIT beside native code of the same C; native code over
cached files; and the things by which a clock that counts instructions is
judged. All of it is done in rounds, one after the other, so that whatever else
the machine does meets everything alike; each time is kept.
"""

import csv
import json
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.suite import inputs
from bench.suite.bare import add_bare
from bench.suite.inputs import BENCH, BUILD, IMAGE, TOP, output, run, sha256
from bench.suite.plan import CPU_COUNT, MIB, PROGRAMS

FOLDER = BENCH / "silicon"
ABOUT = FOLDER / "about.json"
DUMP = FOLDER / "kernel-code.txt"
CODE = FOLDER / "kernel-code-and-bare.txt"
JIT = FOLDER / "jit.csv"
NATIVE = FOLDER / "native.csv"
FILES = ("numbers", "text", "csv", "runs", "bits")


def processor() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        pairs = (line.split(":", 1) for line in file if ":" in line)
        known = {key.strip(): value.strip() for key, value in pairs}
    return (f"{known.get('model name', platform.machine())}, family {known.get('cpu family')} "
            f"model {known.get('model')} stepping {known.get('stepping')}")


def dump_code() -> None:
    """The code, from a guest; where nothing changed it is there already."""
    about = {
        "kernel": sha256(BUILD / "kernel-lambda/arch/x86/boot/bzImage"),
        "initramfs": sha256(BUILD / "initramfs.cpio"),
        "processor": processor(),
        "versions": inputs.versions(),
    }
    before = json.loads(ABOUT.read_text()) if ABOUT.exists() else {}
    if any(before.get(key) != about[key] for key in ("kernel", "initramfs")):
        with open(DUMP, "w", encoding="ascii") as file:
            run(TOP / "scripts/vm", "--exec", "lambda-bench jit", stdout=file)
    CODE.write_text(add_bare(DUMP.read_text()))
    ABOUT.write_text(json.dumps(about, indent=1) + "\n")


def jit_rounds(rounds: int, data: Path) -> None:
    subprocess.run(
        ["make", "--no-print-directory", "-s", "-C", TOP / "bench", "jit",
         f"ROUNDS={rounds}", f"CSV={JIT}", f"KERNEL_CODE={CODE}",
         f"DATA={data}"], check=True, env={**os.environ, "LAMBDA_BUILD": str(BUILD)})


def listing() -> str:
    return "".join(
        f"id={program}/{method} program={program} method={method} size={MIB} count={CPU_COUNT} "
        "cached=100 warm=1\n" for program in PROGRAMS for method in ("read", "mmap"))


def native_round(number: int, data: Path, writer) -> None:
    program = BUILD / "bench-build/lambda-bench"
    text = output(program, "run", data / "points", data, BUILD / "userspace/programs")
    for row in csv.DictReader(text.splitlines()):
        writer.writerow([row["id"], number, float(row["ns"]) / float(row["bytes"])])
    text = output(program, "calibrate", data / "numbers")
    for row in csv.DictReader(text.splitlines()):
        writer.writerow([row["thing"], number, row["ns"]])


def native_rounds(rounds: int, data: Path) -> None:
    (data / "points").write_text(listing())
    with open(NATIVE, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["what", "round", "ns"])
        for number in range(rounds):
            native_round(number, data, writer)


def measure(rounds: int) -> None:
    inputs.build(qemu=False)
    FOLDER.mkdir(parents=True, exist_ok=True)
    # In memory, so that a disk has no part in it.
    data = Path(tempfile.mkdtemp(prefix="lambda-bench.", dir="/dev/shm"))
    try:
        for name in FILES:
            run("/sbin/debugfs", "-R", f"dump {name} {data / name}", IMAGE, capture_output=True)
        dump_code()
        jit_rounds(rounds, data)
        native_rounds(rounds, data)
    finally:
        shutil.rmtree(data)
