"""How a host on another machine gets to its town's gate, with what its folder holds."""

import pytest

from gastown.bus.nats_connection import RefusedLoginError
from gastown.gate.approach import key_file, reached


async def test_the_first_address_that_answers_is_taken(gate, host):
    key_file(host).write_text(gate.keys["x"].seed)
    async with reached(host, patience=1.0) as connection:
        await connection.round_trip()


async def test_who_is_no_host_any_more_is_told_so(host):
    with pytest.raises(RefusedLoginError, match="gt knows no host x with this key: it has left, or was revoked"):
        async with reached(host, patience=4.0):  # with a key that is made now
            raise AssertionError
