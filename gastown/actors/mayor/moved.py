"""Rules about a town that goes on elsewhere: what it must not do twice, and what landed behind its log's back."""

import msgspec

from gastown.actors.commands.mayor import MoveRig, ReportLandings
from gastown.actors.kernel.role import Change, Decision
from gastown.actors.mayor.abroad import is_guest
from gastown.actors.mayor.beads import on_bead
from gastown.actors.mayor.holds import lifted, placed
from gastown.actors.mayor.rigs import on_rig, unknown_rig
from gastown.actors.mayor.state import Bead, Mayor, is_done
from gastown.events import bead, rig
from gastown.events.session import Earlier


def move_rig(state: Mayor, command: MoveRig) -> Decision:
    """Nothing starts there: a restored town first looks for landings, a forked one waits for an origin of its own."""
    known = state.rigs.get(command.rig)
    if known is None or known.removed:
        return unknown_rig(command.rig)
    if known.mark == command.mark:
        return ()
    moved = on_rig(command.rig, rig.RigMoved(mark=command.mark, since=command.since, bare=command.bare))
    if not command.detach:
        return (moved, placed(command.rig, "moved", command.reason, command.hint))
    config = msgspec.structs.replace(known.config, origin="", copy_from="")
    held = () if "pause" in known.holds.now else (placed(command.rig, "pause", command.reason, command.hint),)
    return (moved, on_rig(command.rig, rig.RigChanged(config=config)), *held)


def report_landings(state: Mayor, command: ReportLandings) -> Decision:
    """Beads that landed are done, whatever the log has them at; then the rig goes on, if this alone held it."""
    known = state.rigs.get(command.rig)
    if known is None or "moved" not in known.holds.now:
        return ()
    landed: dict[str, Change] = {}
    for found in command.found:
        one = state.beads.get(found.bead)
        if one is None or is_done(one) or found.submission in one.landings:
            continue
        event = bead.BeadLanded(submission=found.submission, commit=found.commit, target_commit=found.target_commit)
        landed[found.bead] = on_bead(found.bead, event)
    said = on_rig(command.rig, rig.LandingsFound(beads=tuple(landed)))
    return (*landed.values(), said, lifted(command.rig, "moved"))


def earlier_here(state: Mayor, one: Bead) -> Earlier | None:
    """The commits that its next session goes on from. Those that stayed where the town was lost are done without."""
    known, earlier = state.rigs[one.rig], one.earlier
    if earlier is None or not known.bare or earlier.session.endswith(f"-{known.mark}"):
        return earlier
    return earlier if is_guest(earlier.session) else None
