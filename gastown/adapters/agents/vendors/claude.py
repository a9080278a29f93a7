"""Claude Code, talked with in `stream-json` both ways. Measured with claude 2.1.197.

- A user's line has been taken when it comes back (`isReplay`): within a turn that is with the next tool's result, which
  may take as long as the tool does. That one has begun a turn is said sooner ("init"). One that came too late for the
  turn is answered by one more `result`: the turn lasts until that.
- `result` says "success" of API errors, too: what counts is `is_error` and `api_error_status`.
- Its cost and tokens per model are sums over the process; a turn's are what they have grown by.
- Whoever may use any tool may not be root, unless it is told that it is in a sandbox.
"""

from collections import deque
from pathlib import Path

import msgspec

from gastown.adapters.agents.dialogue import NOTHING, Call, Ended, Step
from gastown.adapters.agents.failures import of_status, of_words
from gastown.adapters.agents.port import CannotError, Capability, Message, Start
from gastown.adapters.agents.said import Said, spoken, understood
from gastown.adapters.agents.told import (
    AgentEvent,
    ContextCompacted,
    ContextTold,
    ConversationOpened,
    MessageTaken,
    PermissionAsked,
    Retrying,
    TextSaid,
    ToolBegan,
    ToolEnded,
)
from gastown.adapters.agents.turn import Turn
from gastown.adapters.agents.vendors.claude_asking import ASKING
from gastown.adapters.agents.vendors.claude_files import servers_file, stored
from gastown.adapters.agents.vendors.claude_lines import response, user
from gastown.adapters.agents.vendors.claude_probe import ClaudeProbe
from gastown.adapters.agents.vendors.claude_usage import Meter
from gastown.events.turn import Failure

_WAIT = "MCP_CONNECT_TIMEOUT_MS"
"""How long it waits for servers; 5 s of itself (measured)."""
_SERVERS = Path("mcp.json")
_MOST_INSTRUCTIONS = 100_000
"""Bytes. One argument of a program may be 128 KiB long (Linux)."""
_RETRIES = "CLAUDE_CODE_MAX_RETRIES"
_QUIET = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1"}
_NOBODY_THERE = "Nobody is here to be asked. Decide for yourself, and say what you decided."


class Claude:
    """root: its programs run as root."""

    vendor = "claude"
    homes = (("CLAUDE_CONFIG_DIR", ""),)
    can: frozenset[Capability] = frozenset(
        {
            "turns",
            "steer",
            "cancel",
            "resume",
            "fork",
            "permissions",
            "usage",
            "cost",
            "retries",
            "servers",
            "instructions",
            "compactions",
        }
    )

    def __init__(self, *, root: bool = False) -> None:
        self._root = root

    def call(self, start: Start) -> Call:
        """Raises CannotError: instructions that are too long for an argument."""
        spec = start.agent
        if len(start.instructions.encode()) > _MOST_INSTRUCTIONS:
            msg = f"claude takes no instructions of more than {_MOST_INSTRUCTIONS} bytes"
            raise CannotError(msg)
        argv = [spec.command or "claude", "-p", "--verbose", "--replay-user-messages"]
        argv += ["--input-format", "stream-json", "--output-format", "stream-json"]
        argv += ASKING if start.asks else ["--dangerously-skip-permissions"]
        argv += ["--model", spec.model] if spec.model else []
        argv += ["--append-system-prompt", start.instructions] if start.instructions else []
        argv += ["--resume", stored(start, start.aside) if start.aside else start.resume] if start.resume else []
        argv += ["--fork-session"] if start.resume and start.fork else []
        argv += ["--no-session-persistence"] if start.aside else []
        environment = dict(_QUIET)
        if start.servers:
            argv += ["--mcp-config", str(start.logs / _SERVERS), "--strict-mcp-config"]
            environment[_WAIT] = "60000"
        if self._root and not start.asks:
            environment["IS_SANDBOX"] = "1"
        if _RETRIES not in start.environment:  # of itself it tries for minutes, also with a key that is not taken
            environment[_RETRIES] = "4"
        files = {_SERVERS: servers_file(start.servers)} if start.servers else {}
        return Call(argv=(*argv, *spec.arguments), environment=environment, files=files)

    def dialogue(self, start: Start, first: Message) -> "ClaudeDialogue":
        return ClaudeDialogue(first, asks=start.asks, resumed=bool(start.resume))

    def probe(self, start: Start) -> ClaudeProbe:
        return ClaudeProbe()


class ClaudeDialogue:
    """See `dialogue.Dialogue`."""

    def __init__(self, first: Message, *, asks: bool = False, resumed: bool = False) -> None:
        self._first = first
        self._asks = asks
        self._turn = Turn()
        self._conversation = ""
        self._prompt = ""  # of the turn, until it comes back
        self._pending: deque[Message] = deque()  # said within the turn, not taken yet
        self._waiting: dict[str, Said] = {}  # permissions asked for, and what the tool is given
        self._meter = Meter(resumed=resumed)
        self._requests = 0
        self._context = ContextTold(used=0)

    def opening(self) -> Step:
        return self.prompt(self._first)

    def prompt(self, message: Message) -> Step:
        self._turn, self._prompt = Turn(message.id), message.text
        return Step(lines=(user(message),))

    def steer(self, message: Message) -> Step:
        self._pending.append(message)
        return Step(lines=(user(message),))

    def answer(self, ask: str, *, allow: bool) -> Step:
        given = self._waiting.pop(ask, None)
        if given is None:
            return NOTHING
        refusal = {"behavior": "deny", "message": "This was not allowed."}
        return Step(lines=(response(ask, {"behavior": "allow", "updatedInput": given.value} if allow else refusal),))

    def cancel(self) -> Step:
        self._turn.cancelling = True
        self._requests += 1
        request = {"type": "control_request", "request_id": f"gt-{self._requests}", "request": {"subtype": "interrupt"}}
        return Step(lines=(spoken(request),))

    def heard(self, line: bytes) -> Step:
        said = understood(line)
        if said is None:
            return NOTHING
        match said.text("type"):
            case "system":
                return Step(events=self._system(said))
            case "user":
                return Step(events=self._user(said))
            case "assistant":
                return Step(events=self._assistant(said))
            case "result":
                return Step(events=(*self._sized(said), *self._result(said)))
            case "control_request":
                return self._asked(said)
            case "control_cancel_request":
                self._waiting.pop(said.text("request_id"), None)
                return NOTHING
            case _:
                return NOTHING

    def ended(self, how: Ended) -> Step:
        return Step(events=self._turn.exited(how))

    def _system(self, said: Said) -> tuple[AgentEvent, ...]:
        match said.text("subtype"):
            case "init":  # each turn begins with one
                return (*self._opened(said), *self._turn.take())
            case "api_retry":
                self._turn.trouble = _retry(said)
                delay = max(0.0, (said.number("retry_delay_ms") or 0) / 1000)
                return (Retrying(failure=self._turn.trouble, delay=delay),)
            case "compact_boundary":
                return (ContextCompacted(before=said.count("compact_metadata", "pre_tokens")),)
            case _:
                return ()

    def _opened(self, said: Said) -> tuple[AgentEvent, ...]:
        if said.text("session_id") in ("", self._conversation):
            return ()
        self._conversation = said.text("session_id")
        model, version = said.text("model"), said.text("claude_code_version")
        return (ConversationOpened(id=self._conversation, model=model, version=version),)

    def _user(self, said: Said) -> tuple[AgentEvent, ...]:
        if said.true("isReplay"):
            return self._replayed(said)
        return tuple(
            ToolEnded(id=one.text("tool_use_id"), ok=not one.true("is_error"))
            for one in said.items("message", "content")
            if one.text("type") == "tool_result"
        )

    def _replayed(self, said: Said) -> tuple[AgentEvent, ...]:
        text = "".join(one.text("text") for one in said.items("message", "content")) or said.text("message", "content")
        if text == self._prompt:  # once
            self._prompt = ""
            return self._turn.take()
        for message in self._pending:
            if text == message.text:
                self._pending.remove(message)
                return (MessageTaken(id=message.id),)
        return ()

    def _assistant(self, said: Said) -> tuple[AgentEvent, ...]:
        if said.text("message", "model") == "<synthetic>":  # its own words on an error; `result` has them, too
            return ()
        self._turn.trouble = None
        inner, events = bool(said.text("parent_tool_use_id")), list[AgentEvent]()
        for one in said.items("message", "content"):
            if one.text("type") == "tool_use":
                tool = one.text("name")
                events.append(ToolBegan(id=one.text("id"), tool=tool, title=_title(tool, one.at("input"))))
            elif one.text("type") == "text" and one.text("text") and not inner:
                self._turn.text = one.text("text")
                events.append(TextSaid(text=one.text("text")))
        return tuple(events) if inner else (*events, *self._fills(said.at("message", "usage")))

    def _fills(self, usage: Said, size: int = 0) -> tuple[AgentEvent, ...]:
        names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        told = ContextTold(used=sum(usage.count(name) for name in names), size=size or self._context.size)
        if told.used == 0 or told == self._context:
            return ()
        self._context = told
        return (told,)

    def _sized(self, said: Said) -> tuple[AgentEvent, ...]:
        """How much its context may hold is told at the end of a turn."""
        size = max((model.count("contextWindow") for _, model in said.at("modelUsage").fields()), default=0)
        if not size or size == self._context.size:
            return ()
        self._context = msgspec.structs.replace(self._context, size=size)
        return (self._context,) if self._context.used else ()

    def _result(self, said: Said) -> tuple[AgentEvent, ...]:
        turn = self._turn
        turn.used(self._meter.read(said))
        turn.denied += [one.text("tool_name") for one in said.items("permission_denials")]
        failed = said.true("is_error")
        if self._pending and not failed and not turn.cancelling:
            return turn.take()  # it goes on with what it was told last
        self._pending.clear()
        self._waiting.clear()
        if not failed:
            return (*turn.take(), *turn.done(said.text("result")))
        if turn.cancelling or said.text("terminal_reason").startswith("aborted"):
            return turn.cancelled()
        return turn.failed(self._failure(said))

    def _failure(self, said: Said) -> Failure:
        words = said.text("result") or "; ".join(str(one.value) for one in said.items("errors")) or said.text("subtype")
        status = said.whole("api_error_status")
        if status is not None:
            return of_status(status, words)
        before = self._turn.trouble
        return of_words(words, otherwise=before.kind if before else "crash")

    def _asked(self, said: Said) -> Step:
        ask, request = said.text("request_id"), said.at("request")
        if request.text("subtype") != "can_use_tool":
            refusal = {"subtype": "error", "request_id": ask, "error": "not supported"}
            return Step(lines=(spoken({"type": "control_response", "response": refusal}),))
        tool, given = request.text("tool_name"), request.at("input")
        self._waiting[ask] = given
        if tool == "AskUserQuestion":
            del self._waiting[ask]
            return Step(lines=(response(ask, {"behavior": "deny", "message": _NOBODY_THERE}),))
        if not self._asks:
            return self.answer(ask, allow=True)
        asked = PermissionAsked(id=ask, tool=tool, title=_title(tool, given), detail=given.json())
        return Step(events=(asked,))


def _retry(said: Said) -> Failure:
    status, words = said.whole("error_status"), said.text("error") or "no answer"
    if status is not None:
        return of_status(status, words)
    return of_words(words, otherwise="server")


def _title(tool: str, given: Said) -> str:
    words = (given.text(name) for name in ("command", "file_path", "path", "pattern", "url", "query", "description"))
    return next((word for word in words if word), tool)
