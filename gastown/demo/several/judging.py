"""What must hold at the end, each by its name. Pure: the story held against the facts."""

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

from gastown.demo.expectations import Expectation
from gastown.demo.several.facts import Facts
from gastown.demo.several.story import BEADS, HELD, HOME, LOST, TOWNS

Look: TypeAlias = Callable[[Facts], str]
"""What is wrong, or ""."""


def judge(facts: Facts) -> list[Expectation]:
    """All of them, whether they hold or not."""
    fates = [Expectation(name=f"{bead.title}: landed", wrong=_fate(facts, bead.key)) for bead in BEADS]
    return [*fates, *(Expectation(name=name, wrong=look(facts)) for name, look in _LOOKS.items())]


def _fate(facts: Facts, key: str) -> str:
    state = facts.beads[key]["state"]
    return "" if state == "landed" else f"it is {state}"


def _once(facts: Facts) -> str:
    """By what the commits say: a bead that went elsewhere is called there by its home's name, too."""
    counts = Counter(landing.bead.replace("/", ".").removeprefix(f"{HOME}.") for landing in facts.landings)
    wrong = {bead: counts[bead] for bead in facts.ids.values() if counts[bead] != 1}
    more = counts.keys() - set(facts.ids.values())
    return "; ".join([*(f"{bead} landed {many} times" for bead, many in wrong.items()), *(f"{one}?" for one in more)])


def _in_order(facts: Facts) -> str:
    """What needs others lands after them, wherever they were worked on."""
    order = [landing.bead.replace("/", ".").removeprefix(f"{HOME}.") for landing in facts.landings]
    place = {key: order.index(bead) if bead in order else len(order) for key, bead in facts.ids.items()}
    late = [(bead.key, need) for bead in BEADS for need in bead.needs if place[need] > place[bead.key]]
    return ", ".join(f"{key} before {need}" for key, need in late)


def _convoy(facts: Facts) -> str:
    return "" if facts.convoy["state"] == "done" else f"it is {facts.convoy['state']}"


def _adopted(facts: Facts) -> str:
    towns = {one["name"]: one for one in facts.towns}
    if set(towns) != set(TOWNS):
        return f"there are {sorted(towns)}"
    away = [name for name, one in towns.items() if not one["connected"]]
    return f"{away} are not there" if away else "" if towns[LOST]["epoch"] else f"{LOST} is the one it was"


def _verified(facts: Facts) -> str:
    return "" if facts.verified["ok"] else str(facts.verified)


def _one_trace(facts: Facts) -> str:
    towns = {HOME, *(one["town"] for one in facts.trace.get("towns", ()))}
    return "" if {HOME, LOST} <= towns else f"the trace of {facts.ids[HELD]} is of {sorted(towns)}"


_LOOKS: dict[str, Look] = {
    "Every bead landed once, in whichever town": _once,
    "What needs others landed after them": _in_order,
    "The convoy is done at home": _convoy,
    f"All towns are there, and {LOST} is another one that goes on in its place": _adopted,
    "gt verify --all finds nothing wrong": _verified,
    "One trace tells of a bead in all its towns": _one_trace,
}
