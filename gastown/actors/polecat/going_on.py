"""Rules about going on: what becomes of a session whose agent is gone before its time.

- Its turn is over, however far it had come; what that used nobody knows.
- It goes on in the same sandbox, RESUMES times a session, with a turn of its own that says what has happened.
- Messages that it is not known to have taken are told again, under the same ids.
- One of which no conversation is known does not go on: a command, or an agent that had hardly begun. Nor does one that
  was to end: it ends as it was to.
"""

from msgspec.structs import replace as _replace

from gastown.actors.commands.polecat import ReportAgentLost, ReportAgentResumed, ReportTurn
from gastown.actors.effects import Resume
from gastown.actors.polecat.asks import closed
from gastown.actors.polecat.state import Live
from gastown.actors.polecat.turns import ended, files, given_up
from gastown.events.resuming import AgentLost, ResumingEvent, SessionResumed
from gastown.events.session import EndOrdered, SessionEvent
from gastown.events.turn import TurnEnded, TurnRequested

RESUMES = 3
"""A session that needs more of them has something that kills it: a fresh one gets its bead, with its commits."""

_GONE = "its agent is gone"
_TOWN_DOWN = "the town went down"
"""Why an agent is gone of whose turn no failure is told."""


def cut_off(state: Live, command: ReportTurn) -> tuple[SessionEvent, ...]:
    """The turn's end is known, for the host lives: its agent's program ended within it, or was ended with the town."""
    if command.number != state.turn or state.turn_over:
        return ()
    over = (*closed(state, _GONE), ended(state, command))
    if state.end is not None:
        return over
    failure = command.failure
    if not _may_go_on(state):
        last = EndOrdered(outcome="interrupted", reason=_TOWN_DOWN)
        return (*over, last if failure is None else given_up(failure, command.at))
    reason = failure.message if failure else _TOWN_DOWN
    return (*over, *_goes_on(state, reason, command.ahead, command.changed))


def lose(state: Live, command: ReportAgentLost) -> tuple[SessionEvent, ...]:
    """Nothing of this run is there any more. Told of an earlier one, it is old news."""
    if command.run != state.run:
        return ()
    cut: tuple[SessionEvent, ...] = ()
    if not state.turn_over:
        cut = (*closed(state, _GONE), _cut(state, command))
    if _may_go_on(state):
        return (*cut, *_goes_on(state, command.reason, command.ahead, command.changed))
    lost = AgentLost(run=state.run, reason=command.reason)
    last = () if state.end else (EndOrdered(outcome="interrupted", reason=command.reason),)
    return (*cut, lost, *last)


def resume(state: Live, command: ReportAgentResumed) -> tuple[SessionEvent, ...]:
    if not state.lost or command.run != state.run:
        return ()
    return (SessionResumed(run=command.run, how=command.how, pid=command.pid, started=command.started),)


def may_be_resumed(state: Live) -> bool:
    """Whether an agent that is found to be gone is to be told of, instead of its session being ended."""
    return state.run < RESUMES and state.end is None


def resumption(state: Live) -> Resume | None:
    """What the next run is to begin with, once that is ordered and as long as the run has not been heard of."""
    ordered = state.ordered
    if not state.lost or state.turn_over or state.end is not None or ordered is None:
        return None
    return Resume(turn=ordered.number, text=ordered.text, messages=ordered.messages)


def evolve(state: Live, event: ResumingEvent) -> Live:
    match event:
        case AgentLost(run=run):
            back = (*state.under_way, *state.waiting)  # nobody knows whether the agent has heard them
            return _replace(state, run=run + 1, lost=True, waiting=back, under_way=())
        case SessionResumed():
            return _replace(state, lost=False)


def _may_go_on(state: Live) -> bool:
    return may_be_resumed(state) and state.started and state.conversation is not None


def _goes_on(state: Live, reason: str, ahead: int, changed: tuple[str, ...]) -> tuple[SessionEvent, ...]:
    notice = _interrupted(state, reason, ahead, changed)
    reminder = state.wanted.reminder if state.wanted else ""
    wanted = TurnRequested(number=state.turn + 1, reminder=reminder, notice=notice)
    return (AgentLost(run=state.run, reason=reason), wanted)


def _cut(state: Live, command: ReportAgentLost) -> TurnEnded:
    model = state.conversation.model if state.conversation else ""
    return TurnEnded(
        number=state.turn,
        end="interrupted",
        at=command.at,
        model=model or state.opened.agent.model,
        ahead=command.ahead,
        changed=command.changed,
    )


def _interrupted(state: Live, reason: str, ahead: int, changed: tuple[str, ...]) -> str:
    commits = {0: "no commit of yours", 1: "1 commit of yours"}.get(ahead, f"{ahead} commits of yours")
    uncommitted = f"uncommitted changes in {files(changed)}" if changed else "no uncommitted change in tracked files"
    return (
        f"You were interrupted: {reason}. Whatever you had started is not running any more. Your worktree is as you\n"
        f"left it: {commits}, {uncommitted}. Your last step may be half done: look (git status) before you repeat it.\n"
        f"Then go on with bead {state.opened.bead}."
    )
