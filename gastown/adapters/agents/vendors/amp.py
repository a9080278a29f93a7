"""Amp, a process for each turn. From documentation (its manual and its SDK, 2026-11), never seen with a real login.

- Each turn is `amp -x --stream-json`, with the prompt on its standard input; what it prints is shaped as Claude Code's.
- Which model works is Amp's to choose; it tells tokens, and no cost.
- Without AMP_API_KEY it waits for somebody to log in, for ever (0.0.1790712063, measured).
"""

from pathlib import Path

import msgspec

from gastown.adapters.agents.dialogue import NOTHING, Call, Ended, Step
from gastown.adapters.agents.failures import of_words
from gastown.adapters.agents.port import Capability, Message, Start
from gastown.adapters.agents.said import Said, understood
from gastown.adapters.agents.told import AgentEvent, ConversationOpened, TextSaid, ToolBegan, ToolEnded
from gastown.adapters.agents.turn import Turn
from gastown.events.turn import Usage

_SERVERS = Path("mcp.json")


class Amp:
    """Its settings are those of the user's `~/.config/amp`."""

    vendor = "amp"
    can: frozenset[Capability] = frozenset({"turns", "resume", "usage", "servers"})

    def call(self, start: Start, message: Message, conversation: str) -> Call:
        """See `dialogue.OneShotVendor`."""
        argv = [start.agent.command or "amp"]
        argv += ["threads", "continue", conversation] if conversation else []
        argv += ["-x", "--stream-json", "--dangerously-allow-all", "--no-notifications", "--no-ide"]
        argv += ["--mcp-config", str(start.logs / _SERVERS)] if start.servers else []
        servers = {
            one.name: {"command": one.command[0], "args": list(one.command[1:]), "env": dict(one.environment)}
            for one in start.servers
        }
        return Call(
            argv=(*argv, *start.agent.arguments),
            files={_SERVERS: msgspec.json.encode(servers).decode()} if servers else {},
            stdin=message.text,
        )

    def listener(self, message: Message) -> "AmpListener":
        return AmpListener(message)


class AmpListener:
    """See `dialogue.Listener`."""

    def __init__(self, message: Message) -> None:
        self._turn = Turn(message.id)
        self._conversation = ""

    def heard(self, line: bytes) -> Step:
        said = understood(line)
        if said is None:
            return NOTHING
        match said.text("type"):
            case "system":
                return Step(events=self._opened(said))
            case "assistant":
                return Step(events=(*self._opened(said), *self._turn.take(), *self._assistant(said.at("message"))))
            case "user":
                return Step(events=_tools_ended(said.at("message")))
            case "result":
                return Step(events=(*self._opened(said), *self._result(said)))
            case _:
                return NOTHING

    def ended(self, how: Ended) -> Step:
        return Step(events=self._turn.exited(how))

    def _opened(self, said: Said) -> tuple[AgentEvent, ...]:
        conversation = said.text("session_id")
        if conversation in ("", self._conversation):
            return ()
        self._conversation = conversation
        return (ConversationOpened(id=conversation),)

    def _assistant(self, message: Said) -> tuple[AgentEvent, ...]:
        used = message.at("usage")
        if used:
            self._turn.used(
                Usage(
                    fresh=used.count("input_tokens"),
                    cache_read=used.count("cache_read_input_tokens"),
                    cache_write=used.count("cache_creation_input_tokens"),
                    output=used.count("output_tokens"),
                )
            )
        events: list[AgentEvent] = []
        for one in message.items("content"):
            if one.text("type") == "tool_use":
                given = one.at("input")
                title = given.text("cmd") or given.text("command") or given.text("path") or one.text("name")
                events.append(ToolBegan(id=one.text("id"), tool=one.text("name"), title=title))
            elif one.text("type") == "text" and one.text("text"):
                self._turn.text = one.text("text")
                events.append(TextSaid(text=one.text("text")))
        return tuple(events)

    def _result(self, said: Said) -> tuple[AgentEvent, ...]:
        self._turn.denied += [str(one.value) for one in said.items("permission_denials")]
        if said.true("is_error"):
            words = said.text("error") or said.text("result") or said.text("subtype")
            return self._turn.failed(of_words(words))
        return (*self._turn.take(), *self._turn.done(said.text("result") or None))


def _tools_ended(message: Said) -> tuple[AgentEvent, ...]:
    return tuple(
        ToolEnded(id=one.text("tool_use_id"), ok=not one.true("is_error"))
        for one in message.items("content")
        if one.text("type") == "tool_result"
    )
