"""A quiet story, and then once more for every crossing of a process's border in it: there, that process is killed.

Every append, every request and every side effect has one crossing before and one after it, so what lies between an
effect and its record is among them.
"""

from collections import Counter

import pytest
from msgspec.structs import replace
from simulated.plan import BeadPlan, Plan
from simulated.running import run_plans

QUIET = Plan(seed=7, beads=(BeadPlan(number=1, habits=("says done",)),), calm_after=1.0)
RED_FIRST = Plan(
    seed=8,
    beads=(BeadPlan(number=1, habits=("commits what is red", "commits")), BeadPlan(number=2, needs=(1,))),
    calm_after=1.0,
)


SOME = 5
"""One in so many crossings in a short run, before and after in turn; with --long each one."""


@pytest.mark.timeout(0)
@pytest.mark.parametrize("plan", [QUIET, RED_FIRST], ids=["sling to landing", "red, again, then the next bead"])
def test_killed_at_any_crossing_the_story_ends_once_and_rightly(plan: Plan, pytestconfig: pytest.Config) -> None:
    (undisturbed,) = run_plans([plan])
    assert undisturbed.broken == []

    step = 1 if pytestconfig.getoption("--long") else SOME
    verdicts = run_plans([replace(plan, kill_at=at) for at in range(1, undisturbed.story + 1, step)])

    broken = Counter(words for one in verdicts for words in one.broken)
    assert not broken, broken.most_common(10)
    assert all(one.landed == len(plan.beads) for one in verdicts)
    print(f"{len(verdicts)} crash points")  # noqa: T201  the figure that people ask for
