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


class TownRestored(Fact, tag="town.restored", frozen=True, kw_only=True):
    """The log goes on from a backup, as `name` and `incarnation`. of: the incarnation it was made of.

    position: of the last message of the backup. at: when that was made, seconds since the epoch. bare: nothing of git
    came along; commits that its log names are only where the origins have them.
    """

    name: str
    incarnation: str
    of: str
    position: int
    at: float
    bare: bool = False


class TownForked(Fact, tag="town.forked", frozen=True, kw_only=True):
    """From here on it is the log of another town, `name`; what stands before `position` is of town `of_name`."""

    name: str
    incarnation: str
    of_name: str
    of: str
    position: int


TownEvent: TypeAlias = TownInstalled | TownWanted | TownRestored | TownForked
