"""Rules about handing on: a session ends, and a fresh one goes on with what it had committed and wrote down.

- Its agent is asked for notes: within the turn, where it can be told so, else after it. It answers by `gt handoff -m`,
  or by what it says at the end of a turn that is for nothing else. Who takes one turn only is not asked.
- Who has handed on because its context is full, and is done after all, hands in instead; what others want, they get.
- Who waits for its API is not waited for.
- A worker that hands on by itself has committed first; what others end is kept as it is.
"""

from msgspec.structs import replace as _replace

from gastown.actors.commands.handoff import ChangeHands, HandOn, ReportContextFull
from gastown.actors.commands.polecat import ReportTurn
from gastown.actors.kernel.role import Rejected
from gastown.actors.polecat import messages
from gastown.actors.polecat.messages import NOTES_WANTED
from gastown.actors.polecat.state import Live
from gastown.events.handoff import Cause, HandoffOrdered, HandoffWritten
from gastown.events.session import EndOrdered, SessionEvent
from gastown.events.turn import MessageQueued, TurnOrdered, TurnRequested

LONGEST = 16_000
"""Characters of notes."""


def hand_on(state: Live, command: HandOn) -> tuple[SessionEvent, ...] | Rejected:
    if state.end is not None:
        if state.end[0] == "handed_on":
            return ()
        return Rejected(f"session {state.session} is ending", f"gt bead show {state.opened.bead}")
    sender = "" if command.by_worker else command.sender
    written = (HandoffWritten(notes=command.notes, sender=sender),) if command.notes else ()
    if not command.by_worker:
        return (*written, *_ordered(state, "person", f"{command.sender} wants a fresh session"))
    if command.changed:
        names = ", ".join(command.changed[:5])
        return Rejected(
            f"uncommitted changes in {names}", "commit them, also unfinished ones, then: gt handoff -m NOTES"
        )
    if command.notes:
        reason = "its worker has handed on"
        ordered = () if state.handoff else (HandoffOrdered(cause="worker", reason=reason),)
        return (*ordered, *written, EndOrdered(outcome="handed_on", reason=reason))
    if not state.turns:
        return Rejected("your agent takes no turns, and cannot be asked later", "say it now: gt handoff -m NOTES")
    return _ordered(state, "worker", "its worker has handed on")


def change_hands(state: Live, command: ChangeHands) -> tuple[SessionEvent, ...]:
    return () if state.end is not None else _ordered(state, "agent", command.reason)


def context_full(state: Live, command: ReportContextFull) -> tuple[SessionEvent, ...]:
    if state.end is not None or not state.turns:
        return ()
    percent = 100 * command.used // max(1, command.size)
    return _ordered(state, "fill", f"its context is {percent}% full: {command.used} of {command.size} tokens")


def _ordered(state: Live, cause: Cause, reason: str) -> tuple[SessionEvent, ...]:
    """What others want counts more than that it is full."""
    if state.handoff is not None and (state.handoff.cause != "fill" or cause == "fill"):
        return ()
    ask = state.turns and not _waits_for_its_api(state)
    ordered = HandoffOrdered(cause=cause, reason=reason, ask=ask)
    if not ask or NOTES_WANTED in state.queued:
        return (ordered,)
    return (ordered, MessageQueued(message=NOTES_WANTED, text=_ask(state, reason), urgent=True))


def _waits_for_its_api(state: Live) -> bool:
    """It may be a long time until it can be asked anything."""
    return state.turn_over and state.wanted is not None and state.wanted.again


def _ask(state: Live, reason: str) -> str:
    return (
        f"A fresh session is to go on with bead {state.opened.bead} ({reason}). Commit what you have now, also if it\n"
        "is unfinished. Then write down what whoever goes on must know: what is done and what is not, what you found\n"
        "out, what you tried in vain, what you would do next. Say it by: gt handoff -m NOTES\n"
        "Or, if you are asked for it at the beginning of a turn, let it be all you say, and end that turn."
    )


def wants_notes(state: Live, command: ReportTurn) -> bool:
    """Whether the next turn is for notes, now that this one has ended."""
    if state.handoff is None or _was_for_notes(state):
        return False
    return state.handoff.cause != "fill" or not command.ahead or bool(command.changed)


def turn_for_notes(state: Live, wanted: TurnRequested) -> TurnOrdered:
    """What else it had to be told goes along: it may be worth a note."""
    reason = state.handoff.reason if state.handoff else ""
    news = messages.news(state.waiting)
    text, told = messages.in_one_turn(news) if news else ("", ())
    asked = tuple(one.message for one in state.waiting if one.message == NOTES_WANTED)
    parts = [part for part in (wanted.notice, text, _ask(state, reason)) if part]
    return TurnOrdered(
        number=wanted.number,
        text="\n\n".join(parts),
        messages=(*told, *asked),
        notes=True,
        again=wanted.again,
    )


def after_notes(state: Live, command: ReportTurn) -> tuple[SessionEvent, ...]:
    """Its turn for notes is over: it is handed on, with or without. () where this was another turn, or failed.

    One whose context does not take even that much more has failed because it was full: that is what this is about.
    """
    full = command.failure is not None and command.failure.kind == "input"
    if state.handoff is None or not _was_for_notes(state) or (command.failure is not None and not full):
        return ()
    notes = "" if command.failure else command.text.strip()
    written = (HandoffWritten(notes=notes[:LONGEST]),) if notes else ()
    return (*written, EndOrdered(outcome="handed_on", reason=state.handoff.reason))


def is_barren(state: Live, outcome: str, ahead: int) -> bool:
    """See SessionEnded."""
    of_itself = state.handoff is not None and state.handoff.cause in ("fill", "worker")
    return outcome == "handed_on" and of_itself and ahead <= state.reapplied


def _was_for_notes(state: Live) -> bool:
    return state.ordered is not None and state.ordered.notes


def evolve(state: Live, event: HandoffOrdered | HandoffWritten) -> Live:
    if isinstance(event, HandoffWritten):
        return state
    end = state.end if event.ask else ("handed_on", event.reason)
    return _replace(state, handoff=event, end=end)
