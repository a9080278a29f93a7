"""The smallest plan that still fails: parts are left out, one after the other, as long as it does."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from msgspec.structs import replace

from simulated.plan import BeadPlan, Plan
from simulated.wire import Weather

T = TypeVar("T")

_PARTS = ("faults", "deeds", "nudges", "budgets", "handings", "accounts", "beads")


def shrink(plan: Plan, fails: Callable[[Plan], bool], *, tries: int = 200) -> Plan:
    """`plan` fails. tries: runs at most."""
    return smallest(plan, fails, _smaller, tries)


def smallest(plan: T, fails: Callable[[T], bool], smaller_ones: Callable[[T], Iterator[T]], tries: int) -> T:
    """smaller_ones: of a plan, the largest steps first."""
    shrunk = True
    while shrunk:
        shrunk = False
        for smaller in smaller_ones(plan):
            tries -= 1
            if tries < 0:
                return plan
            if fails(smaller):
                plan, shrunk = smaller, True
                break
    return plan


def _smaller(plan: Plan) -> Iterator[Plan]:
    for part in _PARTS:
        members = getattr(plan, part)
        if len(members) > 1:
            half = len(members) // 2
            yield replace(plan, **{part: members[:half]})
            yield replace(plan, **{part: members[half:]})
    if plan.weather != Weather():
        yield replace(plan, weather=Weather())
    if plan.fallback:
        yield replace(plan, fallback=False)
    for part in _PARTS:
        members = getattr(plan, part)
        for index in range(len(members)):
            if len(members) > 1 or part != "beads":
                yield replace(plan, **{part: members[:index] + members[index + 1 :]})
    for index, bead in enumerate(plan.beads):
        for plain in _plainer(bead):
            yield replace(plan, beads=(*plan.beads[:index], plain, *plan.beads[index + 1 :]))


def _plainer(bead: BeadPlan) -> Iterator[BeadPlan]:
    if bead.needs or bead.path:
        yield replace(bead, needs=(), path="")
    if bead.habits:
        yield replace(bead, habits=bead.habits[:-1])
    if bead.turns:
        *before, last = bead.turns
        yield replace(bead, turns=(*before, last[:-1]) if len(last) > 1 else tuple(before))
