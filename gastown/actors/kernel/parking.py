"""Entities with an event that this version cannot read: they wait for a newer one, and with them what depends on them.

- What stands behind such an event is not believed, so no order about the entity is decided and no effect carried out.
- Depends on a bead: its sessions. On a session, a rig or its target: its submissions. On a rig: target and polecats.
- An unreadable event of the town itself, which might say that it is to stand still, parks everything.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from gastown.actors.commands.command import Command
from gastown.actors.commands.deacon import RaiseEscalation
from gastown.actors.effects import Effect, Tell
from gastown.actors.kernel.role import Rejected
from gastown.events.ids import Entity
from gastown.events.unreadable import Unreadable

_NAMES = {
    "bead": "bead",
    "beads": "bead",
    "needs": "bead",
    "add_needs": "bead",
    "remove_needs": "bead",
    "convoy": "convoy",
    "rig": "rig",
    "agent": "agent",
    "spec": "agent",
    "account": "account",
    "session": "session",
    "submission": "submission",
    "escalation": "escalation",
    "mail": "mail",
}
"""By which fields commands and effects name entities, and of which kind."""

_TOWN = Entity("town", "town")
_ESCALATIONS = "newer."


class Parking:
    """What is parked, and what that stops. Empty nearly always, and then it costs nothing."""

    def __init__(self, parked: Mapping[Entity, Unreadable] | None = None) -> None:
        self._parked: dict[Entity, Unreadable] = dict(parked or {})

    def __bool__(self) -> bool:
        return bool(self._parked)

    @property
    def entities(self) -> frozenset[Entity]:
        """Those with an unreadable event of their own."""
        return frozenset(self._parked)

    def covers(self, entity: Entity) -> bool:
        """Is it parked, or does it depend on what is?"""
        return bool(self._parked) and self._cause(entity) is not None

    def add(self, entity: Entity, event: Unreadable) -> None:
        """The first unreadable event of an entity counts."""
        self._parked.setdefault(entity, event)

    def add_all(self, parked: Mapping[Entity, Unreadable]) -> None:
        for entity, event in parked.items():
            self.add(entity, event)

    def refusal(self, command: Command) -> Rejected | None:
        """Why this command is not decided now; None: it may be."""
        cause = self._cause_of(command) if self._parked else None
        return None if cause is None else self._refused(cause)

    def refuses_changes(self, entities: Iterable[Entity]) -> Rejected | None:
        """Why nothing is written about one of these now; None: it may be."""
        if not self._parked:
            return None
        return next((self._refused(cause) for entity in entities if (cause := self._cause(entity))), None)

    def holds(self, effect: Effect) -> bool:
        """Whether this effect waits."""
        if not self._parked:
            return False
        commands = [message.command for message in effect.messages] if isinstance(effect, Tell) else []
        named = (self._cause(effect.about), *(self._cause_of(each) for each in (effect, *commands)))
        return any(cause is not None for cause in named)

    def escalations(self) -> dict[str, RaiseEscalation]:
        """What a person is to be told, by the id of the escalation."""
        return {
            key: RaiseEscalation(
                escalation=key,
                about=entity,
                severity="high",
                reason=f"{entity} is parked: {event.why}",
                hint=event.hint,
            )
            for entity, event in self._parked.items()
            if (key := f"{_ESCALATIONS}{entity.kind}.{entity.id or '-'}")
        }

    def is_settled(self, escalation: str) -> bool:
        """Was this escalation about something parked that no longer is?"""
        return escalation.startswith(_ESCALATIONS) and escalation not in self.escalations()

    def _refused(self, entity: Entity) -> Rejected:
        event = self._parked[entity]
        return Rejected(f"{entity} is parked: {event.why}", event.hint)

    def _cause_of(self, said: Command | Effect) -> Entity | None:
        """The parked entity that a command or an effect depends on."""
        if _TOWN in self._parked:
            return _TOWN
        return next((cause for entity in _named(said) if (cause := self._cause(entity))), None)

    def _cause(self, entity: Entity) -> Entity | None:
        return next((one for one in (_TOWN, *_depends_on(entity)) if one in self._parked), None)


def _named(said: Command | Effect) -> Iterator[Entity]:
    for name in said.__struct_fields__:
        if name in _NAMES:
            value: Any = getattr(said, name)
            several = cast("tuple[Any, ...]", value if isinstance(value, tuple) else (value,))
            for one in several:
                yield Entity(_NAMES[name], one if isinstance(one, str) else str(getattr(one, "name", "")))


def _depends_on(entity: Entity) -> Iterator[Entity]:
    """The entity itself and what it is a part of, as its id tells."""
    yield entity
    match entity.kind:
        case "session":
            yield Entity("bead", entity.id.rpartition("-")[0])
        case "submission":
            rig, _, session = entity.id.partition(".")
            yield from _depends_on(Entity("target", rig))
            yield from _depends_on(Entity("session", session))
        case "target" | "polecat":
            yield Entity("rig", entity.id.partition(".")[0])
        case _:
            return
