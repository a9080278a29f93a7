"""What holds of every town, whatever befell it. Each law gives the breaches it finds, in words."""

from collections import Counter
from collections.abc import Iterator
from signal import SIGKILL, SIGTERM

from gastown.adapters.git.memory_store import MemoryStore
from gastown.events import hold
from gastown.events.bead import (
    BeadAssigned,
    BeadClosed,
    BeadCreated,
    BeadLanded,
    BeadReopened,
    BeadReturned,
    BeadSubmitted,
)
from gastown.events.envelope import Recorded
from gastown.events.escalation import EscalationRaised
from gastown.events.hold import Cause, TownFreed, TownHeld
from gastown.events.host import HostArrived
from gastown.events.ids import Commit
from gastown.events.polecat import PolecatAssigned, PolecatReleased
from gastown.events.rig import LandingsFound, RigFreed, RigHeld
from gastown.events.session import SessionEnded, SessionOpened
from gastown.events.submission import SubmissionLanded, SubmissionReceived
from gastown.events.town import TownRestored
from simulated.gates import judge
from simulated.moves import MOVED
from simulated.plan import MOVES, TIMEOUT, Plan
from simulated.world import ORIGIN, RIG, World

OUTSIDE = ("overseer", "daemon", "session/", "town/")
"""Whose orders need no cause."""
ENDED_BY_THE_TOWN = ("interrupted", "timed_out", "withdrawn")
"""Outcomes of sessions that did not end by themselves."""
TRAILER = "Gastown-Submission: "


def trailer(message: str) -> str:
    """The submission a commit of the target brought, "" for none of ours."""
    return next((line.removeprefix(TRAILER) for line in message.splitlines() if line.startswith(TRAILER)), "")


def target(git: MemoryStore) -> Commit:
    return git.origin(ORIGIN).branches["main"]


def on_target(world: World) -> list[str]:
    """The submissions whose merges the target holds, as often as it holds them."""
    commits = world.git.commits
    return [one for name in commits.reach([target(world.git)], frozenset()) if (one := trailer(commits[name].message))]


def what_is_acknowledged_is_stored(world: World, events: list[Recorded]) -> Iterator[str]:
    stored = {one.envelope.id for one in events}
    yield from (
        f"event {one} was acknowledged, and is not in the log" for one in world.acknowledged if one not in stored
    )


def landed_once(world: World, events: list[Recorded]) -> Iterator[str]:
    """What the log says landed is on the target, and on it once; and the other way round, but for what was lost."""
    commits = world.git.commits
    brought = Counter(on_target(world))
    said = Counter(one.entity.id for one in events if isinstance(one.envelope.data, SubmissionLanded))
    for submission in sorted(brought.keys() | said.keys()):
        expected = (1,) if submission not in world.lost else (0, 1)
        if brought[submission] != 1 or said[submission] not in expected:
            yield f"{submission} is {brought[submission]} times on the target, {said[submission]} times in the log"
    for one in events:
        data = one.envelope.data
        if isinstance(data, BeadLanded):
            missing = {data.target_commit, data.commit} - commits.reach([target(world.git)], frozenset())
            yield from (f"{one.entity} is closed as merged, and {name} is not on the target" for name in missing)


def nothing_lost(
    world: World, events: list[Recorded], made: dict[str, list[Commit]], left: list[tuple[str, str]]
) -> Iterator[str]:
    """Every commit that a worker made, or that the log names, can be reached from a ref."""
    commits = world.git.commits
    tips = [*world.git.refs(world.folder / "rigs" / RIG).values(), *world.git.origin(ORIGIN).branches.values()]
    kept = commits.reach(tips, frozenset())
    texts = {text for commit in kept for text in commits[commit].tree.values()}
    yield from (f"what session {session} left uncommitted is gone" for session, text in left if text not in texts)
    for session, ones in made.items():
        yield from (f"commit {one} of session {session} cannot be reached" for one in ones if one not in kept)
    for one in events:
        data = one.envelope.data
        named: tuple[Commit, ...] = ()
        if isinstance(data, SessionEnded):
            named = (data.commit, data.kept_commit)
        elif isinstance(data, SubmissionReceived):
            named = (data.commit,)
        yield from (
            f"{one.entity} names {name}, which cannot be reached" for name in named if name and name not in kept
        )


def one_at_a_time(events: list[Recorded]) -> Iterator[str]:
    """A bead has one live session, a polecat one bead."""
    live: dict[str, str] = {}
    busy: dict[str, str] = {}
    for one in events:
        match one.envelope.data:
            case SessionOpened(bead=bead):
                if bead in live:
                    yield f"{bead} has two sessions: {live[bead]} and {one.entity.id}"
                live[bead] = one.entity.id
            case SessionEnded():
                live = {bead: session for bead, session in live.items() if session != one.entity.id}
            case PolecatAssigned(session=session):
                if one.entity.id in busy:
                    yield f"{one.entity.id} has two sessions: {busy[one.entity.id]} and {session}"
                busy[one.entity.id] = session
            case PolecatReleased():
                busy.pop(one.entity.id, None)
            case _:
                pass


def target_is_green(world: World) -> Iterator[str]:
    """Whatever the Refinery brought left the target green, unless it was red before."""
    commits = world.git.commits
    for one in sorted(commits.reach([target(world.git)], frozenset())):
        commit = commits[one]
        was_green = not commit.parents or judge("", commits[commit.parents[0]].tree) == 0
        if trailer(commit.message) and was_green and judge("", commit.tree) != 0:
            yield f"{trailer(commit.message)} made the target red"


def hosts_succeed_each_other(events: list[Recorded]) -> Iterator[str]:
    """Each host that arrives has an epoch of its own, higher than those before."""
    epochs = [one.envelope.data.epoch for one in events if isinstance(one.envelope.data, HostArrived)]
    if epochs != sorted(set(epochs)):
        yield f"the epochs of hosts: {epochs}"


def nobody_is_ended_for_nothing(plan: Plan, events: list[Recorded]) -> Iterator[str]:
    """Silence is not death: a session is interrupted only when its host was followed by another, or the town moved;
    timed out only after its time, killed only where the plan kills workers."""
    killed = any(one.target == "worker" or one.kind == "succeed" for one in plan.faults)  # the later host sweeps
    hosts, opened_under, moves = 0, dict[str, int](), any(one.kind in MOVES for one in plan.faults)
    for one in events:
        match one.envelope.data:
            case HostArrived() | TownRestored():
                hosts += 1
            case SessionOpened():
                opened_under[one.entity.id] = hosts
            case SessionEnded(outcome="interrupted", reason=reason) if moves and reason == MOVED:
                pass
            case SessionEnded(outcome="interrupted") as ended if hosts == opened_under[one.entity.id]:
                yield f"{one.entity} was interrupted for nothing: {ended.reason}"
            case SessionEnded(outcome="timed_out", seconds=seconds) if (
                seconds < TIMEOUT - 10.0
            ):  # it counts from before it has begun
                yield f"{one.entity} timed out after {seconds} s"
            case SessionEnded(outcome="died", signal=number) if number in (SIGTERM, SIGKILL) and not killed:
                yield f"{one.entity} was ended by signal {number}"
            case _:
                pass


def nobody_is_blamed_for_the_town(events: list[Recorded]) -> Iterator[str]:
    """What the town, the rig or a person did does not count against the bead."""
    for one in events:
        data = one.envelope.data
        if isinstance(data, BeadReturned) and data.charge != "none" and data.outcome in _NOT_ITS_FAULT:
            yield f"{one.entity} is charged with {data.charge}, as it was {data.outcome}"


_NOT_ITS_FAULT = (
    "interrupted",
    "withdrawn",
    "deferred",
    "setup_broke",
    "start_broke",
    "throttled",
    "agent_broke",
    "over_budget",
    "handed_on",
)


def needs_come_first(events: list[Recorded]) -> Iterator[str]:
    """No place is given to a bead whose needs have not landed or been closed."""
    needs: dict[str, set[str]] = {}
    done: set[str] = set()
    for one in events:
        match one.envelope.data:
            case BeadCreated(needs=found):
                needs[one.entity.id] = set(found)
            case BeadLanded() | BeadClosed():
                done.add(one.entity.id)
            case BeadReopened():
                done.discard(one.entity.id)
            case BeadAssigned() if one.entity.id in done:
                yield f"{one.entity.id} got a place though it was done"
            case BeadAssigned() if not needs[one.entity.id] <= done:
                yield f"{one.entity.id} got a place before {needs[one.entity.id] - done}"
            case _:
                pass


def places_suffice(events: list[Recorded], places: int) -> Iterator[str]:
    """Never more sessions than there are places."""
    live: set[str] = set()
    for one in events:
        match one.envelope.data:
            case BeadAssigned(session=session):
                live.add(session)
            case BeadSubmitted(session=session) | BeadReturned(session=session):
                live.discard(session)
            case _:
                pass
        if len(live) > places:
            yield f"{len(live)} sessions with {places} places at {one.position}: {sorted(live)}"
            return


def every_event_has_a_cause(events: list[Recorded]) -> Iterator[str]:
    known = {""}
    for one in events:
        envelope = one.envelope
        if envelope.cause not in known:
            yield f"{one.entity} at {one.position} is caused by {envelope.cause}, which comes later or never"
        arrived = isinstance(envelope.data, HostArrived) or envelope.actor == "town"  # what it sees of the machine
        if not envelope.cause and not envelope.actor.startswith(OUTSIDE) and not arrived:
            yield f"{one.entity} at {one.position} ({type(envelope.data).__name__}) of {envelope.actor} has no cause"
        known.add(envelope.id)


def nothing_parked(events: list[Recorded]) -> Iterator[str]:
    """No owner ever refused what another told it."""
    for one in events:
        if isinstance(one.envelope.data, EscalationRaised) and one.entity.id.startswith("parked."):
            yield f"{one.entity.id}: {one.envelope.data.reason}"


def nothing_begins_where_there_is_a_hold(events: list[Recorded]) -> Iterator[str]:
    """Whatever holds it, a bead gets no place; and each hold is lifted only by what its cause says."""
    holds: dict[str, set[Cause]] = {}
    for one in events:
        match one.envelope.data:
            case TownHeld(cause=cause) | RigHeld(cause=cause):
                holds.setdefault(one.entity.id, set()).add(cause)
            case TownFreed(cause=cause) | RigFreed(cause=cause):
                holds[one.entity.id].discard(cause)
            case BeadAssigned():
                for where in (hold.TOWN, RIG):
                    if holds.get(where):
                        yield f"{one.entity.id} got a place while {where} was held for its {holds[where]}"
            case _:
                pass


def what_landed_is_found(world: World, events: list[Recorded]) -> Iterator[str]:
    """Once a restored town has looked at its target, every bead that landed without its knowledge is done."""
    beads: set[str] = set()
    done: set[str] = set()
    looked = not world.restored
    for one in events:
        match one.envelope.data:
            case BeadCreated():
                beads.add(one.entity.id)
            case BeadLanded() | BeadClosed():
                done.add(one.entity.id)
            case BeadReopened() if not looked:
                done.discard(one.entity.id)
            case LandingsFound():
                looked = True
                missed = (set(world.lost.values()) & beads) - done
                yield from (f"{bead} had landed, and was not found on the target" for bead in sorted(missed))
            case _:
                pass
    if not looked and RIG in {one.entity.id for one in events}:
        yield "the target of a restored town was never looked at"
