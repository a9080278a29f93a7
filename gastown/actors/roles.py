"""Which role owns which entity, and the roles by name: the one place that lists them."""

from typing import Any

from gastown.actors import deacon, mayor, polecat, refinery, witness
from gastown.actors.commands.command import Owner
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.kernel.role import Role
from gastown.events.ids import Entity

ROLES: dict[str, Role[Any]] = {
    role.name: role for role in (mayor.ROLE, witness.ROLE, polecat.ROLE, refinery.ROLE, deacon.ROLE)
}

_MAYORS = frozenset(
    (
        "bead",
        "convoy",
        "rig",
        "agent",
        "account",
        "settings",
        "hold",
        "policy",
        "budget",
        "membership",
        "handover",
        "watch",
        "place",
    )
)


def owner_of(entity: Entity) -> Owner:
    """Who alone writes this entity. Raises ValueError for a kind that nobody owns."""
    match entity.kind:
        case kind if kind in _MAYORS:
            return MAYOR
        case "town" | "host" | "escalation" | "mail" | "letter" | "adoption":
            return DEACON
        case "session":
            return Owner("polecat", entity.id)
        case "polecat" | "submission":
            rig, _, _ = entity.id.partition(".")
            return Owner("witness" if entity.kind == "polecat" else "refinery", rig)
        case "target":
            return Owner("refinery", entity.id)
        case _:
            msg = f"nobody owns entities of kind {entity.kind!r}"
            raise ValueError(msg)
