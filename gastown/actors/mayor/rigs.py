"""Rules about rigs and settings."""

from gastown.actors.commands.mayor import AddRig, ChangeRig, ChangeSetting, RemoveRig
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor.phases import Closed, Slung, Submitted, Working
from gastown.actors.mayor.state import Bead, Mayor
from gastown.bus.reserving_event_log import RESERVE
from gastown.events import rig, settings
from gastown.events.fact import Fact
from gastown.events.ids import NAME, Entity, RigName
from gastown.events.rig import RigConfig

ZERO_IS_MEANT = ("max_polecats", "throttle.wait", "disk.min_free", "output.max", "handoff.fill")
LEAST_MIN_FREE = 2 * RESERVE
LEAST_OUTPUT = 1024**2
"""Bytes. Below its reserve the log takes nothing any more, also not that the disk is nearly full."""


def on_rig(key: RigName, event: Fact) -> Change:
    return Change(Entity(rig.KIND, key), event)


def add_rig(state: Mayor, command: AddRig) -> Decision:
    known = state.rigs.get(command.rig)
    if known is not None:
        if known.removed:
            return Rejected(f"a rig {command.rig} was removed; names are not used again", "take another name", "taken")
        return Rejected(f"there is a rig {command.rig} already", f"gt rig show {command.rig}", "taken")
    wrong = _wrong_config(state, command.rig, command.config)
    return wrong or (on_rig(command.rig, rig.RigAdded(config=command.config)),)


def _wrong_config(state: Mayor, key: RigName, config: RigConfig) -> Rejected | None:
    if not NAME.fullmatch(key):
        return Rejected(f"{key!r} cannot be a rig's name", "letters, digits, - and _, at most 63", "usage")
    if not NAME.fullmatch(config.prefix):
        return Rejected(f"{config.prefix!r} cannot be a prefix", "letters, digits, - and _: --prefix P", "usage")
    for name, other in state.rigs.items():
        if name != key and other.config.prefix == config.prefix:
            return Rejected(f"the prefix {config.prefix} is rig {name}'s", "choose another: --prefix P", "taken")
    names = [gate.name for gate in config.gates]
    if len(set(names)) != len(names):
        return Rejected("two gates have the same name", "--gate NAME=CMD, each NAME once", "usage")
    if config.agent and config.agent not in state.agents:
        return Rejected(f"there is no agent {config.agent}", "see them: gt agent list", "unknown")
    return None


def change_rig(state: Mayor, command: ChangeRig) -> Decision:
    known = state.rigs.get(command.rig)
    if known is None or known.removed:
        return unknown_rig(command.rig)
    if known.config == command.config:
        return ()
    wrong = _wrong_config(state, command.rig, command.config)
    return wrong or (on_rig(command.rig, rig.RigChanged(config=command.config)),)


def unknown_rig(key: RigName) -> Rejected:
    return Rejected(f"there is no rig {key}", "see them: gt rig list", "unknown")


def remove_rig(state: Mayor, command: RemoveRig) -> Decision:
    known = state.rigs.get(command.rig)
    if known is None:
        return unknown_rig(command.rig)
    if known.removed:
        return ()
    busy = [key for key in (*state.slung, *state.active, *state.owing) if _is_under_way(state.beads[key], command.rig)]
    if busy:
        return Rejected(f"{len(busy)} beads of {command.rig} are slung", f"gt unsling {' '.join(busy[:5])}")
    return (on_rig(command.rig, rig.RigRemoved()),)


def _is_under_way(one: Bead, key: RigName) -> bool:
    """Slung to this rig, or closed while something of it is still being ended."""
    match one.phase:
        case Slung() | Working() | Submitted():
            return one.rig == key
        case Closed(session=session, submission=submission):
            return one.rig == key and bool(session or submission)
        case _:
            return False


def change_setting(state: Mayor, command: ChangeSetting) -> Decision:
    if command.name not in settings.DEFAULTS:
        known = ", ".join(sorted(settings.DEFAULTS))
        hint = f"there are: {known}, agent.polecat, nats.url"
        return Rejected(f"there is no setting {command.name}", hint, "unknown")
    if command.value < (0 if command.name in ZERO_IS_MEANT else 1):
        return Rejected(f"{command.name} cannot be {command.value}", "a whole number above it", "usage")
    if command.name == "disk.min_free" and 0 < command.value < LEAST_MIN_FREE:
        reason = f"disk.min_free cannot be {command.value}: the log itself keeps {RESERVE // 1024**2} MB free"
        return Rejected(reason, f"{LEAST_MIN_FREE // 1024**2}M or more, or 0 for no guard", "usage")
    if command.name == "handoff.fill" and command.value > 100:
        return Rejected(
            f"handoff.fill cannot be {command.value}", "a percentage of the context, or 0 for never", "usage"
        )
    if command.name == "output.max" and 0 < command.value < LEAST_OUTPUT:
        return Rejected(f"output.max cannot be {command.value}", f"{LEAST_OUTPUT // 1024**2}M or more, or 0", "usage")
    if state.setting(command.name) == command.value:
        return ()
    changed = settings.SettingChanged(name=command.name, value=command.value)
    return (Change(Entity(settings.KIND, settings.ID), changed),)
