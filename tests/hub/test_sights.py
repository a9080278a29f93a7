"""How long a town was not there, by what the hub's machine takes to be the time."""

import pytest

from gastown import clock
from gastown.actors.registrar.standing import Copied
from gastown.bus.subjects import stream_name
from gastown.errors import UnreachableError
from gastown.hub.sights import Sights


class SetClock(clock.System):
    """Of a machine whose clock somebody sets."""

    ahead = 0

    def now_ns(self):
        return super().now_ns() + self.ahead * 10**9


@pytest.fixture
def set_clock():
    yield (source := SetClock(), clock.use(source))[0]
    clock.use(clock.System())


class Deserted:
    """A connection beyond which nobody answers."""

    async def request(self, subject, *, patience):
        raise UnreachableError(f"nobody answers {subject} within {patience} s")


@pytest.mark.parametrize("ahead", [300, -300])
async def test_a_clock_that_is_set_makes_nobody_lost_and_keeps_nobody_waiting(set_clock, ahead):
    sights, town = Sights(Deserted()), Copied("a", "I")
    await sights.look([town], copying=False)
    set_clock.ahead = ahead
    assert 0.0 < sights.quiet(stream_name(town.town, town.incarnation)) < 60.0
