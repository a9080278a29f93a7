"""The log played as it came."""

import json
import signal
import subprocess  # noqa: TID251  somebody presses Ctrl-C
import sys
import time
from datetime import datetime
from itertools import pairwise

import pytest


@pytest.fixture(scope="module")
def landed(town):
    rig = town.rig("app")
    bead = rig.bead("Play it", "echo a > a; git add a; git commit -qm a")
    rig.sling(bead)
    town.lands(bead)
    return bead


def played(town, *words: str) -> list[dict]:
    done = town.run("replay", "--json", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_it_plays_the_lines_of_the_feed(town, landed):
    last = town.answer("status").position
    feed = town.events("--at", str(last))
    assert played(town, "--speed", "0", "--to", str(last)) == feed
    lines = town.run("replay", "--speed", "0", "--to", str(last)).stdout
    assert lines == town.run("events", "--at", str(last)).stdout
    assert [one["position"] for one in played(town, "--speed", "0", "--from", "3", "--to", "5")] == [
        one["position"] for one in feed if 3 <= one["position"] <= 5
    ]
    created = next(one for one in feed if one["type"] == "bead.slung")
    since = played(town, "--speed", "0", "--from", created["time"], "--to", str(last))
    assert since == feed[-len(since) :] and since[0]["position"] > created["position"]


def test_the_pauses_are_those_there_were_made_shorter(town, landed):
    feed = town.events("--at", "6")
    pauses = [moment(after) - moment(before) for before, after in pairwise(feed)]
    begin = time.monotonic()
    played(town, "--to", "6", "--speed", "2", "--longest", "1s")
    assert time.monotonic() - begin >= sum(min(pause / 2, 1.0) for pause in pauses)


def moment(event: dict) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()


def test_moments_the_log_does_not_have_are_refused(town, landed):
    assert "nothing to play" in town.refused(2, "replay", "--from", "5", "--to", "4")
    assert "positions 0 to" in town.refused(2, "replay", "--to", "999999")
    assert "is no moment" in town.refused(2, "replay", "--from", "tomorrow")
    assert "--speed" in town.refused(2, "replay", "--speed", "fast")


def test_it_is_ended_by_ctrl_c_without_a_word(town, landed):
    command = [sys.executable, "-m", "gastown_cli", "replay", "--speed", "0.0001", "--longest", "60s"]
    environment = {**town.environment, "GT_TOWN": str(town.path)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as playing:
        assert playing.stdout is not None and playing.stderr is not None
        assert playing.stdout.readline()
        playing.send_signal(signal.SIGINT)
        assert playing.wait(timeout=30) == 130
        assert playing.stderr.read() == ""
