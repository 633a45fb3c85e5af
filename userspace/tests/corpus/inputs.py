#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# Usage: inputs.py KIND SIZE
# Prints some SIZE bytes (64K) of text, json, csv, yaml, markdown, xml or unicode,
# the same each time.
"""Inputs of the pieces that scripts/check-corpus runs."""

import json
import random
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
WORDS = "drive page block queue window budget request record extent slot reason bias".split()


def text(size: int) -> str:
    """C, of this project."""
    files = sorted((TOP / "userspace/libc").glob("*.c"))
    return "".join(file.read_text(encoding="utf-8") for file in files)[:size]


def item(pick: random.Random) -> dict:
    return {"name": pick.choice(WORDS), "value": round(pick.uniform(-1e6, 1e6), pick.randrange(9)),
            "count": pick.randrange(1 << 40), "good": pick.random() < 0.5, "none": None,
            "list": [pick.randrange(100) for _ in range(pick.randrange(5))],
            "in": {"text": "a \"quoted\" \u00e9 line\n" + pick.choice(WORDS)}}


def items(size: int) -> list:
    pick, ret, used = random.Random(1), [], 0
    while used < size:
        ret.append(item(pick))
        used += len(json.dumps(ret[-1])) + 2
    return ret


def as_json(size: int) -> str:
    return json.dumps(items(size))


def csv(size: int) -> str:
    rows = (f'{i["count"]},"{i["name"]}, ""{i["name"]}""",{i["value"]},\n' for i in items(4 * size))
    return "".join(rows)[:size].rpartition("\n")[0] + "\n"


def yaml(size: int) -> str:
    rows = (f'- name: {i["name"]}\n  value: {i["value"]}\n  list: {i["list"]}\n'
            f'  text: |\n    one {i["name"]}\n    two\n' for i in items(2 * size))
    return "".join(rows)


def markdown(size: int) -> str:
    pick, ret, used = random.Random(2), [], 0
    while used < size:
        words = pick.choices(WORDS, k=12)
        words[3], words[6] = f"*{words[3]}*", f"[{words[6]}](http://x.org/{words[7]})"
        words[9] = f"`{words[9]}`"
        ret.append(pick.choice(("", "# ", "- ", "> ", "    ", "1. ")) + " ".join(words) + "\n\n")
        used += len(ret[-1])
    return "".join(ret)


def xml(size: int) -> str:
    rows = (f'<item name="{i["name"]}" count="{i["count"]}"><value>{i["value"]}</value>'
            f'&lt;{i["name"]}&#233;</item>\n' for i in items(2 * size))
    return "<?xml version='1.0' encoding='utf-8'?>\n<items>" + "".join(rows) + "</items>\n"


def unicode(size: int) -> str:
    pick, ret, used = random.Random(3), [], 0
    ranges = ((32, 127), (0xc0, 0x250), (0x300, 0x370), (0x370, 0x400), (0xac00, 0xd7a3),
              (0x1e00, 0x2000), (0xf900, 0xfb00), (0x1f600, 0x1f650))
    while used < size:
        ret.append(chr(pick.randrange(*pick.choice(ranges))))
        used += len(ret[-1].encode())
    return "".join(ret)


KINDS = {"text": text, "json": as_json, "csv": csv, "yaml": yaml, "markdown": markdown,
         "xml": xml, "unicode": unicode}

if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        sys.exit(print(f"Usage: inputs.py KIND SIZE\n{__doc__} KIND is one of "
                       f"{', '.join(KINDS)}, SIZE bytes or so, as 64K."))
    if len(sys.argv) != 3 or sys.argv[1] not in KINDS:
        sys.exit("usage: inputs.py KIND SIZE, of " + ", ".join(KINDS))
    sys.stdout.write(KINDS[sys.argv[1]](int(sys.argv[2].rstrip("K")) << 10))
