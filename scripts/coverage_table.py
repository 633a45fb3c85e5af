# SPDX-License-Identifier: GPL-2.0-only
"""Usage: coverage_table.py KERNEL-BUILD FOLDER
What scripts/coverage prints in the end: the archives of counts that the logs in
FOLDER hold, added up by gcov. Lines that never ran are written to FOLDER/never.
"""

import base64
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path

import series_stage as stage

TOP = stage.TOP
LIMITS = TOP / "selftests/COVERAGE"
LEAST = 90      # percent of a file's lines, where LIMITS does not say otherwise
ARCHIVE = re.compile(r"^=== coverage\n(.*?)^=== end of coverage$", re.M | re.S)


class Unusable(Exception):
    """What is wrong with a log or with selftests/COVERAGE."""


def limits() -> dict[str, int]:
    """File -> percent, of selftests/COVERAGE; one without a reason is an error."""
    found = {}
    for line in LIMITS.read_text().splitlines():
        entry, _, reason = line.partition("#")
        if not entry.strip():
            continue
        name, percent = entry.split()
        if not reason.strip():
            raise Unusable(f"selftests/COVERAGE: no reason after '#': {line}")
        if not (TOP / "linux" / name).is_file():
            raise Unusable(f"selftests/COVERAGE: there is no linux/{name}")
        found[name] = int(percent)
    return found


def sources() -> list[str]:
    """The files of the change that are to be counted, as build-kernel names them."""
    linux = TOP / "linux"
    return sorted(str(path.relative_to(linux)) for path in linux.rglob("*.c")
                  if "tests" not in path.relative_to(linux).parts)


def unpack(archive: str, kernel: Path, to: Path) -> list[str]:
    """Lays one guest's counts beside what the compiler said of the files."""
    names = []
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(archive))) as tar:
        for member in tar:
            # A kernel that is locked down lets nobody read them.
            if not member.name.endswith(".gcda") or not member.size:
                continue
            name = member.name.rpartition(f"/{kernel.name}/")[2]
            path = to / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tar.extractfile(member).read())
            notes = Path(name).with_suffix(".gcno")
            (to / notes).symlink_to(kernel / notes)
            names.append(name)
    return names


def count(archive: str, kernel: Path, lines: dict[str, Counter]) -> list[str]:
    """Adds one guest's counts to those of each file's lines. Returns what counted."""
    with tempfile.TemporaryDirectory() as folder:
        names = unpack(archive, kernel, Path(folder))
        if not names:
            return []
        out = subprocess.run(["gcov", "--json-format", "--stdout", *names], cwd=folder,
                             check=True, capture_output=True, text=True).stdout
    for document in out.splitlines():
        for file in json.loads(document)["files"]:
            name = re.sub(r"^(\.\./)+", "", file["file"])
            for line in file["lines"] if name in lines else ():
                lines[name][line["line_number"]] += line["count"]
    return [str(Path(name).with_suffix(".c")) for name in names]


def part_of() -> dict[str, str]:
    """File -> part of the series that it enters with."""
    home = stage.TOP / "linux/series"
    return {new: part for part in stage.read_order((home / "ORDER").read_text())
            for patch in sorted((home / part).glob("*.patch"))
            for new in re.findall(r"^New: (\S+)$", patch.read_text(), re.M)}


def row(name: str, lines: Counter) -> str:
    ran = sum(count > 0 for count in lines.values())
    percent = 100 * ran / len(lines) if lines else 0
    return f"{name:<38}{len(lines):>7}{ran:>7}{percent:>8.1f}"


def table(lines: dict[str, Counter]) -> None:
    """Prints a row for each file, and for each part of the series."""
    parts = part_of()
    print(f"{'':38}{'lines':>7}{'ran':>7}{'%':>8}")
    for part in dict.fromkeys(parts.values()):
        files = [name for name in lines if parts[name] == part and lines[name]]
        if not files:
            continue
        for name in files:
            print(row(name, lines[name]))
        print(row(f"the part {part}", Counter({
            (name, line): hits for name in files
            for line, hits in lines[name].items()})), end="\n\n")


def never(lines: dict[str, Counter]) -> list[str]:
    """The lines that never ran, with their text."""
    return [f"{name}:{line}:{(TOP / 'linux' / name).read_text().splitlines()[line - 1]}"
            for name, counts in lines.items()
            for line, hits in sorted(counts.items()) if not hits]


def judge(lines: dict[str, Counter], built: set[str]) -> list[str]:
    """What is not as selftests/COVERAGE has it, or was not counted at all."""
    wanted = limits()
    bad = [f"{name}: the kernel has no counts of it" for name in lines.keys() - built]
    for name, counts in lines.items():
        least = wanted.get(name, LEAST)
        percent = 100 * sum(hits > 0 for hits in counts.values()) // max(len(counts), 1)
        if counts and percent < least:
            bad.append(f"{name}: {percent} % of the lines have run, less than {least} %:"
                       " it wants a test, or a reason in selftests/COVERAGE")
        if name in wanted and least >= LEAST:
            bad.append(f"selftests/COVERAGE: {name} needs no line for {least} %")
    return bad


def main() -> int:
    kernel, folder = Path(sys.argv[1]), Path(sys.argv[2])
    lines, built = {name: Counter() for name in sources()}, set()
    logs = sorted([*folder.glob("*.log"), *folder.glob("*.failed")])
    try:
        for log in logs:
            archives = ARCHIVE.findall(log.read_text(errors="replace").replace("\r", ""))
            if not archives:
                raise Unusable(f"{log}: no guest's counts")
            for archive in archives:
                built.update(count(archive, kernel, lines))
        table(lines)
        (folder / "never").write_text("\n".join(never(lines)) + "\n")
        bad = judge(lines, built)
    except Unusable as error:
        bad = [str(error)]
    print(*bad, sep="\n", end="\n" if bad else "")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
