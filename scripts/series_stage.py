# SPDX-License-Identifier: GPL-2.0-only
"""A series as data: its parts, files, and the sparse stage it is applied on.

Used by scripts/series, whose head explains the format, and by series_rules.py.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
SELFTESTS = "tools/testing/selftests/lambda"
CACHE = Path(os.environ.get("LAMBDA_CACHE", Path.home() / ".cache/lambda-io"))
BUILD = Path(os.environ.get("LAMBDA_BUILD", CACHE / "build"))
NOT_KERNEL = ("README.md", "base", "series/")

# `x-y += name.o` or `TEST_PROGS += name.sh`: one object per line, so that a line
# can wait for the patch that brings its source. So can a rule, a `source` of
# Kconfig, and a symbol that a test's `config` asks for.
OBJECT_LINE = re.compile(rb"^[\w$()-]+\s*[+:]?=\s*([\w/-]+?)(\.o|\.sh)?\s*$")
RULE_LINE = re.compile(rb"^[^\s#:=]+:(?!=)\s*([^=]*)$")
SOURCE_LINE = re.compile(rb'^source "([^"]+)"\s*$')
CONFIG_LINE = re.compile(rb"^CONFIG_(\w+)=[my]\s*$")
GROWING = ("Makefile", "Kconfig", "config")


class SeriesError(Exception):
    """What is wrong with the series, told to the person who edits it."""


class Home:
    """Where the series at work is kept: the kernel's, or the one of QEMU."""

    def __init__(self) -> None:
        self.use("linux")

    def use(self, project: str) -> None:
        """Turns to the series of another project."""
        linux = project == "linux"
        self.patches = TOP / ("linux/series" if linux else f"patches/{project}")
        self.base = TOP / "linux/base" if linux else self.patches / "base"
        # Of patches/qemu, fetch-qemu.
        self.fetch = TOP / ("scripts/fetch-source" if linux
                            else f"scripts/fetch-{project}")
        self.files = overlay if linux else platform_files
        self.source = os.environ.get("SERIES_SOURCE") if linux else None
        self.until = os.environ.get("SERIES_UNTIL", "") if linux else ""
        self.style = ["--strict", "--show-types", "--showfile"] if linux else []

    def parts(self) -> list[str]:
        """The folders with patches, in order: those that ORDER names, or one."""
        order = self.patches / "ORDER"
        return list(read_order(order.read_text())) if order.is_file() else [""]


def read_order(text: str) -> dict[str, str]:
    """Part -> what a selftest has in it that needs the part, of a file ORDER."""
    lines = [line.split(None, 1) for line in text.splitlines()
             if line.strip() and not line.startswith("#")]
    return {line[0]: line[1].strip() if len(line) > 1 else "" for line in lines}


@dataclass
class Patch:
    """One commit of a series, as kept in the folder of its part."""

    part: str
    name: str
    head: dict[str, str]
    message: str
    new: list[str]
    hunks: bytes

    @classmethod
    def read(cls, path: Path, part: str = "") -> "Patch":
        """Parses one file of the series."""
        head_text, _, rest = path.read_bytes().partition(b"\n\n")
        message, mark, tail = rest.partition(b"\n---\n")
        if not mark:
            raise SeriesError(f"{path.name}: no line `---` below the message")
        unfolded = re.sub(r"\n[ \t]+", " ", head_text.decode())
        head = dict(line.split(": ", 1) for line in unfolded.splitlines())
        for field in ("From", "Date", "Subject"):
            if field not in head:
                raise SeriesError(f"{path.name}: no {field}: header")
        head["Subject"] = re.sub(r"^\[PATCH[^]]*\] ", "", head["Subject"])
        lines, cut, hunks = tail.partition(b"diff --git ")
        new = re.findall(r"^New: (\S+)$", lines.decode(), re.M)
        return cls(part, path.stem, head, message.decode().strip(), new,
                   cut + hunks)

    @property
    def place(self) -> str:
        """PART/NAME, or the name where there are no parts."""
        return f"{self.part}/{self.name}".lstrip("/")

    @property
    def number(self) -> int:
        """The number that its name begins with; 0 where it has none."""
        match = re.match(r"\d{4}(?=-)", self.name)
        return int(match[0]) if match else 0

    def slug(self) -> str:
        """What the name of a patch that has no file yet has after its number."""
        subject = self.head["Subject"].lower().replace("λ", "lambda")
        return re.sub(r"[^a-z0-9]+", "-", subject)[:52].strip("-")

    def write(self) -> None:
        """Writes the patch as NAME.patch of its part."""
        head = self.head | {"Subject": f"[PATCH] {self.head['Subject']}"}
        text = "".join(f"{k}: {v}\n" for k, v in head.items())
        text += f"\n{self.message}\n---\n"
        text += "".join(f"New: {path}\n" for path in self.new)
        path = home.patches / self.part / f"{self.name}.patch"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode() + b"\n" + self.hunks)

    def touched(self) -> list[str]:
        """The existing files that the hunks edit."""
        found = re.findall(rb"^diff --git a/(\S+) b/", self.hunks, re.M)
        return [path.decode() for path in found]


def git(*args: str, cwd: Path, stdin: bytes | None = None, **env: str) -> bytes:
    """Runs git apart from the user's own settings; raises with its words."""
    full = os.environ | {
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_CEILING_DIRECTORIES": str(cwd.parent), "TZ": "UTC",
        "GIT_COMMITTER_NAME": "lambda-io", "GIT_COMMITTER_EMAIL": "lambda-io",
        "GIT_AUTHOR_NAME": "lambda-io", "GIT_AUTHOR_EMAIL": "lambda-io",
        "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z"} | env
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        full.pop(variable, None)
    done = subprocess.run(["git", *args], cwd=cwd, input=stdin, env=full,
                          capture_output=True, check=False)
    if done.returncode:
        said = (done.stderr + done.stdout).decode(errors="replace").strip()
        raise SeriesError(f"git {args[0]}: {said}")
    return done.stdout


def pristine() -> Path:
    """The unpacked source; SERIES_SOURCE names another version than base's."""
    args = ["--version", home.source] if home.source else []
    return Path(subprocess.check_output([str(home.fetch), *args], text=True).strip())


def listed(*folders: str) -> list[str]:
    """The checkout's files in those folders."""
    names = subprocess.check_output(
        ["git", "ls-files", "-co", "--exclude-standard", "-z", "--", *folders],
        cwd=TOP, text=True)
    return [name for name in names.split("\0") if name and (TOP / name).is_file()]


def overlay() -> dict[str, Path]:
    """Kernel path -> file, for every new file kept in the checkout."""
    files: dict[str, Path] = {}
    for name in listed("linux", "selftests/lambda"):
        path = name.removeprefix("linux/")
        if name.startswith("selftests/lambda/"):
            path = SELFTESTS + name.removeprefix("selftests/lambda")
        elif path.startswith(NOT_KERNEL):
            continue
        files[path] = TOP / name
    return files


def platform_files() -> dict[str, Path]:
    """The same for QEMU, where one folder holds files of several."""
    places = {Path(path).name: path for patch in load() for path in patch.new}
    return {places.get(Path(name).name, name): TOP / name
            for name in listed("firmware/platform/qemu")}


def load(until: str = "") -> list[Patch]:
    """The patches in order, all or those through a part or patch by its place."""
    patches = [Patch.read(path, part) for part in home.parts()
               for path in sorted((home.patches / part).glob("*.patch"))]
    if not until:
        return patches
    last = [i for i, patch in enumerate(patches)
            if until in (patch.part, patch.place, f"{patch.part}/{patch.number:04}")]
    if not last:
        raise SeriesError(f"{until} is no part of the series, and no patch")
    return patches[:last[-1] + 1]


def declaring(symbol: str, files: dict[str, Path]) -> set[str]:
    """The new files of Kconfig that have a symbol."""
    return {path for path, source in files.items()
            if Path(path).name.startswith("Kconfig")
            and f"config {symbol}\n" in source.read_text()}


def present_lines(path: str, content: bytes, known: set[str],
                  files: dict[str, Path]) -> bytes:
    """Drops lines of a growing file whose source has not come yet."""
    folder = Path(path).parent

    def stays(line: bytes) -> bool:
        sources: set[str] = set()
        if match := CONFIG_LINE.match(line):
            sources = declaring(match[1].decode(), files)
        elif match := OBJECT_LINE.match(line):
            sources = {str(folder / f"{match[1].decode()}{ext}")
                       for ext in (".c", ".S", ".sh", "", "/Makefile")}
        elif match := RULE_LINE.match(line):
            sources = {str(folder / word) for word in match[1].decode().split()}
            return sources & files.keys() <= known
        elif match := SOURCE_LINE.match(line):
            sources = {match[1].decode()}
        ours = sources & files.keys()
        return not ours or bool(ours & known)

    kept = b"".join(filter(stays, content.splitlines(keepends=True)))
    return content if kept == content else kept.rstrip(b"\n") + b"\n"


class Stage:
    """A sparse git repository in which the patches are applied in order."""

    def __init__(self, root: Path, patches: list[Patch], extra: list[str]):
        self.root, self.tree = root, pristine()
        self.files, self.known = home.files(), set[str]()
        git("init", "-q", "-b", "main", cwd=root)
        for path in sorted({p for patch in patches for p in patch.touched()} | set(extra)):
            source = self.tree / path
            if not source.is_file():
                raise SeriesError(f"{path}: hunks edit it, but the pristine source"
                                  " has no such file")
            self.put(path, source.read_bytes(), source.stat().st_mode)
        git("add", "-A", "-f", cwd=root)
        git("commit", "-q", "--allow-empty", "-m", "base", cwd=root)
        git("tag", "base", cwd=root)

    def put(self, path: str, content: bytes, mode: int) -> None:
        """Writes one file of the stage."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o755 if mode & 0o100 else 0o644)

    def apply(self, patch: Patch) -> None:
        """Applies hunks, adds the patch's new files, completes Makefiles and Kconfigs."""
        if patch.hunks:
            try:
                git("apply", "--whitespace=nowarn", "-", cwd=self.root, stdin=patch.hunks)
            except SeriesError as err:
                raise SeriesError(f"{patch.place}: {err}") from err
        for path in patch.new:
            if path not in self.files:
                raise SeriesError(f"{patch.place}: New: {path}, but there is no"
                                  " such file in the checkout")
        self.known |= set(patch.new)
        for path in sorted(self.known):
            grows = Path(path).name in GROWING
            if path in patch.new or grows:
                source = self.files[path]
                content = source.read_bytes()
                if grows:
                    content = present_lines(path, content, self.known, self.files)
                self.put(path, content, source.stat().st_mode)

    def commit(self, patch: Patch) -> None:
        """Applies one patch and records it under its own author and date."""
        self.apply(patch)
        author, mail = re.fullmatch(r"(.*) <(.*)>", patch.head["From"]).groups()
        git("add", "-A", "-f", cwd=self.root)
        git("commit", "-q", "--cleanup=verbatim", "-F", "-", cwd=self.root,
            stdin=f"{patch.head['Subject']}\n\n{patch.message}\n".encode(),
            GIT_AUTHOR_NAME=author, GIT_AUTHOR_EMAIL=mail,
            GIT_AUTHOR_DATE=patch.head["Date"],
            GIT_COMMITTER_DATE=patch.head["Date"])

    def result(self) -> dict[str, Path]:
        """Every file of the stage by kernel path."""
        names = git("ls-files", "-co", "-z", cwd=self.root).decode().split("\0")
        return {name: self.root / name for name in names if name}


home = Home()
