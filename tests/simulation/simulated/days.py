"""Long days: many workers, each silent for half an hour at a time, and a fault now and then. Nobody may be taken for
dead who only works."""

from simulated.dice import Dice
from simulated.plan import BeadPlan, Fault, Kind, Plan, Target
from simulated.wire import Weather

BEADS, PLACES = 120, 10
HOURS = 6.0
"""What that takes: each worker is silent for half an hour."""
FAULTS = 12


def day(seed: int) -> Plan:
    """The long day of a seed."""
    dice = Dice(seed, "day")
    return Plan(
        seed=seed,
        beads=tuple(
            BeadPlan(number=number, habits=("is silent for half an hour",) * 9) for number in range(1, BEADS + 1)
        ),
        faults=tuple(_fault(dice.of("fault", number)) for number in range(FAULTS)),
        weather=Weather(lost=0.01, twice=0.01, slow=0.01),
        places=PLACES,
        calm_after=HOURS * 3600.0,
    )


def _fault(dice: Dice) -> Fault:
    kind: Kind = dice.choice(("kill", "freeze", "freeze"))
    target: Target = dice.choice(("town", "host", "server", "daemon"))
    seconds = dice.choice((0.3, 5.0, 40.0, 300.0))
    return Fault(kind=kind, target=target, at=dice.between(1.0, HOURS * 3600.0), seconds=seconds)
