"""Rules about how a session begins and ends, and what of that is remembered."""

import msgspec

from gastown.actors.commands.handoff import ChangeHands
from gastown.actors.commands.polecat import (
    DeclareDone,
    OpenSession,
    ReportAgentEnded,
    ReportAgentStarted,
    ReportConversation,
    SettleSession,
    StopSession,
)
from gastown.actors.kernel.role import Rejected
from gastown.actors.polecat import asks, handoffs, messages, turns
from gastown.actors.polecat.state import Ended, Live, Polecat, Unopened
from gastown.events.ids import submission_id
from gastown.events.session import (
    DoneDeclared,
    Outcome,
    SessionEnded,
    SessionEvent,
    SessionOpened,
    SessionSettled,
    SessionStarted,
    StopRequested,
)
from gastown.events.turn import ConversationOpened

_AS_THE_HOST_SEES_IT: tuple[Outcome, ...] = ("submitted", "no_commits", "uncommitted", "failed", "died")
"""Judged by the repository and the exit alone."""


_OF_ONE_WHO_WAITS: tuple[Outcome, ...] = ("failed", "died", "timed_out", "no_commits", "uncommitted")
"""Ends of a program that was left idle, because its API gave it nothing: nobody is charged for them."""


def open_session(state: Unopened, command: OpenSession) -> tuple[SessionEvent, ...]:
    del state  # whatever it was opened as, it is so once
    opened = SessionOpened(
        rig=command.rig,
        bead=command.bead,
        number=command.number,
        polecat=command.polecat,
        agent=command.agent,
        account=command.account,
        title=command.title,
        priority=command.priority,
        earlier=command.earlier,
        host=command.host,
    )
    return (opened,)


def never_open(state: Unopened, command: StopSession | ChangeHands) -> tuple[SessionEvent, ...]:
    """It is over before it was opened; should that come, it is late."""
    del state
    stop = StopRequested(reason=command.reason, rig=command.rig, bead=command.bead)
    outcome = "handed_on" if isinstance(command, ChangeHands) else "withdrawn"
    return (stop, SessionEnded(outcome=outcome, reason=command.reason))


def stop(state: Live, command: StopSession) -> tuple[SessionEvent, ...]:
    if state.end is not None:
        return ()
    return (StopRequested(reason=command.reason, by_worker=command.by_worker),)


def declare_done(state: Live, command: DeclareDone) -> tuple[SessionEvent, ...] | Rejected:
    if state.end is not None:
        return ()
    if command.status == "completed" and command.changed:
        names = ", ".join(command.changed[:5])
        return Rejected(f"uncommitted changes in {names}", "commit them (or git restore them), then: gt done")
    if command.status == "completed" and not command.ahead:
        hint = "commit your work, then: gt done; nothing to do? gt bead close BEAD --reason WHY"
        return Rejected("there is no commit to hand in", hint)
    return (DoneDeclared(status=command.status, reason=command.reason),)


def note_start(state: Live, command: ReportAgentStarted) -> tuple[SessionEvent, ...]:
    if state.started:
        return ()
    started = SessionStarted(
        pid=command.pid,
        started=command.started,
        worktree=command.worktree,
        branch=command.branch,
        base=command.base,
        reapplied=command.reapplied,
        left=command.left,
        turns=command.turns,
    )
    return (started,)


def note_conversation(state: Live, command: ReportConversation) -> tuple[SessionEvent, ...]:
    opened = ConversationOpened(conversation=command.conversation, model=command.model, version=command.version)
    return () if state.conversation == opened else (opened,)


def end(state: Live, command: ReportAgentEnded) -> tuple[SessionEvent, ...]:
    return (*asks.closed(state, "its session is over"), _ended(state, command))


def settle(state: Ended, command: SettleSession) -> tuple[SessionEvent, ...]:
    del state, command
    return (SessionSettled(),)


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


def evolve_started(state: Live, event: SessionStarted) -> Live:
    return msgspec.structs.replace(state, started=True, turns=event.turns, reapplied=event.reapplied)


def to_end(state: Polecat, outcome: Outcome, reason: str, *, by_worker: bool) -> Polecat:
    if not isinstance(state, Live):
        return state
    return msgspec.structs.replace(state, end=(outcome, reason), by_worker=by_worker)


def evolve_stopped(state: Polecat, event: StopRequested) -> Polecat:
    if isinstance(state, Unopened):
        return Ended(session=state.session, ended=_NOT_YET, opened=None, stopped=event)
    return to_end(state, "withdrawn", event.reason, by_worker=event.by_worker)


_NOT_YET = SessionEnded(outcome="withdrawn", reason="")


def evolve_ended(state: Polecat, event: SessionEnded) -> Polecat:
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
