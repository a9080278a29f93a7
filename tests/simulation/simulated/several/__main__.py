"""`python -m simulated.several [storms] FIRST COUNT` runs seeds, `... plans FILE [--log]` a list of plans.

See `simulated.__main__`.
"""

import gc
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from simulated.__main__ import quiet
from simulated.dice import SimulatedSource
from simulated.several.plan import TownsPlan, draw
from simulated.several.run import play


def tell(plans: Iterable[TownsPlan]) -> None:
    """The logs of each plan, a line an event, in the order of the true time."""
    for plan in plans:
        run = play(plan)
        stations = run.towns.all if run.towns else []
        lines = [
            (
                one.envelope.time - SimulatedSource.BEGIN - station.world.skew,
                station.world.incarnation,
                one.position,
                one.index,
                f"{one.envelope.actor}: {one.entity} {msgspec.json.encode(one.envelope.data).decode()}",
            )
            for station in stations
            for one in station.observer.events
        ]
        for at, town, position, _, words in sorted(lines):
            sys.stdout.write(f"{at:9.3f} {town:8} {position:4} {words}\n")


def main(arguments: list[str]) -> None:
    quiet()
    if arguments[0] == "plans":
        plans: Iterable[TownsPlan] = msgspec.json.decode(Path(arguments[1]).read_bytes(), type=list[TownsPlan])
    else:
        first, count = int(arguments[-2]), int(arguments[-1])
        plans = (draw(seed, stormy=arguments[0] == "storms") for seed in range(first, first + count))
    if arguments[0] == "plans" and arguments[-1] == "--log":
        tell(plans)
        return
    gc.disable()  # what is left of a run is large, and all of it garbage at once
    for number, plan in enumerate(plans):
        sys.stdout.buffer.write(msgspec.json.encode(play(plan).verdict()) + b"\n")
        sys.stdout.buffer.flush()
        if number % 10 == 9:
            gc.collect()


if __name__ == "__main__":
    main(sys.argv[1:])
