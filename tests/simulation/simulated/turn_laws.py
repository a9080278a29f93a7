"""What holds of agents that take turns, whatever befell the town. Each law gives the breaches it finds, in words."""

import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from gastown.actors.polecat.going_on import RESUMES
from gastown.actors.polecat.messages import NOTES_WANTED
from gastown.actors.polecat.turns import REMINDERS
from gastown.adapters.agents.talks import BRIEF
from gastown.events.bead import BeadReturned
from gastown.events.envelope import Recorded
from gastown.events.ids import BeadId, Commit, SessionId
from gastown.events.mail import MailSent
from gastown.events.resuming import AgentLost, SessionResumed
from gastown.events.session import (
    DoneDeclared,
    EndOrdered,
    Outcome,
    SessionEnded,
    SessionOpened,
    SessionStarted,
    StopRequested,
)
from gastown.events.turn import (
    Failure,
    FailureKind,
    MessageDeferred,
    MessageQueued,
    MessagesTaken,
    TurnEnded,
    TurnOrdered,
)
from simulated.talkers import Came, Told
from simulated.world import World

_MESSAGE = re.compile(r"^(?:Message|###) (\S+) from ", re.MULTILINE)
"""Between two turns, or as mail in the brief."""


class Session(msgspec.Struct, kw_only=True):
    """What the log says of one. events: all of it, in order."""

    key: SessionId
    events: list[Recorded]

    def all(self, *kinds: type) -> list:
        return [one.envelope.data for one in self.events if isinstance(one.envelope.data, kinds)]

    @property
    def ended(self) -> SessionEnded | None:
        return next(iter(self.all(SessionEnded)), None)


def sessions(events: list[Recorded]) -> list[Session]:
    found: dict[SessionId, Session] = {}
    for one in events:
        if one.entity.kind == "session":
            found.setdefault(one.entity.id, Session(key=one.entity.id, events=[])).events.append(one)
    return list(found.values())


def turns_begin_and_end_once(events: list[Recorded], told: list[Told], *, restored: bool) -> Iterator[str]:
    """In the log, one after the other; and no agent was told twice to begin the same. restored: it may not be known
    that it was lost meanwhile."""
    for session in sessions(events):
        number, over = 1, False
        for event in session.all(SessionEnded, TurnOrdered, TurnEnded):
            match event:
                case TurnOrdered(number=next_one):
                    if next_one != number + 1 or not over:
                        yield f"turn {next_one} of {session.key} began after {number}, which {over=}"
                    number, over = next_one, False
                case TurnEnded(number=ended):
                    if ended != number or over:
                        yield f"turn {ended} of {session.key} ended in turn {number}, which {over=}"
                    over = True
                case _:
                    break
    if not restored:
        yield from _told_again(events, told)


def _told_again(events: list[Recorded], told: list[Told]) -> Iterator[str]:
    """Each turn has an id of its own, but where a process is told but one: there, texts are as many as were ordered."""
    ordered: dict[SessionId, list[str]] = {}
    for one in events:
        if isinstance(one.envelope.data, TurnOrdered):
            ordered.setdefault(one.entity.id, []).append(one.envelope.data.text)
    runs = {one.key: 1 + len(one.all(AgentLost)) for one in sessions(events)}
    begun = Counter((one.session, one.id, "" if one.id else one.text) for one in told if not one.within)
    for (session, key, text), often in begun.items():
        most = sum(one in text for one in ordered.get(session, ())) if not key else 1
        if often > max(1, most, runs.get(session, 1) if key in ("", BRIEF) else 0):
            yield f"{session} was told {often} times to begin {key or text}"


def messages_are_told_once(events: list[Recorded], told: list[Told], *, restored: bool) -> Iterator[str]:
    """To the right agent, and none that nobody sent; what is noted as told was told, and nothing that could be told was
    forgotten. Only what an agent has not said that it has may be told it again, or what nobody knew that it had said
    when it was gone. restored: what was sent, and who was gone, may be lost."""
    lost = {one.key: len(one.all(AgentLost)) for one in sessions(events)}
    heard = Counter((one.session, message) for one in told for message in messages_in(one))
    acknowledged = Counter((one.session, message) for one in told if one.acknowledged for message in messages_in(one))
    for asked in [key for key in acknowledged if key[1] == NOTES_WANTED]:
        del acknowledged[asked]  # it is asked once more by the turn that is for its answer
    again = _told_knowingly(events)
    for (session, message), often in sorted(acknowledged.items()):
        if often > 1 + lost.get(session, 0) + again[session, message] and not restored:
            yield f"message {message} was told {often} times to {session}, which had said that it has it"
    sent: set[tuple[SessionId, str]] = set()
    for session in sessions(events):
        queued = {one.message for one in session.all(MessageQueued)}
        sent |= {(session.key, message) for message in queued}
        for message in sorted({message for one in session.all(MessagesTaken) for message in one.messages}):
            if not heard[session.key, message]:
                yield f"message {message} is noted as told to {session.key}, which knows nothing of it"
        yield from _forgotten(session, queued, {message for key, message in heard if key == session.key})
    mails = {one.entity.id for one in events if isinstance(one.envelope.data, MailSent)}
    strangers = [] if restored else sorted(key for key in heard.keys() - sent if key[1] not in mails)
    yield from (f"{session} was told {message}, which nobody sent" for session, message in strangers)


def _told_knowingly(events: list[Recorded]) -> Counter[tuple[SessionId, str]]:
    """Again, rather than nothing: a turn was to begin with what its agent then took while the last was ending; or it
    repeats what its API had refused."""
    taken: set[tuple[SessionId, str]] = set()
    again = Counter[tuple[SessionId, str]]()
    for one in events:
        match one.envelope.data:
            case MessagesTaken(messages=messages):
                taken |= {(one.entity.id, message) for message in messages}
            case TurnOrdered(messages=messages, text=text):
                keys = {(one.entity.id, message) for message in (*messages, *_MESSAGE.findall(text))}
                again.update(keys & taken)
            case _:
                pass
    return again


def messages_in(told: Told) -> list[str]:
    """Their ids."""
    if told.within:
        return [told.id]
    asked = [NOTES_WANTED] if "gt handoff -m NOTES" in told.text else []
    return [*_MESSAGE.findall(told.text), *asked]


def _forgotten(session: Session, queued: set[str], heard: set[str]) -> Iterator[str]:
    """Of an agent that ended its turns in peace: whatever came before the last of them ended was told."""
    ends = session.all(EndOrdered)
    if not ends or ends[0].outcome not in ("submitted", "no_commits", "uncommitted"):
        return
    yield from (
        f"message {one} was never told to {session.key}, which had time for it" for one in sorted(queued - heard)
    )


def reminders_are_bounded(events: list[Recorded]) -> Iterator[str]:
    for session in sessions(events):
        row = 0
        for one in session.all(TurnOrdered):
            row = row + 1 if one.reminder else 0
            if row > REMINDERS:
                yield f"{session.key} was reminded {row} times in a row"
        most = 1 + (REMINDERS + 1) * (1 + len(session.all(MessageQueued)) + len(session.all(AgentLost)))
        if len(session.all(TurnEnded)) > most:
            yield f"{session.key} took {len(session.all(TurnEnded))} turns"


def resumes_are_bounded(events: list[Recorded]) -> Iterator[str]:
    """An agent goes on only after it was lost, each time once, and not for ever."""
    for session in sessions(events):
        lost, resumed = session.all(AgentLost), session.all(SessionResumed)
        if len(resumed) > RESUMES:
            yield f"{session.key} went on {len(resumed)} times"
        over = [one.run for one in lost]
        if len(set(over)) < len(over) or not {one.run - 1 for one in resumed} <= set(over):
            yield f"{session.key} lost the runs {over} of its agent, and went on with {[one.run for one in resumed]}"


_OF_THE_API: tuple[FailureKind, ...] = ("auth", "rate_limit", "server")


def last_failure(came: dict[SessionId, list[Came]], session: SessionId, until: float) -> Failure | None:
    """What its API did to the last of its turns that was over by then."""
    ones = [one for one in came.get(session, ()) if one.at <= until]
    return ones[-1].failure if ones else None


def nobody_is_charged_for_an_api(events: list[Recorded], came: dict[SessionId, list[Came]]) -> Iterator[str]:
    for one in events:
        match one.envelope.data:
            case BeadReturned(session=session, charge=charge) if charge != "none":
                failure = last_failure(came, session, one.envelope.time)
                if failure is not None and failure.kind in _OF_THE_API:
                    yield f"{one.entity} is charged with {charge}, as {session} had {failure}"
            case _:
                pass


_OF_ITS_PROGRAM: tuple[FailureKind, ...] = ("silent", "crash")


def nobody_is_charged_for_a_host(events: list[Recorded], gone: set[SessionId], *, swept: bool) -> Iterator[str]:
    """That its agent is gone, or says nothing, is held against a bead only where the agent did that, or a person. gone:
    the sessions of such agents. swept: see `failures_are_as_they_were`."""
    if swept:
        return
    charged = {
        one.envelope.data.session: one
        for one in events
        if isinstance(one.envelope.data, BeadReturned) and one.envelope.data.charge == "failed_run"
    }
    for session in sessions(events):
        turns = session.all(TurnEnded)
        failure = turns[-1].failure if turns else None
        if failure is not None and failure.kind in _OF_ITS_PROGRAM and session.key in charged.keys() - gone:
            yield f"{charged[session.key].entity} is charged, as {session.key} had {failure}, which it did not do"


_ENDS: dict[FailureKind, Outcome] = {
    "auth": "agent_broke",
    "rate_limit": "throttled",
    "server": "agent_broke",
    "input": "failed",
}


def ends_are_typed(events: list[Recorded], came: dict[SessionId, list[Came]]) -> Iterator[str]:
    """How a session ended says what ended it: never the exit of its program alone."""
    for session in sessions(events):
        ended, declared = session.ended, session.all(DoneDeclared, StopRequested)
        if ended is None or ended.outcome in ("interrupted", "withdrawn", "start_broke", "timed_out") or declared:
            continue
        failure = last_failure(came, session.key, session.events[-1].envelope.time)
        if failure is not None and ended.outcome not in (_ENDS[failure.kind], "over_budget", "throttled", "handed_on"):
            yield f"{session.key} ended as {ended.outcome}, as it had {failure}"
        turns = session.all(TurnEnded)
        if turns and turns[-1].failure is not None and ended.outcome in ("submitted", "no_commits"):
            yield f"{session.key} ended as {ended.outcome}, as its last turn had {turns[-1].failure}"


def failures_are_as_they_were(
    events: list[Recorded], came: dict[SessionId, list[Came]], silent: set[SessionId], *, swept: bool
) -> Iterator[str]:
    """No turn is said to have failed that has not. swept: all agents were ended by a later host, and the one before
    lives to tell of it, which on one machine the host's lock lets none."""
    for session in sessions(events):
        for turn in session.all(TurnEnded):
            kind = turn.failure.kind if turn.failure else "crash"
            if kind == "silent" and not swept and session.key not in silent:
                yield f"turn {turn.number} of {session.key}, which was not silent, failed: {turn.failure}"
            known = {one.failure.kind for one in came.get(session.key, ()) if one.failure}
            if kind in _ENDS and kind not in known:
                yield f"turn {turn.number} of {session.key}, whose API did nothing of the kind, failed: {turn.failure}"


def only_what_was_committed_is_handed_in(world: World, events: list[Recorded]) -> Iterator[str]:
    """By agents of its bead, each commit of it; and something at all."""
    beads: dict[SessionId, BeadId] = {}
    commits = world.git.commits
    for one in events:
        match one.envelope.data:
            case SessionOpened(bead=bead):
                beads[one.entity.id] = bead
            case SessionEnded(outcome="submitted", commit=commit, base=base):
                handed_in = commits.reach([commit], commits.reach([base], frozenset())) if commit else set[Commit]()
                if not handed_in:
                    yield f"{one.entity.id} has handed in nothing"
                about = f"Work of {beads[one.entity.id]}-"
                for name in sorted(handed_in):
                    if not commits[name].message.startswith(about):
                        yield f"{one.entity.id} has handed in {commits[name].message!r}"
            case _:
                pass


def nothing_is_told_before_it_has_started(events: list[Recorded]) -> Iterator[str]:
    """Nor after its end: no session's story goes on without it."""
    for session in sessions(events):
        started = over = False
        for event in session.all(SessionStarted, SessionEnded, TurnOrdered, TurnEnded, MessagesTaken, MessageDeferred):
            match event:
                case SessionStarted():
                    started = True
                case SessionEnded():
                    over = True
                case _ if over or not started:
                    yield f"{session.key}: {type(event).__name__} while {started=} {over=}"
                case _:
                    pass
