"""The warden: the gate's server does what the town decided, and who comes is answered."""

import pytest

from gastown.actors.commands.hosts import RevokeHost
from gastown.bus.certificates import hosts_of
from gastown.bus.gate_protocol import encode
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import RefusedLoginError
from gastown.bus.texts import TextLostError
from gastown.errors import UnreachableError
from gastown.gate import joining
from gastown.gate.approach import reached
from gastown.gate.gate_texts import GateTexts


@pytest.fixture
async def joined(home, tmp_path):
    """Names its hosts: each joins an open home."""

    async def join(name, *addresses):
        return await joining.join(encode(await home.invite(name, *addresses)), tmp_path / name, 1)

    return join


async def test_who_is_revoked_is_out_when_that_is_answered_and_the_others_stay(home, joined):
    async with home.open():
        box, east = await joined("box"), await joined("east")
        async with reached(east, patience=5.0) as connection:
            await home.tell(RevokeHost(name="box", by="overseer"))
            with pytest.raises(RefusedLoginError):
                async with reached(box, patience=5.0):
                    raise AssertionError
            await connection.round_trip()


async def test_another_address_is_taken_up_and_the_hosts_of_before_come_as_before(home, joined):
    async with home.open():
        box = await joined("box")
        given = await home.invite("east", "gt.example")
        port = given.urls[0].rpartition(":")[2]
        assert given.urls == (f"tls://gt.example:{port}",)
        folder = home.config.gate_file().parent
        assert "gt.example" in hosts_of((folder / "server.pem").read_text())
        assert f'listen: "0.0.0.0:{port}"' in home.config.gate_file().read_text()
        async with reached(box, patience=10.0) as connection:
            await connection.round_trip()


async def test_a_host_gets_the_towns_long_texts_and_is_told_which_are_lost(home, joined):
    async with home.open():
        digest = await home.texts.keep("a long story " * 100_000)
        async with reached(await joined("box"), patience=5.0) as connection:
            texts = GateTexts(NatsCommands(connection, "gt", "01J"), "box")
            assert await texts.text(digest) == "a long story " * 100_000
            with pytest.raises(TextLostError):
                await texts.text("0" * 64)


async def test_the_hall_leads_to_the_hosts_while_the_gate_is_open(home, joined):
    with pytest.raises(UnreachableError, match="the gate is closed"):
        await home.hall.request("host.box", b"?", patience=1.0)

    async def answer(payload):
        return payload[::-1]

    async with (
        home.open(),
        reached(await joined("box"), patience=5.0) as connection,
        NatsCommands(connection, "gt", "01J").serve("host.box", answer),
    ):
        assert await home.hall.request("host.box", b"ab", patience=5.0) == b"ba"
