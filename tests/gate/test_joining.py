"""Becoming a host of a town: with what works, and with what does not. At a town's real gate."""

import msgspec
import pytest

from gastown import certified, clock, config
from gastown.actors.commands.hosts import RevokeHost
from gastown.bus.gate_protocol import JOIN, PROTOCOL, GateReply, Join, encode
from gastown.bus.gate_server import INVITED_INBOX, INVITED_PASSWORD, INVITED_USER
from gastown.bus.keys import new_user_key
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import RefusedLoginError, UntrustedServerError, connect
from gastown.bus.trust import trusting
from gastown.config import FILE
from gastown.errors import RefusedError, UnreachableError, UsageError
from gastown.gate import joining
from gastown.gate.approach import ca_file, key_file, reached
from gastown.gate.joining import TownSaysNoError


def changed(given, **parts):
    return encode(msgspec.structs.replace(given, **parts))


async def asked(given, **parts):
    """What the town answers to whoever asks with this."""
    login = {"user": INVITED_USER, "password": INVITED_PASSWORD, "inbox": INVITED_INBOX}
    async with connect(given.urls[0], name="guest", trust=trusting(given.ca), **login) as connection:
        key = new_user_key().public
        join = Join(invitation=given.id, secret=given.secret, host=given.host, key=key, machine="m")
        question = msgspec.json.encode(msgspec.structs.replace(join, **parts))
        answer = await NatsCommands(connection, given.town, given.incarnation).request(JOIN, question, patience=5.0)
    return msgspec.json.decode(answer, type=GateReply)


async def test_a_machine_is_let_in_by_an_invitation_and_no_second_one_by_the_same(home, tmp_path):
    box = tmp_path / "box"
    async with home.open():
        given = await home.invite("box")
        host = await joining.join(encode(given), box, 3)
        assert (host.host, host.name, host.home.slots, config.load(box)) == ("box", "gt", 3, host)
        assert {file.stat().st_mode & 0o077 for file in (key_file(host), ca_file(host))} == {0}
        key = key_file(host).read_text()
        again = await joining.join(encode(given), box, 3)
        assert (again, key_file(again).read_text()) == (host, key)
        async with reached(host, patience=5.0) as connection:
            await connection.round_trip()
        with pytest.raises(TownSaysNoError, match="used already") as refused:
            await joining.join(encode(given), tmp_path / "other", 3)
        assert (refused.value.code, "gt host invite" in refused.value.hint) == ("refused", True)
        assert not (tmp_path / "other" / FILE).exists()


async def test_one_that_was_refused_may_come_again_into_its_folder(home, tmp_path):
    async with home.open():
        given = await home.invite("box")
        with pytest.raises(TownSaysNoError):
            await joining.join(changed(given, secret="guessed"), tmp_path / "box", 1)
        assert (await joining.join(encode(given), tmp_path / "box", 1)).host == "box"


@pytest.mark.parametrize("edited", [{"secret": "guessed"}, {"id": "01GUESSED"}, {"host": "other"}])
async def test_an_edited_invitation_was_never_given(home, tmp_path, edited):
    async with home.open():
        given = await home.invite("box")
        with pytest.raises(TownSaysNoError, match="given no such invitation") as refused:
            await joining.join(changed(given, **edited), tmp_path / "box", 1)
        assert refused.value.code == "unknown"


async def test_one_that_was_revoked_or_replaced_was_never_given(home, tmp_path):
    async with home.open():
        given = await home.invite("box")
        newer = await home.invite("box")
        assert not (await asked(given)).ok
        await home.tell(RevokeHost(name="box", by="overseer"))
        assert not (await asked(newer)).ok


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"expires": clock.now() - 2 * 3600}, RefusedError, "has expired"),
        ({"protocol": PROTOCOL + 1}, RefusedError, f"speaks version {PROTOCOL + 1}"),
        ({"protocol": PROTOCOL - 1}, RefusedError, f"speaks version {PROTOCOL - 1}"),
        ({"urls": ("tls://127.0.0.1:9",)}, UnreachableError, "cannot be reached at tls://127.0.0.1:9"),
    ],
)
async def test_what_is_wrong_with_it_is_said_and_no_host_is_made(home, tmp_path, monkeypatch, wrong, error, said):
    monkeypatch.setattr(joining, "_PATIENCE", 0.5)
    async with home.open():
        given = await home.invite("box")
        with pytest.raises(error, match=said) as refused:
            await joining.join(changed(given, **wrong), tmp_path / "box", 1)
        assert refused.value.hint
        assert not (tmp_path / "box" / FILE).exists()
        whole = encode(given)
        for text in (whole[:-3], whole.replace(whole[40], "-"), "gth1", whole[5:]):
            with pytest.raises(UsageError):
                await joining.join(text, tmp_path / "box", 1)


@pytest.mark.parametrize("version", [PROTOCOL - 1, PROTOCOL + 1])
async def test_a_town_of_another_version_says_so_itself(home, version):
    """It may have been upgraded since it gave the invitation."""
    async with home.open():
        given = await home.invite("box")
        said = await asked(given, protocol=version)
        assert (said.ok, said.code, f"this is {version}" in said.message) == (False, "refused", True)
        assert (await asked(given)).ok


async def test_any_address_will_do_and_no_other_server(home, tmp_path, monkeypatch):
    monkeypatch.setattr(joining, "_PATIENCE", 1.0)
    certified.make(tmp_path / "other", "gate", (), clock.now())
    async with home.open():
        given = await home.invite("box")
        stranger = (tmp_path / "other" / "authority.pem").read_text()
        with pytest.raises(UntrustedServerError):
            await joining.join(changed(given, ca=stranger), tmp_path / "box", 1)
        two = ("tls://127.0.0.1:9", *given.urls)
        assert (await joining.join(changed(given, urls=two), tmp_path / "box", 1)).home.urls == two


async def test_a_folder_that_is_something_else_is_left_as_it_is(home, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.tex").write_text("...")
    async with home.open():
        host = await joining.join(encode(await home.invite("box")), tmp_path / "box", 1)
        given = encode(await home.invite("east"))
        for folder, said in (
            (host.path, "is host box of gt"),
            (home.config.path, "is the town gt"),
            (full, "not empty"),
        ):
            before = sorted(folder.rglob("*"))
            with pytest.raises(RefusedError, match=said):
                await joining.join(given, folder, 1)
            assert sorted(folder.rglob("*")) == before
        assert (await joining.join(given, tmp_path / "east", 1)).host == "east"


async def test_one_that_leaves_is_let_in_no_more(home, tmp_path):
    async with home.open():
        host = await joining.join(encode(await home.invite("box")), tmp_path / "box", 1)
        await joining.leave(host)
        await home.warden.obey()
        with pytest.raises(RefusedLoginError, match="has left, or was revoked"):
            await joining.leave(host)
