#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Gives files of an ext4 image their blocks, without writing any data.

Usage: extents.py IMAGE FILE=PIECES...

Each FILE, empty so far but for its size, gets blocks for all of it in PIECES
extents or, where a block group ends within one, a few more. The blocks count
as written, so they are read from the disk, where the image has a hole: a file
of any size costs no room and no time to make. debugfs could only leave them
unwritten, which nobody reads.
"""

import ctypes
import sys

RW_64BIT = 0x20001
FORCE_INIT = 2
ANY = ctypes.c_ulonglong(-1)
ROOT = 2
BLOCK = 4096
FILLER = b"filler"
SIZE_AT = 4, 108            # of the halves of a size, in struct ext2_inode


class Disk:
    """An image that libext2fs has open."""

    def __init__(self, path: str):
        self.lib = ctypes.CDLL("libext2fs.so.2")
        self.fs = ctypes.c_void_p()
        manager = ctypes.c_void_p.in_dll(self.lib, "unix_io_manager")
        self.call("open", path.encode(), RW_64BIT, 0, 0, manager, ctypes.byref(self.fs))
        self.call("read_bitmaps", self.fs)

    def call(self, name: str, *arguments) -> None:
        function = getattr(self.lib, f"ext2fs_{name}")
        function.restype = ctypes.c_long
        error = function(*arguments)
        if error:
            sys.exit(f"extents: ext2fs_{name}: error {error}")

    def find(self, name: bytes):
        number = ctypes.c_uint()
        self.call("namei", self.fs, ROOT, ROOT, name, ctypes.byref(number))
        return number

    def size(self, number) -> int:
        inode = (ctypes.c_ubyte * 128)()
        self.call("read_inode", self.fs, number, inode)
        low, high = (int.from_bytes(bytes(inode[at:at + 4]), "little") for at in SIZE_AT)
        return low | high << 32

    def allocate(self, number, start: int, count: int) -> None:
        self.call("fallocate", self.fs, FORCE_INIT, number, None, ANY,
                  ctypes.c_ulonglong(start), ctypes.c_ulonglong(count))

    def close(self) -> None:
        self.call("close", self.fs)


def main() -> None:
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__.strip())
        return
    if len(sys.argv) < 3:
        sys.exit(__doc__.strip())
    disk = Disk(sys.argv[1])
    filler, filled = disk.find(FILLER), 0
    for word in sys.argv[2:]:
        name, pieces = word.split("=")
        number, pieces = disk.find(name.encode()), int(pieces)
        blocks = disk.size(number) // BLOCK
        for piece in range(pieces):
            start, end = (blocks * k // pieces for k in (piece, piece + 1))
            disk.allocate(number, start, end - start)
            # What comes next is not to follow on the disk.
            disk.allocate(filler, filled, 1)
            filled += 1
    disk.close()


if __name__ == "__main__":
    main()
