"""The hall: what a town serves its outer hosts is wired once, and answered whenever there is a gate."""

import anyio
import anyio.lowlevel
import pytest

from gastown.bus.memory_commands import MemoryCommands
from gastown.errors import UnreachableError
from gastown.gate.hall import Hall


async def echo(name, payload):
    return name.encode() + payload


async def own(payload):
    return b"here:" + payload


async def test_what_is_not_the_hosts_stays_at_home():
    here, gate = MemoryCommands(), MemoryCommands()
    hall = Hall(here)
    async with hall.serve("host", own), hall.through(gate):
        assert await hall.request("host", b"?", patience=1.0) == b"here:?"
        with pytest.raises(UnreachableError):
            await gate.request("host", b"?", patience=1.0)


async def test_a_service_is_answered_at_each_gate_that_opens_and_at_none_between():
    hall = Hall(MemoryCommands())
    async with hall.serve_each("town", echo):
        for _ in range(2):
            gate = MemoryCommands()
            async with hall.through(gate):
                assert await _answered(gate) == b"box?"
            with pytest.raises(UnreachableError, match="the gate is closed"):
                await hall.request("host.box", b"?", patience=1.0)


async def _answered(gate):
    with anyio.fail_after(5):
        while True:
            try:
                return await gate.request("town.box", b"?", patience=1.0)
            except UnreachableError:
                await anyio.lowlevel.checkpoint()


async def test_what_goes_wrong_beside_a_service_is_raised_as_it_is():
    with pytest.raises(ValueError, match="mine"):
        async with Hall(MemoryCommands()).serve_each("town", echo):
            raise ValueError("mine")
