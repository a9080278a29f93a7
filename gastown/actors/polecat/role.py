"""The Polecat as the kernel sees it: each command to its rule, by what has become of its session."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from gastown.actors.commands.asks import AnswerAsk, ReportAnswered, ReportAsk
from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.handoff import ChangeHands, HandOn, ReportContextFull
from gastown.actors.commands.places import LoseSession, ReportWorkSaved
from gastown.actors.commands.polecat import (
    DeclareDone,
    DeliverMail,
    NoteSeance,
    OpenSession,
    PermitTurn,
    RefuseTurn,
    ReportAgentEnded,
    ReportAgentLost,
    ReportAgentResumed,
    ReportAgentStarted,
    ReportCompacted,
    ReportConversation,
    ReportTold,
    ReportTurn,
    SettleSession,
    StopSession,
    TellAgent,
)
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Change, Decision, Parked, Rejected
from gastown.actors.polecat import asks, away, compaction, going_on, handoffs, life, messages, owed, seances, turns
from gastown.actors.polecat.state import Ended, Live, Polecat, Settled, Unopened, entity
from gastown.events.ask import AskAnswered, AskClosed, AskRaised
from gastown.events.handoff import HandoffOrdered, HandoffWritten
from gastown.events.resuming import AgentLost, SessionResumed
from gastown.events.seance import SeanceHeld
from gastown.events.session import (
    DoneDeclared,
    DoneStatus,
    EndOrdered,
    Outcome,
    SessionEnded,
    SessionEvent,
    SessionOpened,
    SessionSettled,
    SessionStarted,
    StopRequested,
    WorkSaved,
)

_OUTCOME_OF_DONE: dict[DoneStatus, Outcome] = {
    "completed": "submitted",
    "deferred": "deferred",
    "escalated": "escalated",
}

_Rules: TypeAlias = Mapping[type[Command], Callable[[Any, Any], tuple[SessionEvent, ...] | Rejected]]
"""What is in none of them is late, or told again: nothing follows from it."""


def _not_running(state: Polecat, command: Command) -> Rejected:
    del command
    return Rejected(f"session {state.session} is not running", code="unknown")


def _end_turn(state: Live, command: ReportTurn) -> tuple[SessionEvent, ...]:
    if command.end == "interrupted":
        return going_on.cut_off(state, command)
    over = turns.end_turn(state, command)
    return (*asks.closed(state, "its turn is over"), *over) if over else ()


NOT_RUNNING: _Rules = {
    DeclareDone: _not_running,
    HandOn: _not_running,
    TellAgent: _not_running,
    AnswerAsk: asks.over,
}
UNOPENED: _Rules = {
    **NOT_RUNNING,
    OpenSession: life.open_session,
    StopSession: life.never_open,
    ChangeHands: life.never_open,
    LoseSession: away.never_open,
}
LIVE: _Rules = {
    ReportAgentStarted: life.note_start,
    ReportConversation: life.note_conversation,
    ReportTurn: _end_turn,
    PermitTurn: turns.answered,
    RefuseTurn: turns.answered,
    TellAgent: messages.queue_message,
    DeliverMail: messages.queue_mail,
    ReportTold: messages.note_told,
    ReportAsk: asks.note_ask,
    AnswerAsk: asks.answer_ask,
    ReportAnswered: asks.note_answered,
    ReportCompacted: compaction.compacted,
    ReportContextFull: handoffs.context_full,
    HandOn: handoffs.hand_on,
    ChangeHands: handoffs.change_hands,
    ReportAgentLost: going_on.lose,
    ReportAgentResumed: going_on.resume,
    DeclareDone: life.declare_done,
    StopSession: life.stop,
    ReportWorkSaved: away.note_saved,
    LoseSession: away.lose,
    ReportAgentEnded: life.end,
    NoteSeance: seances.held,
}
ENDED: _Rules = {**NOT_RUNNING, SettleSession: life.settle, NoteSeance: seances.held}
SETTLED: _Rules = {**NOT_RUNNING, NoteSeance: seances.held}


class PolecatRole:
    name = "polecat"
    states = Polecat

    def initial(self, owner: Owner) -> Polecat:
        return Unopened(owner.id)

    def decide(self, state: Polecat, command: Command) -> Decision:
        rule = _rules(state).get(type(command))
        said = rule(state, command) if rule is not None else ()
        return said if isinstance(said, Rejected) else tuple(Change(entity(state), event) for event in said)

    def evolve(self, state: Polecat, change: Change) -> Polecat:
        event: SessionEvent = change.event  # pyright: ignore[reportAssignmentType]  the entity's kind says so
        match event:
            case SessionOpened():
                return Live(opened=event, session=state.session)
            case SessionStarted():
                return life.evolve_started(state, event) if isinstance(state, Live) else state
            case DoneDeclared(status=status, reason=reason):
                return life.to_end(state, _OUTCOME_OF_DONE[status], reason, by_worker=True)
            case StopRequested():
                return life.evolve_stopped(state, event)
            case EndOrdered(outcome=outcome, reason=reason):
                ending = life.to_end(state, outcome, reason, by_worker=True)
                return msgspec.structs.replace(ending, retry_at=event.retry_at) if isinstance(ending, Live) else ending
            case WorkSaved():
                return away.evolve_saved(state, event) if isinstance(state, Live) else state
            case SessionEnded():
                return life.evolve_ended(state, event)
            case SessionSettled():
                return Settled(state.session)
            case HandoffOrdered() | HandoffWritten():
                return handoffs.evolve(state, event) if isinstance(state, Live) else state
            case AskRaised() | AskAnswered() | AskClosed():
                return asks.evolve_ask(state, event) if isinstance(state, Live) else state
            case SeanceHeld():
                return state
            case AgentLost() | SessionResumed():
                return going_on.evolve(state, event) if isinstance(state, Live) else state
            case _:
                return turns.evolve_turn(state, event) if isinstance(state, Live) else state

    def due(self, state: Polecat) -> tuple[Effect, ...]:
        return owed.due(state)

    def park(self, state: Polecat, parked: Parked) -> Polecat:
        del parked  # one session: the kernel holds all of it back
        return state

    def is_over(self, state: Polecat) -> bool:
        return isinstance(state, Settled | Unopened)


def _rules(state: Polecat) -> _Rules:
    match state:
        case Unopened():
            return UNOPENED
        case Live():
            return LIVE
        case Ended():
            return ENDED
        case Settled():
            return SETTLED


ROLE = PolecatRole()
