"""What is answered, the same for all wires: the text, the tool that is called, and what it costs."""

from typing import Any, Protocol

import msgspec

from model_api.asked import Asked, Tool, named_call, shell_call
from model_api.script import Reply, Run, Say, Tokens


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """number: of this answer, for ids that are never the same."""

    number: int
    model: str
    text: str
    tool: Tool | None
    arguments: dict[str, object]
    tokens: Tokens

    def words(self) -> list[str]:
        """The text in pieces, as a model writes it."""
        return [word for word in _split(self.text) if word]


class Chunk(msgspec.Struct, frozen=True):
    """One event of a stream. name: of the event, "" where the wire has none."""

    name: str
    data: str


class Wire(Protocol):
    """One API's words. Pure."""

    name: str

    def asked(self, path: str, key: str, body: dict[str, Any]) -> Asked: ...

    def stream(self, answer: Answer) -> list[Chunk]: ...

    def plain(self, answer: Answer) -> dict[str, Any]: ...

    def error(self, status: int, message: str) -> dict[str, Any]: ...


def answer_to(asked: Asked, reply: Reply, number: int) -> Answer:
    """Raises NoToolError."""
    tool, arguments = None, dict[str, object]()
    if isinstance(reply, Run):
        tool, arguments = shell_call(asked.tools, reply.command)
    elif not isinstance(reply, Say):
        tool, arguments = named_call(asked.tools, reply.tool, reply.arguments)
    return Answer(
        number=number,
        model=asked.model,
        text="" if not isinstance(reply, Say | Run) else reply.text,
        tool=tool,
        arguments=arguments,
        tokens=reply.tokens,
    )


def _split(text: str) -> list[str]:
    words = text.split(" ")
    return [*(f"{word} " for word in words[:-1]), words[-1]]


def as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
