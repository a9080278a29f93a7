"""What is made anew of any moment is what was shown at that moment: the real roles in a random world."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gastown.actors.commands import mayor
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.projections import (
    around,
    attempts,
    beads,
    branches,
    convoys,
    merge_queue,
)
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS, as_of, fingerprint

STEPS, EXAMPLES, MOMENTS = 240, 10, 50


def page(store: Store, key: str) -> Any:
    """All that is shown of a bead."""
    return (
        beads.show(store, key),
        beads.needs_of(store, key),
        attempts.of_bead(store, key),
        merge_queue.of_bead(store, key),
        branches.listing(store, bead=key),
        [convoys.show(store, convoy) for convoy in convoys.of_bead(store, key)],
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    choices=st.lists(st.integers(0, 2**16), min_size=STEPS, max_size=STEPS * 3),
    moments=st.lists(st.integers(0, 2**16), min_size=MOMENTS, max_size=MOMENTS),
)
async def test_hundreds_of_moments_made_anew_are_what_then_was_live(
    new_world: Any, write: Any, refold: Any, choices: list[int], moments: list[int]
) -> None:
    world, rest, log, live = new_world(), iter(choices), MemoryEventLog(), Store(None, VIEWS)
    for _ in range(STEPS):
        world.step(lambda options: options[next(rest, 0) % len(options)])
    messages = world.tale.messages
    await write(log, messages)
    keys = sorted(world.state(mayor.MAYOR).beads) or ["ap-none"]
    wanted = {moment % (len(messages) + 1): keys[moment % len(keys)] for moment in moments}
    seen: dict[int, Any] = {0: (fingerprint(live), page(live, wanted.get(0, "")))}
    for message in messages:
        refold(live, [message])
        if live.position in wanted:
            seen[live.position] = (fingerprint(live), page(live, wanted[live.position]))
    for position, key in wanted.items():
        then = await as_of(log, position)
        assert (fingerprint(then), page(then, key)) == seen[position]
        then.close()
        alone = await as_of(log, position, await around.bead(live, log, key))
        assert (alone.position, page(alone, key)[:-1]) == (position, seen[position][1][:-1])
        alone.close()
    live.close()
