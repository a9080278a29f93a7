"""Rules about what workers and the Refinery report."""

from gastown.actors.commands.mayor import ReportAttempt, ReportLanded, ReportRefused, ReportStarted
from gastown.actors.kernel.role import Change, Decision
from gastown.actors.mayor import fitness, gate, handoffs
from gastown.actors.mayor.beads import on_bead
from gastown.actors.mayor.holds import placed
from gastown.actors.mayor.phases import Closed, Landed, Submitted, Working
from gastown.actors.mayor.places import BROKE, host_of
from gastown.actors.mayor.state import Bead, Mayor
from gastown.events import bead
from gastown.events.bead import Charge
from gastown.events.ids import BeadId, SessionId

CHARGES: dict[str, Charge] = {
    "no_commits": "failed_run",
    "uncommitted": "failed_run",
    "failed": "failed_run",
    "died": "failed_run",
    "timed_out": "failed_run",
}
"""Outcomes that count against the bead; all others are the town's, the rig's or a person's doing."""

LIMITS: dict[Charge, tuple[str, str]] = {
    "failed_run": ("limit.failed_runs", "failed runs"),
    "red_gate": ("limit.red_gates", "red gates"),
    "conflict": ("limit.conflicts", "conflicts"),
}
BROKE_IN_A_ROW = 3
"""Sessions that a rig may break one after another (its setup, its sandbox) before it is paused."""


def report_started(state: Mayor, command: ReportStarted) -> Decision:
    phase = state.beads[command.bead].phase
    if not (isinstance(phase, Working) and phase.session == command.session) or phase.started:
        return ()
    return (on_bead(command.bead, bead.BeadStarted(session=command.session, polecat=command.polecat)),)


def report_attempt(state: Mayor, command: ReportAttempt) -> Decision:
    """The end of a session. Told again after a restart, it finds the bead elsewhere and changes nothing."""
    one = state.beads[command.bead]
    if not _is_with(one, command.session):
        return gate.settle_late(state, command)
    changes = gate.settle_at_end(state, command)
    if command.submission:
        return (*changes, _submitted(command))
    changes.append(on_bead(command.bead, _returned(command)))
    if not _is_wanted(one):
        return tuple(changes)
    if command.outcome == "deferred":
        changes.append(on_bead(command.bead, bead.BeadUnslung(reason=f"deferred: {command.reason}")))
    elif command.outcome == "escalated":
        changes.append(on_bead(command.bead, bead.BeadBlocked(reason=command.reason, escalated=True)))
    else:
        changes += _beyond_limit(state, command.bead, one, CHARGES.get(command.outcome, "none"), command.reason)
        changes += handoffs.beyond_limit(state, command.bead, one, command)
        if isinstance(one.phase, Working) and not host_of(one):  # elsewhere it says something about that machine alone
            changes += _broken_rig(state, one, command)
            changes += fitness.after_attempt(state, one.phase.agent, command)
    return tuple(changes)


def _is_with(one: Bead, session: SessionId) -> bool:
    return isinstance(one.phase, Working | Closed) and one.phase.session == session


def _submitted(command: ReportAttempt | ReportLanded | ReportRefused) -> Change:
    session, submission, commit = command.session, command.submission, command.commit
    early = not isinstance(command, ReportAttempt)
    return on_bead(command.bead, bead.BeadSubmitted(session=session, submission=submission, commit=commit, early=early))


def _is_wanted(one: Bead) -> bool:
    """Not closed, and not taken back while it was under way."""
    return isinstance(one.phase, Working | Submitted) and not one.phase.withdrawn


def _returned(command: ReportAttempt) -> bead.BeadReturned:
    return bead.BeadReturned(
        session=command.session,
        outcome=command.outcome,
        reason=command.reason,
        charge=CHARGES.get(command.outcome, "none"),
        tail=command.tail,
        commit=command.commit,
        base=command.base,
        kept=command.kept,
        barren=command.barren,
    )


def _beyond_limit(state: Mayor, key: BeadId, one: Bead, charge: Charge, reason: str) -> list[Change]:
    if charge == "none":
        return []
    setting, words = LIMITS[charge]
    count = {"failed_run": one.failed_runs, "red_gate": one.red_gates, "conflict": one.conflicts}[charge] + 1
    if count < state.setting(setting):
        return []
    return [on_bead(key, bead.BeadBlocked(reason=f"{count} {words}; the last: {reason}"))]


def _broken_rig(state: Mayor, one: Bead, command: ReportAttempt) -> list[Change]:
    known = state.rigs[one.rig]
    if command.outcome not in BROKE or "pause" in known.holds.now or known.broke + 1 < BROKE_IN_A_ROW:
        return []
    hint = f"gt rig check {one.rig}, then: gt rig resume {one.rig}"
    return [placed(one.rig, "pause", command.reason, hint)]


def report_landed(state: Mayor, command: ReportLanded) -> Decision:
    one = state.beads[command.bead]
    if isinstance(one.phase, Landed) or (before := _before_its_end(one, command)) is None:
        return ()
    landed = bead.BeadLanded(submission=command.submission, commit=command.commit, target_commit=command.target_commit)
    return (*before, on_bead(command.bead, landed))


def _before_its_end(one: Bead, command: ReportLanded | ReportRefused) -> tuple[Change, ...] | None:
    """What is to be noted before the end of this submission. None: the bead is not with it.

    A quick Refinery has ended it before the Polecat, which tells the Refinery first, has told the Mayor.
    """
    if isinstance(one.phase, Submitted | Closed | Landed) and one.phase.submission == command.submission:
        return ()
    return (_submitted(command),) if _is_with(one, command.session) else None


def report_refused(state: Mayor, command: ReportRefused) -> Decision:
    """Red, conflicting or withdrawn: the bead is no longer with the Refinery."""
    one = state.beads[command.bead]
    if (before := _before_its_end(one, command)) is None:
        return ()
    returned = bead.BeadReturned(
        session=command.session,
        outcome=command.outcome,
        reason=command.reason,
        charge=command.charge,
        tail=command.tail,
        commit=command.commit,
        base=command.base,
    )
    changes = [*before, on_bead(command.bead, returned)]
    if _is_wanted(one):
        changes += _beyond_limit(state, command.bead, one, command.charge, command.reason)
    return tuple(changes)
