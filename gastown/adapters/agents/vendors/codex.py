"""Codex, talked with by its `app-server`: JSON-RPC, one message a line. Measured with codex 0.169.0.

- It holds its tools in a sandbox of its own, which lets nobody commit unless the repository and, by its own name, the
  worktree's part of it are named. It needs user namespaces, and a CODEX_HOME outside of the temporary folder.
- An item of type "error", or a warning, is no failure; a turn that has "failed" is.
- Tokens are sums over the conversation, an earlier process's part of it too; those of the input hold the cached ones.
- It tells no cost, and not how long it waits when it tries again.
- What is refused is "decline"d, which it takes and does not offer: "cancel", which it offers, ends the turn.
- The commands of an interrupted turn run on, as "background terminals", until they are cleaned away.
- Instructions go beside its own (`developerInstructions`).
"""

from typing import ClassVar

from gastown.adapters.agents.dialogue import NOTHING, Call, Ended, Step
from gastown.adapters.agents.failures import of_words
from gastown.adapters.agents.port import Capability, Message, Start
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
from gastown.adapters.agents.vendors.codex_asking import decision, permission_asked, tool_of
from gastown.adapters.agents.vendors.codex_failures import failure_of
from gastown.adapters.agents.vendors.codex_opening import opening_of
from gastown.adapters.agents.vendors.codex_probe import CodexProbe
from gastown.adapters.agents.vendors.codex_usage import less, usage
from gastown.events.turn import Failure, Usage

_TOOLS = {"commandExecution": "shell", "fileChange": "edit", "mcpToolCall": "mcp", "webSearch": "search"}


class Codex:
    """Its settings are those of the user's CODEX_HOME."""

    vendor = "codex"
    homes: ClassVar = {"CODEX_HOME": ""}
    can: frozenset[Capability] = frozenset(
        {
            "turns",
            "steer",
            "cancel",
            "resume",
            "fork",
            "permissions",
            "usage",
            "retries",
            "servers",
            "instructions",
            "compactions",
        }
    )

    def call(self, start: Start) -> Call:
        spec = start.agent
        return Call(argv=(spec.command or "codex", "app-server", *spec.arguments))

    def dialogue(self, start: Start, first: Message) -> "CodexDialogue":
        return CodexDialogue(start, first)

    def probe(self, start: Start) -> CodexProbe:
        return CodexProbe(start)


class CodexDialogue:
    """See `dialogue.Dialogue`."""

    def __init__(self, start: Start, first: Message) -> None:
        self._start = start
        self._first = first
        self._turn = Turn()
        self._thread = ""
        self._turn_id = ""
        self._asked: dict[int, tuple[str, str]] = {}  # our requests: what for, and whose message
        self._number = 0
        self._permissions: dict[str, Said] = {}  # the ids of its requests, by how we call them
        self._sums: Usage | None = None
        self._baseline: Usage | None = None  # the sums before this turn
        self._said: set[str] = set()  # items whose text has been told piece by piece

    def opening(self) -> Step:
        self._turn = Turn(self._first.id)
        about = {"name": "gastown", "title": "Gas Town", "version": "1"}
        asked = {"clientInfo": about, "capabilities": {"experimentalApi": True}}  # for backgroundTerminals
        return Step(lines=(self._request("initialize", asked, "initialize"),))

    def prompt(self, message: Message) -> Step:
        self._turn, self._turn_id, self._baseline = Turn(message.id), "", None
        self._said.clear()
        if not self._thread:
            failure = Failure(kind="input", message="it has no conversation to go on with")
            refused = MessageRefused(id=message.id, reason=failure.message)
            return Step(events=(refused, *self._turn.failed(failure)))
        return Step(lines=(self._begin(message),))

    def steer(self, message: Message) -> Step:
        asked = {"threadId": self._thread, "expectedTurnId": self._turn_id, "input": _input(message)}
        return Step(lines=(self._request("turn/steer", asked, "steer", message.id),))

    def answer(self, ask: str, *, allow: bool) -> Step:
        request = self._permissions.pop(ask, None)
        if request is None:
            return NOTHING
        if not allow:
            self._turn.denied.append(tool_of(request))
        return Step(lines=(spoken({"id": request.at("id").value, "result": decision(request, allow=allow)}),))

    def cancel(self) -> Step:
        self._turn.cancelling = True
        return Step(lines=self._interrupt())

    def heard(self, line: bytes) -> Step:
        said = understood(line)
        if said is None:
            return NOTHING
        if not said.text("method"):
            return self._answered(said)
        if said.at("id"):
            return self._asks(said)
        return Step(events=self._notified(said.text("method"), said.at("params")))

    def ended(self, how: Ended) -> Step:
        return Step(events=self._turn.exited(how))

    def _answered(self, said: Said) -> Step:
        purpose, message = self._asked.pop(said.whole("id") or 0, ("", ""))
        error = said.at("error")
        if error:
            return Step(events=self._not_done(purpose, message, error.text("message") or error.json()))
        result = said.at("result")
        match purpose:
            case "initialize":
                return Step(lines=(spoken({"method": "initialized"}), self._open()))
            case "thread":
                self._thread = result.text("thread", "id")
                model, version = result.text("model"), result.text("thread", "cliVersion")
                opened = ConversationOpened(id=self._thread, model=model, version=version)
                return Step(events=(opened,), lines=(self._begin(self._first),))
            case "turn":
                self._turn_id = self._turn_id or result.text("turn", "id")
                return Step(events=self._turn.take(), lines=self._interrupt() if self._turn.cancelling else ())
            case "steer":
                return Step(events=(MessageTaken(id=message),))
            case _:
                return NOTHING

    def _not_done(self, purpose: str, message: str, reason: str) -> tuple[AgentEvent, ...]:
        if purpose == "steer":
            return (MessageRefused(id=message, reason=reason),)
        if purpose in ("initialize", "thread", "turn"):
            refused = MessageRefused(id=self._turn.message, reason=reason)
            return (refused, *self._turn.failed(of_words(reason, otherwise="input")))
        return ()

    def _open(self) -> bytes:
        start, asked = self._start, opening_of(self._start)
        if not start.resume:
            return self._request("thread/start", asked, "thread")
        method = "thread/fork" if start.fork else "thread/resume"
        return self._request(method, {**asked, "threadId": start.resume}, "thread")

    def _begin(self, message: Message) -> bytes:
        return self._request("turn/start", {"threadId": self._thread, "input": _input(message)}, "turn", message.id)

    def _interrupt(self) -> tuple[bytes, ...]:
        if not self._turn_id:  # as soon as it is known
            return ()
        turn = {"threadId": self._thread, "turnId": self._turn_id}
        return (
            self._request("turn/interrupt", turn, "interrupt"),
            self._request("thread/backgroundTerminals/clean", {"threadId": self._thread}, "clean"),
        )

    def _request(self, method: str, params: object, purpose: str, message: str = "") -> bytes:
        self._number += 1
        self._asked[self._number] = (purpose, message)
        return spoken({"id": self._number, "method": method, "params": params})

    def _asks(self, said: Said) -> Step:
        if not tool_of(said):
            refusal = {"code": -32601, "message": f"{said.text('method')} is not supported"}
            return Step(lines=(spoken({"id": said.at("id").value, "error": refusal}),))
        ask = said.at("id").json()
        self._permissions[ask] = said
        if not self._start.asks:
            return self.answer(ask, allow=True)
        return Step(events=(permission_asked(ask, said),))

    def _notified(self, method: str, params: Said) -> tuple[AgentEvent, ...]:
        match method:
            case "turn/started":
                self._turn_id = self._turn_id or params.text("turn", "id")
                return self._turn.take()
            case "item/started":
                return _began(params.at("item"))
            case "item/completed":
                return self._completed(params.at("item"))
            case "item/agentMessage/delta":
                self._said.add(params.text("itemId"))
                return (TextSaid(text=params.text("delta")),) if params.text("delta") else ()
            case "thread/tokenUsage/updated":
                return self._used(params)
            case "error" if params.true("willRetry"):
                self._turn.trouble = failure_of(params.at("error"))
                return (Retrying(failure=self._turn.trouble, delay=0.0),)
            case "turn/completed":
                return self._over(params.at("turn"))
            case _:
                return ()

    def _completed(self, item: Said) -> tuple[AgentEvent, ...]:
        kind, id_ = item.text("type"), item.text("id")
        if kind == "contextCompaction":
            return (ContextCompacted(),)
        if kind == "agentMessage":
            self._turn.text = item.text("text")
            told = id_ in self._said or not item.text("text")
            return () if told else (TextSaid(text=item.text("text")),)
        if kind not in _TOOLS:
            return ()
        ok = item.text("status") == "completed" and not item.number("exitCode")
        return (ToolEnded(id=id_, ok=ok),)

    def _used(self, params: Said) -> tuple[AgentEvent, ...]:
        sums, last = usage(params.at("tokenUsage", "total")), params.at("tokenUsage", "last")
        before, self._sums = self._sums, sums
        if self._turn.open and params.text("turnId") in ("", self._turn_id):
            if self._baseline is None:
                self._baseline = less(sums, usage(last)) if before is None else before
            self._turn.usage = less(sums, self._baseline)
        window = params.count("tokenUsage", "modelContextWindow")
        return (ContextTold(used=last.count("totalTokens"), size=window),)

    def _over(self, turn: Said) -> tuple[AgentEvent, ...]:
        if self._turn_id and turn.text("id") not in ("", self._turn_id):
            return ()  # of an earlier one
        self._permissions.clear()
        match turn.text("status"):
            case "completed":
                return (*self._turn.take(), *self._turn.done())
            case "interrupted":
                return self._turn.cancelled()
            case _:
                failure = failure_of(turn.at("error")) if turn.at("error") else self._turn.trouble
                failure = failure or Failure(kind="crash", message=f"its turn ended as {turn.text('status')!r}")
                return (*self._turn.take(), *self._turn.failed(failure))


def _began(item: Said) -> tuple[AgentEvent, ...]:
    tool = _TOOLS.get(item.text("type"))
    if tool is None:
        return ()
    named = item.text("command") or item.text("tool") or item.text("query")
    paths = ", ".join(change.text("path") for change in item.items("changes"))
    return (ToolBegan(id=item.text("id"), tool=tool, title=named or paths or tool),)


def _input(message: Message) -> list[dict[str, str]]:
    return [{"type": "text", "text": message.text}]
