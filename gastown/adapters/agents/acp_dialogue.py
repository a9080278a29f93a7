"""Our side of the Agent Client Protocol, version 1: one conversation with one process. Pure."""

import re
from collections.abc import Callable
from typing import Any, TypeAlias, cast

from acp.meta import AGENT_METHODS, CLIENT_METHODS
from acp.schema import (
    AgentMessageChunk,
    AgentThoughtChunk,
    PermissionOption,
    PromptResponse,
    RequestPermissionRequest,
    TextContentBlock,
    ToolCallProgress,
    ToolCallStart,
    UsageUpdate,
)

from gastown.adapters.agents import acp_wire as wire
from gastown.adapters.agents.acp_failures import told_failure, worded_failure
from gastown.adapters.agents.acp_opening import Opened, Opening
from gastown.adapters.agents.acp_permissions import Permissions, answered, cancelled
from gastown.adapters.agents.acp_program import AcpProgram
from gastown.adapters.agents.acp_tools import Tools
from gastown.adapters.agents.acp_turn import Turn
from gastown.adapters.agents.acp_usage import UsageBook
from gastown.adapters.agents.dialogue import NOTHING, Ended, Step
from gastown.adapters.agents.failures import of_words
from gastown.adapters.agents.port import CannotError, Message, Start
from gastown.adapters.agents.told import AgentEvent, ContextCompacted, ContextTold, TurnEnded
from gastown.adapters.processes.program import signal_name
from gastown.events.turn import Failure, TurnEnd

_Answered: TypeAlias = Callable[[wire.Said], Step]
_PERMISSION = CLIENT_METHODS["session_request_permission"]
_UPDATE = CLIENT_METHODS["session_update"]
_PROMPT, _CANCEL = AGENT_METHODS["session_prompt"], AGENT_METHODS["session_cancel"]
_UPDATES = {
    "agent_message_chunk": AgentMessageChunk,
    "agent_thought_chunk": AgentThoughtChunk,
    "tool_call": ToolCallStart,
    "tool_call_update": ToolCallProgress,
    "usage_update": UsageUpdate,
}


class AcpDialogue:
    """Rules that were measured to be necessary: no second prompt within a turn but where the program steers; a turn is
    over when all its prompts are answered; what is told before the conversation is open was said in an earlier life.
    """

    def __init__(self, program: AcpProgram, start: Start, first: Message) -> None:
        self._program = program
        self._asks = start.asks
        self._first: Message | None = first
        self._otherwise = start.otherwise if start.resume else ""
        self._opening = Opening(program, start)
        self._account = UsageBook(program.usage, goes_on=bool(start.resume))
        self._conversation = ""
        self._unopened: Failure | None = None
        self._turn: Turn | None = Turn()
        self._tools = Tools()
        self._permissions = Permissions()
        self._context: ContextTold | None = None
        self._replayed = True  # no more of an earlier life is told
        self._waiting: dict[wire.RequestId, _Answered] = {}
        self._next = 1

    def opening(self) -> Step:
        return self._ask_on(self._opening.begin())

    def heard(self, line: bytes) -> Step:
        said = wire.read(line)
        if said is None:
            return NOTHING
        if said.method:
            return self._notified(said) if said.id is None else self._requested(said.id, said)
        answered = self._waiting.pop(said.id, None) if said.id is not None else None
        return NOTHING if answered is None else answered(said)

    def prompt(self, message: Message) -> Step:
        """Raises CannotError within a turn."""
        if self._turn is not None:
            msg = f"message {message.id} is not taken: its turn has not ended"
            raise CannotError(msg)
        self._turn = Turn()
        if not self._conversation:
            return self._end("failed", self._unopened)
        return self._prompted(self._turn, message)

    def steer(self, message: Message) -> Step:
        """Raises CannotError where the program cannot, and when there is no turn to be steered."""
        if "steer" not in self._program.can or self._turn is None or not self._turn.prompts:
            msg = f"message {message.id} is not taken within the turn"
            raise CannotError(msg)
        return self._prompted(self._turn, message)

    def answer(self, ask: str, *, allow: bool) -> Step:
        said = self._permissions.answer(ask, allow=allow)
        if said is None:
            return NOTHING
        line, denied = said
        if denied and self._turn is not None:
            self._turn.denied.append(denied)
        return Step(lines=(line,))

    def cancel(self) -> Step:
        if self._turn is None:
            return NOTHING
        self._turn.cancelled = True
        if not self._turn.prompts:
            return self._end("cancelled")
        notice = wire.notification(_CANCEL, wire.cancel(self._conversation))
        return Step(lines=(*self._permissions.withdraw(), notice))

    def ended(self, how: Ended) -> Step:
        if self._turn is None:
            return NOTHING
        if how.cancelled or self._turn.cancelled:
            return Step(events=self._end("cancelled").events)
        end = f"exit code {how.exit_code}" if how.signal is None else signal_name(how.signal)
        words = how.errors.strip()
        early = Failure(kind="crash", message=f"it ended ({end}) before its turn had")
        return Step(events=self._end("failed", of_words(f"{words}\n({end})") if words else early).events)

    def _ask(self, method: str, params: Any, answered: _Answered) -> bytes:
        number, self._next = self._next, self._next + 1
        self._waiting[number] = answered
        return wire.request(number, method, params)

    def _ask_on(self, then: tuple[str, Any] | Opened | Failure) -> Step:
        """The next question of the opening, or what came of it."""
        match then:
            case Failure():
                self._unopened = then
                return NOTHING if self._turn is None else self._end("failed", then)
            case Opened():
                return self._opened(then)
            case (method, params):
                return Step(lines=(self._ask(method, params, lambda said: self._ask_on(self._opening.answer(said))),))

    def _opened(self, opened: Opened) -> Step:
        self._conversation = opened.told.id
        self._replayed = not (opened.goes_on and self._program.replay_ends)
        if not opened.goes_on:
            self._account = UsageBook(self._program.usage, goes_on=False)
        first, self._first = self._first, None
        if first is not None and self._otherwise and not opened.goes_on:
            first = Message(id=first.id, text=self._otherwise)
        prompted = NOTHING if self._turn is None or first is None else self._prompted(self._turn, first)
        return Step(events=(opened.told, *prompted.events), lines=prompted.lines)

    def _prompted(self, turn: Turn, message: Message) -> Step:
        turn.prompted(self._next, message.id)
        number = self._next
        params = wire.prompt(self._conversation, message.text)
        return Step(lines=(self._ask(_PROMPT, params, lambda said: self._prompt_answered(turn, number, said)),))

    def _prompt_answered(self, turn: Turn, number: int, said: wire.Said) -> Step:
        if self._turn is not turn:
            return NOTHING
        response = wire.understood(said.result, PromptResponse) if said.error is None else None
        taken = turn.answered(number, well=response is not None)
        if response is None:
            failure = Failure(kind="crash", message="what it answered is not of the protocol")
            if turn.cancelled:  # qwen: "Request was aborted."
                ended = self._end("cancelled")
            else:
                ended = self._end("failed", failure if said.error is None else told_failure(said.error))
            return Step(events=(*taken, *ended.events), lines=ended.lines)
        result = wire.fields(said.result)
        self._account.answer(result.get("usage"), result.get("_meta"))
        turn.stopped_for.add(response.stop_reason)
        ended = NOTHING if turn.prompts else self._end(*self._outcome(turn))
        return Step(events=(*taken, *ended.events), lines=ended.lines)

    def _outcome(self, turn: Turn) -> tuple[TurnEnd, Failure | None]:
        if turn.cancelled or "cancelled" in turn.stopped_for:
            return "cancelled", None
        if other := turn.stopped_for - {"end_turn"}:
            return "failed", Failure(kind="input", message=f"it stopped: {', '.join(sorted(other))}")
        if self._program.complaint and re.match(self._program.complaint, turn.text):
            return "failed", worded_failure(turn.text, otherwise="server")
        return "done", None

    def _end(self, end: TurnEnd, failure: Failure | None = None) -> Step:
        turn, self._turn, self._first = self._turn or Turn(), None, None
        ended = TurnEnded(
            end=end,
            text=turn.text,
            usage=self._account.close_turn(),
            failure=failure,
            denied=tuple(turn.denied),
        )
        return Step(events=(*self._tools.close(), ended), lines=self._permissions.withdraw())

    def _requested(self, number: wire.RequestId, said: wire.Said) -> Step:
        if said.method != _PERMISSION:
            return Step(lines=(wire.refusal(number, wire.METHOD_NOT_FOUND, f"{said.method} is not offered"),))
        asked = wire.understood(_with_sound_options(said.params), RequestPermissionRequest)
        if asked is None or asked.session_id != self._conversation:
            return Step(lines=(wire.refusal(number, wire.INVALID_PARAMS, "no such session, or no such request"),))
        if self._turn is None or self._turn.cancelled:
            return Step(lines=(cancelled(number),))
        tool, begun = self._tools.asked(asked.tool_call)
        events = (*self._turn.stirred(), *begun)
        if self._asks:
            return Step(events=(*events, self._permissions.asked(number, asked, tool)))
        line, given = answered(number, asked, allow=True)
        if not given:
            self._turn.denied.append(tool.tool)
        return Step(events=events, lines=(line,))

    def _notified(self, said: wire.Said) -> Step:
        params = wire.fields(said.params)
        if said.method == _UPDATE and not self._conversation:
            self._opening.replayed()
        if said.method != _UPDATE or not self._conversation or params.get("sessionId") != self._conversation:
            return NOTHING
        told = params.get("update")
        kind = wire.fields(told).get("sessionUpdate")
        if not self._replayed:
            self._replayed = kind == self._program.replay_ends
            return NOTHING
        model = _UPDATES.get(kind) if isinstance(kind, str) else None
        update = None if model is None else wire.understood(told, model)
        return NOTHING if update is None else Step(events=self._updated(update))

    def _updated(self, update: Any) -> tuple[AgentEvent, ...]:
        turn = self._turn
        if isinstance(update, UsageUpdate):
            return (*(turn.stirred() if turn else ()), *self._context_told(update))
        if turn is None or not turn.prompts:
            return ()
        match update:
            case AgentMessageChunk(content=TextContentBlock(text=text)) if text and text == self._program.compacted:
                return (*turn.stirred(), ContextCompacted(before=self._context.used if self._context else 0))
            case AgentMessageChunk(content=TextContentBlock(text=text)):
                self._account.piece(update.field_meta)
                return turn.said(text, update.message_id)
            case ToolCallStart() | ToolCallProgress():
                events = self._tools.told(update)
                stirred = turn.stirred()
                if update.status in ("completed", "failed"):
                    turn.tool_ended()
                return (*stirred, *events)
            case _:
                return turn.stirred()

    def _context_told(self, update: UsageUpdate) -> tuple[AgentEvent, ...]:
        if update.cost is not None and update.cost.currency == "USD":
            self._account.cost(update.cost.amount)
        context = ContextTold(used=update.used, size=update.size)
        if not context.used or context == self._context:
            return ()
        self._context = context
        return (context,)


def _with_sound_options(params: Any) -> Any:
    """One option that nobody understands does not make the question void."""
    fields = wire.fields(params)
    options = fields.get("options")
    if not isinstance(options, list):
        return fields
    sound = [option for option in cast("list[Any]", options) if wire.understood(option, PermissionOption) is not None]
    return {**fields, "options": sound}
