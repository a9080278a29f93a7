"""What the Refinery remembers, and how events change it."""

from typing import Any, Literal, TypeAlias, cast

import msgspec
from immutables import Map

from gastown.actors.kernel.role import Change, Parked
from gastown.events import submission as facts
from gastown.events.ids import Commit, Entity, RigName, SubmissionId
from gastown.events.submission import SubmissionReceived
from gastown.events.target import QueueFreed, QueueHeld, QueuePaused, QueueResumed, TargetMoved


class Queued(msgspec.Struct, tag=True, frozen=True):
    """To be proven, or being proven."""


class Waiting(msgspec.Struct, tag=True, frozen=True):
    """Its proof broke; it is tried again at `retry_at`, seconds since the epoch."""

    retry_at: float


class Held(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Proven, waiting for a person."""

    base: Commit
    candidate: Commit


class Landing(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """The target may move from `expected` to `candidate` at any moment, or have done so."""

    expected: Commit
    candidate: Commit


class Proposing(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Proven; goes to a branch of its own for a pull request."""

    candidate: Commit


class Proposed(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """At the origin under `branch`; somebody will merge it."""

    branch: str
    candidate: Commit


class Over(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """How it ended; the Mayor is to be told."""

    event: facts.End


Phase: TypeAlias = Queued | Waiting | Held | Landing | Proposing | Proposed | Over


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """place: how many were received before it. proofs: begun and ended. broke: in a row. landings: intended."""

    received: SubmissionReceived
    place: int
    proofs: int = 0
    broke: int = 0
    landings: int = 0
    approved: bool = False
    phase: Phase = Queued()


class Refinery(msgspec.Struct, frozen=True, kw_only=True):
    """queue: every submission that is not settled; settled: all others.

    paused: its own trouble, "" for none; pauses: how often it had any. held: by the Mayor; told: her last word on it.
    """

    rig: RigName
    queue: Map[SubmissionId, Submission] = Map()
    settled: Map[SubmissionId, None] = Map()
    received: int = 0
    paused: str = ""
    hint: str = ""
    pauses: int = 0
    held: Literal["", "pause", "stop"] = ""
    told: int = 0


def with_submission(state: Refinery, key: SubmissionId, one: Submission) -> Refinery:
    return msgspec.structs.replace(state, queue=state.queue.set(key, one))


def evolve(state: Refinery, change: Change) -> Refinery:
    match change.event:
        case QueuePaused(reason=reason, hint=hint):
            return msgspec.structs.replace(state, paused=reason, hint=hint, pauses=state.pauses + 1)
        case QueueResumed():
            return _resumed(state)
        case QueueHeld(number=number, depth=depth):
            return msgspec.structs.replace(state, held=depth, told=number)
        case QueueFreed(number=number):
            return msgspec.structs.replace(state, held="", told=number)
        case TargetMoved():
            return state
        case SubmissionReceived() as received:
            one = Submission(received=received, place=state.received)
            state = msgspec.structs.replace(state, received=state.received + 1)
            return with_submission(state, change.entity.id, one)
        case facts.SubmissionSettled():
            key = change.entity.id
            return msgspec.structs.replace(state, queue=state.queue.delete(key), settled=state.settled.set(key, None))
        case event:
            return with_submission(state, change.entity.id, _next(state.queue[change.entity.id], cast("Any", event)))


def park(state: Refinery, parked: Parked) -> Refinery:
    """Parked submissions leave the queue: the others land without them."""
    left = {key: one for key, one in state.queue.items() if not parked.covers(Entity(facts.KIND, key))}
    return msgspec.structs.replace(state, queue=Map(left))


def _resumed(state: Refinery) -> Refinery:
    """What broke may have been mended: everything that waits is tried at once, with its tries given back."""
    queue = state.queue
    for key, one in state.queue.items():
        if isinstance(one.phase, Waiting) or one.broke:
            phase = Queued() if isinstance(one.phase, Waiting) else one.phase
            queue = queue.set(key, msgspec.structs.replace(one, phase=phase, broke=0))
    return msgspec.structs.replace(state, paused="", hint="", queue=queue)


def _next(one: Submission, event: facts.SubmissionEvent) -> Submission:
    replace = msgspec.structs.replace
    match event:
        case facts.CandidateProven():
            return replace(one, phase=_proven(event), proofs=event.number, broke=0)
        case facts.ProofBroke():
            return replace(one, phase=Waiting(event.retry_at), proofs=event.number, broke=one.broke + 1)
        case facts.LandingApproved():
            return replace(one, approved=True)
        case facts.LandingIntended(expected=expected, candidate=candidate):
            landing = Landing(expected=expected, candidate=candidate)
            return replace(one, phase=landing, landings=one.landings + 1)
        case facts.LandingRaced() | facts.LandingRefused() | facts.ProofRetried():
            return replace(one, phase=Queued())
        case facts.ProposalOpened(branch=branch, candidate=candidate):
            return replace(one, phase=Proposed(branch=branch, candidate=candidate))
        case (
            facts.SubmissionLanded()
            | facts.SubmissionOvertaken()
            | facts.SubmissionConflicted()
            | facts.SubmissionRed()
            | facts.SubmissionWithdrawn()
        ):
            return replace(one, phase=Over(event=event))
        case _:
            return one


def _proven(event: facts.CandidateProven) -> Phase:
    if event.land == "branch":
        return Proposing(candidate=event.candidate)
    return Held(base=event.base, candidate=event.candidate)
