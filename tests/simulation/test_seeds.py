"""Thousands of lives of a whole town, each decided by its seed.

`uv run pytest tests/simulation --seeds 10000`; one seed again: `--first-seed N --seeds 1`; long days of workers that
are silent for half an hour at a time, about 70 hours of sessions each: `--long --days 150`.
"""

from typing import Any

import msgspec
import pytest
from simulated.plan import Plan, draw
from simulated.running import log_of, run_days, run_plans, run_seeds
from simulated.shrink import shrink
from simulated.verdict import Verdict

SEEDS = 24


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> range:
    first, count = request.config.getoption("--first-seed"), request.config.getoption("--seeds")
    return range(first, first + (count or SEEDS))


@pytest.mark.timeout(0)
def test_whatever_befalls_a_town_every_law_holds(seeds: range, capsys: Any) -> None:
    verdicts = run_seeds(seeds.start, len(seeds))

    with capsys.disabled():
        print(f"\n{summary(verdicts)}")  # noqa: T201  the figures that people ask for
    assert [one.seed for one in verdicts] == list(seeds)
    broken = [one for one in verdicts if one.broken]
    assert not broken, _told(broken)


def summary(verdicts: list[Verdict]) -> str:
    hours = sum(one.seconds for one in verdicts) / 3600.0
    worked = sum(one.worked for one in verdicts) / 3600.0
    sessions, kills = sum(one.sessions for one in verdicts), sum(one.kills for one in verdicts)
    turns, told = sum(one.turns for one in verdicts), sum(one.told for one in verdicts)
    landed, false_kills = sum(one.landed for one in verdicts), sum(one.false_kills for one in verdicts)
    return (
        f"{len(verdicts)} seeds, {hours:,.0f} simulated hours: {landed:,} beads landed in {sessions:,} sessions "
        f"of {worked:,.0f} hours, {kills:,} of which the town ended, {false_kills} of them for nothing; their agents "
        f"took {turns:,} turns and {told:,} messages"
    )


@pytest.mark.long
@pytest.mark.timeout(0)
def test_nobody_who_only_works_is_taken_for_dead(request: pytest.FixtureRequest, capsys: Any) -> None:
    verdicts = run_days(request.config.getoption("--first-seed"), request.config.getoption("--days"))

    with capsys.disabled():
        print(f"\n{summary(verdicts)}")  # noqa: T201  the figures that people ask for
    assert not [one for one in verdicts if one.broken or one.false_kills]
    assert all(one.worked > 50 * 3600.0 for one in verdicts)


def test_the_same_seed_gives_the_same_log_to_the_byte(seeds: range) -> None:
    first = run_seeds(seeds.start, 2)
    again = run_seeds(seeds.start, 2)

    assert [one.digest for one in first] == [one.digest for one in again]
    assert len({one.digest for one in first}) == 2


def _told(broken: list[Verdict]) -> str:
    """The seeds, the command that runs the first again, and the smallest plan that fails likewise."""
    first = broken[0]

    def fails(plan: Plan) -> bool:
        (verdict,) = run_plans([plan])
        return bool(verdict.broken)

    smallest = shrink(draw(first.seed), fails, tries=60)
    (verdict,) = run_plans([smallest])
    return "\n".join(
        (
            f"{len(broken)} seeds: {[one.seed for one in broken]}",
            f"uv run pytest tests/simulation --first-seed {first.seed} --seeds 1",
            *first.broken,
            f"the smallest that fails, and its log of {verdict.events} messages:",
            msgspec.json.format(msgspec.json.encode(smallest)).decode(),
            *verdict.broken,
            log_of(smallest),
        )
    )
