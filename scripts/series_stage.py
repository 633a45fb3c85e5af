# SPDX-License-Identifier: GPL-2.0-only
"""A series as data: its files, and the sparse stage it is applied on.

Used by scripts/series, whose head explains the format.
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

# `x-y += name.o` or `TEST_GEN_PROGS += name`: one object per line, so that a
# line can wait for the patch that brings its source.
OBJECT_LINE = re.compile(rb"^[\w$()-]+\s*[+:]?=\s*([\w/-]+?)(\.o)?\s*$")


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
        self.style = ["--strict", "--show-types", "--showfile"] if linux else []


@dataclass
class Patch:
    """One commit of a series, as kept in its folder."""

    name: str
    head: dict[str, str]
    message: str
    new: list[str]
    hunks: bytes

    @classmethod
    def read(cls, path: Path) -> "Patch":
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
        return cls(path.stem, head, message.decode().strip(), new, cut + hunks)

    def default_name(self, number: int) -> str:
        """NNNN-slug of a patch that has no file yet."""
        subject = self.head["Subject"].lower().replace("λ", "lambda")
        slug = re.sub(r"[^a-z0-9]+", "-", subject)[:52]
        return f"{number:04}-{slug.strip('-')}"

    def write(self) -> None:
        """Writes the patch as NAME.patch."""
        head = self.head | {"Subject": f"[PATCH] {self.head['Subject']}"}
        text = "".join(f"{k}: {v}\n" for k, v in head.items())
        text += f"\n{self.message}\n---\n"
        text += "".join(f"New: {path}\n" for path in self.new)
        path = home.patches / f"{self.name}.patch"
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


def load(first: int | None = None) -> list[Patch]:
    """The patches in order, all or the first `first`."""
    return [Patch.read(p) for p in sorted(home.patches.glob("*.patch"))][:first]


def present_lines(path: str, content: bytes, known: set[str],
                  files: dict[str, Path]) -> bytes:
    """Drops a new Makefile's lines whose source has not come yet."""
    folder = Path(path).parent

    def stays(line: bytes) -> bool:
        match = OBJECT_LINE.match(line)
        if not match:
            return True
        name = match[1].decode()
        sources = {str(folder / f"{name}{ext}") for ext in (".c", ".S", ".sh", "")}
        ours = sources & files.keys()
        return not ours or bool(ours & known)

    return b"".join(filter(stays, content.splitlines(keepends=True)))


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
        """Applies hunks, adds the patch's new files, completes Makefiles."""
        if patch.hunks:
            try:
                git("apply", "--whitespace=nowarn", "-", cwd=self.root, stdin=patch.hunks)
            except SeriesError as err:
                raise SeriesError(f"{patch.name}.patch: {err}") from err
        for path in patch.new:
            if path not in self.files:
                raise SeriesError(f"{patch.name}: New: {path}, but there is no"
                                  " such file in the checkout")
        self.known |= set(patch.new)
        for path in sorted(self.known):
            if path in patch.new or Path(path).name == "Makefile":
                source = self.files[path]
                content = source.read_bytes()
                if Path(path).name == "Makefile":
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
