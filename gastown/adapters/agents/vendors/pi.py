"""pi, talked with in its `rpc` mode. Measured with pi 0.73.1.

- It ends with exit code 0 whatever happened: what counts is the `stopReason` of its last message.
- "agent_end" is not the end when it tries again by itself; whether it does is seen from what it says before it answers
  a question that is asked then.
- Each of its turns (one call of the model) tells its own tokens; the turn here is their sum.
- It has no permissions and, without an extension, no MCP servers.
"""

from typing import ClassVar

from gastown.adapters.agents.dialogue import NOTHING, Call, Ended, Step
from gastown.adapters.agents.failures import of_words
from gastown.adapters.agents.port import CannotError, Capability, Message, Start
from gastown.adapters.agents.said import Said, spoken, understood
from gastown.adapters.agents.told import (
    AgentEvent,
    ContextCompacted,
    ContextTold,
    ConversationOpened,
    MessageRefused,
    MessageTaken,
    Retrying,
    TextSaid,
    ToolBegan,
    ToolEnded,
)
from gastown.adapters.agents.turn import Turn
from gastown.adapters.agents.vendors.pi_probe import PiProbe
from gastown.events.turn import Failure, Usage

_QUIET = {"PI_OFFLINE": "1", "PI_TELEMETRY": "0"}
_MOST_INSTRUCTIONS = 100_000
"""Bytes. One argument of a program may be 128 KiB long (Linux)."""
_STATE = "gt-state"
_STILL = "gt-still"


class Pi:
    """Its settings are those of the user's `~/.pi`."""

    vendor = "pi"
    homes: ClassVar = {"PI_CODING_AGENT_DIR": ""}  # its documentation
    can: frozenset[Capability] = frozenset(
        {"turns", "steer", "cancel", "resume", "usage", "cost", "retries", "instructions", "compactions"}
    )

    def call(self, start: Start) -> Call:
        """Raises CannotError: instructions that are too long for an argument."""
        spec = start.agent
        if len(start.instructions.encode()) > _MOST_INSTRUCTIONS:
            msg = f"pi takes no instructions of more than {_MOST_INSTRUCTIONS} bytes"
            raise CannotError(msg)
        argv = [spec.command or "pi", "--mode", "rpc"]
        argv += ["--session", start.resume] if start.resume else []
        argv += ["--model", spec.model] if spec.model else []
        argv += ["--append-system-prompt", start.instructions] if start.instructions else []
        return Call(argv=(*argv, *spec.arguments), environment=_QUIET)

    def dialogue(self, start: Start, first: Message) -> "PiDialogue":
        return PiDialogue(first)

    def probe(self, start: Start) -> PiProbe:
        return PiProbe()


class PiDialogue:
    """See `dialogue.Dialogue`."""

    def __init__(self, first: Message) -> None:
        self._first = first
        self._turn = Turn()
        self._conversation = ""
        self._asked: dict[str, Message] = {}  # by the ids of our commands
        self._number = 0
        self._outcome: Said | None = None  # the last message, once it may be the end
        self._size = 0

    def opening(self) -> Step:
        prompt = self.prompt(self._first)
        return Step(lines=(spoken({"id": _STATE, "type": "get_state"}), *prompt.lines))

    def prompt(self, message: Message) -> Step:
        self._turn, self._outcome = Turn(message.id), None
        return Step(lines=(self._command("prompt", message),))

    def steer(self, message: Message) -> Step:
        return Step(lines=(self._command("steer", message),))

    def answer(self, ask: str, *, allow: bool) -> Step:
        """It asks for nothing."""
        return NOTHING

    def cancel(self) -> Step:
        self._turn.cancelling = True
        return Step(lines=(spoken({"type": "abort"}),))

    def heard(self, line: bytes) -> Step:
        said = understood(line)
        if said is None:
            return NOTHING
        match said.text("type"):
            case "response":
                return self._answered(said)
            case "agent_end":
                return self._paused()
            case "extension_ui_request":  # from its documentation: someone is asked, and nobody is there
                refusal = {"type": "extension_ui_response", "id": said.text("id"), "cancelled": True}
                return Step(lines=(spoken(refusal),))
            case kind:
                return Step(events=self._told(kind, said))

    def ended(self, how: Ended) -> Step:
        if self._outcome is not None and not how.cancelled:
            return Step(events=self._over(self._outcome))
        return Step(events=self._turn.exited(how))

    def _command(self, kind: str, message: Message) -> bytes:
        self._number += 1
        self._asked[f"gt-{self._number}"] = message
        return spoken({"id": f"gt-{self._number}", "type": kind, "message": message.text})

    def _answered(self, said: Said) -> Step:
        match said.text("id"):
            case str(id_) if id_ == _STATE:
                return Step(events=self._opened(said.text("data", "sessionId"), said.at("data")))
            case str(id_) if id_ == _STILL:
                return Step(events=self._rested(said.at("data")))
            case str(id_) if id_ in self._asked:
                return Step(events=self._decided(self._asked.pop(id_), said))
            case _:
                return NOTHING

    def _decided(self, message: Message, said: Said) -> tuple[AgentEvent, ...]:
        first = message.id == self._turn.message
        if said.true("success"):
            return self._turn.take() if first else (MessageTaken(id=message.id),)
        reason = said.text("error") or "refused"
        refused = MessageRefused(id=message.id, reason=reason)
        return (refused, *self._turn.failed(of_words(reason, otherwise="input"))) if first else (refused,)

    def _paused(self) -> Step:
        """Perhaps the end: it says what it does next, if anything, before it answers."""
        if self._turn.cancelling:
            return Step(events=self._turn.cancelled())
        if not self._turn.open or self._outcome is None:
            return NOTHING
        if self._outcome.text("stopReason") != "error":
            return Step(events=self._over(self._outcome))
        return Step(lines=(spoken({"id": _STILL, "type": "get_state"}),))

    def _rested(self, state: Said) -> tuple[AgentEvent, ...]:
        busy = state.true("isStreaming") or state.true("isCompacting")
        return () if busy or self._outcome is None else self._over(self._outcome)

    def _told(self, kind: str, said: Said) -> tuple[AgentEvent, ...]:
        match kind:
            case "session":
                return self._opened(said.text("id"), Said(None))
            case "agent_start" | "auto_retry_start" | "compaction_start" | "auto_compaction_start":
                return self._goes_on(said)
            case "compaction_end" if said.at("result"):
                return (ContextCompacted(before=said.count("result", "tokensBefore")),)
            case "auto_retry_end" if said.at("success").value is False and self._outcome is not None:
                return self._over(self._outcome)
            case "message_update" if said.text("assistantMessageEvent", "type") == "text_delta":
                delta = said.text("assistantMessageEvent", "delta")
                return (TextSaid(text=delta),) if delta else ()
            case "tool_execution_start":
                tool, given = said.text("toolName"), said.at("args")
                title = given.text("command") or given.text("path") or tool
                return (ToolBegan(id=said.text("toolCallId"), tool=tool, title=title),)
            case "tool_execution_end":
                return (ToolEnded(id=said.text("toolCallId"), ok=not said.true("isError")),)
            case "turn_end":
                return self._spent(said.at("message"))
            case _:
                return ()

    def _opened(self, conversation: str, state: Said) -> tuple[AgentEvent, ...]:
        self._size = state.count("model", "contextWindow") or self._size
        if conversation in ("", self._conversation):
            return ()
        self._conversation = conversation
        return (ConversationOpened(id=conversation, model=state.text("model", "id")),)

    def _goes_on(self, said: Said) -> tuple[AgentEvent, ...]:
        self._outcome = None
        delay = said.number("delayMs")
        if said.text("type") != "auto_retry_start" or delay is None:
            return self._turn.take()
        failure = of_words(said.text("errorMessage"), otherwise="server")
        return (Retrying(failure=failure, delay=max(0.0, delay / 1000)),)

    def _spent(self, message: Said) -> tuple[AgentEvent, ...]:
        self._outcome = message
        used = message.at("usage")
        usage = Usage(
            fresh=used.count("input"),
            cache_read=used.count("cacheRead"),
            cache_write=used.count("cacheWrite"),
            output=used.count("output"),
            cost=used.number("cost", "total"),
        )
        self._turn.used(usage)
        text = "".join(one.text("text") for one in message.items("content") if one.text("type") == "text")
        self._turn.text = text or self._turn.text
        total = used.count("totalTokens")
        return (ContextTold(used=total, size=self._size),) if total else ()

    def _over(self, message: Said) -> tuple[AgentEvent, ...]:
        self._outcome = None
        reason, words = message.text("stopReason"), message.text("errorMessage")
        if reason == "aborted" or self._turn.cancelling:
            return self._turn.cancelled()
        if reason == "error":
            return (*self._turn.take(), *self._turn.failed(of_words(words or "error")))
        if reason == "length":
            cut = Failure(kind="input", message="the model's answer was cut off: it was too long")
            return (*self._turn.take(), *self._turn.failed(cut))
        return (*self._turn.take(), *self._turn.done())
