"""When a process is replaced, and above all when it is not."""

import random  # noqa: TID251  seeded: the same machine's life every time
from collections.abc import Iterable

import pytest

from gastown.adapters.processes.child import Known
from gastown.daemon.beats import BEAT
from gastown.daemon.vigil import FROZEN, HUNG, LOOK, Vigil

ONE, OTHER = Known(7, 100), Known(7, 200)
"""The same pid, used twice."""


def looks(seconds: float) -> range:
    return range(int(seconds / LOOK) + 1)


@pytest.fixture
def vigil() -> Vigil:
    return Vigil()


def test_what_stays_frozen_is_replaced(vigil):
    reasons = [vigil.look("host", ONE, frozen=True, beats=None, passed=LOOK) for _ in looks(FROZEN)]
    assert reasons == [*[""] * (len(reasons) - 1), f"frozen for {FROZEN:g} s"]


def test_what_is_thawed_in_time_is_not(vigil):
    for _ in range(5):
        for _ in looks(FROZEN - LOOK):
            assert not vigil.look("host", ONE, frozen=True, beats=None, passed=LOOK)
        assert not vigil.look("host", ONE, frozen=False, beats=None, passed=LOOK)


def test_its_successor_begins_anew_also_under_the_same_pid(vigil):
    for _ in looks(FROZEN - LOOK):
        vigil.look("host", ONE, frozen=True, beats=None, passed=LOOK)
    assert not vigil.look("host", OTHER, frozen=True, beats=None, passed=LOOK)


def test_what_was_frozen_together_with_the_watcher_is_not_blamed_for_it(vigil):
    vigil.look("host", ONE, frozen=False, beats=5, passed=LOOK)
    for late in (3600.0, 8 * 3600.0):
        assert not vigil.look("host", ONE, frozen=True, beats=5, passed=late)
        assert not vigil.look("host", ONE, frozen=False, beats=5, passed=LOOK)


def test_a_loop_that_has_stopped_is_replaced(vigil):
    reasons = [vigil.look("town", ONE, frozen=False, beats=3, passed=LOOK) for _ in looks(HUNG + LOOK)]
    assert reasons[-1] == f"no sign of life for {HUNG:g} s"
    assert not any(reasons[:-1])


def test_what_has_never_given_a_sign_may_take_as_long_as_it_likes(vigil):
    assert not any(vigil.look("town", ONE, frozen=False, beats=None, passed=LOOK) for _ in looks(24 * 3600))


def a_bad_machine(hours: float, seed: int) -> Iterable[tuple[float, int]]:
    """Looks and beats that come late by anything up to three beats, and a machine that sleeps every now and then."""
    dice = random.Random(seed)
    now, beat_due, count = 0.0, 0.0, 1
    while now < hours * 3600:
        passed = LOOK + (dice.expovariate(1 / 600) if dice.random() < 0.01 else dice.expovariate(10))
        now += passed
        if now >= beat_due:
            count += 1
            beat_due = now + BEAT + dice.uniform(0, 3 * BEAT)
        yield passed, count


@pytest.mark.parametrize("seed", range(5))
def test_on_a_starved_and_suspended_machine_nobody_is_replaced(vigil, seed):
    for passed, count in a_bad_machine(100, seed):
        assert not vigil.look("town", ONE, frozen=False, beats=count, passed=passed)
