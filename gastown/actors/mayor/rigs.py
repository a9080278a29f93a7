"""Rules about rigs."""

from gastown.actors.commands.mayor import AddRig, ChangeRig, RemoveRig
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor.phases import Closed, Slung, Submitted, Working
from gastown.actors.mayor.state import Bead, Mayor
from gastown.events import rig
from gastown.events.fact import Fact
from gastown.events.ids import NAME, Entity, RigName
from gastown.events.rig import RigConfig


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
