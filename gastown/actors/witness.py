"""The Witness: one per rig, owns its polecats.

- A polecat is a name with a history; it works on one bead at a time.
- A bead that was given a place gets the free polecat that comes first in the pool; a new name when none is free.
- A polecat is free again once its session has ended and everyone who had to know was told.
- Told twice about the same session, it answers the same.
"""

import msgspec
from immutables import Map

from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.polecat import OpenSession
from gastown.actors.commands.witness import AssignPolecat, ReportSessionEnded
from gastown.actors.effects import Effect, Message, Tell
from gastown.actors.kernel.role import Change, Decision, Parked, Rejected
from gastown.events import polecat
from gastown.events.ids import Entity, PolecatName, RigName, SessionId, polecat_id
from gastown.events.polecat import PolecatAssigned, PolecatReleased

POOL = (
    "toast",
    "nux",
    "slit",
    "furiosa",
    "rictus",
    "capable",
    "dag",
    "angharad",
    "cheedo",
    "valkyrie",
    "keeper",
    "organic",
    "ace",
    "morsov",
    "bolt",
    "rust",
    "chrome",
    "gale",
    "flint",
    "ember",
    "dune",
    "spark",
    "cinder",
    "torque",
    "piston",
    "gasket",
    "rivet",
    "wrench",
    "axle",
    "clutch",
    "diesel",
    "octane",
    "throttle",
    "manifold",
    "camshaft",
    "crank",
    "cog",
    "sprocket",
    "tappet",
    "valve",
    "vector",
    "dynamo",
    "magneto",
    "solder",
    "anvil",
    "forge",
    "bellows",
    "ingot",
    "kiln",
    "crucible",
)
"""Names in the order they are given out; beyond them, `polecat-51` and so on."""


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """busy: what each polecat that is not free was assigned. of_session: who has a session.

    parked: of which it is not known.
    """

    rig: RigName
    names: Map[PolecatName, None] = Map()
    busy: Map[PolecatName, PolecatAssigned] = Map()
    of_session: Map[SessionId, PolecatName] = Map()
    parked: frozenset[PolecatName] = frozenset()


class WitnessRole:
    name = "witness"
    states = Witness

    def initial(self, owner: Owner) -> Witness:
        return Witness(rig=owner.id)

    def decide(self, state: Witness, command: Command) -> Decision:
        match command:
            case AssignPolecat():
                return self._assign(state, command)
            case ReportSessionEnded(session=session, outcome=outcome):
                name = state.of_session.get(session)
                if name is None:
                    return ()
                return (_on(state, name, PolecatReleased(session=session, outcome=outcome)),)
            case _:
                return Rejected(f"a Witness cannot be told {type(command).__name__}", code="bug")

    def _assign(self, state: Witness, command: AssignPolecat) -> Decision:
        if command.session in state.of_session:
            return ()
        assigned = PolecatAssigned(
            bead=command.bead,
            session=command.session,
            agent=command.agent.name,
            number=command.number,
            spec=command.agent,
            account=command.account,
            title=command.title,
            priority=command.priority,
            earlier=command.earlier,
            host=command.host,
        )
        return (_on(state, _free_name(state), assigned),)

    def evolve(self, state: Witness, change: Change) -> Witness:
        _, _, name = change.entity.id.partition(".")
        match change.event:
            case PolecatAssigned(session=session) as assigned:
                return msgspec.structs.replace(
                    state,
                    names=state.names.set(name, None),
                    busy=state.busy.set(name, assigned),
                    of_session=state.of_session.set(session, name),
                )
            case PolecatReleased(session=session):
                return msgspec.structs.replace(
                    state, busy=state.busy.delete(name), of_session=state.of_session.delete(session)
                )
            case _:
                return state

    def due(self, state: Witness) -> tuple[Effect, ...]:
        return tuple(self._open(state, name, assigned) for name, assigned in state.busy.items())

    def _open(self, state: Witness, name: PolecatName, assigned: PolecatAssigned) -> Tell:
        opening = OpenSession(
            session=assigned.session,
            rig=state.rig,
            bead=assigned.bead,
            number=assigned.number,
            polecat=name,
            agent=assigned.spec,
            account=assigned.account,
            title=assigned.title,
            priority=assigned.priority,
            earlier=assigned.earlier,
            host=assigned.host,
        )
        return Tell(
            key=f"tell:open:{assigned.session}",
            about=_entity(state, name),
            messages=(Message(Owner("polecat", assigned.session), opening),),
        )

    def park(self, state: Witness, parked: Parked) -> Witness:
        names = (entity.id.partition(".") for entity in parked.entities if entity.kind == polecat.KIND)
        return msgspec.structs.replace(state, parked=frozenset(name for rig, _, name in names if rig == state.rig))

    def is_over(self, state: Witness) -> bool:
        del state
        return False


def _entity(state: Witness, name: PolecatName) -> Entity:
    return Entity(polecat.KIND, polecat_id(state.rig, name))


def _on(state: Witness, name: PolecatName, event: PolecatAssigned | PolecatReleased) -> Change:
    return Change(_entity(state, name), event)


def _free_name(state: Witness) -> PolecatName:
    for name in POOL:
        if name not in state.busy and name not in state.parked:
            return name
    number = len(POOL) + 1
    while f"polecat-{number}" in state.busy or f"polecat-{number}" in state.parked:
        number += 1
    return f"polecat-{number}"


ROLE = WitnessRole()
