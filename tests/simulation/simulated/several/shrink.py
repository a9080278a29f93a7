"""The smallest plan of several towns that still fails: parts are left out, one after the other, as long as it does."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from simulated.several.plan import TownsPlan
from simulated.shrink import smallest
from simulated.wire import Weather

PARTS = ("losses", "hub", "cuts", "deeds", "letters", "routes")


def shrink(plan: TownsPlan, fails: Callable[[TownsPlan], bool], *, tries: int = 60) -> TownsPlan:
    """`plan` fails. tries: runs at most."""
    return smallest(plan, fails, _smaller, tries)


def _smaller(plan: TownsPlan) -> Iterator[TownsPlan]:
    for part in PARTS:
        if getattr(plan, part) and part != "routes":
            yield replace(plan, **{part: ()})
    if any(one.plan.faults or one.plan.weather != Weather() or one.skew for one in plan.towns):
        yield replace(plan, towns=tuple(_calm(plan, number) for number in range(len(plan.towns))))
    for part in PARTS:
        members = getattr(plan, part)
        for index in range(len(members)):
            if len(members) > 1 or part != "routes":
                yield replace(plan, **{part: members[:index] + members[index + 1 :]})


def _calm(plan: TownsPlan, number: int) -> object:
    town = plan.towns[number]
    return replace(town, skew=0.0, plan=replace(town.plan, faults=(), weather=Weather()))
