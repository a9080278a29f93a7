"""Figures are judged by their budget, and by nothing else."""

import pytest

from gastown.bench.figure import Budget, figure, median, percentile


def test_a_ratio_within_its_budget_is_ok_and_one_beyond_it_is_not():
    within, beyond = (
        figure("append", "ms", value=value, floor=1.0, floor_is="bare", budget=Budget(1.6)) for value in (1.6, 1.7)
    )
    assert (within.ratio, within.ok, within.budget) == (1.6, True, "ratio <= 1.6")
    assert beyond.ok is False


def test_a_rate_is_held_to_the_least_it_may_be():
    budget = Budget(0.35, at_least=True)
    assert figure("replay", "events/s", value=35, floor=100, floor_is="bare", budget=budget).ok
    assert figure("replay", "events/s", value=34, floor=100, floor_is="bare", budget=budget).ok is False


def test_a_budget_of_the_value_does_not_look_at_the_floor():
    held = figure("memory", "MB", value=121, floor=1000, floor_is="python", budget=Budget(120, of="value"))
    assert (held.ok, held.budget) == (False, "value <= 120")


def test_without_a_floor_above_zero_there_is_no_ratio_and_no_budget_of_one_holds():
    assert figure("events", "events", value=0, floor=0, floor_is="nothing", budget=Budget(0, of="value")).ok
    unheld = figure("append", "ms", value=1, floor=0, floor_is="bare", budget=Budget(1.6))
    assert (unheld.ratio, unheld.ok) == (None, False)


def test_without_a_budget_a_figure_is_neither_ok_nor_not():
    assert figure("p99", "ms", value=1, floor=1, floor_is="bare").ok is None


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (100, 100), (1, 1)])
def test_a_percentile_is_the_smallest_sample_that_so_many_of_a_hundred_do_not_exceed(percent: int, expected: int):
    assert percentile([float(number) for number in range(100, 0, -1)], percent) == expected


def test_the_99th_percentile_of_a_few_samples_is_the_largest():
    assert percentile([3.0, 1.0, 2.0], 99) == 3.0
    assert median([3.0, 1.0, 2.0]) == 2.0
