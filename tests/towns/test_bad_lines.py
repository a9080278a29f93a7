"""A line that loses, a line that is late, and clocks apart: work and letters cross all the while, and nothing is lost.

`tc netem` needs a module that not every kernel has; `bad_line.py` does the same to every frame, below TCP and TLS.
What is written, handed over and landed is equal everywhere while the line is still as bad. (The project's own origin
is a folder of this machine: git does not go over the line.)
"""

from collections.abc import Callable

import pytest
from field import Field, Outcome

from gastown.clock import monotonic

Check = Callable[[Outcome], None]
EVENTS = 500

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
