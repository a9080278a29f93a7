"""The configuration of a town's gate. What it lets nobody do is tried in `tests/gate/test_isolation.py`."""

import subprocess  # noqa: TID251  tests ask the real server
from pathlib import Path

import pytest

from gastown import certified, clock
from gastown.bus.gate_server import GatePlace, HostLogin, render_gate
from gastown.bus.keys import new_user_key
from gastown.bus.server import server_program

REFERENCE = Path(__file__).parents[2] / "infra" / "nats" / "gate.conf"
SECRETS = Path("/home/me/gt/secrets/gate")
PLACE = GatePlace(
    listen="0.0.0.0:7426",
    certificate=SECRETS / "server.pem",
    key=SECRETS / "server.key",
    password="made with the gate, kept in the town's secrets",
    town="gt",
    incarnation="01J",
)
LOGINS = (HostLogin(host="y", key="UAY..."), HostLogin(host="x", key="UAX..."))


def test_the_commented_reference_is_what_the_server_runs_with():
    lines = REFERENCE.read_text().splitlines()
    written = [line for line in lines if line.strip() and not line.strip().startswith("#")]
    assert render_gate(PLACE, LOGINS).splitlines() == written
    assert render_gate(PLACE, reversed(LOGINS)) == render_gate(PLACE, LOGINS)


@pytest.mark.parametrize("hosts", [(), ("a-b_c",), ("one", "two")])
def test_the_server_takes_it_whoever_is_a_host(tmp_path, hosts):
    """-t: it reads the whole configuration and says what is wrong with it."""
    certified.make(tmp_path, "gate", (), clock.now())
    place = GatePlace(
        listen="127.0.0.1:7426",
        certificate=tmp_path / "server.pem",
        key=tmp_path / "server.key",
        password='a "difficult" pa$$word \\',
        town="a-b_c",
        incarnation="01J",
    )
    logins = [HostLogin(host=host, key=new_user_key().public) for host in hosts]
    (tmp_path / "gate.conf").write_text(render_gate(place, logins))
    told = subprocess.run(
        [server_program(), "-t", "-c", tmp_path / "gate.conf"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
