# SPDX-License-Identifier: GPL-2.0-only
"""As much of gdb's remote protocol as it takes to log what a guest executes."""

import socket
import time


class Stub:
    """A guest that waits at QEMU's gdb stub."""

    def __init__(self, path, seconds: float):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        for _ in range(100):
            try:
                self.socket.connect(str(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.1)
        self.buffer = b""

    def byte(self) -> bytes:
        if not self.buffer:
            self.buffer = self.socket.recv(65536)
            if not self.buffer:
                raise EOFError("the guest has ended")
        first, self.buffer = self.buffer[:1], self.buffer[1:]
        return first

    def receive(self) -> str:
        while self.byte() != b"$":
            pass
        packet = b""
        while not packet.endswith(b"#"):
            packet += self.byte()
        self.byte(), self.byte()
        self.socket.sendall(b"+")
        return packet[:-1].decode("latin-1")

    def send(self, text: str) -> None:
        data = text.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) % 256))

    def ask(self, text: str) -> str:
        self.send(text)
        return self.receive()

    def break_at(self, address: int) -> None:
        if self.ask(f"Z1,{address:x},1") != "OK":
            raise RuntimeError("no breakpoint")

    def go(self) -> None:
        """Lets the guest run up to the breakpoint."""
        self.send("c")
        while not self.receive().startswith(("T", "S")):
            pass

    def step(self) -> None:
        """Past the breakpoint."""
        if not self.ask("s").startswith(("T", "S")):
            raise RuntimeError("no step")

    def monitor(self, command: str) -> str:
        """A command of QEMU's monitor."""
        said = ""
        answer = self.ask("qRcmd," + command.encode().hex())
        while answer.startswith("O") and answer != "OK":
            said += bytes.fromhex(answer[1:]).decode("latin-1")
            answer = self.receive()
        return said

    def leave(self) -> None:
        """The guest runs on by itself."""
        self.ask("drive")
        self.socket.close()
