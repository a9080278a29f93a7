"""The Polecat: one per session: one agent on one bead in one sandbox, from opening to the last report.

- A session is opened once, starts once and ends once; what comes late or twice changes nothing.
- `gt done` is taken only with commits and without uncommitted changes in tracked files, or to defer or escalate.
- After `gt done` the agent has a moment to end by itself, then it is stopped; the session ends as it declared.
- Its end is told to the Refinery (a submission), to the Mayor, to the Witness, in this order, before it is settled.
"""

from typing import TypeAlias, assert_never

import msgspec

from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.mayor import MAYOR, ReportAttempt, ReportStarted
from gastown.actors.commands.polecat import (
    DeclareDone,
    OpenSession,
    ReportAgentEnded,
    ReportAgentStarted,
    SettleSession,
    StopSession,
)
from gastown.actors.commands.refinery import Submit
from gastown.actors.commands.witness import ReportSessionEnded
from gastown.actors.effects import Effect, EndSession, Message, RunSession, Tell
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.events import session
from gastown.events.ids import Entity, SessionId, submission_id
from gastown.events.session import (
    DoneDeclared,
    SessionEnded,
    SessionEvent,
    SessionOpened,
    SessionSettled,
    SessionStarted,
    StopRequested,
)

GRACE = {"submitted": 10.0, "deferred": 10.0, "escalated": 10.0, "withdrawn": 0.0}
"""Seconds an agent has to end by itself once its session is to end so."""

_OUTCOME_OF_DONE = {"completed": "submitted", "deferred": "deferred", "escalated": "escalated"}


class Unopened(msgspec.Struct, frozen=True):
    session: SessionId


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """Opened and not ended. end: what it is to end as and why, once that is decided."""

    opened: SessionOpened
    session: SessionId
    started: bool = False
    end: tuple[str, str] | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """opened: None when it was stopped before it was opened; then `stopped` says whose it was."""

    session: SessionId
    ended: SessionEnded
    opened: SessionOpened | None
    stopped: StopRequested | None = None


class Settled(msgspec.Struct, frozen=True):
    session: SessionId


Polecat: TypeAlias = Unopened | Live | Ended | Settled


class PolecatRole:
    name = "polecat"

    def initial(self, owner: Owner) -> Polecat:
        return Unopened(owner.id)

    def decide(self, state: Polecat, command: Command) -> Decision:
        match command, state:
            case OpenSession(), Unopened():
                return _on(state, _opened(command))
            case StopSession(), Unopened():
                stop = StopRequested(reason=command.reason, rig=command.rig, bead=command.bead)
                return (*_on(state, stop), *_on(state, SessionEnded(outcome="withdrawn", reason=command.reason)))
            case (StopSession(reason=reason), Live(end=None)):
                return _on(state, StopRequested(reason=reason))
            case DeclareDone(), Live():
                return _declare(state, command)
            case DeclareDone(), _:
                return Rejected(f"session {state.session} is not running", code="unknown")
            case ReportAgentStarted(), Live(started=False):
                return _on(state, _started(command))
            case ReportAgentEnded(), Live():
                return _on(state, _ended(command))
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
                return msgspec.structs.replace(state, started=True) if isinstance(state, Live) else state
            case DoneDeclared(status=status, reason=reason):
                return _to_end(state, _OUTCOME_OF_DONE[status], reason)
            case StopRequested():
                return _stopped(state, event)
            case SessionEnded():
                return _evolve_ended(state, event)
            case SessionSettled():
                return Settled(state.session)
            case _:
                assert_never(event)

    def due(self, state: Polecat) -> tuple[Effect, ...]:
        match state:
            case Live():
                return _due_live(state)
            case Ended():
                return (_tell_end(state),)
            case _:
                return ()

    def is_over(self, state: Polecat) -> bool:
        return isinstance(state, Settled | Unopened)


def _on(state: Polecat, event: SessionEvent) -> tuple[Change, ...]:
    return (Change(_entity(state), event),)


def _entity(state: Polecat) -> Entity:
    return Entity(session.KIND, state.session)


def _opened(command: OpenSession) -> SessionOpened:
    return SessionOpened(
        rig=command.rig,
        bead=command.bead,
        number=command.number,
        polecat=command.polecat,
        agent=command.agent,
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
    )


def _ended(command: ReportAgentEnded) -> SessionEnded:
    return SessionEnded(
        outcome=command.outcome,
        reason=command.reason,
        base=command.base,
        commit=command.commit,
        kept=command.kept,
        kept_commit=command.kept_commit,
        untracked=command.untracked,
        exit_code=command.exit_code,
        signal=command.signal,
        tail=command.tail,
        seconds=command.seconds,
    )


def _to_end(state: Polecat, outcome: str, reason: str) -> Polecat:
    return msgspec.structs.replace(state, end=(outcome, reason)) if isinstance(state, Live) else state


def _stopped(state: Polecat, event: StopRequested) -> Polecat:
    if isinstance(state, Unopened):
        return Ended(session=state.session, ended=_NOT_YET, opened=None, stopped=event)
    return _to_end(state, "withdrawn", event.reason)


_NOT_YET = SessionEnded(outcome="withdrawn", reason="")


def _evolve_ended(state: Polecat, event: SessionEnded) -> Polecat:
    match state:
        case Live():
            return Ended(session=state.session, ended=event, opened=state.opened)
        case Ended():
            return msgspec.structs.replace(state, ended=event)
        case _:
            return state


def _due_live(state: Live) -> tuple[Effect, ...]:
    opened, about = state.opened, _entity(state)
    run = RunSession(
        key=f"run:{state.session}",
        about=about,
        session=state.session,
        rig=opened.rig,
        bead=opened.bead,
        polecat=opened.polecat,
        agent=opened.agent,
        earlier=opened.earlier,
        started=state.started,
    )
    effects: list[Effect] = [run]
    if state.started:
        started = ReportStarted(bead=opened.bead, session=state.session, polecat=opened.polecat)
        key = f"tell:started:{state.session}"
        effects.append(Tell(key=key, about=about, messages=(Message(MAYOR, started),)))
    if state.end is not None:
        outcome, reason = state.end
        effects.append(
            EndSession(
                key=f"end:{state.session}",
                about=about,
                session=state.session,
                outcome=outcome,
                reason=reason,
                grace=GRACE[outcome],
            )
        )
    return tuple(effects)


def _tell_end(state: Ended) -> Tell:
    rig, bead = (state.opened.rig, state.opened.bead) if state.opened else ("", "")
    if state.stopped is not None:
        rig, bead = state.stopped.rig, state.stopped.bead
    ended = state.ended
    submission = submission_id(rig, state.session) if ended.outcome == "submitted" else ""
    attempt = ReportAttempt(
        bead=bead,
        session=state.session,
        outcome=ended.outcome,
        reason=ended.reason,
        tail=ended.tail,
        submission=submission,
        commit=ended.commit,
        base=ended.base,
        kept=ended.kept,
    )
    free = ReportSessionEnded(session=state.session, outcome=ended.outcome)
    messages = [Message(MAYOR, attempt), Message(Owner("witness", rig), free)]
    if submission and state.opened:
        messages.insert(0, Message(Owner("refinery", rig), _submit(state, state.opened, submission)))
    return Tell(
        key=f"tell:ended:{state.session}",
        about=_entity(state),
        messages=tuple(messages),
        then=SettleSession(session=state.session),
    )


def _submit(state: Ended, opened: SessionOpened, submission: str) -> Submit:
    return Submit(
        submission=submission,
        rig=opened.rig,
        bead=opened.bead,
        session=state.session,
        title=opened.title,
        commit=state.ended.commit,
        base=state.ended.base,
        priority=opened.priority,
    )


ROLE = PolecatRole()
