"""The Polecat as the kernel sees it: the rules of one session."""

import msgspec

from gastown.actors.commands.asks import AnswerAsk, ReportAnswered, ReportAsk
from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.handoff import ChangeHands, HandOn, ReportContextFull
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
from gastown.actors.polecat import asks, compaction, going_on, handoffs, messages, owed, seances, turns
from gastown.actors.polecat.state import Ended, Live, Polecat, Settled, Unopened, entity
from gastown.events.ask import AskAnswered, AskClosed, AskRaised
from gastown.events.handoff import HandoffOrdered, HandoffWritten
from gastown.events.ids import submission_id
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
)
from gastown.events.turn import ConversationOpened

_OUTCOME_OF_DONE: dict[DoneStatus, Outcome] = {
    "completed": "submitted",
    "deferred": "deferred",
    "escalated": "escalated",
}


_AS_THE_HOST_SEES_IT: tuple[Outcome, ...] = ("submitted", "no_commits", "uncommitted", "failed", "died")
"""Judged by the repository and the exit alone."""


_OF_ONE_WHO_WAITS: tuple[Outcome, ...] = ("failed", "died", "timed_out", "no_commits", "uncommitted")
"""Ends of a program that was left idle, because its API gave it nothing: nobody is charged for them."""


class PolecatRole:
    name = "polecat"
    states = Polecat

    def initial(self, owner: Owner) -> Polecat:
        return Unopened(owner.id)

    def decide(self, state: Polecat, command: Command) -> Decision:
        match command, state:
            case OpenSession(), Unopened():
                return _on(state, _opened(command))
            case StopSession(), Unopened():
                stop = StopRequested(reason=command.reason, rig=command.rig, bead=command.bead)
                return (*_on(state, stop), *_on(state, SessionEnded(outcome="withdrawn", reason=command.reason)))
            case (StopSession(reason=reason, by_worker=by_worker), Live(end=None)):
                return _on(state, StopRequested(reason=reason, by_worker=by_worker))
            case DeclareDone(), Live():
                return _declare(state, command)
            case DeclareDone(), _:
                return Rejected(f"session {state.session} is not running", code="unknown")
            case ReportAgentStarted(), Live(started=False):
                return _on(state, _started(command))
            case ReportConversation(), Live():
                return _conversation(state, command)
            case HandOn(), Live():
                handed = handoffs.hand_on(state, command)
                return handed if isinstance(handed, Rejected) else _all_on(state, handed)
            case HandOn(), _:
                return Rejected(f"session {state.session} is not running", code="unknown")
            case ChangeHands(), Unopened():
                stop = StopRequested(reason=command.reason, rig=command.rig, bead=command.bead)
                return (*_on(state, stop), *_on(state, SessionEnded(outcome="handed_on", reason=command.reason)))
            case ChangeHands(), Live():
                return _all_on(state, handoffs.change_hands(state, command))
            case ReportContextFull(), Live():
                return _all_on(state, handoffs.context_full(state, command))
            case ReportCompacted(), Live():
                return _all_on(state, compaction.compacted(state, command))
            case ReportTurn(end="interrupted"), Live():
                return _all_on(state, going_on.cut_off(state, command))
            case ReportAgentLost(), Live():
                return _all_on(state, going_on.lose(state, command))
            case ReportAgentResumed(), Live():
                return _all_on(state, going_on.resume(state, command))
            case ReportTurn(), Live():
                over = turns.end_turn(state, command)
                return _all_on(state, (*asks.closed(state, "its turn is over"), *over) if over else ())
            case PermitTurn() | RefuseTurn(), Live():
                return _all_on(state, turns.answered(state, command))
            case TellAgent(), Live():
                told = messages.queue_message(state, command)
                return told if isinstance(told, Rejected) else _all_on(state, told)
            case TellAgent(), _:
                return Rejected(f"session {state.session} is not running", code="unknown")
            case DeliverMail(), Live():
                return _all_on(state, messages.queue_mail(state, command))
            case ReportTold(), Live():
                return _all_on(state, messages.note_told(state, command))
            case ReportAsk(), Live():
                return _all_on(state, asks.note_ask(state, command))
            case AnswerAsk(), _:
                said = asks.answer_ask(state, command) if isinstance(state, Live) else asks.over(command)
                return said if isinstance(said, Rejected) else _all_on(state, said)
            case ReportAnswered(), Live():
                return _all_on(state, asks.note_answered(state, command))
            case ReportAgentEnded(), Live():
                return _all_on(state, (*asks.closed(state, "its session is over"), _ended(state, command)))
            case NoteSeance(), Live() | Ended() | Settled():
                return _on(state, seances.held(command))
            case SettleSession(), Ended():
                return _on(state, SessionSettled())
            case _:
                return ()

    def evolve(self, state: Polecat, change: Change) -> Polecat:
        event: SessionEvent = change.event  # pyright: ignore[reportAssignmentType]  the entity's kind says so
        match event:
            case SessionOpened():
                return Live(opened=event, session=state.session)
            case SessionStarted():
                return _evolve_started(state, event)
            case DoneDeclared(status=status, reason=reason):
                return _to_end(state, _OUTCOME_OF_DONE[status], reason, by_worker=True)
            case StopRequested():
                return _stopped(state, event)
            case EndOrdered(outcome=outcome, reason=reason):
                ending = _to_end(state, outcome, reason, by_worker=True)
                return msgspec.structs.replace(ending, retry_at=event.retry_at) if isinstance(ending, Live) else ending
            case SessionEnded():
                return _evolve_ended(state, event)
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


def _on(state: Polecat, event: SessionEvent) -> tuple[Change, ...]:
    return (Change(entity(state), event),)


def _all_on(state: Polecat, events: tuple[SessionEvent, ...]) -> tuple[Change, ...]:
    return tuple(Change(entity(state), event) for event in events)


def _conversation(state: Live, command: ReportConversation) -> Decision:
    opened = ConversationOpened(conversation=command.conversation, model=command.model, version=command.version)
    return () if state.conversation == opened else _on(state, opened)


def _opened(command: OpenSession) -> SessionOpened:
    return SessionOpened(
        rig=command.rig,
        bead=command.bead,
        number=command.number,
        polecat=command.polecat,
        agent=command.agent,
        account=command.account,
        title=command.title,
        priority=command.priority,
        earlier=command.earlier,
    )


def _declare(state: Live, command: DeclareDone) -> Decision:
    if state.end is not None:
        return ()
    if command.status == "completed" and command.changed:
        names = ", ".join(command.changed[:5])
        return Rejected(f"uncommitted changes in {names}", "commit them (or git restore them), then: gt done")
    if command.status == "completed" and not command.ahead:
        hint = "commit your work, then: gt done; nothing to do? gt bead close BEAD --reason WHY"
        return Rejected("there is no commit to hand in", hint)
    return _on(state, DoneDeclared(status=command.status, reason=command.reason))


def _started(command: ReportAgentStarted) -> SessionStarted:
    return SessionStarted(
        pid=command.pid,
        started=command.started,
        worktree=command.worktree,
        branch=command.branch,
        base=command.base,
        reapplied=command.reapplied,
        left=command.left,
        turns=command.turns,
    )


def _ended(state: Live, command: ReportAgentEnded) -> SessionEnded:
    """What was declared or asked for holds, also when the agent was gone before the host heard of it."""
    outcome, reason = command.outcome, command.reason
    kept, kept_commit = command.kept, command.kept_commit
    if state.end is not None and state.end[0] != "submitted" and outcome in _AS_THE_HOST_SEES_IT:
        if outcome == "submitted":  # it is pinned as one, and not to land
            kept, kept_commit = f"gastown/submitted/{submission_id(state.opened.rig, state.session)}", command.commit
        outcome, reason = state.end
    if state.end is None and outcome in _OF_ONE_WHO_WAITS and turns.waits_for_its_api(state):
        outcome, reason = "throttled", f"while it waited for its API: {reason}"
    return SessionEnded(
        outcome=outcome,
        reason=reason,
        base=command.base,
        commit=command.commit,
        kept=kept,
        kept_commit=kept_commit,
        untracked=command.untracked,
        exit_code=command.exit_code,
        signal=command.signal,
        tail=command.tail,
        seconds=command.seconds,
        retry_at=state.retry_at,
        barren=handoffs.is_barren(state, outcome, command.ahead),
    )


def _evolve_started(state: Polecat, event: SessionStarted) -> Polecat:
    if not isinstance(state, Live):
        return state
    return msgspec.structs.replace(state, started=True, turns=event.turns, reapplied=event.reapplied)


def _to_end(state: Polecat, outcome: Outcome, reason: str, *, by_worker: bool) -> Polecat:
    if not isinstance(state, Live):
        return state
    return msgspec.structs.replace(state, end=(outcome, reason), by_worker=by_worker)


def _stopped(state: Polecat, event: StopRequested) -> Polecat:
    if isinstance(state, Unopened):
        return Ended(session=state.session, ended=_NOT_YET, opened=None, stopped=event)
    return _to_end(state, "withdrawn", event.reason, by_worker=event.by_worker)


_NOT_YET = SessionEnded(outcome="withdrawn", reason="")


def _evolve_ended(state: Polecat, event: SessionEnded) -> Polecat:
    match state:
        case Live():
            turn = state.turn if state.started else 0
            return Ended(
                session=state.session,
                ended=event,
                opened=state.opened,
                turn=turn,
                unsettled=state.unsettled,
                told=state.told,
                untold=messages.untold(state),
            )
        case Ended():
            return msgspec.structs.replace(state, ended=event)
        case _:
            return state


ROLE = PolecatRole()
