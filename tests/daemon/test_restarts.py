import pytest

from gastown.daemon.restarts import FIRST_WAIT, LONGEST_FOR_READY, STABLE, Restarts


def waits(times: int, *, lived: float = 0.0, was_ready: bool = False) -> list[float]:
    """How long after each of its deaths it is started again, when each life lasts `lived` seconds."""
    restarts, now, found = Restarts(), 1000.0, list[float]()
    assert restarts.remaining("host", now) <= 0
    for _ in range(times):
        restarts.begin("host", now, was_ready=was_ready)
        now += lived
        found.append(max(0.0, restarts.remaining("host", now)))
        now += found[-1]
    return found


def test_what_dies_while_it_starts_is_waited_for_ever_longer():
    assert waits(9) == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0])


def test_what_was_ready_comes_back_soon_however_often_it_is_killed():
    assert max(waits(20, was_ready=True)) == pytest.approx(LONGEST_FOR_READY)


def test_what_lives_for_a_while_comes_back_at_once():
    assert max(waits(20, lived=2 * STABLE)) <= FIRST_WAIT


def test_the_death_of_one_does_not_hold_up_another():
    restarts = Restarts()
    for _ in range(5):
        restarts.begin("host", 1000.0, was_ready=False)
    assert restarts.remaining("town", 1000.0) <= 0
