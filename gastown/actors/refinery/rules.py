"""The rules of the queue."""

from gastown.actors.commands import refinery as told
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.refinery.state import (
    Held,
    Landing,
    Over,
    Proposing,
    Queued,
    Refinery,
    Submission,
    Waiting,
)
from gastown.events import submission as facts
from gastown.events import target
from gastown.events.fact import Fact
from gastown.events.ids import Entity, SubmissionId

BROKE_LIMIT = 3
"""How often in a row a proof may break before the queue pauses."""
RETRY_AFTER = (2.0, 10.0)
"""Seconds before a broken proof is tried again: the first time, then after."""


def on(key: SubmissionId, event: Fact) -> tuple[Change, ...]:
    return (Change(Entity(facts.KIND, key), event),)


def pause(state: Refinery, reason: str, hint: str) -> tuple[Change, ...]:
    if state.paused:
        return ()
    return (Change(Entity(target.KIND, state.rig), target.QueuePaused(reason=reason, hint=hint)),)


def submit(state: Refinery, command: told.Submit) -> Decision:
    if command.submission in state.queue or command.submission in state.settled:
        return ()
    received = facts.SubmissionReceived(
        rig=command.rig,
        bead=command.bead,
        session=command.session,
        title=command.title,
        commit=command.commit,
        base=command.base,
        priority=command.priority,
    )
    return on(command.submission, received)


def approve(state: Refinery, command: told.Approve) -> Decision:
    one = state.queue.get(command.submission)
    if one is None:
        return Rejected(f"{command.submission} is not in the queue", "see it: gt mq list", "unknown")
    match one.phase:
        case Held(base=base, candidate=candidate):
            intended = facts.LandingIntended(expected=base, candidate=candidate)
            return (*on(command.submission, facts.LandingApproved()), *on(command.submission, intended))
        case Queued() | Waiting() if not one.approved:
            return on(command.submission, facts.LandingApproved())
        case _:
            return ()


def withdraw(state: Refinery, command: told.WithdrawSubmission) -> Decision:
    """Too late once the target may have moved: then its landing is what the Mayor is told."""
    one = state.queue.get(command.submission)
    if one is None or isinstance(one.phase, Landing | Over):
        return ()
    return on(command.submission, facts.SubmissionWithdrawn(reason=command.reason))


def hold_queue(state: Refinery, command: told.HoldQueue) -> Decision:
    """The Mayor's word; her own pause, and that trouble of the queue which a person has seen, end with it."""
    if command.number <= state.told:
        return ()
    events: list[Fact] = []
    if command.depth and command.depth != state.held:
        events.append(target.QueueHeld(number=command.number, depth=command.depth))
    if not command.depth and state.held:
        events.append(target.QueueFreed(number=command.number))
    if state.paused and command.resumed >= state.pauses:
        events.append(target.QueueResumed())
    return tuple(Change(Entity(target.KIND, state.rig), event) for event in events)


def retry_proof(state: Refinery, command: told.RetryProof) -> Decision:
    """The wait is over by itself: `due` looks at the time only through this."""
    one = state.queue.get(command.submission)
    if one is None or not isinstance(one.phase, Waiting) or one.proofs != command.number:
        return ()
    return on(command.submission, facts.ProofRetried())


def _proving(state: Refinery, submission: SubmissionId, number: int) -> Submission | None:
    """The submission, if this is the report it waits for."""
    one = state.queue.get(submission)
    if one is None or not isinstance(one.phase, Queued) or number != one.proofs + 1:
        return None
    return one


def report_proven(state: Refinery, command: told.ReportProven) -> Decision:
    one = _proving(state, command.submission, command.number)
    if one is None:
        return ()
    proven = facts.CandidateProven(
        number=command.number,
        base=command.base,
        candidate=command.candidate,
        land=command.land,
        gates=command.gates,
    )
    changes = on(command.submission, proven)
    if command.land == "push" or (command.land == "hold" and one.approved):
        intended = facts.LandingIntended(expected=command.base, candidate=command.candidate)
        changes += on(command.submission, intended)
    return changes


def report_conflicted(state: Refinery, command: told.ReportConflicted) -> Decision:
    if _proving(state, command.submission, command.number) is None:
        return ()
    return on(command.submission, facts.SubmissionConflicted(base=command.base, files=command.files))


def report_red(state: Refinery, command: told.ReportRed) -> Decision:
    if _proving(state, command.submission, command.number) is None:
        return ()
    if command.base_red:
        reason = f"gate {command.gate} fails on the target itself (exit {command.exit_code})"
        hint = f"mend the target, then: gt rig resume {state.rig}"
        broke = facts.ProofBroke(number=command.number, what="red target", reason=reason, tail=command.tail)
        return (*on(command.submission, broke), *pause(state, reason, hint))
    red = facts.SubmissionRed(
        base=command.base,
        candidate=command.candidate,
        gate=command.gate,
        exit_code=command.exit_code,
        tail=command.tail,
    )
    return on(command.submission, red)


def report_broke(state: Refinery, command: told.ReportBroke) -> Decision:
    one = _proving(state, command.submission, command.number)
    if one is None:
        return ()
    wait = RETRY_AFTER[min(one.broke, len(RETRY_AFTER) - 1)]
    broke = facts.ProofBroke(
        number=command.number,
        what=command.what,
        reason=command.reason,
        tail=command.tail,
        retry_at=command.at + wait,
    )
    changes = on(command.submission, broke)
    if one.broke + 1 >= BROKE_LIMIT:
        hint = f"gt rig check {state.rig}, then: gt rig resume {state.rig}"
        changes += pause(state, f"{command.what} broke {one.broke + 1} times: {command.reason}", hint)
    return changes


def report_landing(state: Refinery, command: told.ReportLanding) -> Decision:
    one = state.queue.get(command.submission)
    if one is None or isinstance(one.phase, Over):
        return ()
    landed = facts.SubmissionLanded(commit=one.received.commit, target_commit=command.target_commit)
    return on(command.submission, landed)


def report_overtaken(state: Refinery, command: told.ReportOvertaken) -> Decision:
    if _proving(state, command.submission, command.number) is None:
        return ()
    overtaken = facts.SubmissionOvertaken(by=command.by, commit=command.commit, target_commit=command.target_commit)
    return on(command.submission, overtaken)


def report_raced(state: Refinery, command: told.ReportRaced) -> Decision:
    one = state.queue.get(command.submission)
    if one is None or not isinstance(one.phase, Landing) or one.phase.expected != command.expected:
        return ()
    moved = target.TargetMoved(old=command.expected, new=command.found, rewritten=command.rewritten)
    raced = on(command.submission, facts.LandingRaced(found=command.found))
    return (*raced, Change(Entity(target.KIND, state.rig), moved))


def report_landing_refused(state: Refinery, command: told.ReportLandingRefused) -> Decision:
    one = state.queue.get(command.submission)
    if one is None or not isinstance(one.phase, Landing | Proposing):
        return ()
    hint = f"let it through (or: gt rig set {state.rig} --land branch), then: gt rig resume {state.rig}"
    refused = on(command.submission, facts.LandingRefused(reason=command.reason))
    return (*refused, *pause(state, f"the origin refuses the landing: {command.reason}", hint))


def report_proposed(state: Refinery, command: told.ReportProposed) -> Decision:
    one = state.queue.get(command.submission)
    if one is None or not isinstance(one.phase, Proposing):
        return ()
    return on(command.submission, facts.ProposalOpened(branch=command.branch, candidate=command.candidate))


def settle(state: Refinery, command: told.SettleSubmission) -> Decision:
    one = state.queue.get(command.submission)
    if one is None or not isinstance(one.phase, Over):
        return ()
    return on(command.submission, facts.SubmissionSettled())
