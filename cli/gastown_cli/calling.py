"""A call to the town over its socket: one line there, lines back; the same command id until it is answered.

The daemon holds the listening socket, so that a call made while the town restarts waits in the queue. A call that was
cut off is repeated: the town knows the id and gives the first answer again.
"""

from __future__ import annotations

import _socket
import os
import time

from gastown.finding import socket_of
from gastown_cli.later import module
from gastown_cli.quick_json import dump, load
from gastown_cli.trouble import CommandFailedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Item = Callable[[Any], dict[str, Any] | None]

PATIENCE = 30.0
"""Seconds without a sign of life until the town counts as unreachable. It gives one every few seconds."""

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id() -> str:
    """A ULID. (`gastown.clock` makes them too, by a package that takes longer to import than the call takes.)"""
    number = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10), "big")
    return "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))


class _CutOffError(Exception):
    """The connection broke, or could not be made, before the answer. nobody: there was none to accept it."""

    def __init__(self, nobody: bool = False) -> None:
        super().__init__()
        self.nobody = nobody


class Town:
    """A town by its folder; of: another one, which that one knows by this name. patience: seconds, see PATIENCE.

    seen: of another town, what the last answer is true of: {town, position, at, age, connected}.
    """

    def __init__(self, path: str, environment: Mapping[str, str], *, patience: float = PATIENCE, of: str = "") -> None:
        self.at_hand = path
        self.of = of
        self.seen: dict[str, Any] | None = None
        self._environment = environment
        self._patience = patience
        self._heard = 0.0

    @property
    def path(self) -> str:
        """Raises CommandFailedError for a town of another machine."""
        if self.of:
            msg = f"{self.of} is a town of another machine: that is done there"
            raise CommandFailedError(
                "refused", msg, "from here it can be read, and be given work: gt sling BEAD --to TOWN"
            )
        return self.at_hand

    def call(self, method: str, params: Mapping[str, Any], on_item: Item | None = None) -> tuple[int, Any]:
        """The position and data of the answer. Raises CommandFailedError.

        on_item: gets what is streamed before the answer; returns params to go on with, should the call be cut off.
        """
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**self._envelope(), **params}}
        self._heard = time.monotonic()
        pause = 0.02
        while True:
            try:
                return self._answer(request, on_item)
            except _CutOffError as cut_off:
                if cut_off.nobody and not module("liveness").daemon_lives(self.at_hand):
                    raise module("diagnosis").why_silent(self.at_hand) from cut_off
                failure = CommandFailedError(
                    "unreachable", f"the town {self.at_hand} does not answer", "gt down, gt up"
                )
            except CommandFailedError as refusal:
                if refusal.code != "unreachable" or self.of:  # what it says of another town it knows at once
                    raise
                failure = refusal
            if time.monotonic() + pause > self._heard + self._patience:
                raise failure
            time.sleep(pause)
            pause = min(2 * pause, 0.5)

    def _envelope(self) -> dict[str, Any]:
        known = self._environment
        return {
            "command_id": new_id(),
            "session": known.get("GT_SESSION", ""),
            "token": known.get("GT_TOKEN", ""),
            "actor": "overseer",
            "traceparent": known.get("TRACEPARENT", ""),
            **({"of": self.of} if self.of else {}),
        }

    def _answer(self, request: dict[str, Any], on_item: Item | None) -> tuple[int, Any]:
        connection = self._connect()
        try:
            self._send(connection, dump(request).encode() + b"\n")
            while True:
                message = self._receive(connection)
                if "method" not in message:
                    position, data, self.seen = _result(message)
                    return position, data
                if message["method"] == "item" and on_item is not None:
                    request["params"].update(on_item(message["params"]) or {})
        finally:
            connection.close()

    def _connect(self) -> _socket.socket:
        path = socket_of(self.at_hand)
        if not path:
            raise _CutOffError(nobody=True)
        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        connection.settimeout(max(0.1, self._heard + self._patience - time.monotonic()))
        try:
            connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            connection.close()
            raise _CutOffError(nobody=True) from error
        except OSError as error:
            connection.close()
            raise _CutOffError from error
        self._rest = b""
        return connection

    def _send(self, connection: _socket.socket, line: bytes) -> None:
        try:
            connection.sendall(line)
        except (BrokenPipeError, ConnectionResetError):
            return  # refused half way: the reason may have been sent already
        except OSError as error:
            raise _CutOffError from error

    def _receive(self, connection: _socket.socket) -> dict[str, Any]:
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            try:
                part = connection.recv(1 << 18)
            except OSError as error:
                raise _CutOffError from error
            if not part:
                raise _CutOffError
            parts.append(part)
            self._heard = time.monotonic()
            connection.settimeout(self._patience)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        try:
            message: Any = load(line.decode())
        except (ValueError, RecursionError) as error:
            raise _no_answer() from error
        if hasattr(message, "keys"):
            return message
        raise _no_answer()


def _result(message: dict[str, Any]) -> tuple[int, Any, dict[str, Any] | None]:
    try:
        error = message.get("error")
        if error is None:
            result = message["result"]
            return result["position"], result["data"], result.get("of")
        data = error["data"]
        failure = CommandFailedError(data["code"], data["message"], data["hint"])
    except (KeyError, TypeError) as wrong:
        raise _no_answer() from wrong
    raise failure


def _no_answer() -> CommandFailedError:
    return CommandFailedError("bug", "what answers there speaks another language", "gt down, gt up")
