"""What the Refinery's state waits for in the world."""

from typing import assert_never

from msgspec.structs import replace as _replace

from gastown.actors.commands.command import Command
from gastown.actors.commands.mayor import MAYOR, PlaceHold, ReportLanded, ReportRefused
from gastown.actors.commands.refinery import RetryProof, SettleSubmission
from gastown.actors.effects import (
    Effect,
    LandCandidate,
    Message,
    ProposeCandidate,
    ProveCandidate,
    RemindAt,
    Tell,
    WatchProposal,
)
from gastown.actors.refinery.state import (
    Landing,
    Over,
    Proposed,
    Proposing,
    Queued,
    Refinery,
    Submission,
    Waiting,
)
from gastown.events import submission as facts
from gastown.events import target
from gastown.events.ids import Entity, SubmissionId


def due(state: Refinery) -> tuple[Effect, ...]:
    effects = [effect for key, one in state.queue.items() for effect in _for_one(key, one)]
    if state.held == "stop":  # the world is left alone; what others must know, they are told
        effects = [effect for effect in effects if isinstance(effect, Tell | RemindAt)]
    if state.paused:
        return (*effects, _tell_pause(state))
    return (*effects, *(() if state.held else _next_proof(state)))


def _next_proof(state: Refinery) -> tuple[Effect, ...]:
    """One proof at a time, and none while a landing is open: its outcome is the next proof's base."""
    if any(isinstance(one.phase, Landing) for one in state.queue.values()):
        return ()
    queued = [
        (one.received.priority, one.place, key) for key, one in state.queue.items() if isinstance(one.phase, Queued)
    ]
    if not queued:
        return ()
    _, _, key = min(queued)
    return (_prove(key, state.queue[key]),)


def _prove(key: SubmissionId, one: Submission) -> ProveCandidate:
    received = one.received
    return ProveCandidate(
        key=f"prove:{key}:{one.proofs + 1}.{one.landings}",
        about=Entity(facts.KIND, key),
        submission=key,
        number=one.proofs + 1,
        rig=received.rig,
        bead=received.bead,
        session=received.session,
        title=received.title,
        commit=received.commit,
        base=received.base,
    )


def _for_one(key: SubmissionId, one: Submission) -> tuple[Effect, ...]:
    about = Entity(facts.KIND, key)
    match one.phase:
        case Waiting(retry_at=retry_at) if retry_at:
            again = RetryProof(submission=key, number=one.proofs)
            return (RemindAt(key=f"remind:{key}:{one.proofs}", about=about, at=retry_at, command=again),)
        case Landing(expected=expected, candidate=candidate):
            land = LandCandidate(
                key=f"land:{key}:{one.landings}",
                about=about,
                submission=key,
                rig=one.received.rig,
                expected=expected,
                candidate=candidate,
            )
            return (land,)
        case Proposing() | Proposed():
            return (_proposal(key, one, about),)
        case Over(event=event):
            return (_tell_end(key, one, event),)
        case _:
            return ()


def _proposal(key: SubmissionId, one: Submission, about: Entity) -> Effect:
    received = one.received
    if isinstance(one.phase, Proposing):
        return ProposeCandidate(
            key=f"propose:{key}:{one.proofs}",
            about=about,
            submission=key,
            rig=received.rig,
            bead=received.bead,
            candidate=one.phase.candidate,
            branch=f"gastown/{received.session}",
        )
    return WatchProposal(
        key=f"watch:{key}:{one.proofs}",
        about=about,
        submission=key,
        rig=received.rig,
        base=received.base,
        commit=received.commit,
    )


def _tell_end(key: SubmissionId, one: Submission, event: facts.End) -> Tell:
    return Tell(
        key=f"tell:over:{key}",
        about=Entity(facts.KIND, key),
        messages=(Message(MAYOR, _report(key, one, event)),),
        then=SettleSubmission(submission=key),
    )


def _report(key: SubmissionId, one: Submission, event: facts.End) -> Command:
    received = one.received
    refused = ReportRefused(
        bead=received.bead,
        session=received.session,
        submission=key,
        outcome="withdrawn",
        charge="none",
        reason="withdrawn",
        tail="",
        commit=received.commit,
        base=received.base,
    )
    match event:
        case facts.SubmissionLanded() | facts.SubmissionOvertaken():
            return ReportLanded(
                bead=received.bead,
                session=received.session,
                submission=key,
                commit=event.commit,
                target_commit=event.target_commit,
            )
        case facts.SubmissionConflicted(files=files):
            reason = f"conflicts with the target in {', '.join(files[:10])}"
            return _replace(refused, outcome="conflicted", charge="conflict", reason=reason)
        case facts.SubmissionRed(gate=gate, exit_code=exit_code, tail=tail):
            reason = f"gate {gate} is red (exit {exit_code})"
            return _replace(refused, outcome="red", charge="red_gate", reason=reason, tail=tail)
        case facts.SubmissionWithdrawn(reason=reason):
            return _replace(refused, reason=reason)
        case _:
            assert_never(event)


def _tell_pause(state: Refinery) -> Tell:
    command = PlaceHold(rig=state.rig, cause="pause", reason=state.paused, hint=state.hint, number=state.pauses)
    key = f"tell:paused:{state.rig}.{state.pauses}"
    return Tell(key=key, about=Entity(target.KIND, state.rig), messages=(Message(MAYOR, command),))
