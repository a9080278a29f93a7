"""What is going to happen, as data: drawn from a seed, and made smaller by leaving parts out."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from simulated.apis import AccountPlan, drawn_accounts
from simulated.dice import Dice
from simulated.turns import (
    BudgetPlan,
    Handing,
    Nudge,
    Speech,
    TurnHabit,
    drawn_budgets,
    drawn_handings,
    drawn_nudges,
    drawn_speech,
    drawn_turns,
    with_handings,
)
from simulated.wire import Weather

Habit: TypeAlias = Literal[
    "commits",
    "says done",
    "does nothing",
    "leaves changes",
    "fails",
    "dies",
    "hangs",
    "commits and hangs",
    "leaves a child",
    "is stubborn",
    "is silent for half an hour",
    "commits what is heavy",
    "commits what is red",
    "commits what breaks the gate",
    "destroys its sandbox",
    "lies",
    "escalates",
    "defers",
    "closes its bead",
]
GOOD: tuple[Habit, ...] = ("commits", "says done", "is stubborn", "leaves a child", "commits what is heavy")
BAD: tuple[Habit, ...] = (
    "does nothing",
    "leaves changes",
    "fails",
    "dies",
    "hangs",
    "commits and hangs",
    "commits what is red",
    "commits what breaks the gate",
    "destroys its sandbox",
    "lies",
    "escalates",
    "defers",
    "closes its bead",
)

Doing: TypeAlias = Literal[
    "unsling",
    "retry",
    "close",
    "reopen",
    "raise priority",
    "push",
    "push into the way",
    "pause",
    "stop everything",
    "refuse pushes",
]
DOINGS: tuple[Doing, ...] = (
    "unsling",
    "retry",
    "close",
    "reopen",
    "raise priority",
    "push",
    "push into the way",
    "pause",
    "stop everything",
    "refuse pushes",
)


TIMEOUT = 3600.0
"""Seconds a session may take."""


class BeadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """number: also the file it writes is named after it. needs: numbers. path: what it shares with others, or "".

    habits: of its workers, one after the other; after the last all are good. speech: its workers take turns, and
    `turns` are what they do in theirs, session by session.
    """

    number: int
    priority: int = 2
    needs: tuple[int, ...] = ()
    path: str = ""
    habits: tuple[Habit, ...] = ()
    speech: Speech | None = None
    turns: tuple[tuple[TurnHabit, ...], ...] = ()


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What a person does, at `at` seconds, to a bead where that makes sense."""

    at: float
    doing: Doing
    bead: int


Target: TypeAlias = Literal["town", "host", "server", "daemon", "everything", "worker"]
Kind: TypeAlias = Literal[
    "kill",
    "freeze",
    "succeed",  # a frozen host is followed by another, and wakes up later
    "usurp",  # so is a town, against its lock, and wakes up later
    "fill the disk",
    "leave little room",  # so that the town takes no new work
    "restore",  # a copy of the town is made; seconds later it is all there is, and goes on elsewhere
    "fork",  # a second town is made of the log, and is gone again later
]
MOVES: tuple[Kind, ...] = ("restore", "fork")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """crossing: befalls the process at its n-th crossing; 0: at `at` seconds. seconds: how long a freeze lasts, or
    until the daemon starts it again, or until there is room again."""

    kind: Kind
    target: Target
    crossing: int = 0
    at: float = 0.0
    seconds: float = 0.2


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    seed: int
    beads: tuple[BeadPlan, ...]
    deeds: tuple[Deed, ...] = ()
    nudges: tuple[Nudge, ...] = ()
    budgets: tuple[BudgetPlan, ...] = ()
    handings: tuple[Handing, ...] = ()
    accounts: tuple[AccountPlan, ...] = ()
    """Under which the agents work that are one process for all turns; none: under their own."""
    fallback: bool = False
    """To those that are one process a turn, for the others."""
    policy: bool = False
    """Some of what agents use they may, some they may not, and for some they have to ask; so all can ask."""
    faults: tuple[Fault, ...] = ()
    weather: Weather = Weather()
    places: int = 3
    kill_at: int = 0
    """The crossing, counted over all processes, at which whoever crosses is killed; 0: none."""
    calm_after: float = 400.0
    """Seconds: from then on the weather is fine, and the town has to come to its end."""

    @property
    def usurped(self) -> bool:
        """Two town processes work at once, so that neither knows all that was decided."""
        return any(fault.kind == "usurp" for fault in self.faults)


def draw(seed: int, *, stormy: bool = False) -> Plan:
    """The plan of a seed: from quiet ones to such in which nothing works for long.

    stormy: only of those; nothing is handed on there, and no account rests: planted defects are known by their storms.
    """
    dice = Dice(seed, "plan")
    plan = _drawn(seed, dice, stormy=stormy)
    return plan if stormy else _with_hands(plan, dice)


def _drawn(seed: int, dice: Dice, *, stormy: bool) -> Plan:
    rough = 1.0 if stormy else dice.choice((0.0, 0.3, 0.6, 1.0))
    beads = tuple(_bead(dice.of("bead", number), number, rough) for number in range(1, 2 + dice.below(6)))
    if dice.of("talk").chance(0.7):
        beads = tuple(_talking(one, dice.of("talk", one.number), rough) for one in beads)
    talk = any(one.speech for one in beads)
    policy = talk and dice.of("policy").chance(0.25)
    if policy:
        beads = tuple(msgspec.structs.replace(one, speech="stream") for one in beads)
    return Plan(
        seed=seed,
        beads=beads,
        deeds=tuple(_deed(dice.of("deed", n), len(beads)) for n in range(dice.below(1 + int(6 * rough)))),
        nudges=drawn_nudges(dice.of("nudges"), len(beads)) if talk else (),
        budgets=drawn_budgets(dice.of("budgets"), len(beads)) if talk else (),
        policy=policy,
        faults=tuple(_fault(dice.of("fault", n)) for n in range(dice.below(1 + int(8 * rough))))
        + tuple(_rarer(dice.of("rarer"), rough)),
        weather=_weather(dice.of("weather"), rough),
        places=1 + dice.below(4),
    )


def _bead(dice: Dice, number: int, rough: float) -> BeadPlan:
    needs = tuple(sorted({1 + dice.below(number - 1)})) if number > 1 and dice.chance(0.3) else ()
    habits = [_habit(dice, rough) for _ in range(dice.below(4))]
    path = "shared" if dice.chance(0.25) else ""
    return BeadPlan(number=number, priority=dice.below(5), needs=needs, path=path, habits=tuple(habits))


def _talking(bead: BeadPlan, dice: Dice, rough: float) -> BeadPlan:
    """The same bead, with workers that take turns, perhaps."""
    return msgspec.structs.replace(bead, speech=drawn_speech(dice), turns=drawn_turns(dice.of("turns"), rough))


def _with_hands(plan: Plan, dice: Dice) -> Plan:
    """The same plan, where agents take turns: some work is handed on, and some are given nothing for now."""
    if not any(one.speech for one in plan.beads):
        return plan
    replace, handed = msgspec.structs.replace, dice.of("handed")
    return replace(
        plan,
        beads=tuple(replace(one, turns=with_handings(one.turns, handed.of(one.number))) for one in plan.beads),
        handings=() if plan.policy else drawn_handings(dice.of("handings"), len(plan.beads)),
        accounts=drawn_accounts(dice.of("accounts")),
        fallback=not plan.policy and dice.of("fallback").chance(0.4),
    )


def _habit(dice: Dice, rough: float) -> Habit:
    if dice.chance(0.03):
        return "is silent for half an hour"
    return dice.choice(BAD) if dice.chance(rough / 2) else dice.choice(GOOD)


def _deed(dice: Dice, beads: int) -> Deed:
    return Deed(at=dice.between(1.0, 300.0), doing=dice.choice(DOINGS), bead=1 + dice.below(beads))


def _fault(dice: Dice) -> Fault:
    kind: Kind = dice.choice(("kill", "kill", "kill", "kill", "freeze", "succeed", "fill the disk"))
    target: Target = dice.choice(("town", "town", "host", "host", "server", "daemon", "everything", "worker"))
    seconds = dice.choice((0.1, 0.3, 1.0, 5.0, 40.0))
    if dice.chance(0.7) and target in ("town", "host"):
        return Fault(kind=kind, target=target, crossing=int(3 ** dice.between(1.0, 6.3)), seconds=seconds)
    return Fault(kind=kind, target=target, at=dice.between(0.5, 300.0), seconds=seconds)


def _rarer(dice: Dice, rough: float) -> Iterator[Fault]:
    if dice.chance(rough / 3):
        yield Fault(
            kind="leave little room", target="everything", at=dice.between(0.5, 200.0), seconds=dice.between(1.0, 200.0)
        )
    if dice.chance(rough / 6):
        yield Fault(kind="usurp", target="town", at=dice.between(0.5, 200.0), seconds=dice.choice((0.3, 3.0, 30.0)))
    if dice.chance(rough / 4):
        seconds = dice.choice((0.0, 1.0, 10.0, 60.0, 300.0))
        yield Fault(kind="restore", target="everything", at=dice.between(0.5, 300.0), seconds=seconds)
    if dice.chance(rough / 8):
        yield Fault(kind="fork", target="everything", at=dice.between(0.5, 200.0))


def _weather(dice: Dice, rough: float) -> Weather:
    if rough == 0.0 or dice.chance(0.3):
        return Weather()
    return Weather(lost=dice.choice((0.0, 0.02, 0.1)), twice=dice.choice((0.0, 0.1)), slow=dice.choice((0.0, 0.05)))
