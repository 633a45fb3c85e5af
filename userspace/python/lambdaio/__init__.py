# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""λs over files and buffers: in this process, in the kernel, or in a drive.

    with lambdaio.open("wordcount.bpf.o") as words:
        print(words.run("README.md").lines)

An object is opened, and a program of it is run: by default in this process, which
needs no kernel with λ-IO and no permission. What the program declares of its arguments
and its output has names here as well; output of which nothing is declared is bytes.
What goes wrong is an Error with the library's text.
"""

import builtins
import ctypes
import errno
import os
import re
import shutil
import threading
from collections import namedtuple

from . import _library as lib

__all__ = ["Error", "Refused", "EndedBadly", "Unsupported", "Field", "Object", "Program",
           "Total", "open"]

_call = lib.open_library()
_SIDES = {"host": lib.IO_HOST, "device": lib.IO_DEVICE, "auto": 0}

#: What a run did: requests by side, bytes, and instructions of this process.
Total = namedtuple("Total", "local host device both merges in_bytes out_bytes insns")

#: An argument or a member of the output: its name and type, its kind ("uint", "int",
#: "bool", "char", "enum" or "bytes"), how many elements it has if it is an array (0: as
#: many as there are), whether it may be left out, and the values that have names.
Field = namedtuple("Field", "name type kind offset size array count optional values")


class Error(OSError):
    """What the library says, with its errno."""


class Refused(Error):
    """The object is none, or the check refuses it."""


class EndedBadly(Error):
    """The program ran and gave no result."""


class Unsupported(Error):
    """This kernel has no λ-IO, or speaks another version of it."""


_KINDS = {errno.ENOEXEC: Refused, errno.EOPNOTSUPP: Refused, errno.EINVAL: Refused,
          errno.EMSGSIZE: Refused, errno.ECANCELED: EndedBadly, errno.ENOSYS: Unsupported,
          errno.EPROTONOSUPPORT: Unsupported}


def _check(result, text, running=False):
    """The result, if it is none of the library's errors."""
    if result >= 0:
        return result
    if running and -result not in (errno.ECANCELED, errno.ENOSYS, errno.EPROTONOSUPPORT):
        raise Error(-result, str(text))
    raise _KINDS.get(-result, Error)(-result, str(text))


def _fields(layout):
    """The fields of a layout, in order."""
    if not layout:
        return ()
    return tuple(
        Field(one.name.decode(), one.type.decode(), lib.KINDS[one.kind], one.offset,
              one.size, bool(one.array), one.count, bool(one.given),
              {value.brief.decode(): value.value for value in one.values[:one.nr_values]})
        for one in layout.contents.fields[:layout.contents.nr_fields])


def _row_type(fields):
    """The named tuple of a row, or None where a row is a value without a name."""
    if not fields or (len(fields) == 1 and not fields[0].name):
        return None
    names = [re.sub(r"\W+", "_", field.name).strip("_") for field in fields]
    return namedtuple("Row", names, rename=True)


def _decode(field, row):
    """A field of a row: a number, a name, a text, bytes, or a list of these."""
    names = {value: name for name, value in field.values.items()}
    parts = [row[field.offset + i * field.size:field.offset + (i + 1) * field.size]
             for i in range(field.count)]
    if field.kind == "char" and field.array:
        return b"".join(parts).split(b"\0")[0].decode(errors="surrogateescape")
    if field.kind == "bytes":
        values = [bytes(part) for part in parts]
    else:
        signed = field.kind in ("int", "enum")
        values = [int.from_bytes(part, "little", signed=signed) for part in parts]
        if field.kind == "bool":
            values = [bool(value) for value in values]
        elif field.kind == "char":
            values = [chr(value) for value in values]
        values = [names.get(value, value) for value in values]
    return values if field.array else values[0]


def _text(value):
    """A value of an argument as the library reads it."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, (list, tuple)):
        return b",".join(_text(one) for one in value)
    if isinstance(value, bool):
        value = int(value)
    return os.fsencode(str(value))


class Object:
    """An object of λ programs. It is closed at the end of a with, or with its programs
    when nobody has them any more."""

    def __init__(self, path=None, image=None):
        log, self._handle = lib.Log(), ctypes.c_void_p()
        if image is None:
            err = _call.lambda_object__open(os.fsencode(path), *log.args,
                                            ctypes.byref(self._handle))
        else:
            err = _call.lambda_object__open_mem(os.fsencode(path or "object"), image,
                                                len(image), *log.args,
                                                ctypes.byref(self._handle))
        _check(err, log)

    def close(self):
        handle, self._handle = self._handle, None
        if handle:
            _call.lambda_object__close(handle)

    def _open(self):
        if not self._handle:
            raise ValueError("the object is closed")
        return self._handle

    @property
    def about(self):
        """What it says of itself, or None."""
        text = _call.lambda_object__about(self._open())
        return text and text.decode()

    @property
    def programs(self):
        """The names of its programs."""
        names, i = [], 0
        while name := _call.lambda_object__program_name(self._open(), i):
            names.append(name.decode())
            i += 1
        return names

    def program(self, name=None):
        """One of them; the only one needs no name."""
        return Program(self, name)

    def __del__(self):
        if getattr(self, "_handle", None):
            self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Program:
    """A program, linked. run() is one answer over a file, over() one over a buffer."""

    def __init__(self, owner, name):
        self.object, self._lambda, log = owner, None, lib.Log()
        self._handle = ctypes.c_void_p()
        _check(_call.lambda_object__program(
            owner._open(), None if name is None else os.fsencode(name), *log.args,
            ctypes.byref(self._handle)), log)
        self.name = _call.lambda_program__name(self._handle).decode()
        self.arguments = _fields(_call.lambda_program__args_layout(self._handle))
        layout = _call.lambda_program__output_layout(self._handle)
        self.output = _fields(layout)
        self._row_size = layout.contents.size if layout else 0
        self._has_rows = bool(layout and layout.contents.rows)
        self._row = _row_type(self.output)
        self.total = None

    def check(self):
        """Raises Refused if the kernel's check at load would refuse it."""
        log = lib.Log()
        _check(_call.lambda_program__check(self._use(), *log.args), log)

    def load(self):
        """Loads it into the kernel, which run() does by itself where it has to."""
        if self._lambda is None:
            log = lib.Log()
            self._lambda = _check(_call.lambda_program__load(self._use(), None, *log.args),
                                  log)

    def unload(self):
        """Gives the kernel's handle back."""
        if self._lambda is not None:
            os.close(self._lambda)
            self._lambda = None

    def run(self, file, where="local", *, offset=0, length=None, batch=0, jobs=1,
            each=False, fallback=True, args=None, output=None, **arguments):
        """The answer over a file: a path, a descriptor, or what has a fileno().

        where: "local", in this process; "host", the kernel; "device", the drive that the
        file is on, else the host, unless not fallback; "auto", where the kernel expects
        it to end first. Arguments go by their names, or args is their bytes. With each
        there is a list of the answers over all batches. output is called with each part
        of the answer, as a memoryview that is valid until it returns; the result is None
        then, and raw.
        """
        if where != "local" and where not in _SIDES:
            raise ValueError(f"where: {where!r} is not local, host, device or auto")
        if where != "local":
            self.load()
        parts, block = [], self._block(args, arguments)
        with _opened(file) as fd:
            self._run(fd, block, output or (lambda part: parts.append(bytes(part))),
                      flags=(lib.RUN_EACH if each else 0) |
                      (lib.RUN_LOCAL if where == "local" else 0),
                      io_flags=_SIDES.get(where, 0) |
                      (0 if fallback else lib.IO_NO_FALLBACK),
                      offset=offset, length=2 ** 64 - 1 if length is None else length,
                      batch=batch, jobs=jobs)
        if output:
            return None
        return [self._answer(part) for part in parts] if each else \
            self._answer(b"".join(parts))

    def over(self, buffer, *, offset=0, into=None, args=None, **arguments):
        """The answer over bytes in memory, in this process and in one request.

        The program reads them where they are, of anything that has the buffer protocol,
        such as bytes, mmap, array and numpy. With into, of the same kind and writable,
        it writes its output there; the result is then how many bytes that are.
        """
        block = self._block(args, arguments)
        with lib.Buffer(buffer) as source:
            if into is not None:
                with lib.Buffer(into, writable=True) as target:
                    return self._over(source, target, offset, block)
            room = max(source.size, 1 << 16)
            while True:
                target = bytearray(min(room, lib.OUT_MAX))
                try:
                    with lib.Buffer(target, writable=True) as place:
                        used = self._over(source, place, offset, block)
                    return self._answer(memoryview(target)[:used])
                except EndedBadly as error:
                    if error.retval != -errno.ENOSPC or room >= lib.OUT_MAX:
                        raise
                    room *= 16

    def _use(self):
        self.object._open()
        return self._handle

    def _block(self, args, arguments):
        """Bytes of arguments."""
        if args is not None:
            return bytes(args)
        if not arguments and not self.arguments:
            return b""
        words = [name.encode() + b"=" + _text(value) for name, value in arguments.items()]
        log, block = lib.Log(), ctypes.create_string_buffer(lib.ARGS_MAX)
        used = _call.lambda_program__args(
            self._use(), (ctypes.c_char_p * len(words))(*words), len(words), block,
            lib.ARGS_MAX, *log.args)
        if used < 0:
            raise TypeError(f"{self.name}: {log}")
        return block.raw[:used]

    def _run(self, fd, block, output, **values):
        failure, stop, total, log = [], ctypes.c_int(), lib.Total(), lib.Log()
        total.size = ctypes.sizeof(total)

        def take(_, address, size):
            try:
                output(memoryview((ctypes.c_char * size).from_address(address)).cast("B")
                       if size else memoryview(b""))
            except BaseException as error:  # pylint: disable=broad-except
                failure.append(error)
            return 1 if failure else 0

        attr = lib.RunAttr(size=ctypes.sizeof(lib.RunAttr), output=lib.OUTPUT(take),
                           args=ctypes.cast(block, ctypes.c_void_p), args_len=len(block),
                           stop=ctypes.pointer(stop), total=ctypes.pointer(total), **values)
        ended = []
        work = threading.Thread(target=lambda: ended.append(_call.lambda_program__run(
            self._use(), -1 if self._lambda is None else self._lambda, fd, attr, *log.args)))
        work.start()
        # So that ^C is told to the run, which does not know of it.
        try:
            work.join()
        except BaseException:
            stop.value = 1
            _join_whatever_comes(work)
            raise
        self.total = Total(*total.requests, total.merges, total.in_bytes, total.out_bytes,
                           total.insns)
        if failure:
            raise failure[0]
        _check(ended[0], log, running=True)

    def _over(self, source, target, offset, block):
        log, local = lib.Log(), ctypes.c_void_p()
        # One request, of which nothing is divided.
        whole = _call.lambda_program__whole(self._use())
        io = lib.Io(size=ctypes.sizeof(lib.Io), result_size=ctypes.sizeof(lib.Result),
                    args=ctypes.cast(block, ctypes.c_void_p).value or 0,
                    args_len=len(block), out_cap=target.size)
        _check(_call.lambda_local__open(whole, None, *log.args, ctypes.byref(local)), log)
        try:
            used = _call.lambda_local__run(local, source.address, source.size,
                                           target.address, offset, io)
        finally:
            _call.lambda_local__close(local)
        if used == -errno.ECANCELED:
            _call.lambda_explain(whole, io, *log.args)
            error = EndedBadly(errno.ECANCELED, f"{self.name}: {log}")
            error.retval = io.result.retval if io.result.status == lib.STATUS_ERROR else 0
            raise error
        return _check(used, f"{self.name}: {os.strerror(-min(used, 0))}", running=True)

    def _answer(self, raw):
        """Bytes as what the program declares them to be."""
        size = self._row_size
        if not size:
            return bytes(raw)
        if len(raw) % size or (not self._has_rows and len(raw) != size):
            raise Error(errno.EBADMSG, f"{self.name}: {len(raw)} bytes of output are not "
                        f"what it declares, of {size} bytes")
        raw = bytes(raw)
        rows = [self._decode_row(raw[at:at + size]) for at in range(0, len(raw), size)]
        return rows if self._has_rows else rows[0]

    def _decode_row(self, row):
        values = [_decode(field, row) for field in self.output]
        return self._row(*values) if self._row else values[0]

    def __del__(self):
        if getattr(self, "_lambda", None) is not None:
            self.unload()


def _join_whatever_comes(work):
    """Waits for a thread that has been told to end: what it uses stays until then."""
    while work.is_alive():
        try:
            work.join()
        except KeyboardInterrupt:
            pass


class _opened:
    """A descriptor of a path or a file, closed at the end if it was opened here."""

    def __init__(self, file):
        self.own = isinstance(file, (str, bytes, os.PathLike))
        self.file = file

    def __enter__(self):
        if self.own:
            self.file = builtins.open(self.file, "rb", buffering=0)
        return self.file if isinstance(self.file, int) else self.file.fileno()

    def __exit__(self, *_):
        if self.own:
            self.file.close()


def _find(name):
    """The object of a program by its name, as the command finds it; else the name."""
    folders = os.environ.get("LAMBDA_PATH", "").split(":")
    command = shutil.which("lambda")
    if command:
        folders.append(os.path.join(os.path.dirname(os.path.realpath(command)), "..", "lib",
                                    "lambda"))
    if "/" not in os.fsdecode(name):
        for folder in filter(None, folders):
            path = os.path.join(folder, os.fsdecode(name) + ".bpf.o")
            if os.path.exists(path):
                return path
    return name


def open(path, program=None):  # pylint: disable=redefined-builtin
    """A program of the object at a path, or of an installed one by its name."""
    return _Opened(Object(_find(path)), program)


class _Opened(Program):
    """A program that has its object for its own, and closes it."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.unload()
        self.object.close()
