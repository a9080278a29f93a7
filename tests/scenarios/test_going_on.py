"""Whatever is killed while an agent is in a turn: it goes on in its own sandbox, and loses that turn at most."""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

TALKER = f"acp:{sys.executable} {Path(__file__).with_name('talker.py')} loads"
COMMIT = "git add -A; git commit -qm 'Do the work'"
PROCESSES = ("daemon", "nats", "town", "host")


@pytest.fixture
def talking(town):
    """The town, and whoever works in it takes turns and can go on."""
    if "talker" not in [one["name"] for one in town.ask("agent", "list")]:
        town.ask("agent", "add", "talker", "--vendor", TALKER, "--env", f"STORY={town.story}", "--default")
    return town


def turns(town, bead: str, *scripts: str) -> None:
    for number, script in enumerate(scripts, 1):
        (town.story / f"{bead}.{number}.sh").write_text(script)


def facts(town, bead: str, tag: str) -> list[dict]:
    return [event["data"] for event in town.events("--entity", f"{bead}-1") if event["type"] == tag]


def kill(town, *names: str) -> None:
    for name in names:
        with suppress(ProcessLookupError):
            os.kill(town.pids()[name], signal.SIGKILL)


def kill_program(town, bead: str) -> None:
    (started,) = facts(town, bead, "session.started")
    os.killpg(started["pid"], signal.SIGKILL)


DEATHS = {
    "all": lambda town, _: (kill(town, *PROCESSES), town.ask("up")),
    "down-and-up": lambda town, _: (town.ask("down"), town.ask("up")),
    "program": kill_program,
}


@pytest.mark.parametrize("death", DEATHS)
def test_it_goes_on_in_its_sandbox_with_its_conversation(talking, doors, death):
    rig = talking.rig(death)
    bead = rig.bead("Write it", "")
    half = f"echo half > README; echo new > new.txt; touch $(git rev-parse --git-dir)/index.lock; {doors.make(death)}"
    turns(talking, bead, half, f"cat > told; test half = $(cat README); {COMMIT}")
    rig.sling(bead)
    doors.reached(death)
    DEATHS[death](talking, bead)
    talking.lands(bead)

    assert talking.sessions(bead) == []
    assert rig.subjects().count("Do the work") == 1
    assert rig.content("new.txt") == "new"
    cut, last = facts(talking, bead, "session.turn_ended")
    assert (cut["number"], cut["end"], cut.get("usage")) == (1, "interrupted", None)
    assert (last["number"], last["end"]) == (2, "done")
    (resumed,) = facts(talking, bead, "session.resumed")
    assert (resumed["run"], resumed["how"]) == (1, "resume")
    told = rig.content("told")
    assert told.startswith("You were interrupted: ")
    assert "uncommitted changes in README" in told
    assert f"# Bead {bead}: Write it" in told


def test_one_that_cannot_go_on_is_followed_by_one_that_is_told_in_writing(talking, doors):
    rig = talking.rig("anew")
    bead = rig.bead("Write it", "")
    (talking.story / f"{bead}.forgets").touch()
    first = "echo half > README; echo I have begun with the README."
    turns(talking, bead, first, doors.make("second"), f"cat > told; test half = $(cat README); {COMMIT}")
    rig.sling(bead)
    doors.reached("second")
    kill(talking, "host")
    talking.lands(bead)

    assert talking.sessions(bead) == []
    assert [one["how"] for one in facts(talking, bead, "session.resumed")] == ["handoff"]
    assert [one["conversation"] for one in facts(talking, bead, "session.conversation_opened")] == ["talk-1", "talk-3"]
    told = rig.content("told")
    assert told.startswith("You take over from an agent whose conversation is lost.")
    assert f"# Bead {bead}: Write it" in told
    assert "In turn 1 it said:\n\nI have begun with the README." in told
    assert "You were interrupted: the host that ran it died" in told
