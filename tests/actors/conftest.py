"""Specs of roles: given what has happened, when told something, then this happens (or is refused)."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from gastown.actors.commands.command import Command, Owner
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Change, Rejected, Role
from gastown.events.fact import Fact
from gastown.events.ids import Entity

Happened = tuple[str, Fact]
"""An entity as "kind/id", and a fact about it."""


class Spec:
    """One owner and its state; every `when` is decided and, if accepted, remembered."""

    def __init__(self, role: Role[Any], owner: Owner) -> None:
        self.role = role
        self.state = role.initial(owner)
        self.decision: tuple[Change, ...] | Rejected = ()

    def given(self, *happened: Happened) -> "Spec":
        for entity, event in happened:
            self.state = self.role.evolve(self.state, _change(entity, event))
        return self

    def when(self, command: Command) -> "Spec":
        self.decision = self.role.decide(self.state, command)
        if not isinstance(self.decision, Rejected):
            for change in self.decision:
                self.state = self.role.evolve(self.state, change)
        return self

    def then(self, *happened: Happened) -> "Spec":
        assert self.decision == tuple(_change(entity, event) for entity, event in happened)
        return self

    def then_events(self, *types: type[Fact]) -> "Spec":
        assert not isinstance(self.decision, Rejected), self.decision
        assert [type(change.event) for change in self.decision] == list(types)
        return self

    def rejected(self, code: str, words: str) -> "Spec":
        assert isinstance(self.decision, Rejected), self.decision
        assert self.decision.code == code
        assert words in self.decision.reason
        return self

    def due(self) -> dict[str, Effect]:
        return {effect.key: effect for effect in self.role.due(self.state)}


def _change(entity: str, event: Fact) -> Change:
    kind, _, key = entity.partition("/")
    return Change(Entity(kind, key), event)


@pytest.fixture
def spec() -> Callable[[Role[Any], Owner, Iterable[Happened]], Spec]:
    def begin(role: Role[Any], owner: Owner, happened: Iterable[Happened] = ()) -> Spec:
        return Spec(role, owner).given(*happened)

    return begin
