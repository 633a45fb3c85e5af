# SPDX-License-Identifier: GPL-2.0-only
"""The code of the kernel's JIT on silicon, beside native code of the same C."""

import json
import os
import platform
import subprocess

from bench_bare import add_bare
from bench_guest import BENCH, BUILD, TOP, run, sha256, versions

DUMP = BENCH / "jit.txt"
CODE = BENCH / "jit-code.txt"
TIMES = BENCH / "jit.csv"
ABOUT = BENCH / "jit.json"


def processor() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        known = dict(line.strip().split("\t: ", 1) for line in file if "\t: " in line)
    return (f"{known.get('model name', platform.machine())}, family {known.get('cpu family')} "
            f"model {known.get('model')} stepping {known.get('stepping')}")


def dump() -> None:
    """The code, from a guest; where nothing changed it is there already."""
    kernel = BUILD / "kernel-lambda/arch/x86/boot/bzImage"
    key = sha256(kernel) + sha256(BUILD / "initramfs.cpio")
    if not DUMP.exists() or json.loads(ABOUT.read_text() if ABOUT.exists() else "{}").get(
            "key") != key:
        BENCH.mkdir(parents=True, exist_ok=True)
        with open(DUMP, "w", encoding="ascii") as file:
            run(TOP / "scripts/vm", "--exec", "lambda-bench jit", stdout=file)
    CODE.write_text(add_bare(DUMP.read_text()))
    ABOUT.write_text(json.dumps(
        {"key": key, "kernel": sha256(kernel), "processor": processor(), "versions": versions()},
        indent=1) + "\n")


def run_rounds(rounds: int) -> None:
    subprocess.run(
        ["make", "--no-print-directory", "-s", "-C", TOP / "firmware", "bench",
         f"OUT={BUILD / 'firmware'}", f"ROUNDS={rounds}", f"CSV={TIMES}", f"KERNEL_CODE={CODE}"],
        check=True, env={**os.environ, "LAMBDA_BUILD": str(BUILD)})


def measure(rounds: int) -> None:
    for script, *words in (("deps",), ("build-kernel", "lambda"), ("build-userspace",),
                           ("build-initramfs",)):
        run(TOP / "scripts" / script, *words)
    dump()
    run_rounds(rounds)
