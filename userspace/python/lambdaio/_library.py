# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""liblambda by ctypes: its structs, as its headers have them, and its functions."""

import ctypes
import os
from ctypes import (CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int32, c_int64,
                    c_size_t, c_ssize_t, c_uint, c_uint32, c_uint64, c_void_p)

# <linux/lambda.h>, <linux/sbpf.h> and <lambda_run.h>
IO_HOST, IO_DEVICE, IO_NO_FALLBACK, IO_SNAPSHOT = (1 << i for i in range(4))
RUN_EACH, RUN_LINES, RUN_LOCAL = (1 << i for i in range(3))
ATTR_BUDGET = 1 << 0
ARGS_MAX = 1 << 16
OUT_MAX = 1 << 30
STATUS_ERROR = 1
KINDS = ("uint", "int", "bool", "char", "enum", "bytes")


class LoadAttr(Structure):
    _fields_ = [("prog_fd", c_int32), ("flags", c_uint32), ("rodata", c_uint64),
                ("rodata_len", c_uint64), ("data", c_uint64), ("data_len", c_uint64),
                ("bss_len", c_uint64), ("heap_len", c_uint64), ("budget", c_uint64),
                ("frame_len", c_uint32), ("record_len", c_uint32), ("merge_fd", c_int32),
                ("reserved", c_uint32), ("insns", c_uint64), ("merge_insns", c_uint64),
                ("insn_cnt", c_uint32), ("merge_insn_cnt", c_uint32),
                ("log_buf", c_uint64), ("log_size", c_uint32), ("reserved2", c_uint32)]


class Result(Structure):
    _fields_ = [("status", c_uint32), ("side", c_uint32), ("reason", c_uint32),
                ("retval", c_int32), ("fault_addr", c_int64), ("fault_write", c_uint32),
                ("reserved", c_uint32), ("in_len", c_uint64), ("out_len", c_uint64),
                ("budget_used", c_uint64), ("helper_bytes", c_uint64),
                ("ns_media", c_uint64), ("ns_link", c_uint64), ("ns_compute", c_uint64),
                ("bytes_media", c_uint64), ("bytes_link", c_uint64)]


class Io(Structure):
    _fields_ = [("size", c_uint32), ("result_size", c_uint32), ("flags", c_uint32),
                ("args_len", c_uint32), ("args", c_uint64), ("out_cap", c_uint64),
                ("result", Result)]


class Enumerator(Structure):
    _fields_ = [("name", c_char_p), ("brief", c_char_p), ("value", c_int64)]


class Field(Structure):
    _fields_ = [("name", c_char_p), ("type", c_char_p), ("kind", c_uint32),
                ("offset", c_uint32), ("size", c_uint32), ("count", c_uint32),
                ("array", c_int), ("given", c_int), ("nr_values", c_uint32),
                ("values", POINTER(Enumerator))]


class Layout(Structure):
    _fields_ = [("type", c_char_p), ("size", c_uint32), ("rows", c_int),
                ("nr_fields", c_uint32), ("fields", POINTER(Field)), ("values", c_void_p)]


class Total(Structure):
    _fields_ = [("size", c_size_t), ("jobs", c_uint), ("requests", c_uint64 * 4),
                ("merges", c_uint64), ("in_bytes", c_uint64), ("out_bytes", c_uint64),
                ("insns", c_uint64), ("translated", c_int), ("depth", c_uint)]


OUTPUT = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)


class RunAttr(Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint), ("io_flags", c_uint),
                ("args_len", c_size_t), ("args", c_void_p), ("offset", c_int64),
                ("length", c_uint64), ("batch", c_size_t), ("out_cap", c_size_t),
                ("output", OUTPUT), ("request", c_void_p), ("data", c_void_p),
                ("engine", c_void_p), ("load", POINTER(LoadAttr)), ("jobs", c_uint),
                ("stop", POINTER(c_int)), ("total", POINTER(Total)),
                ("counts", c_void_p), ("merge_counts", c_void_p), ("depth", c_uint),
                ("print", c_void_p)]


LOG = (c_void_p, c_size_t)
FUNCTIONS = {
    "lambda_explain": (None, c_void_p, POINTER(Io), c_void_p, c_size_t),
    "lambda_load": (c_int, c_void_p, c_size_t, c_uint),
    "lambda_local__close": (None, c_void_p),
    "lambda_local__open": (c_int, c_void_p, POINTER(LoadAttr), *LOG, POINTER(c_void_p)),
    "lambda_local__run": (c_ssize_t, c_void_p, c_void_p, c_size_t, c_void_p, c_int64,
                          POINTER(Io)),
    "lambda_object__about": (c_char_p, c_void_p),
    "lambda_object__close": (None, c_void_p),
    "lambda_object__open": (c_int, c_char_p, *LOG, POINTER(c_void_p)),
    "lambda_object__open_mem": (c_int, c_char_p, c_char_p, c_size_t, *LOG,
                                POINTER(c_void_p)),
    "lambda_object__program": (c_int, c_void_p, c_char_p, *LOG, POINTER(c_void_p)),
    "lambda_object__program_name": (c_char_p, c_void_p, c_uint),
    "lambda_program__args": (c_ssize_t, c_void_p, POINTER(c_char_p), c_size_t, c_void_p,
                             c_size_t, *LOG),
    "lambda_program__args_layout": (POINTER(Layout), c_void_p),
    "lambda_program__attr": (None, c_void_p, POINTER(LoadAttr)),
    "lambda_program__check": (c_int, c_void_p, *LOG),
    "lambda_program__load": (c_int, c_void_p, POINTER(LoadAttr), *LOG),
    "lambda_program__name": (c_char_p, c_void_p),
    "lambda_program__output_layout": (POINTER(Layout), c_void_p),
    "lambda_program__run": (c_int, c_void_p, c_int, c_int, POINTER(RunAttr), *LOG),
    "lambda_program__whole": (c_void_p, c_void_p),
}


def open_library():
    """liblambda.so.0, or what LIBLAMBDA in the environment names."""
    found = ctypes.CDLL(os.environ.get("LIBLAMBDA", "liblambda.so.0"))
    for name, (result, *arguments) in FUNCTIONS.items():
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found


class Log:
    """Where the library says why not."""

    def __init__(self, size=16384):
        self.buffer = ctypes.create_string_buffer(size)
        self.args = (ctypes.addressof(self.buffer), size)

    def __str__(self):
        return self.buffer.value.decode(errors="replace")


class View(Structure):
    """Py_buffer, whose form the stable ABI has; what is read of it is at its begin."""
    _fields_ = [("buf", c_void_p), ("obj", c_void_p), ("len", c_ssize_t),
                ("rest", c_void_p * 16)]


class Buffer:
    """The bytes of anything that has some in a row, where they are."""

    def __init__(self, thing, writable=False):
        self.view = View()
        ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(thing), ctypes.byref(self.view),
                                            c_int(1 if writable else 0))
        self.address, self.size = self.view.buf, self.view.len

    def __enter__(self):
        return self

    def __exit__(self, *_):
        ctypes.pythonapi.PyBuffer_Release(ctypes.byref(self.view))
