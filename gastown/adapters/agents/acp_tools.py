"""The tools of a turn: each is told to begin once and to end once, however often the agent says so. Pure."""

from typing import Any

from acp.schema import ToolCall, ToolCallUpdate

from gastown.adapters.agents.acp_wire import fields
from gastown.adapters.agents.told import AgentEvent, ToolBegan, ToolEnded

TITLE_LIMIT = 2000
TOOLS_LIMIT = 10_000
"""Of one turn: what an agent at fault says beyond is passed over."""


class Tools:
    """A tool that is only announced (claude: "Terminal") is told with the next word about it, which says what it does.
    gemini and qwen announce none: the permission that is asked, or its end, is the first word.
    """

    def __init__(self) -> None:
        self._announced: dict[str, ToolBegan] = {}
        self._running: dict[str, ToolBegan] = {}
        self._over: set[str] = set()

    def told(self, call: ToolCall | ToolCallUpdate) -> tuple[AgentEvent, ...]:
        known = call.tool_call_id in self._announced or call.tool_call_id in self._running
        if call.tool_call_id in self._over or len(self._over) + len(self._running) > TOOLS_LIMIT:
            return ()
        if not known and isinstance(call, ToolCall) and call.status in (None, "pending"):
            self._announced[call.tool_call_id] = described(call)
            return ()
        return (*self._begun(call), *self._ended(call))

    def asked(self, call: ToolCallUpdate) -> tuple[ToolBegan, tuple[AgentEvent, ...]]:
        """Permission for it is asked. -> what is known of it, and what is told."""
        known = self._running.get(call.tool_call_id) or self._announced.get(call.tool_call_id)
        return described(call, known), () if call.tool_call_id in self._over else self._begun(call)

    def close(self) -> tuple[AgentEvent, ...]:
        """The turn is over, and so are its tools."""
        ended = tuple(ToolEnded(id=tool, ok=False) for tool in self._running)
        self._announced.clear()
        self._running.clear()
        self._over.clear()
        return ended

    def _begun(self, call: ToolCall | ToolCallUpdate) -> tuple[AgentEvent, ...]:
        if call.tool_call_id in self._running:
            return ()
        announced = self._announced.pop(call.tool_call_id, None)
        self._running[call.tool_call_id] = begun = described(call, announced)
        return (begun,)

    def _ended(self, call: ToolCall | ToolCallUpdate) -> tuple[AgentEvent, ...]:
        if call.status not in ("completed", "failed"):
            return ()
        del self._running[call.tool_call_id]
        self._over.add(call.tool_call_id)
        return (ToolEnded(id=call.tool_call_id, ok=call.status == "completed"),)


def described(call: ToolCall | ToolCallUpdate, known: ToolBegan | None = None) -> ToolBegan:
    """What it is, as far as was told. known: before."""
    tool = _name(call.field_meta) or (known.tool if known else "") or call.kind or "other"
    title = _command(call) or call.title or (known.title if known else "")
    return ToolBegan(id=call.tool_call_id, tool=tool, title=title[:TITLE_LIMIT])


def _command(call: ToolCall | ToolCallUpdate) -> str:
    """Of a shell: what it is told, and not what the model calls that (copilot's title: the model's words)."""
    command = fields(call.raw_input).get("command") if call.kind == "execute" else None
    return command if isinstance(command, str) else ""


def _name(meta: Any) -> str:
    """claude-agent-acp: `_meta.claudeCode.toolName`; qwen: `_meta.toolName`; the others say only what kind it is."""
    name = fields(fields(meta).get("claudeCode")).get("toolName") or fields(meta).get("toolName")
    return name if isinstance(name, str) else ""
