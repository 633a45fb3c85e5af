#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: lambdaio_test.py, with LIBLAMBDA the library and BPF_OBJECTS the build folder.
lambdaio without a kernel that has λ-IO. TAP on standard output.
"""

import array
import ctypes
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
count = failed = 0


def ok(good, name, more=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        print(f"# {more}")


def raises(kind, text, name, call):
    try:
        said = f"nothing was raised, but {call()!r} returned"
    except BaseException as error:  # pylint: disable=broad-except
        ok(isinstance(error, kind) and text in str(error), name, repr(error))
    else:
        ok(False, name, said)


def test_layout(lambdaio, folder):
    """Structs are as the headers have them."""
    structs = {"LoadAttr": "lambda_load_attr", "Result": "lambda_result", "Io": "lambda_io",
               "Enumerator": "lambda_enumerator", "Field": "lambda_field",
               "Layout": "lambda_layout", "Total": "lambda_run_total",
               "RunAttr": "lambda_run_attr"}
    lines, wanted = [], ""
    for name, tag in structs.items():
        kind = getattr(lambdaio.lib, name)
        lines.append(f'printf("{tag} %zu\\n", sizeof(struct {tag}));')
        wanted += f"{tag} {ctypes.sizeof(kind)}\n"
        for field, *_ in kind._fields_:
            lines.append(f'printf("{field} %zu\\n", offsetof(struct {tag}, {field}));')
            wanted += f"{field} {getattr(kind, field).offset}\n"
    source = Path(folder, "layout.c")
    source.write_text("#include <lambda.h>\n#include <stdio.h>\nint main(void)\n{\n" +
                      "\n".join(lines) + "\n}\n")
    subprocess.run([os.environ.get("CC", "cc"), f"-I{HERE}/../liblambda/include",
                    f"-I{HERE}/../../linux/include/uapi", "-o", f"{folder}/layout",
                    source], check=True)
    got = subprocess.run([f"{folder}/layout"], check=True, capture_output=True,
                         text=True).stdout
    ok(got == wanted, "structs have the members of the headers", set(got.splitlines()) ^
       set(wanted.splitlines()))


def test_run(lambdaio, objects, text):
    lines = Path(text).read_text().splitlines(keepends=True)
    with lambdaio.open(f"{objects}/programs/wordcount.bpf.o") as words:
        answer = words.run(text)
        ok((answer.lines, answer.words, answer.bytes) == (len(lines), 2 * len(lines),
           os.path.getsize(text)), "named fields", answer)
        ok(words.run(text, batch=1000, jobs=4) == answer, "batches and jobs")
        ok(words.total.local > 3 and words.total.in_bytes == answer.bytes,
           "what it did", words.total)
        ok(sum(part.bytes for part in words.run(text, each=True, batch=1000)) ==
           answer.bytes, "an answer for each batch")
        with open(text, "rb") as file:
            ok(words.run(file) == words.run(file.fileno()) == answer,
               "over a file and a descriptor")
        ok(words.run(text, offset=10, length=5).bytes == 5, "over a part")
        ok(words.object.about == "lines, words and bytes of a text" and
           words.object.programs == ["wordcount"], "what it says of itself")
    with lambdaio.open(f"{objects}/programs/csvfilter.bpf.o") as rows:
        wanted = "".join(line for line in lines if int(line.split(",")[1]) >= 990)
        ok(rows.run(text, column=1, op="GE", value=990) == wanted.encode(),
           "arguments by name, output of bytes")
        ok(rows.over(Path(text).read_bytes(), column=1, op="GE", value=990) == wanted.encode(),
           "lines that may be cut anywhere, over a buffer")
        ok([field.name for field in rows.arguments] == ["column", "op", "value"] and
           rows.arguments[1].values["GE"] == 5, "what arguments there are", rows.arguments)
        parts = []
        ok(rows.run(text, column=1, op="GE", value=990, batch=500, each=True,
                    output=lambda part: parts.append(bytes(part))) is None and
           len(parts) > 1 and b"".join(parts) == wanted.encode(), "parts as they come")
        block = (1).to_bytes(4, "little") + (5).to_bytes(4, "little") + \
            (990).to_bytes(8, "little")
        ok(rows.run(text, args=block) == wanted.encode(), "arguments as bytes")
    with lambdaio.open(f"{objects}/programs/knn.bpf.o") as knn:
        near = knn.run(text, length=20 * 2048, coord=[1, -2])
        ok(len(near) == 20 and near != knn.run(text, length=20 * 2048, coord=[1]) and
           near[0]._fields == ("id", "distance"), "an array for an argument, rows", near)


def test_over(lambdaio, objects, text):
    """Any buffer, and the bytes of it are not copied."""
    data = Path(text).read_bytes()
    with lambdaio.open(f"{objects}/programs/wordcount.bpf.o") as words, \
            open(text, "rb") as file, \
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        answer = words.run(text)
        for what in (data, bytearray(data), memoryview(data), array.array("B", data), mapped):
            ok(words.over(what) == answer, f"over {type(what).__name__}")
        ok(words.over(b"").bytes == 0, "over nothing")
        raises(BufferError, "", "over what is not in a row",
               lambda: words.over(memoryview(data)[::2]))
        raises(TypeError, "", "over what has no bytes", lambda: words.over(1))
        raises((BufferError, TypeError), "", "into what cannot be written",
               lambda: words.over(data, into=b"1234"))
        short = bytearray(4)
        raises(lambdaio.EndedBadly, "wordcount: ", "into too little",
               lambda: words.over(data, into=short))
        place = bytearray(100)
        used = words.over(data, into=place)
        ok(int.from_bytes(place[16:24], "little") == len(data) and used > 24, "into a buffer")
    with lambdaio.open(f"{objects}/programs/bitmap.bpf.o") as bitmap:
        # 200,000 runs of 255 bits.
        long = b"\xff\x7f" * 100000
        ok(len(bitmap.over(long)) > len(long), "more output than input")


def test_types(lambdaio, objects):
    with lambdaio.open(f"{objects}/tests/types.bpf.o") as types:
        row = types.over(b"", small=200, name="text", colour="RED", sign=1)
        ok((row.small, row.flag, row.letter, row.name, row.colour, row.sign, row.place_y) ==
           (200, True, "x", "text", "RED", "PLUS", [-2, 3]), "each kind of field", row)
        ok(row.large == 2 ** 64 - 1 and row.pointer == bytes(8) and row.corners_0_x == 5,
           "defaults", row)
        raises(TypeError, "small", "an argument that is missing",
               lambda: types.over(b"", flag=1))
        raises(TypeError, "no argument 'tiny'", "one that there is not",
               lambda: types.over(b"", tiny=1))
        raises(lambdaio.Error, "are not what it declares", "output of another length",
               lambda: types.over(b"", args=b"1"))


def test_errors(lambdaio, objects, text):
    raises(lambdaio.Error, "No such file", "no object", lambda: lambdaio.open("/nonexistent"))
    os.environ["LAMBDA_PATH"] = f"/nonexistent:{objects}/programs"
    ok(lambdaio.open("stats64").name == "stats64", "a program by name")
    raises(lambdaio.Refused, "not an ELF file", "an object that is none",
           lambda: lambdaio.open(__file__))
    raises(lambdaio.Refused, "'first', 'second'", "several programs",
           lambda: lambdaio.open(f"{objects}/tests/calls.bpf.o"))
    raises(lambdaio.Refused, "refused_atomic.bpf.c:8", "what the check refuses",
           lambda: lambdaio.open(f"{objects}/tests/refused_atomic.bpf.o").check())
    image = Path(f"{objects}/tests/ends.bpf.o").read_bytes()
    with lambdaio.Object("ends", image) as ends:
        for name, said in (("null", "ends.bpf.c:"), ("forever", "budget"),
                           ("negative", "returned -33")):
            program = ends.program(name)
            raises(lambdaio.EndedBadly, said, f"{name} ends badly",
                   lambda run=program.run: run(text, length=7))
            raises(lambdaio.EndedBadly, f"{name}: ", f"{name} over a buffer",
                   lambda over=program.over: over(b"1234567"))
    raises(ValueError, "closed", "a closed object", lambda: ends.program("null"))
    with lambdaio.open(f"{objects}/programs/wordcount.bpf.o") as words:
        raises(IsADirectoryError, "Is a directory", "over a folder", lambda: words.run("/"))
        raises(ValueError, "not local, host", "nowhere", lambda: words.run(text, "left"))
        raises(ZeroDivisionError, "", "what the caller raises",
               lambda: words.run(text, output=lambda part: 1 // 0))
        if subprocess.run([os.environ["LAMBDA"], "info"], capture_output=True,
                          check=False).returncode == 5:
            raises(lambdaio.Unsupported, "no λ-IO", "a kernel without λ-IO",
                   lambda: words.run(text, "host"))


def test_interrupt(lambdaio, objects, folder):
    """^C ends a run that takes long."""
    large = Path(folder, "large")
    with large.open("wb") as file:
        file.truncate(1 << 40)
    with lambdaio.open(f"{objects}/programs/wordcount.bpf.o") as words:
        begin = time.monotonic()
        threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        raises(KeyboardInterrupt, "", "^C ends a run", lambda: words.run(large))
        ok(time.monotonic() - begin < 30, "and soon")


def main():
    sys.path.insert(0, str(HERE))
    sys.dont_write_bytecode = True
    import lambdaio  # pylint: disable=import-outside-toplevel
    objects = os.environ["BPF_OBJECTS"]
    with tempfile.TemporaryDirectory() as folder:
        text = f"{folder}/text"
        Path(text).write_text("".join(f"row {i},{i * 7 % 1000},end\n" for i in range(5000)))
        test_layout(lambdaio, folder)
        test_run(lambdaio, objects, text)
        test_over(lambdaio, objects, text)
        test_types(lambdaio, objects)
        test_errors(lambdaio, objects, text)
        test_interrupt(lambdaio, objects, folder)
    print(f"1..{count}")
    return failed != 0


if sys.argv[1:] and sys.argv[1] in ("-h", "--help"):
    print(__doc__)
    sys.exit()
sys.exit(main())
