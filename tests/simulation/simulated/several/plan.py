"""What is going to happen to several towns, as data: drawn from a seed, and made smaller by leaving parts out."""

from typing import Literal, TypeAlias

import msgspec

from simulated.dice import Dice
from simulated.plan import BAD, GOOD, BeadPlan, Fault, Habit, Kind, Plan, Target
from simulated.several.line import Pace
from simulated.wire import Weather

BUSY, CALM = 250.0, 350.0
"""Seconds: until when something is begun, and from when on nothing is in the way any more."""
NAMES = ("north", "south", "east")
ANY = "any"

Doing: TypeAlias = Literal[
    "recall",
    "unsling",
    "send on",
    "close",
    "reopen",
    "need",
    "accept nothing",
    "pause",
]
DOINGS: tuple[Doing, ...] = (
    "recall",
    "recall",
    "unsling",
    "send on",
    "close",
    "reopen",
    "need",
    "accept nothing",
    "pause",
)


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What a person does at `at` seconds: to a bead, wherever it is at home then, or to the town of number `town`."""

    at: float
    doing: Doing
    bead: int
    town: int


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """From one town to another (numbers). to: a bead's number; 0: the Overseer; -1: nobody there is called so."""

    at: float
    sender: int
    receiver: int
    to: int


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A bead of town number `born`, slung at `at` seconds to other towns (by name, or any); none: to its own."""

    bead: BeadPlan
    born: int
    at: float
    to: tuple[str, ...]


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """Of the line of town number `town`, both ways or one."""

    town: int
    at: float
    seconds: float
    way: Literal["both", "up", "down"]


class HubFault(msgspec.Struct, frozen=True, kw_only=True):
    """killed: its process alone. away: its server, too. lost: and with it all copies."""

    kind: Literal["killed", "away", "lost"]
    at: float
    seconds: float


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """A machine is lost at `at` seconds; `seconds` later another goes on for its town.

    back: seconds after that until it is there again, None: never. alone: all the time it is only the hub that it does
    not reach.
    """

    town: int
    at: float
    seconds: float
    back: float | None
    alone: bool


class TownPlan(msgspec.Struct, frozen=True, kw_only=True):
    """skew: of its clock. patience: seconds that it waits for another town's answer. plan: for the town by itself."""

    name: str
    skew: float
    patience: int
    pace: Pace
    plan: Plan


class TownsPlan(msgspec.Struct, frozen=True, kw_only=True):
    seed: int
    towns: tuple[TownPlan, ...]
    routes: tuple[Route, ...]
    deeds: tuple[Deed, ...] = ()
    letters: tuple[Letter, ...] = ()
    cuts: tuple[Cut, ...] = ()
    hub: tuple[HubFault, ...] = ()
    losses: tuple[Loss, ...] = ()
    calm_after: float = CALM
    """Seconds: from then on the weather is fine, every line is whole, and all has to come to its end."""


def draw(seed: int, *, stormy: bool = False) -> TownsPlan:
    """The plan of a seed: from quiet ones to such in which nothing works for long. stormy: only of those."""
    dice = Dice(seed, "towns")
    rough = 1.0 if stormy else dice.choice((0.0, 0.3, 0.6, 1.0))
    many = 2 + dice.chance(0.4)
    losses = _losses(dice.of("loss"), many, rough)
    return TownsPlan(
        seed=seed,
        towns=tuple(_town(dice.of("town", n), seed, n, rough) for n in range(many)),
        routes=tuple(_route(dice.of("route", n), n, many, rough) for n in range(1, 3 + dice.below(5))),
        deeds=tuple(_deed(dice.of("deed", n), many) for n in range(dice.below(1 + int(6 * rough)))),
        letters=tuple(_letter(dice.of("letter", n), many) for n in range(dice.below(4))),
        cuts=tuple(_cut(dice.of("cut", n), many) for n in range(dice.below(1 + int(4 * rough)))),
        hub=tuple(_hub_fault(dice.of("hub", n), lose=not losses) for n in range(dice.below(1 + int(2.5 * rough)))),
        losses=losses,
    )


def _town(dice: Dice, seed: int, number: int, rough: float) -> TownPlan:
    skewed = dice.chance(rough)
    weather = Weather(lost=dice.choice((0.0, 0.02)), twice=dice.choice((0.0, 0.1))) if dice.chance(rough) else Weather()
    faults = tuple(_fault(dice.of("fault", n)) for n in range(dice.below(1 + int(4 * rough))))
    plan = Plan(seed=8 * seed + number, beads=(), faults=faults, weather=weather, places=1 + dice.below(3))
    pace = Pace(usual=dice.choice((0.01, 0.05, 1.0)), slow=dice.choice((0.0, 0.02, 0.1)) if rough else 0.0)
    return TownPlan(
        name=NAMES[number],
        skew=dice.between(-300.0, 300.0) if skewed else 0.0,
        patience=dice.choice((20, 60, 600)),
        pace=pace,
        plan=msgspec.structs.replace(plan, calm_after=CALM),
    )


def _fault(dice: Dice) -> Fault:
    kind: Kind = dice.choice(("kill", "kill", "kill", "freeze", "succeed", "fill the disk"))
    target: Target = dice.choice(("town", "town", "town", "host", "server", "everything"))
    seconds = dice.choice((0.1, 0.3, 1.0, 5.0, 40.0))
    if dice.chance(0.7) and target in ("town", "host"):
        return Fault(kind=kind, target=target, crossing=int(3 ** dice.between(1.0, 6.8)), seconds=seconds)
    return Fault(kind=kind, target=target, at=dice.between(0.5, BUSY), seconds=seconds)


def _route(dice: Dice, number: int, many: int, rough: float) -> Route:
    needs = tuple(sorted({1 + dice.below(number - 1)})) if number > 1 and dice.chance(0.4) else ()
    habits: list[Habit] = [
        dice.choice(BAD) if dice.chance(rough / 3) else dice.choice(GOOD) for _ in range(dice.below(3))
    ]
    bead = BeadPlan(
        number=number,
        priority=dice.below(5),
        needs=needs,
        path="shared" if dice.chance(0.2) else "",
        habits=tuple(habits),
    )
    born = dice.below(many)
    others = [NAMES[n] for n in range(many) if n != born]
    to: tuple[str, ...] = (dice.choice(others),) if dice.chance(0.6) else (ANY,) if dice.chance(0.4) else ()
    if to and to != (ANY,) and many > 2 and dice.chance(0.3):
        to = tuple(dict.fromkeys((*to, *others)))
    return Route(bead=bead, born=born, at=dice.between(0.0, 60.0), to=to)


def _deed(dice: Dice, many: int) -> Deed:
    return Deed(at=dice.between(1.0, BUSY), doing=dice.choice(DOINGS), bead=1 + dice.below(6), town=dice.below(many))


def _letter(dice: Dice, many: int) -> Letter:
    sender = dice.below(many)
    receiver = (sender + 1 + dice.below(many - 1)) % many
    return Letter(
        at=dice.between(1.0, BUSY), sender=sender, receiver=receiver, to=dice.choice((0, 0, -1, 1 + dice.below(6)))
    )


def _cut(dice: Dice, many: int) -> Cut:
    seconds = dice.choice((1.0, 10.0, 30.0, 120.0))
    return Cut(
        town=dice.below(many),
        at=dice.between(1.0, BUSY),
        seconds=seconds,
        way=dice.choice(("both", "both", "up", "down")),
    )


def _hub_fault(dice: Dice, *, lose: bool) -> HubFault:
    kind: Literal["killed", "away", "lost"] = dice.choice(("killed", "killed", "away", "lost"))
    kind = "away" if kind == "lost" and not lose else kind
    return HubFault(kind=kind, at=dice.between(1.0, BUSY), seconds=dice.choice((1.0, 10.0, 60.0)))


def _losses(dice: Dice, many: int, rough: float) -> tuple[Loss, ...]:
    if not dice.chance(rough / 3):
        return ()
    at, seconds = dice.between(15.0, 120.0), dice.between(61.0, 100.0)  # while there is much to do
    back = dice.choice((None, dice.between(0.0, 200.0)))
    return (Loss(town=dice.below(many), at=at, seconds=seconds, back=back, alone=dice.chance(0.5)),)
