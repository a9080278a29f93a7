"""The log's server that runs and takes connections, but does not answer; and those that do."""

import os
import signal
import socket
import time

import msgspec
import pytest

from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.bus.round_trip import answers
from gastown.config import NatsLogin
from gastown.daemon import pulse, vigil
from gastown.daemon.children import Children
from gastown.daemon.log_server import start
from gastown.daemon.pulse import Pulse

SILENT = """
import socket, sys, time
with socket.socket() as door:
    door.bind(("127.0.0.1", 0))
    door.listen()
    open("port", "w").write(str(door.getsockname()[1]))
    time.sleep(600)
"""
MUMBLING = """
import itertools, socket, time
with socket.socket() as door:
    door.bind(("127.0.0.1", 0))
    door.listen()
    open("port", "w").write(str(door.getsockname()[1]))
    guests = []
    door.settimeout(0.01)
    while True:
        try:
            guests.append(door.accept()[0])
        except TimeoutError:
            pass
        for guest in guests:
            try:
                guest.sendall(b"+OK")
            except OSError:
                pass
"""


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(vigil, "HUNG", 1.5)
    monkeypatch.setattr(pulse, "BEAT", 0.05)
    monkeypatch.setattr(pulse, "PATIENCE", 0.3)


def port_of(town, tmp_path, known: Known) -> None:
    """Of a stand-in, told to whoever looks for the town's log."""
    file = tmp_path / "port"
    while not file.exists() or not file.read_text():
        assert child.is_alive(known)
        time.sleep(0.01)
    (town.run / "nats.port").write_text(file.read_text())


def recorded(town, **known: Known) -> None:
    (town.run / "children.json").write_bytes(msgspec.json.encode(known))


@pytest.fixture
def server(town):
    """A real one, at the place where the town's is looked for."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    password = (town.path / "secrets" / "nats").read_text()
    login = NatsLogin(f"nats://127.0.0.1:{port}", "town", password, embedded=True)
    known = start(town.run / "server", login, town.path / "log")
    (town.run / "nats.port").write_text(str(port))
    yield known
    child.send(known, signal.SIGCONT)
    child.end(known, 5.0)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("code", [SILENT, MUMBLING], ids=["silent", "mumbling"])
def test_a_server_that_takes_connections_and_never_answers_is_killed(town, listener, sleeper, tmp_path, code):
    hung, other = sleeper(code), sleeper()
    port_of(town, tmp_path, hung)
    recorded(town, nats=hung, host=other)
    made, longest = Children(town, listener), 0.0
    while child.is_alive(hung):
        before = time.monotonic()
        made.end_useless()
        longest = max(longest, time.monotonic() - before) if child.is_alive(hung) else longest
        time.sleep(0.01)
    assert child.is_alive(other)
    assert longest < pulse.PATIENCE  # nobody else waits for the answer


@pytest.mark.usefixtures("quick")
def test_one_that_does_not_listen_yet_is_left_to_its_long_log(town, listener, sleeper):
    (town.run / "nats.port").write_text("1")
    starting = sleeper()
    recorded(town, nats=starting)
    made = Children(town, listener)
    until = time.monotonic() + 2 * vigil.HUNG
    while time.monotonic() < until:
        made.end_useless()
        time.sleep(0.01)
    assert child.is_alive(starting)


@pytest.mark.usefixtures("quick")
def test_a_real_one_that_answers_stays_and_one_that_stops_answering_does_not(town, listener, server, monkeypatch):
    recorded(town, nats=server)
    made, seen = Children(town, listener), Pulse(town)
    until = time.monotonic() + 2 * vigil.HUNG
    while time.monotonic() < until:
        made.end_useless()
        seen.beats(server)
        time.sleep(0.01)
    assert child.is_alive(server)
    assert (seen.beats(server) or 0) > 3

    monkeypatch.setattr(child, "is_frozen", lambda _: False)  # stopped is what stands in for hung here
    os.kill(server.pid, signal.SIGSTOP)
    while child.is_alive(server):
        made.end_useless()
        time.sleep(0.01)


def test_a_server_that_refuses_the_password_has_answered(town, server):
    url = town.nats().url
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            assert answers(url, "town", "wrong", seconds=5)
            break
        except ConnectionRefusedError:
            time.sleep(0.02)
    else:
        pytest.fail("it does not come up")
    assert answers(url, "town", town.nats().password, seconds=5)
