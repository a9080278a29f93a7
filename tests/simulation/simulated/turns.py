"""What agents that take turns do in each of them, and when somebody tells them something; drawn from the seed."""

from typing import Literal, TypeAlias

import msgspec

from simulated.dice import Dice

Speech: TypeAlias = Literal["stream", "once"]
"""One process for all turns, or one for each."""

TurnHabit: TypeAlias = Literal[
    "commits",
    "commits twice",
    "says done",
    "works for long",
    "waits for its API",
    "does nothing",
    "does nothing any more",
    "leaves changes",
    "commits and leaves changes",
    "commits what is red",
    "says done of nothing",
    "escalates",
    "closes its bead",
    "destroys its sandbox",
    "wants a login",
    "is throttled",
    "is throttled until",
    "has no server",
    "is not understood",
    "commits and is throttled",
    "goes silent",
    "crashes",
    "exits",
    "exits after it",
    "does not say that it has it",
    "does not take it",
    "ends it twice",
    "hangs in a tool",
    "hands on",
    "is full",
    "writes notes",
]
GOOD_TURNS: tuple[TurnHabit, ...] = (
    "commits",
    "commits",
    "commits twice",
    "says done",
    "works for long",
    "waits for its API",
)
BAD_TURNS: tuple[TurnHabit, ...] = (
    "does nothing",
    "does nothing any more",
    "leaves changes",
    "commits and leaves changes",
    "commits what is red",
    "says done of nothing",
    "escalates",
    "closes its bead",
    "destroys its sandbox",
    "wants a login",
    "is throttled",
    "is throttled until",
    "has no server",
    "is not understood",
    "commits and is throttled",
    "goes silent",
    "crashes",
    "exits",
    "exits after it",
    "does not say that it has it",
    "does not take it",
    "ends it twice",
    "hangs in a tool",
)


class Nudge(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody tells the agent that is at work on the bead something, at `at` seconds; or writes it a letter."""

    at: float
    bead: int
    urgent: bool = False
    letter: bool = False


class Handing(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants a fresh session for the bead at `at` seconds. agent: it is to be this one's; "": as before."""

    at: float
    bead: int
    agent: Speech | Literal["", "sh"] = ""


class BudgetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody sets a budget at `at` seconds. bead: of this one; 0: of the town, or of the `rig`. amount: USD."""

    at: float
    amount: float
    bead: int = 0
    rig: bool = False


def drawn_speech(dice: Dice) -> Speech | None:
    """None: it is a command."""
    return dice.choice(("stream", "stream", "once")) if dice.chance(0.7) else None


def drawn_turns(dice: Dice, rough: float) -> tuple[tuple[TurnHabit, ...], ...]:
    """Of the sessions of a bead, one after the other; in what comes after, all are good."""
    return tuple(_session(dice.of("session", n), rough) for n in range(dice.below(4)))


def _session(dice: Dice, rough: float) -> tuple[TurnHabit, ...]:
    return tuple(_habit(dice, rough) for _ in range(1 + dice.below(4)))


def _habit(dice: Dice, rough: float) -> TurnHabit:
    return dice.choice(BAD_TURNS) if dice.chance(0.3 + rough / 3) else dice.choice(GOOD_TURNS)


def drawn_nudges(dice: Dice, beads: int) -> tuple[Nudge, ...]:
    return tuple(
        Nudge(at=dice.between(1.0, 240.0), bead=1 + dice.below(beads), urgent=dice.chance(0.5), letter=dice.chance(0.4))
        for _ in range(dice.below(12))
    )


def drawn_budgets(dice: Dice, beads: int) -> tuple[BudgetPlan, ...]:
    if not dice.chance(0.4):
        return ()
    return tuple(_budget(dice.of(number), beads) for number in range(1 + dice.below(3)))


def _budget(dice: Dice, beads: int) -> BudgetPlan:
    return BudgetPlan(
        at=dice.choice((0.0, 0.0, dice.between(1.0, 100.0))),
        amount=dice.choice((0.0, 0.1, 0.4, 1.0, 3.0)),
        bead=dice.choice((0, 0, 1 + dice.below(beads))),
        rig=dice.chance(0.5),
    )


def with_handings(turns: tuple[tuple[TurnHabit, ...], ...], dice: Dice) -> tuple[tuple[TurnHabit, ...], ...]:
    """Some of the sessions, one after the other, hand on by themselves, or are full, before they do anything else."""
    if not dice.chance(0.25):
        return turns
    habit: TurnHabit = dice.choice(("hands on", "is full"))
    return (*(((habit, *session)) for session in turns[:2]), *turns[2:]) if turns else ((habit,),)


def drawn_handings(dice: Dice, beads: int) -> tuple[Handing, ...]:
    if not dice.chance(0.4):
        return ()
    return tuple(
        Handing(
            at=dice.between(1.0, 200.0), bead=1 + dice.below(beads), agent=dice.choice(("", "once", "stream", "sh"))
        )
        for _ in range(1 + dice.below(4))
    )
