"""The link of a town to its hub, through this process: to be cut, or to let nothing through while it stays up."""

import socket
import struct
import threading
from contextlib import suppress

_RESET = struct.pack("ii", 1, 0)  # close with a reset, as a link does that is gone


class Tap:
    """Listens on `port`; what connects is connected to port `to` of this machine."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._is_open = True
        self._flows = threading.Event()
        self._flows.set()
        self._lines: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection is reset, and none is made any more."""
        self._is_open = False
        self._flows.set()
        for line in tuple(self._lines):
            self._drop(line)

    def hold(self) -> None:
        """Nothing arrives at either end any more, and neither is told."""
        self._flows.clear()

    def heal(self) -> None:
        self._is_open = True
        self._flows.set()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._lines.add(near)
            try:
                if not self._is_open:
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                self._drop(near)
                continue
            self._lines.add(far)
            for line in (near, far):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self._flows.wait()
                target.sendall(data)
        self._drop(source)
        self._drop(target)

    def _drop(self, line: socket.socket) -> None:
        self._lines.discard(line)
        with suppress(OSError):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            line.shutdown(socket.SHUT_RDWR)
        line.close()
