"""The town itself. Owner: the Deacon."""

from typing import Literal, TypeAlias

from gastown.events.fact import Fact

KIND = "town"


class TownInstalled(Fact, tag="town.installed", frozen=True, kw_only=True):
    name: str
    incarnation: str


class TownWanted(Fact, tag="town.wanted", frozen=True, kw_only=True):
    """The desired state, which every restarter obeys."""

    state: Literal["up", "down"]


TownEvent: TypeAlias = TownInstalled | TownWanted
