"""A town takes no more of the hub's disk than it may: its copy stands still, and goes on when it may take more."""

import anyio
import pytest
from hub_at_work import level

from gastown.hub.keeping import Allot
from gastown.hub.service import HubSaysNoError

MB = 1024 * 1024
WITHIN = 30.0
"""Seconds."""


async def until(hub, town, **wanted):
    with anyio.fail_after(WITHIN):
        while True:
            member = (await hub.members()).get(town, {})
            if all(member.get(key) == value for key, value in wanted.items()):
                return member
            await anyio.sleep(0.1)


async def flood(town, connection, megabytes):
    for _ in range(4 * megabytes):
        await connection.request(f"ev.{town.name}.bead.x", b"x" * (256 * 1024), patience=5.0)


async def test_a_copy_at_its_limit_stands_still_is_said_to_and_goes_on_when_that_is_raised(hub, join):
    a, b = await join("a"), await join("b")
    async with a.at_work() as at_a, b.at_work() as at_b:
        await hub.ask(Allot("a", 2 * MB))
        await until(hub, "a", limit=2 * MB)
        await flood(a, at_a, 4)
        full = await until(hub, "a", full=True)
        assert full["size"] <= 2 * MB
        assert full["lag"] > 0
        await b.write(at_b, count=10)
        assert await level(b, at_b) < WITHIN  # the others' go on
        assert not (await hub.members())["b"]["full"]
        await hub.ask(Allot("a", 50 * MB))
        assert await level(a, at_a, at_b) < WITHIN
        assert not (await until(hub, "a", full=False, lag=0))["full"]


async def test_what_no_copy_can_be_held_to_is_refused(hub, join):
    await join("a")
    with pytest.raises(HubSaysNoError, match="no town b") as unknown:
        await hub.ask(Allot("b", 2 * MB))
    with pytest.raises(HubSaysNoError, match="cannot be held to") as little:
        await hub.ask(Allot("a", 10))
    assert (unknown.value.code, little.value.code) == ("unknown", "usage")
