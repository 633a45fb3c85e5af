# SPDX-License-Identifier: GPL-2.0-only
"""What figures are made of: everything that is built, its hashes, its origin."""

import hashlib
import os
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("LAMBDA_CACHE") or Path.home() / ".cache/lambda-io")
BUILD = Path(os.environ.get("LAMBDA_BUILD") or CACHE / "build")
BENCH = BUILD / "bench"
IMAGE = BENCH / "data.img"


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sparse_sha256(path: Path) -> str:
    """Of the blocks that are not all zeros, each behind its number: files may have holes."""
    block, total = 65536, hashlib.sha256()
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        total.update(f"{size}\n".encode())
        at = 0
        while at < size:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA) // block * block
            except OSError:     # No data behind this.
                break
            data = os.pread(file.fileno(), block, at)
            if data.count(0) != len(data):
                total.update(f"{at}\n".encode() + data)
            at += block
    return total.hexdigest()


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, **options)


def output(*command) -> str:
    return run(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
               text=True).stdout.strip()


def build(qemu: bool = True) -> None:
    """Everything that is measured; what is there costs nothing."""
    for script, *words in (("deps",), ("build-kernel", "lambda"), ("build-userspace",),
                           ("build-bench",), *([("build-qemu",)] if qemu else []), ("build-initramfs",)):
        run(TOP / "scripts" / script, *words)
    make_image()


def make_image() -> None:
    maker = TOP / "scripts/make-bench-data"
    key = output(TOP / "scripts/fetch-source") + "".join(sha256(path) for path in (
        maker, TOP / "scripts/make-demo-data", TOP / "bench/suite/extents.py"))
    stamp = IMAGE.with_suffix(".key")
    if not IMAGE.exists() or not stamp.exists() or stamp.read_text() != key:
        BENCH.mkdir(parents=True, exist_ok=True)
        run(maker, IMAGE)
        stamp.write_text(key)


def hashes() -> dict:
    """Of all that a guest is made of but its own points and profile."""
    files = {
        "kernel": BUILD / "kernel-lambda/arch/x86/boot/bzImage",
        "initramfs": BUILD / "initramfs.cpio",
        "qemu": BUILD / "qemu-system-x86_64",
        "bios": Path("/usr/share/seabios/bios-256k.bin"),
        "linuxboot": Path("/usr/share/qemu/linuxboot_dma.bin"),
        "flags": TOP / "scripts/vm",
    }
    return {**{name: sha256(path) for name, path in files.items()},
            "image": sparse_sha256(IMAGE)}


def versions(*programs) -> dict:
    """Where the sources of all that come from, and which programs made it."""
    git = ["git", "-C", TOP]
    changed = output(*git, "status", "--porcelain")
    base = (line.split() for line in (TOP / "linux/base").read_text().splitlines())
    return {
        "commit": output(*git, "rev-parse", "HEAD") + (" with changes" if changed else ""),
        # Names it has whatever became of its history: git log --format='%T %H' has both.
        "tree": output(*git, "rev-parse", "HEAD^{tree}"),
        "linux": " ".join(words[1] for words in base if words[:1] in (["package"], ["version"])),
        **{Path(name).name: output(name, "--version").splitlines()[0]
           for name in ("gcc", "clang", *programs)},
    }
