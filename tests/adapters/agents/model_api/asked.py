"""What a request says, the same for all wires."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import msgspec

Role: TypeAlias = Literal["system", "user", "assistant", "call", "result"]


class Line(msgspec.Struct, frozen=True):
    """One piece of a conversation. call: what the model wanted of a tool; result: what came of it."""

    role: Role
    text: str


class Tool(msgspec.Struct, frozen=True):
    """A tool that the model was offered. group: of the tools it belongs to, where the wire has groups."""

    name: str
    schema: dict[str, Any]
    group: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request for an answer. key: that of the account. body: as it came."""

    wire: str
    key: str
    model: str
    stream: bool
    lines: tuple[Line, ...]
    tools: tuple[Tool, ...]
    body: dict[str, Any]

    def texts(self, *roles: Role) -> str:
        """All that was said by these, one below the other."""
        return "\n".join(line.text for line in self.lines if line.role in roles)

    def holds(self, text: str) -> bool:
        return any(text in line.text for line in self.lines)

    def results(self) -> int:
        return sum(line.role == "result" for line in self.lines)


class NoToolError(Exception):
    """The model was not offered the tool that its script wants."""


def shell_call(tools: tuple[Tool, ...], command: str) -> tuple[Tool, dict[str, object]]:
    """The tool for shell commands among these, and what to give it. Raises NoToolError."""
    for tool in tools:
        takes = tool.schema.get("properties", {})
        for name in ("command", "cmd"):
            if name in takes and tool.name.lower().split("_")[-1] in SHELLS:
                value: object = ["bash", "-lc", command] if takes[name].get("type") == "array" else command
                return tool, _required(tool) | {name: value}
    msg = f"no tool for shell commands among {[tool.name for tool in tools]}"
    raise NoToolError(msg)


SHELLS = ("bash", "shell", "command", "terminal")
"""How the names of the vendors' tools for shell commands end: Bash, run_shell_command, exec_command, bash, shell."""


def named_call(tools: tuple[Tool, ...], name: str, arguments: dict[str, object]) -> tuple[Tool, dict[str, object]]:
    """The tool whose name ends so. Raises NoToolError."""
    for tool in tools:
        if tool.name.endswith(name):
            return tool, arguments
    msg = f"no tool {name} among {[tool.name for tool in tools]}"
    raise NoToolError(msg)


def _required(tool: Tool) -> dict[str, object]:
    takes = tool.schema.get("properties", {})
    plain: dict[str, Callable[[], object]] = {
        "boolean": bool,
        "integer": int,
        "number": int,
        "array": list,
        "object": dict,
    }
    return {
        name: plain.get(takes.get(name, {}).get("type"), lambda: "as the script says")()
        for name in tool.schema.get("required", [])
    }


def text_of(content: object) -> str:
    """The text of what the wires call content: a string, or parts that have a text."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(text_of(part) for part in content)
    if isinstance(content, dict):
        return text_of(content.get("text", content.get("content", "")))
    return ""
