"""Several towns over one hub, each life of all of them decided by its seed.

`uv run pytest tests/simulation/test_towns_seeds.py --seeds 1000`; one seed again: `--first-seed N --seeds 1`.
"""

from typing import Any

import msgspec
import pytest
from simulated.plan import BeadPlan
from simulated.several.plan import Deed, Route, TownsPlan, draw
from simulated.several.running import log_of, run_plans, run_seeds
from simulated.several.shrink import shrink
from simulated.several.verdict import TownsVerdict

SEEDS = 6


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> range:
    first, count = request.config.getoption("--first-seed"), request.config.getoption("--seeds")
    return range(first, first + (count or SEEDS))


@pytest.mark.timeout(0)
def test_whatever_lies_between_towns_every_law_holds(seeds: range, capsys: Any) -> None:
    verdicts = run_seeds(seeds.start, len(seeds))

    with capsys.disabled():
        print(f"\n{summary(verdicts)}")  # noqa: T201  the figures that people ask for
    assert [one.seed for one in verdicts] == list(seeds)
    broken = [one for one in verdicts if one.broken]
    assert not broken, _told(broken)


def summary(verdicts: list[TownsVerdict]) -> str:
    hours = sum(one.seconds for one in verdicts) / 3600.0
    over, letters = sum(one.handed_over for one in verdicts), sum(one.letters for one in verdicts)
    return (
        f"{len(verdicts)} seeds of several towns, {hours:,.0f} simulated hours: {over:,} beads handed over, "
        f"{letters:,} letters, {sum(one.adopted for one in verdicts):,} towns adopted, "
        f"{sum(one.events for one in verdicts):,} events"
    )


def test_work_that_was_begun_in_one_town_goes_on_in_another() -> None:
    """Its worker hangs with two commits when a person sends the bead on; the hub and the towns fail as they do."""
    (verdict,) = run_plans([_sent_on(draw(3, stormy=True))])

    assert verdict.broken == []
    assert verdict.brought == 1


def _sent_on(plan: TownsPlan) -> TownsPlan:
    route = Route(bead=BeadPlan(number=1, habits=("commits and hangs",)), born=0, at=1.0, to=())
    sent = Deed(at=40.0, doing="send on", bead=1, town=0)
    return msgspec.structs.replace(plan, routes=(route,), deeds=(sent,), losses=())


def test_the_same_seed_gives_the_same_logs_to_the_byte(seeds: range) -> None:
    first, again = run_seeds(seeds.start, 2), run_seeds(seeds.start, 2)

    assert [one.digest for one in first] == [one.digest for one in again]
    assert len({one.digest for one in first}) == 2


def _told(broken: list[TownsVerdict]) -> str:
    """The seeds, the command that runs the first again, and the smallest plan that fails likewise."""
    first = broken[0]

    def fails(plan: TownsPlan) -> bool:
        (verdict,) = run_plans([plan])
        return bool(verdict.broken)

    smallest = shrink(draw(first.seed), fails)
    (verdict,) = run_plans([smallest])
    return "\n".join(
        (
            f"{len(broken)} seeds: {[one.seed for one in broken]}",
            f"uv run pytest tests/simulation/test_towns_seeds.py --first-seed {first.seed} --seeds 1",
            *first.broken,
            f"the smallest that fails, and its logs of {verdict.events} events:",
            msgspec.json.format(msgspec.json.encode(smallest)).decode(),
            *verdict.broken,
            log_of(smallest),
        )
    )
