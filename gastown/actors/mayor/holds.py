"""Rules about what holds work: emergency stops, pauses, and a disk with too little room."""

from gastown.actors.commands.mayor import LiftHold, PlaceHold, ReportDisk
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor.rigs import unknown_rig
from gastown.actors.mayor.state import Holds, Mayor
from gastown.events import hold, rig
from gastown.events.hold import DEPTH_OF, Cause, TownFreed, TownHeld
from gastown.events.ids import Entity, RigName
from gastown.events.rig import RigFreed, RigHeld

MB = 1024 * 1024


TOWN = Entity(hold.KIND, hold.TOWN)


def placed(key: RigName, cause: Cause, reason: str, hint: str, number: int = 0) -> Change:
    """key "": on the town."""
    depth = DEPTH_OF[cause]
    if not key:
        return Change(TOWN, TownHeld(cause=cause, depth=depth, reason=reason, hint=hint))
    held = RigHeld(cause=cause, depth=depth, reason=reason, hint=hint, number=number)
    return Change(Entity(rig.KIND, key), held)


def lifted(key: RigName, cause: Cause) -> Change:
    """key "": from the town."""
    return Change(Entity(rig.KIND, key), RigFreed(cause=cause)) if key else Change(TOWN, TownFreed(cause=cause))


def _holds(state: Mayor, key: RigName) -> Holds | None:
    if not key:
        return state.holds
    known = state.rigs.get(key)
    return None if known is None or known.removed else known.holds


def place_hold(state: Mayor, command: PlaceHold) -> Decision:
    """One that is in place stays as it is, but for trouble in the queue, which is news.

    A pause of the Refinery's that was answered before stays answered, also after a person has resumed the rig.
    """
    holds = _holds(state, command.rig)
    if holds is None:
        return unknown_rig(command.rig)
    if command.number and command.number <= state.rigs[command.rig].queue_pause:
        return ()
    if command.cause in holds.now and not command.number:
        return ()
    return (placed(command.rig, command.cause, command.reason, command.hint, command.number),)


def lift_hold(state: Mayor, command: LiftHold) -> Decision:
    holds = _holds(state, command.rig)
    if holds is None:
        return unknown_rig(command.rig)
    if command.cause == "pause" and command.rig and not state.rigs[command.rig].config.origin:
        hint = f"gt rig set {command.rig} --location URL, then: gt rig resume {command.rig}"
        return Rejected(f"rig {command.rig} has no origin: the town was forked", hint)
    if command.cause == "fenced":
        return Rejected("nothing lifts it: another town goes on in the place of this one", "gt branches")
    return (lifted(command.rig, command.cause),) if command.cause in holds.now else ()


def report_disk(state: Mayor, command: ReportDisk) -> Decision:
    """Taking work again needs a tenth more room than going on with it: not every small file turns it over."""
    least = state.setting("disk.min_free")
    held = "disk" in state.holds.now
    if held and command.free >= least + least // 10:
        return (lifted("", "disk"),)
    if held or command.free >= least:
        return ()
    left = f"{command.free // MB} MB are left on the disk of {command.path}, disk.min_free is {least // MB} MB"
    return (placed("", "disk", left, "make room there: all goes on by itself then"),)
