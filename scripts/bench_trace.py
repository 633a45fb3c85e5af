# SPDX-License-Identifier: GPL-2.0-only
"""Where the instructions of a request go: every one of them, by function.

The guest stops at QEMU's debugging stub before and after a point's requests;
between the two QEMU executes one instruction at a time and logs its address.
"""

import bisect
import json
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from bench_guest import BENCH, BUILD, IMAGE, LIMIT, TOP, Boot, output, run
from bench_plan import KIB, MIB, WAYS
from bench_stub import Stub

TRACES = BENCH / "traces.json"
MARK = "__x64_sys_personality"

# By the object that a function is in; the first that fits.
LAYERS = (
    ("λ requests", r"^fs/lambda/"),
    ("λ window and helpers", r"^(kernel/bpf/lambda|arch/x86/net/)"),
    ("file system", r"^fs/(ext4|jbd2|iomap|xfs)/"),
    ("page cache", r"^mm/(filemap|readahead|swap|truncate|page-writeback|folio-compat|workingset)"),
    ("VFS", r"^fs/"),
    ("memory", r"^mm/"),
    ("block layer", r"^block/"),
    ("NVMe driver", r"^drivers/nvme/"),
    ("copies", r"^(arch/x86/)?lib/.*(copy|mem|iov_iter|usercopy)"),
    ("DMA mapping", r"^kernel/dma/|^drivers/iommu"),
    ("interrupts", r"^(kernel/irq|kernel/softirq|arch/x86/kernel/(irq|apic)|drivers/pci)"),
    ("scheduler", r"^kernel/(sched|locking|rcu|time|workqueue)"),
    ("system call", r"^arch/x86/(entry|kernel)/|^kernel/entry"),
)


def points() -> list:
    """One request of each kind, made several times."""
    return [{"program": "none", "way": way, "size": size, "count": 4, "stride": stride,
             "cached": cached, "warm": 1, "mark": 1}
            for size, stride in ((4 * KIB, MIB), (MIB, 2 * MIB))
            for cached in (100, 0) for way in WAYS if way != "UM"]


class Symbols:
    """Functions of the kernel by address, and the object each is from."""

    def __init__(self, tree: Path):
        self.objects = {}
        for line in output("nm", "-A", "--defined-only", tree / "vmlinux.a").splitlines():
            found = re.match(r"[^:]*vmlinux\.a:([^:]+):[0-9a-f]+ [tTwW] (\S+)$", line)
            if found:
                self.objects.setdefault(found.group(2), found.group(1))
        table = [line.split() for line in (tree / "System.map").read_text().splitlines()]
        table = [(int(address, 16), name) for address, kind, name in table if kind in "tTwW"]
        table.sort()
        self.addresses = [address for address, _ in table]
        self.names = [name for _, name in table]

    def address(self, name: str) -> int:
        return self.addresses[self.names.index(name)]

    def function(self, address: int) -> str:
        if address < 1 << 63:
            return "(user)"
        if address > self.addresses[-1] + 4096:
            return "(λ)"
        return self.names[bisect.bisect_right(self.addresses, address) - 1]

    def layer(self, function: str) -> str:
        if function.startswith("("):
            return {"(user)": "user space", "(λ)": "λ"}[function]
        where = self.objects.get(function, "")
        return next((name for name, pattern in LAYERS if re.search(pattern, where)), "other")


def log_points(socket: Path, symbols: Symbols, folder: Path, number: int) -> None:
    stub = Stub(socket, LIMIT)
    stub.break_at(symbols.address(MARK))
    for k in range(number):
        stub.go()
        stub.monitor(f"logfile {folder / str(k)}")
        stub.monitor("singlestep on")
        stub.monitor("log exec,nochain")
        stub.step()
        stub.go()
        stub.monitor("log none")
        stub.monitor("singlestep off")
        stub.step()
    stub.leave()


def count(path: Path, symbols: Symbols) -> Counter:
    """Instructions by function."""
    addresses = Counter()
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("Trace "):
                addresses[int(line.split("/", 2)[1], 16)] += 1
    functions = Counter()
    for address, times in addresses.items():
        functions[symbols.function(address)] += times
    return functions


def measure() -> None:
    symbols = Symbols(BUILD / "kernel-lambda")
    boot = Boot({"profile": "balanced", "timing": "off"}, points())
    with tempfile.TemporaryDirectory(dir=BENCH) as name:
        folder = Path(name)
        # A socket's path is short.
        socket = Path(tempfile.mkdtemp()) / "stub"
        (folder / "points").write_text(boot.listing())
        run("cp", "--sparse=always", "--reflink=auto", IMAGE, folder / "disk.img")
        with subprocess.Popen(
                [TOP / "scripts/vm", "--icount", "--time", str(LIMIT), "--stub", socket,
                 "--csd", f"{folder / 'disk.img'},{boot.properties()}",
                 "--file", f"{folder / 'points'}:/points", "--exec",
                 f"{boot.setup} && {boot.command()}"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as guest:
            log_points(socket, symbols, folder, len(boot.points))
            found = boot.parse(guest.communicate()[0].strip())["points"]
        for number, point in enumerate(found):
            functions = count(folder / str(number), symbols)
            layers = Counter()
            for function, times in functions.items():
                layers[symbols.layer(function)] += times
            point["layers"] = dict(layers.most_common())
            point["functions"] = dict(functions.most_common(40))
    TRACES.write_text(json.dumps(found, indent=1) + "\n")
