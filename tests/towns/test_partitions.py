"""Links cut, machines lost and frozen while work and letters cross: nothing is lost, nothing comes twice."""

import signal
from collections.abc import Callable

import anyio
import pytest
from field import Field, Outcome

from gastown.clock import monotonic

Check = Callable[[Outcome], None]


pytestmark = pytest.mark.timeout(1800)


@pytest.fixture
def long(pytestconfig: pytest.Config) -> bool:
    return pytestconfig.getoption("--long")


async def pass_time(seconds: float) -> None:
    """A cut that lasts."""
    await anyio.sleep(seconds)


async def test_the_link_of_a_town_is_cut_while_both_sides_write(field: Field, nothing_lost: Check, long: bool):
    a = field.towns[0]
    await field.cross()
    field.switch.unplug(a)
    await field.write(50_000 if long else 200)
    await field.cross()
    await pass_time(30 if long else 1)
    field.switch.plug(a)
    nothing_lost(await field.judge("a town's link, both sides write", monotonic()))


async def test_the_hub_is_killed(field: Field, nothing_lost: Check):
    await field.cross()
    field.hub.kill()
    await field.write(100)
    await field.cross()
    await anyio.to_thread.run_sync(field.hub_up)
    nothing_lost(await field.judge("the hub killed and started again", monotonic()))


async def test_a_town_is_frozen_during_a_hand_over(field: Field, nothing_lost: Check):
    a, b = field.towns
    field.sling(a, b)
    b.signal_all(signal.SIGSTOP)
    await field.write(50, towns=[a])
    await pass_time(2)
    b.signal_all(signal.SIGCONT)
    nothing_lost(await field.judge("a town frozen during a hand-over", monotonic()))
