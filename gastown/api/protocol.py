"""JSON-RPC 2.0, one message a line.

A request: {"jsonrpc": "2.0", "id": 1, "method": "bead.show", "params": {...}}, its params those of the method and
    command_id    a ULID made by the caller, repeated with every retry: it gets the first answer; "" for none
    session       who speaks, as GT_SESSION and GT_TOKEN say; "" for a person
    token
    actor         "overseer", the only one a person can be
    traceparent   W3C, the caller's span; "" to begin a trace
    at            a position or a time (gastown.moments): answer as of then; null for now
    of            another town, by its name at the hub: answer from the hub's copy of its log; "" for this one

Answers: {"jsonrpc": "2.0", "id": 1, "result": {"position": N, "data": ...}}, about another town with
"of": {"town", "position", "at", "age", "connected"} beside them (age: so many seconds ago it was so); or an "error"
whose data is {"code", "message", "hint", "exit"}. Before the answer there may be notifications: "item", whose params
are what is streamed, and "working", every few seconds, from a town that lives.
"""

from typing import Any, Literal

import msgspec

from gastown.errors import EXIT_CODES, Code, GastownError
from gastown.not_json import NOT_JSON

LONGEST_LINE = 8 * 1024 * 1024  # bytes
LONGEST_TEXT = 4 * 1024 * 1024  # bytes of a bead's description, acceptance or notes
LONGEST_WORD = 200_000  # bytes of any other text in a message: what an event holds

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
_CODES: dict[Code, int] = {
    "bug": INTERNAL_ERROR,
    "usage": INVALID_PARAMS,
    "refused": -32000,
    "unknown": -32001,
    "taken": -32002,
    "unreachable": -32003,
    "unsuccessful": -32004,
}

Id = int | str | None


class Common(msgspec.Struct, frozen=True, kw_only=True):
    """The params that every method takes."""

    command_id: str = ""
    session: str = ""
    token: str = ""
    actor: str = "overseer"
    traceparent: str = ""
    at: int | str | None = None
    of: str = ""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    jsonrpc: Literal["2.0"]
    method: str
    id: Id = None
    params: dict[str, Any] = {}


class ProtocolError(Exception):
    """What came is no request. number: the JSON-RPC error."""

    def __init__(self, number: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.number = number
        self.message = message
        self.hint = hint


_request = msgspec.json.Decoder(Request)


def decode(line: bytes) -> Request:
    """Raises ProtocolError."""
    try:
        return _request.decode(line)
    except msgspec.ValidationError as error:
        raise ProtocolError(INVALID_REQUEST, f"not a request: {error}") from error
    except NOT_JSON as error:
        raise ProtocolError(PARSE_ERROR, f"not JSON: {error}") from error


def result(request_id: Id, position: int, data: Any, of: dict[str, Any] | None = None) -> bytes:
    """of: the town it is about, where that is another."""
    about = {"of": of} if of else {}
    return _line({"jsonrpc": "2.0", "id": request_id, "result": {"position": position, "data": data, **about}})


def item(params: Any) -> bytes:
    return _line({"jsonrpc": "2.0", "method": "item", "params": params})


def working() -> bytes:
    return _line({"jsonrpc": "2.0", "method": "working", "params": {}})


def failure(request_id: Id, error: GastownError) -> bytes:
    return _error(request_id, _CODES[error.code], error.code, error.message, error.hint)


def bug(request_id: Id, message: str, hint: str) -> bytes:
    return _error(request_id, INTERNAL_ERROR, "bug", message, hint)


def no_such_method(request: Request) -> bytes:
    hint = "an older town? restart it: gt down, gt up"
    return _error(request.id, METHOD_NOT_FOUND, "usage", f"the town knows no method {request.method!r}", hint)


def broken(error: ProtocolError) -> bytes:
    """The answer to what is no request: to nobody's id."""
    return _error(None, error.number, "usage", error.message, error.hint)


def _error(request_id: Id, number: int, code: Code, message: str, hint: str) -> bytes:
    data = {"code": code, "message": message, "hint": hint, "exit": EXIT_CODES[code]}
    return _line({"jsonrpc": "2.0", "id": request_id, "error": {"code": number, "message": message, "data": data}})


def _line(message: Any) -> bytes:
    return msgspec.json.encode(message) + b"\n"
