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

from bench.suite import inputs
from bench.suite.guest import LIMIT, Boot, prepare
from bench.suite.inputs import BENCH, BUILD, TOP, output
from bench.suite.plan import KIB, MIB, METHODS
from bench.suite.stub import Stub

LAYERS_FILE = BENCH / "layers.json"
MARK = "__x64_sys_personality"

# By the object that a function is in; the first that fits.
LAYERS = (
    ("λ requests", r"^fs/lambda/"),
    ("λ window and helpers", r"^(kernel/bpf/lambda/|arch/x86/net/)"),
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
    return [{"program": "touch", "method": method, "size": size, "count": count, "stride": stride,
             "cached": cached, "warm": 1, "mark": 1}
            for size, stride, count in ((4 * KIB, MIB, 32), (MIB, 2 * MIB, 4))
            for cached in (100, 0) for method in METHODS]


class Symbols:
    """Functions of the kernel by address, and the object each is from."""

    def __init__(self, tree: Path):
        self.objects = {}
        # Of a thin archive, which names its members by their paths.
        listing = output("nm", "-A", "--defined-only", tree / "vmlinux.a")
        for line in listing.replace(f"{tree}/", "").splitlines():
            found = re.match(r"vmlinux\.a:([^:]+):[0-9a-f]+ [tTwW] (\S+)$", line)
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


def count(path: Path, symbols: Symbols) -> dict:
    """Instructions by layer."""
    addresses, layers = Counter(), Counter()
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("Trace "):
                addresses[int(line.split("/", 2)[1], 16)] += 1
    for address, times in addresses.items():
        layers[symbols.layer(symbols.function(address))] += times
    return dict(layers.most_common())


def run_logged(boot: Boot, symbols: Symbols, folder: Path, socket: Path) -> list:
    """The boot's points, with the instructions of each logged into @folder."""
    command = [TOP / "scripts/vm", "--icount", "--time", str(LIMIT), "--stub", socket,
               *prepare(boot, folder)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True) as guest:
        try:
            log_points(socket, symbols, folder, len(boot.points))
        except BaseException:
            guest.terminate()
            raise
        return boot.parse(guest.communicate()[0].strip())["points"]


def measure() -> None:
    hashes = inputs.hashes()
    if LAYERS_FILE.exists() and json.loads(LAYERS_FILE.read_text())["inputs"] == hashes:
        return
    symbols = Symbols(BUILD / "kernel-lambda")
    boot = Boot({"profile": "balanced", "timing": "off"}, points())
    # A socket's path is short.
    with tempfile.TemporaryDirectory(dir=BENCH) as name, tempfile.TemporaryDirectory() as near:
        found = run_logged(boot, symbols, Path(name), Path(near, "stub"))
        for number, point in enumerate(found):
            point["layers"] = count(Path(name, str(number)), symbols)
    LAYERS_FILE.write_text(json.dumps({"inputs": hashes, "points": found}, sort_keys=True) + "\n")
