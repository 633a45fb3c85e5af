#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: json_test.py, with LAMBDA the command, BPF_OBJECTS the build folder and
DOCUMENTS the program of documents.c.
What verbs print with --json has the form that lambda.schema.json gives it, with no
member too many or too few. TAP on standard output.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
         "null": type(None), "integer": int, "number": (int, float)}
SCHEMA = json.loads((Path(__file__).parent.parent / "cli/lambda.schema.json").read_text())
KNOWN = {"$ref", "anyOf", "enum", "type", "minimum", "properties", "required",
         "additionalProperties", "items", "description"}
count = failed = 0


def is_a(value, name):
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


def wrong_members(value, form, where):
    members, more = form.get("properties", {}), form.get("additionalProperties", {})
    for name in form.get("required", []):
        if name not in value:
            yield f"{where} has no {name}"
    for name, inner in value.items():
        if name in members or more is not False:
            yield from wrong(inner, members.get(name, more), f"{where}.{name}")
        else:
            yield f"{where} has {name}, of which the schema does not know"


def wrong(value, form, where="document"):
    """What is not as it should be, as far as the schema uses the language."""
    if not set(form) <= KNOWN:
        yield f"{where}: this test does not know {set(form) - KNOWN}"
    if "$ref" in form:
        yield from wrong(value, SCHEMA["$defs"][form["$ref"].rpartition("/")[2]], where)
    if "anyOf" in form and all(list(wrong(value, one, where)) for one in form["anyOf"]):
        yield f"{where} has none of the forms: {value!r}"
    if "enum" in form and value not in form["enum"]:
        yield f"{where} is {value!r}"
    kinds = form.get("type", list(TYPES))
    if not any(is_a(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        yield f"{where} is {value!r}, no {kinds}"
    elif "minimum" in form and is_a(value, "integer") and value < form["minimum"]:
        yield f"{where} is {value}"
    elif isinstance(value, dict):
        yield from wrong_members(value, form, where)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from wrong(inner, form.get("items", {}), f"{where}[{i}]")


def result(name, errors):
    global count, failed
    count += 1
    failed += bool(errors)
    print(f"{'not ok' if errors else 'ok'} {count} - {name}")
    for error in errors:
        print(f"# {error}")


def judge(name, form, text):
    try:
        if text.count("\n") != 1 or not text.endswith("\n"):
            raise ValueError("a document is one line")
        result(name, list(wrong(json.loads(text), SCHEMA["$defs"][form])))
    except ValueError as error:
        result(name, [f"{error}: {text!r}"])


def run(*words, error=False, wanted=0):
    """What the command says, if it ends with what is wanted; else why it did not."""
    done = subprocess.run([os.environ["LAMBDA"], *words], capture_output=True, text=True,
                          check=False)
    if done.returncode != wanted:
        return f"status {done.returncode}: {done.stderr}"
    return done.stderr if error else done.stdout


def test_command():
    objects = os.environ["BPF_OBJECTS"]
    os.environ["LAMBDA_PATH"] = f"{objects}/programs"
    kernel = subprocess.run([os.environ["LAMBDA"], "info"], capture_output=True,
                            check=False).returncode
    judge("--version", "version", run("--version", "--json"))
    judge("-V -j", "version", run("-V", "-j"))
    judge("version", "version", run("version", "-j"))
    told = json.loads(run("version", "-j"))
    result("version: what info knows of the kernel",
           [] if [told["kernel_abi"], told["abi"]] == [
               json.loads(run("info", "-j", wanted=kernel))[name]
               for name in ("kernel_abi", "command_abi")] else [str(told)])
    judge("list", "list", run("list", "-j"))
    judge("info", "info-kernel", run("info", "--json", wanted=kernel))
    for path in sorted(Path(objects).glob("*/*.bpf.o")):
        refused = 3 if path.name.startswith(("refused", "no_program")) else 0
        text = run("info", "-j", str(path), wanted=refused)
        # One that cannot be opened has no document.
        if refused and not text:
            result(f"info {path.name}: refused", [])
        else:
            judge(f"info {path.name}", "info-object", text)
    told = json.loads(run("info", "-j", "csvfilter"))["programs"][0]
    told = [told[name] for name in ("input", "record_len", "anywhere", "outputs")]
    result("info csvfilter: lines, cut anywhere",
           [] if told == ["lines", 0, True, "concatenated"] else [str(told)])
    judge("bench", "bench", run("bench", "-j", "--rounds=1", "wordcount", __file__))
    judge("bench, no native code", "bench", run("bench", "--json", "--rounds=1",
                                         f"{objects}/programs/wordcount.bpf.o", __file__))
    judge("run, of an output that is not declared", "run-bytes", run(
        "run", "--local", "-j", "csvfilter", "column=0", "op=EQ", "value=2", __file__))
    judge("run --profile", "run-profile", run("run", "--local", "-j", "--profile",
                                              "wordcount", __file__, error=True))
    judge("run --verbose", "run-summary", run("run", "--local", "-j", "-v", "wordcount",
                                              __file__, error=True))


def test_documents():
    done = subprocess.run([os.environ["DOCUMENTS"]], capture_output=True, text=True,
                          check=True)
    for i, line in enumerate(done.stdout.splitlines(keepends=True)):
        form, _, text = line.partition(" ")
        judge(f"{form}, document {i}", form, text)


def test_judge():
    """What this test must not let through."""
    version = SCHEMA["$defs"]["version"]
    good = {"version": "1", "abi": 1, "library_abi": 0, "kernel_abi": None, "command_set": 1,
            "drives": [{"disk": "sda", "command_set": None}]}
    result("taken: a good one", list(wrong(good, version)))
    for bad in ({"version": "1"}, {**good, "abi": "1"}, {**good, "abi": -1},
                {**good, "more": 1}, {**good, "abi": True}, [],
                {**good, "drives": [{"disk": "sda"}]}, {**good, "kernel_abi": "2"}):
        result(f"refused: {bad}", [] if list(wrong(bad, version)) else ["it was not"])


if sys.argv[1:] and sys.argv[1] in ("-h", "--help"):
    print(__doc__)
    sys.exit()
test_command()
test_documents()
test_judge()
print(f"1..{count}")
sys.exit(bool(failed))
