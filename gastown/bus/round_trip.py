"""Does a NATS server answer? Asked over a connection of its own, without an event loop: a few bytes each way."""

import socket
import time
from urllib.parse import urlsplit

import msgspec


def answers(url: str, user: str, password: str, *, seconds: float) -> bool:
    """Whether it lets one in and answers a PING within so many seconds; a refusal to let one in is an answer, too.

    Raises ConnectionRefusedError where nobody listens: it may still be reading a long log.
    """
    deadline = time.monotonic() + seconds
    hello = msgspec.json.encode({"user": user, "pass": password, "verbose": False, "pedantic": False, "name": "daemon"})
    place, said = urlsplit(url), b""
    try:
        with socket.create_connection((place.hostname or "", place.port or 4222), timeout=seconds) as connection:
            connection.sendall(b"CONNECT " + hello + b"\r\nPING\r\n")
            while not (b"PONG\r\n" in said or b"-ERR" in said):
                connection.settimeout(max(0.001, deadline - time.monotonic()))
                more = connection.recv(4096)
                if not more or time.monotonic() > deadline:
                    return False
                said = said[-8:] + more
    except ConnectionRefusedError:
        raise
    except OSError:
        return False
    return True
