"""What the Mayor makes of entities whose story cannot be read to its end: each waits alone, the others go on."""

import msgspec
from immutables import Map

from gastown.actors.kernel.role import Parked as ParkedEntities
from gastown.actors.mayor.abroad import name_here
from gastown.actors.mayor.budgets import close_budget
from gastown.actors.mayor.phases import Parked
from gastown.actors.mayor.state import Bead, Hold, Holds, Mayor, Membership, Rig, with_bead
from gastown.events import account, agent, bead, budget, convoy, handover, hold, membership, place, rig
from gastown.events.agent import AgentSpec
from gastown.events.ids import AgentName, BeadId, ConvoyId, RigName
from gastown.events.rig import RigConfig

_REASON = "parked"
_HELD = Holds(now=Map({"pause": Hold(depth="pause", reason=_REASON, hint="")}))
_NO_CONFIG = RigConfig(origin="", target="", landing="", prefix="")


def park(state: Mayor, parked: ParkedEntities) -> Mayor:
    """A bead keeps no place and is not done, a convoy is nobody's, nothing is given to a rig or an agent.

    A budget holds nothing. A town that may be a member of a hub is taken for none. A machine is given nothing.
    """
    for entity in sorted(parked.entities):
        match entity.kind:
            case bead.KIND:
                state = _park_bead(state, entity.id)
            case convoy.KIND:
                state = _forget_convoy(state, entity.id)
            case rig.KIND:
                state = _park_rig(state, entity.id)
            case hold.KIND:
                state = msgspec.structs.replace(state, holds=_HELD)
            case membership.KIND:
                state = msgspec.structs.replace(state, membership=Membership())
            case handover.KIND:
                name = name_here(state, entity.id.partition(".")[2])
                state = _park_bead(state, name) if name in state.beads else state
            case budget.KIND:
                state = close_budget(state, entity.id)
            case agent.KIND:
                state = _park_agent(state, entity.id)
            case account.KIND:
                one = msgspec.structs.replace(state.account(entity.id), standing="parked")
                state = msgspec.structs.replace(state, accounts=state.accounts.set(entity.id, one))
            case place.KIND if entity.id in state.places:
                state = msgspec.structs.replace(state, places=state.places.delete(entity.id))
            case _:
                pass
    return state


def _park_bead(state: Mayor, key: BeadId) -> Mayor:
    """One that was never readable has its id taken all the same."""
    one = state.beads.get(key) or Bead(title=key, priority=4, age=len(state.beads), rig="")
    return with_bead(state, key, msgspec.structs.replace(one, phase=Parked()))


def _forget_convoy(state: Mayor, key: ConvoyId) -> Mayor:
    beads = state.beads
    for name, one in state.beads.items():
        if key in one.convoys:
            left = tuple(other for other in one.convoys if other != key)
            beads = beads.set(name, msgspec.structs.replace(one, convoys=left))
    known = state.convoys.delete(key) if key in state.convoys else state.convoys
    return msgspec.structs.replace(state, beads=beads, convoys=known)


def _park_rig(state: Mayor, key: RigName) -> Mayor:
    one = msgspec.structs.replace(state.rigs.get(key) or Rig(config=_NO_CONFIG), holds=_HELD)
    return msgspec.structs.replace(state, rigs=state.rigs.set(key, one))


def _park_agent(state: Mayor, key: AgentName) -> Mayor:
    spec = state.agents.get(key) or AgentSpec(name=key, vendor="")
    return msgspec.structs.replace(state, agents=state.agents.set(key, spec), parked_agents=state.parked_agents | {key})
