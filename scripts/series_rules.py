# SPDX-License-Identifier: GPL-2.0-only
"""What a series must be for others to read it, one function a rule.

Each returns what is wrong, a line for each finding. scripts/series check asks
entered_once() of every series, and book() of those that have parts.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath

from series_stage import SELFTESTS, Patch, read_order

MOST_NEW_LINES = 800
SECTIONS = ("Problem", "Design", "Testing", "Figures", "Open questions")
INCLUDE = re.compile(rb'^\s*#\s*include\s*[<"]([^">]+)[">]', re.M)
# Where a compiler of the kernel looks, after the folder of the file itself.
INCLUDE_PATH = ("include", "include/uapi", "arch/x86/include")


def entered_once(patches: list[Patch], files: dict[str, Path]) -> list[str]:
    """Every new file enters with exactly one patch."""
    owner: dict[str, str] = {}
    wrong = []
    for patch in patches:
        for path in patch.new:
            if path in owner:
                wrong.append(f"{path} is New: in {owner[path]} and {patch.place}")
            owner[path] = patch.place
    strays = sorted(set(files) - set(owner))
    if strays:
        wrong.append("no patch has a `New:` line for: " + ", ".join(strays))
    return wrong


def folders(top: Path) -> list[str]:
    """ORDER names every folder with patches, and no other."""
    order = read_order((top / "ORDER").read_text())
    there = {path.parent.name for path in top.glob("*/*.patch")}
    loose = [path.name for path in top.glob("*.patch")]
    return ([f"{part}: in ORDER, but without a patch" for part in order
             if part not in there] +
            [f"{part}: has patches, but is not in ORDER"
             for part in sorted(there - set(order))] +
            [f"{name}: in no part" for name in sorted(loose)])


def cover_letters(top: Path) -> list[str]:
    """Each part has a cover letter, and in it every section, with words."""
    wrong = []
    for part in read_order((top / "ORDER").read_text()):
        letter = top / part / "cover-letter"
        if not letter.is_file():
            wrong.append(f"{part}: no cover-letter")
            continue
        for section in SECTIONS:
            words = rf"^{section}\n-+\n\n?(?!.*\n-+\n)\S"
            if not re.search(words, letter.read_text(), re.M):
                wrong.append(f"{part}/cover-letter: nothing under `{section}'")
    return wrong


def numbers(patches: list[Patch]) -> list[str]:
    """The patches of a part have the numbers from 1 on."""
    wrong, count = [], dict[str, int]()
    for patch in patches:
        count[patch.part] = count.get(patch.part, 0) + 1
        if patch.number != count[patch.part]:
            wrong.append(f"{patch.place}: its number should be"
                         f" {count[patch.part]:04}")
    return wrong


def new_lines(patch: Patch, files: dict[str, Path]) -> int:
    """Lines that a patch adds, in new files and in existing ones."""
    added = len(re.findall(rb"^\+(?!\+\+ [ab]/)", patch.hunks, re.M))
    return added + sum(files[path].read_bytes().count(b"\n") for path in patch.new)


def sizes(patches: list[Patch], files: dict[str, Path]) -> list[str]:
    """A patch is no longer than can be read at a sitting."""
    long = [(patch, new_lines(patch, files)) for patch in patches]
    return [f"{patch.place}: {lines} new lines; {MOST_NEW_LINES} are the most"
            for patch, lines in long if lines > MOST_NEW_LINES]


def included(path: str, text: bytes, files: dict[str, Path]) -> set[str]:
    """The new files that a file includes."""
    found = set()
    for name in INCLUDE.findall(text):
        for folder in (str(Path(path).parent), *INCLUDE_PATH):
            place = normpath(f"{folder}/{name.decode()}")
            if place in files:
                found.add(place)
                break
    return found


def edits(patch: Patch) -> Iterator[tuple[str, bytes]]:
    """Each existing file that a patch edits, with the lines it adds to it."""
    for piece in re.split(rb"^diff --git ", patch.hunks, flags=re.M)[1:]:
        path = re.match(rb"a/(\S+)", piece)[1].decode()
        yield path, b"\n".join(re.findall(rb"^\+(?!\+\+ )(.*)$", piece, re.M))


def headers(patches: list[Patch], files: dict[str, Path]) -> list[str]:
    """A header enters with its first user, which does not come before it."""
    wrong, known, used = [], set[str](), set[str]()
    graph = {path: included(path, source.read_bytes(), files)
             for path, source in files.items() if path.endswith((".c", ".h", ".S"))}

    def use(paths: set[str]) -> None:
        for path in paths - used:
            used.add(path)
            use(graph.get(path, set()))

    for patch in patches:
        known |= set(patch.new)
        wanted = {path: graph.get(path, set()) for path in patch.new}
        wanted |= {path: included(path, text, files) for path, text in edits(patch)}
        for path, needs in wanted.items():
            wrong += [f"{patch.place}: {path} includes {late}, which enters later"
                      for late in sorted(needs - known)]
            if path not in patch.new or path.endswith((".c", ".S")):
                use(needs)
        wrong += [f"{patch.place}: nothing includes {path} yet"
                  for path in patch.new if path.endswith(".h") and path not in used]
    return wrong


def part_of_selftest(text: str, order: dict[str, str]) -> str:
    """The last part of which a test has something in it."""
    parts = list(order)
    return next((part for part in reversed(parts)
                 if order[part] and re.search(order[part], text)), parts[0])


def tests(top: Path, patches: list[Patch], files: dict[str, Path]) -> list[str]:
    """A test enters with the part that it tests."""
    order = read_order((top / "ORDER").read_text())
    part_of = {path: patch.part for patch in patches for path in patch.new}
    wrong = []
    for path, part in part_of.items():
        name = Path(path)
        if not re.search(r"_test\.(c|sh)$", name.name):
            continue
        tested = {str(folder / name.name.replace("_test.c", ".c"))
                  for folder in (name.parent, name.parent.parent)}
        fits = {part_of[source] for source in tested if source in part_of}
        if name.parent == Path(SELFTESTS):
            fits = {part_of_selftest(files[path].read_text(), order)}
        if fits and part not in fits:
            wrong.append(f"{path}: enters in {part}, but tests {' or '.join(fits)}")
    return wrong


def book(top: Path, patches: list[Patch], files: dict[str, Path]) -> list[str]:
    """The rules for a series of parts, whose folders are in top."""
    missing = {path for patch in patches for path in patch.new} - set(files)
    if missing:
        return [f"New: {path}, but there is no such file" for path in sorted(missing)]
    return (folders(top) + cover_letters(top) + numbers(patches) +
            sizes(patches, files) + headers(patches, files) +
            tests(top, patches, files))
