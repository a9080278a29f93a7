"""The server a town brings along."""

from pathlib import Path

import msgspec
import pytest

from gastown.bus.jetstream_api import call
from gastown.bus.nats_connection import connect
from gastown.bus.server import Leaf, render_config, server_command, server_program
from gastown.errors import UnreachableError

INFRA = Path(__file__).parents[2] / "infra" / "nats"
LEAF = Leaf(
    domain="mytown", urls=("tls://hub.example:7422",), seed="SUA...", ca_file=Path("/home/me/gt/secrets/hub.pem")
)


@pytest.mark.parametrize(("reference", "leaf"), [("embedded.conf", None), ("leaf.conf", LEAF)])
def test_the_commented_reference_is_what_the_server_runs_with(reference, leaf):
    lines = (INFRA / reference).read_text().splitlines()
    rendered = render_config(
        port=4222,
        store_dir=Path("/home/me/gt/log"),
        user="town",
        password="made at gt install, kept in the town's secrets",
        server_name="mytown",
        leaf=leaf,
    )
    assert rendered.splitlines() == [line for line in lines if line.strip() and not line.strip().startswith("#")]


async def test_the_server_starts_with_it_and_keeps_to_its_limits(nats_server):
    """The fixture's password has quotes, a dollar and a backslash in it."""
    async with connect(nats_server.url, name="t", user=nats_server.user, password=nats_server.password) as connection:
        assert connection.max_payload == 8 * 1024 * 1024
        account = msgspec.json.decode(await call(connection, "INFO"))
        assert account["streams"] == 0
    log = (nats_server.folder / "nats.log").read_text()
    assert "Max Storage:     1.00 PB" in log
    assert str(nats_server.folder / "log") in log
    assert (nats_server.folder / "log" / "jetstream").is_dir()


def test_the_program_comes_with_the_package():
    program = server_program({})
    assert program.is_file()
    assert program.name == "nats-server"
    assert server_command(Path("/x/nats.conf"), {}) == (str(program), "--config", "/x/nats.conf")


def test_an_own_program_is_used_when_it_is_named(tmp_path):
    own = tmp_path / "my-nats"
    own.touch()
    assert server_command(Path("c"), {"GT_NATS_SERVER": str(own)}) == (str(own), "--config", "c")


def test_an_own_program_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(UnreachableError, match="not a file") as refused:
        server_program({"GT_NATS_SERVER": str(tmp_path / "nothing")})
    assert "unset" in refused.value.hint


@pytest.mark.parametrize("bad", [{"port": 0}, {"port": -1}, {"port": 65536}, {"password": "a\nb"}, {"user": "\x00"}])
def test_values_that_would_break_the_configuration_are_refused(bad):
    good = {"port": 4222, "store_dir": Path("/s"), "user": "u", "password": "p", "server_name": "n"}
    with pytest.raises(ValueError, match=r"not a port|control character"):
        render_config(**(good | bad))
