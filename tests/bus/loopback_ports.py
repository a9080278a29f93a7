"""A port on loopback that nobody else takes meanwhile: below those that the system gives to whoever asks for any."""

import os
import socket
from itertools import count

FIRST, EACH = 20_000, 2_000
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 5
_numbers = count(os.getpid() * 7)


def unused_port() -> int:
    """Of this test process's own range, each in its turn."""
    while True:
        port = FIRST + _WORKER * EACH + next(_numbers) % EACH
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
