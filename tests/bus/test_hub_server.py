"""The configuration of a hub's server. What it lets nobody do is tried in `tests/hub/test_isolation.py`."""

import subprocess  # noqa: TID251  tests ask the real server
from pathlib import Path

import msgspec
import pytest

from gastown import clock
from gastown.bus.certificates import new_authority, new_server_certificate
from gastown.bus.hub_server import HubPlace, Login, Node, render_hub
from gastown.bus.keys import new_user_key
from gastown.bus.server import server_program

INFRA = Path(__file__).parents[2] / "infra" / "nats"
SECRETS = Path("/home/me/hub/secrets")
PLACE = HubPlace(
    leafs="0.0.0.0:7422",
    clients="0.0.0.0:7423",
    store=Path("/home/me/hub/log"),
    certificate=SECRETS / "server.pem",
    key=SECRETS / "server.key",
    password="made at gt hub init, kept in the hub's secrets",
)
LOGINS = (
    Login(town="b", incarnation="01JB", key="UAB..."),
    Login(town="a", incarnation="01JA", key="UAA..."),
    Login(town="a", incarnation="01J0", key="UA0...", fenced=True),
)


NODE = Node(
    name="hub-1",
    listen="0.0.0.0:7424",
    routes=("tls://hub-1.example:7424", "tls://hub-2.example:7424", "tls://hub-3.example:7424"),
    authority=SECRETS / "authority.pem",
)


@pytest.mark.parametrize(("reference", "node", "logins"), [("hub.conf", None, LOGINS), ("cluster.conf", NODE, ())])
def test_the_commented_reference_is_what_the_server_runs_with(reference, node, logins):
    lines = (INFRA / reference).read_text().splitlines()
    written = [line for line in lines if line.strip() and not line.strip().startswith("#")]
    assert render_hub(msgspec.structs.replace(PLACE, node=node), logins).splitlines() == written
    assert render_hub(PLACE, reversed(LOGINS)) == render_hub(PLACE, LOGINS)


def test_until_the_towns_are_back_there_is_no_jetstream_for_copies():
    whole, without = (render_hub(PLACE, LOGINS, copying=copying).splitlines() for copying in (True, False))
    assert [line for line in whole if line not in without] == ["    jetstream: enabled"]
    assert [line for line in whole if line.strip() != "jetstream: enabled"] == without


@pytest.mark.parametrize("there", [(), ("work",), ("fenced",), ("work", "fenced")])
def test_the_server_takes_it_whoever_is_a_member(tmp_path, there):
    """-t: it reads the whole configuration and says what is wrong with it."""
    authority = new_authority("main", clock.now())
    made = new_server_certificate(authority, "main", ["127.0.0.1"], clock.now())
    (tmp_path / "server.pem").write_text(made.certificate)
    (tmp_path / "server.key").write_text(made.key)
    place = HubPlace(
        leafs="127.0.0.1:7422",
        clients="[::1]:7423",
        store=tmp_path / 'a "log"',
        certificate=tmp_path / "server.pem",
        key=tmp_path / "server.key",
        password='a "difficult" pa$$word \\',
    )
    logins = [
        Login(town="a-b_c", incarnation=f"01J{number}", key=new_user_key().public, fenced=state == "fenced")
        for number, state in enumerate(there)
    ]
    (tmp_path / "hub.conf").write_text(render_hub(place, logins))
    told = subprocess.run(
        [server_program(), "-t", "-c", tmp_path / "hub.conf"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
