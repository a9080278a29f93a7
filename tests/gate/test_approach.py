"""How a host on another machine gets to its town's gate, with what its folder holds."""

import pytest

from gastown.bus.nats_connection import RefusedLoginError
from gastown.config import Home, TownConfig
from gastown.gate.approach import ca_file, key_file, reached


@pytest.fixture
def host(gate, tmp_path):
    """x, whose town has another address, too, at which nobody is."""
    urls = ("tls://127.0.0.1:9", gate.url)
    made = TownConfig(path=tmp_path / "box", name="gt", incarnation="01J", home=Home(host="x", urls=urls, slots=1))
    ca_file(made).parent.mkdir(parents=True)
    ca_file(made).write_text((tmp_path / "authority.pem").read_text())
    return made


async def test_the_first_address_that_answers_is_taken(gate, host):
    key_file(host).write_text(gate.keys["x"].seed)
    async with reached(host, patience=1.0) as connection:
        await connection.round_trip()


async def test_who_is_no_host_any_more_is_told_so(host):
    with pytest.raises(RefusedLoginError, match="gt knows no host x with this key: it has left, or was revoked"):
        async with reached(host, patience=4.0):  # with a key that is made now
            raise AssertionError
