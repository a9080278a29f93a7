"""What the daemon does with its children, on processes that sleep."""

import os
import signal
import sys

import msgspec
import pytest

from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.daemon import beats, vigil
from gastown.daemon.children import Children, number_in, read_children


@pytest.fixture
def quick_looks(monkeypatch):
    monkeypatch.setattr(vigil, "FROZEN", 0.05)
    monkeypatch.setattr(vigil, "HUNG", 0.05)


def recorded(town, /, **known: Known) -> None:
    (town.run / "children.json").write_bytes(msgspec.json.encode(known))


def until_gone(made: Children, known: Known) -> None:
    """Looks until it is gone; pytest's own time limit is the last."""
    while child.is_alive(known):
        made.end_useless()


@pytest.mark.usefixtures("quick_looks")
def test_a_frozen_child_is_killed_and_an_awake_one_stays(town, listener, sleeper):
    frozen, awake = sleeper(), sleeper()
    recorded(town, nats=frozen, host=awake)
    made = Children(town, listener)
    os.kill(frozen.pid, signal.SIGSTOP)
    until_gone(made, frozen)
    assert child.is_alive(awake)


@pytest.mark.usefixtures("quick_looks")
def test_a_child_whose_loop_has_stopped_is_killed_and_one_that_has_not_begun_is_not(town, listener, sleeper):
    hung, starting = sleeper(), sleeper()
    recorded(town, town=hung, host=starting)
    file = town.socket_path().with_suffix(".town.beats")
    file.write_bytes(msgspec.json.encode({"pid": hung.pid, "started": hung.started, "count": 4}))
    made = Children(town, listener)
    until_gone(made, hung)
    assert child.is_alive(starting)
    assert beats.beats_of(town, "host", starting) is None


def test_a_child_of_an_earlier_boot_is_nobody_we_know(town, listener, sleeper):
    stranger, mine = sleeper(), sleeper()
    recorded(town, nats=msgspec.structs.replace(stranger, boot="another"), host=mine)
    assert Children(town, listener).known == {"host": mine}


def test_a_process_that_has_the_pid_of_a_child_is_nobody_we_know(town, listener, sleeper):
    stranger = sleeper()
    recorded(town, town=msgspec.structs.replace(stranger, started=stranger.started - 1))
    made = Children(town, listener)
    assert made.known == {}
    made.end_all()
    assert child.is_alive(stranger)


def test_a_town_that_nobody_can_call_any_more_is_ended(town, listener, sleeper):
    deaf, server = sleeper(), sleeper()
    recorded(town, town=deaf, nats=server)
    made = Children(town, listener)
    made.end_deaf_town()
    assert not child.is_alive(deaf)
    assert made.known == {"nats": server}


def test_the_end_of_all_leaves_no_record(town, listener, sleeper):
    host, server = sleeper(), sleeper()
    recorded(town, host=host, nats=server)
    Children(town, listener).end_all()
    assert not child.is_alive(host)
    assert not child.is_alive(server)
    assert not (town.run / "children.json").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]"])
def test_half_a_record_is_no_record(town, content):
    (town.run / "children.json").write_bytes(content)
    assert read_children(town) == {}


@pytest.mark.parametrize("content", ["", "x", "\0"])
def test_half_a_number_is_none(tmp_path, content):
    (tmp_path / "epoch").write_text(content)
    assert number_in(tmp_path / "epoch") == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it cannot be found")
def test_what_a_killed_daemon_could_not_note_is_ended_before_another_is_started(town, listener):
    """Killed between the start of a process and its record: two servers would write one log."""
    made = Children(town, listener)
    made.start_missing()
    unnoted = dict(made.known)
    (town.run / "children.json").unlink()
    followed = Children(town, listener)
    assert followed.known == {}
    followed.start_missing()
    try:
        assert not child.is_alive(unnoted["nats"])
        assert child.is_alive(followed.known["nats"])
    finally:
        for known in unnoted.values():
            child.end(known, 5.0)
        followed.end_all()
    assert not child.is_alive(followed.known.get("nats", unnoted["nats"]))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it cannot be found")
def test_going_down_ends_also_what_was_not_noted(town, listener):
    made = Children(town, listener)
    made.start_missing()
    unnoted = dict(made.known)
    (town.run / "children.json").unlink()
    Children(town, listener).end_all()
    assert not child.is_alive(unnoted["nats"])
    for known in unnoted.values():
        child.end(known, 5.0)
