"""ACP as lines: JSON-RPC 2.0, with the schema of the package `agent-client-protocol` (0.12.1, its source was read).

Its connection is not used: it reads lines of any length into memory, starts a task for every message, and stops for
good at a line of JSON that is no object. Importing it takes 0.9 s and 20 MB, so only a session of ACP does.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import msgspec
from acp.schema import (
    CancelNotification,
    ClientCapabilities,
    FileSystemCapabilities,
    Implementation,
    InitializeRequest,
    LoadSessionRequest,
    McpServerStdio,
    NewSessionRequest,
    PromptRequest,
    SetSessionConfigOptionSelectRequest,
    TextContentBlock,
)
from acp.schema import EnvVariable as Variable
from pydantic import BaseModel

from gastown.adapters.agents.port import Server, Start

VERSION = 1
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602

RequestId: TypeAlias = int | str
Model = TypeVar("Model", bound=BaseModel)

_decode: Callable[[bytes], Any] = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Said(msgspec.Struct, frozen=True):
    """What the agent said: a request (method, id), a notification (method), or an answer (id, and result or error)."""

    method: str = ""
    id: RequestId | None = None
    params: Any = None
    result: Any = None
    error: Any = None


def read(line: bytes) -> Said | None:
    """None: nothing of the protocol."""
    try:
        told = _decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    said = fields(told)
    method, number = said.get("method", ""), said.get("id")
    if not isinstance(method, str) or not (number is None or type(number) in (int, str)):
        return None
    return Said(method, number, said.get("params"), said.get("result"), said.get("error"))


def fields(told: Any) -> dict[str, Any]:
    """Of an object; of anything else: none."""
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def understood(told: Any, model: type[Model]) -> Model | None:
    """None: it is not what the schema says."""
    try:
        return model.model_validate(told)
    except (ValueError, RecursionError):
        return None


def request(number: int, method: str, params: BaseModel) -> bytes:
    return _line(id=number, method=method, params=_plain(params))


def notification(method: str, params: BaseModel) -> bytes:
    return _line(method=method, params=_plain(params))


def result(number: RequestId, result: BaseModel) -> bytes:
    return _line(id=number, result=_plain(result))


def refusal(number: RequestId, code: int, message: str) -> bytes:
    return _line(id=number, error={"code": code, "message": message})


def initialize() -> InitializeRequest:
    """We do not offer files or terminals: the agent works in the sandbox by its own means."""
    return InitializeRequest(
        protocol_version=VERSION,
        client_capabilities=ClientCapabilities(fs=FileSystemCapabilities(), terminal=False),
        client_info=Implementation(name="gastown", version="1"),
    )


def new_session(start: Start, instructions: str = "") -> NewSessionRequest:
    """instructions: to be put into what is asked; see `AcpProgram`."""
    servers = [*map(_server, start.servers)]
    return NewSessionRequest(cwd=str(start.worktree), mcp_servers=[*servers], field_meta=_instructing(instructions))


def load_session(start: Start, instructions: str = "") -> LoadSessionRequest:
    """instructions: see `new_session`."""
    servers, meta = [*map(_server, start.servers)], _instructing(instructions)
    where = str(start.worktree)
    return LoadSessionRequest(session_id=start.resume, cwd=where, mcp_servers=[*servers], field_meta=meta)


def _instructing(instructions: str) -> dict[str, Any] | None:
    return {"systemPrompt": {"append": instructions}} if instructions else None


def prompt(conversation: str, text: str) -> PromptRequest:
    return PromptRequest(session_id=conversation, prompt=[TextContentBlock(type="text", text=text)])


def choice(conversation: str, option: str, value: str) -> SetSessionConfigOptionSelectRequest:
    return SetSessionConfigOptionSelectRequest(session_id=conversation, config_id=option, value=value)


def cancel(conversation: str) -> CancelNotification:
    return CancelNotification(session_id=conversation)


def _server(server: Server) -> McpServerStdio:
    program, *arguments = server.command
    variables = [Variable(name=name, value=value) for name, value in server.environment.items()]
    return McpServerStdio(name=server.name, command=program, args=arguments, env=variables)


def _line(**said: Any) -> bytes:
    return _encode({"jsonrpc": "2.0", **said})


def _plain(model: BaseModel) -> Any:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)
