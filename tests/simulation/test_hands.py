"""Hand-offs, accounts and fallbacks, each in a small plan of its own: what defects are shown by (`test_planted.py`)."""

from simulated.planted_hands import HAND_DEFECTS
from simulated.running import run_plans


def test_what_shows_a_defect_breaks_no_law_without_it() -> None:
    plans = list({plan.seed: plan for one in HAND_DEFECTS if (plan := one.plan) is not None}.values())
    assert [one.broken for one in run_plans(plans)] == [[]] * len(plans)
