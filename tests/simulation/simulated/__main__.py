"""`python -m simulated [storms|days] FIRST COUNT` runs seeds, `... plans FILE` a list of plans: a line of JSON each.

In a process of its own with PYTHONHASHSEED=0, as maps iterate by hash, and the same seed is to give the same log.
"""

import gc
import hashlib
import logging
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from simulated import bugs
from simulated.days import day
from simulated.dice import SimulatedSource
from simulated.plan import Plan, draw
from simulated.run import Outcome, play
from simulated.verdict import Verdict


def verdict(plan: Plan) -> Verdict:
    outcome = play(plan)
    made = Verdict(
        seed=plan.seed,
        broken=outcome.broken,
        digest=digest(outcome),
        events=len(outcome.log),
        crossings=len(outcome.labels),
        seconds=round(outcome.seconds),
        landed=outcome.landed,
        story=outcome.story,
        sessions=outcome.sessions,
        turns=outcome.turns,
        told=outcome.told,
        worked=round(outcome.worked, 3),
        kills=outcome.kills,
        false_kills=outcome.false_kills,
    )
    del outcome
    return made


def digest(outcome: Outcome) -> str:
    made = hashlib.sha256()
    for payload in outcome.log:
        made.update(payload + b"\n")
    return made.hexdigest()


def tell(plans: Iterable[Plan]) -> None:
    """The log of each plan, a line an event."""
    for plan in plans:
        for position, payload in enumerate(play(plan).log, 1):
            for event in msgspec.json.decode(payload):
                at = event["ts"] - SimulatedSource.BEGIN
                sys.stdout.write(
                    f"{position:4} {at:9.3f} {event['actor']}: {msgspec.json.encode(event['data']).decode()}\n"
                )


def quiet() -> None:
    """What a killed process leaves behind complains when it is swept up, and logging says no more."""
    sys.unraisablehook = lambda _: None
    logging.disable(logging.CRITICAL)
    bugs.watch()


def main(arguments: list[str]) -> None:
    quiet()
    plans: Iterable[Plan]
    if arguments[0] == "plans":
        plans = msgspec.json.decode(Path(arguments[1]).read_bytes(), type=list[Plan])
    else:
        first, count = int(arguments[-2]), int(arguments[-1])
        seeds = range(first, first + count)
        if arguments[0] == "days":
            plans = map(day, seeds)
        else:
            plans = (draw(seed, stormy=arguments[0] == "storms") for seed in seeds)
    if arguments[0] == "plans" and arguments[-1] == "--log":
        tell(plans)
        return
    gc.disable()  # what is left of a run is large, and all of it garbage at once
    for number, plan in enumerate(plans):
        sys.stdout.buffer.write(msgspec.json.encode(verdict(plan)) + b"\n")
        sys.stdout.buffer.flush()
        if number % 20 == 19:
            gc.collect()


if __name__ == "__main__":
    main(sys.argv[1:])
