"""A line that loses, a line that is late, and clocks apart: work and letters cross all the while, and nothing is lost.

`tc netem` needs a module that not every kernel has; `bad_line.py` does the same to every frame, below TCP and TLS.
What is written, handed over and landed is equal everywhere while the line is still as bad. (The project's own origin
is a folder of this machine: git does not go over the line.)
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from field import Field, Outcome
from machines import FAKETIME, Machine, until, why_not

from gastown.bus.hub_protocol import AWAY
from gastown.clock import monotonic

Check = Callable[[Outcome], None]
EVENTS = 500
LOOK = 5.0  # seconds: when the hub looks at its towns, and more
PATIENCE = 15  # seconds that an offer stands

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.mark.parametrize(
    ("cut", "delay", "loss"),
    [
        ("a town's line loses 5 % both ways", 0.0, 0.05),
        ("a town's line takes 200 ms there and back", 0.1, 0.0),
        ("a town's line loses 5 % and takes 200 ms", 0.1, 0.05),
    ],
)
async def test_a_line_is_bad_all_the_while(field: Field, nothing_lost: Check, cut: str, delay: float, loss: float):
    with field.switch.worsened(field.towns[0], delay=delay, loss=loss):
        await field.cross(beads=3)
        await field.write(EVENTS)
        await field.cross(beads=3)
        nothing_lost(await field.judge(cut, monotonic()))


@pytest.fixture(params=[300.0, -300.0], ids=["ahead", "behind"])
def apart(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Field]:
    """The first of the towns has a clock that is 5 minutes wrong, and less than those to join by its invitation."""
    reason = why_not() or ("" if list(FAKETIME.glob("*/faketime/*MT.so.1")) else "no clock can be faked here: faketime")
    if reason:
        pytest.skip(reason)
    made = Field(tmp_path, name="apart", invited=("--for", "2m"))
    try:
        made.towns[0].set_clock(request.param)
        made.build()
        yield made
    finally:
        made.close()


async def test_clocks_are_apart(apart: Field, nothing_lost: Check, request: pytest.FixtureRequest):
    await apart.cross(beads=3)
    await apart.write(EVENTS)
    await apart.cross(beads=3)
    cut = f"a town's clock 5 minutes {request.node.callspec.id}"
    nothing_lost(await apart.judge(cut, monotonic()))
    await offers_come_back_in_time(apart)
    await each_says_how_long_the_other_is_away(apart)
    await who_was_here_within_a_minute_is_not_adopted(apart)


async def offers_come_back_in_time(apart: Field) -> None:
    """By the clock of whoever made them."""
    a, b = apart.towns
    apart.switch.unplug(apart.hub)
    offered = {}
    for town, other in ((a, b), (b, a)):
        town.ask("config", "set", "towns.patience", str(PATIENCE))
        offered[town] = town.ask("bead", "create", "nobody there", "--rig", "app")["id"]
        town.ask("sling", offered[town], "--to", f"{other.name}/app")
    begun = monotonic()
    for town, bead in offered.items():
        await until(lambda t=town, one=bead: t.ask("bead", "show", one)["state"] == "open", "it is not taken back")
        assert 0.5 * PATIENCE < monotonic() - begun < 3 * PATIENCE
    apart.switch.plug(apart.hub)
    for town in apart.towns:
        town.ask("config", "set", "towns.patience", "600")


def away(town: Machine, other: Machine) -> dict[str, Any]:
    return next(one for one in town.ask("towns")["towns"] if one["name"] == other.name)


async def each_says_how_long_the_other_is_away(apart: Field) -> None:
    for town, other in (tuple(apart.towns), tuple(reversed(apart.towns))):
        await until(lambda t=town, o=other: away(t, o)["connected"], "it is not there again")
        apart.switch.unplug(other)
        began = monotonic()
        await until(lambda t=town, o=other: not away(t, o)["connected"], "nobody notices")
        await anyio.sleep(5)
        age = away(town, other)["copy_age"]
        assert 4 < age < monotonic() - began + 8, (town.name, age)
        apart.switch.plug(other)


async def who_was_here_within_a_minute_is_not_adopted(apart: Field) -> None:
    """By what the hub saw, and for how long. Whose clock is wrong goes on in the other's place."""
    a, b = apart.towns
    await until(lambda: away(a, b)["connected"], "it is not there again")
    b.kill()
    killed = monotonic()
    again = str(a.place.with_name("b-again"))
    words = ("adopt", b.name, again)
    a.ask(*words, ok=(5,))
    await until(lambda: "epoch" in str(a.ask(*words, ok=(0, 5))), "it is never let", seconds=90, look=1.0)
    assert monotonic() - killed > AWAY - LOOK
