"""What agents may use: by a rule, not at all, or once a person has said so."""

import os
import signal
import sys
from pathlib import Path

import pytest

POLICY = """
default = "ask"

[[rule]]
decide = "deny"
command = "rm *"

[[rule]]
decide = "allow"
command = "git *"
"""
WRITE = "touch new.txt"  # which no rule allows
COMMIT = "git add -A && git commit -qm 'Do the work'"


@pytest.fixture
def asking(town):
    """The town, under a policy; whoever works in it asks."""
    if "asker" not in [one["name"] for one in town.ask("agent", "list")]:
        program = town.folder / "asker"
        program.write_text(f"#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name('asker.py')}\n")
        program.chmod(0o755)
        environment = ("--env", f"STORY={town.story}")
        town.ask("agent", "add", "asker", "--vendor", "goose", "--command", str(program), *environment, "--default")
        (town.folder / "policy.toml").write_text(POLICY)
    return town


def begun(town, name: str, *commands: str) -> str:
    """A bead in a rig of this name, under the policy, at work."""
    rig = town.rig(name)
    town.ask("policy", "set", str(town.folder / "policy.toml"), "--rig", name)
    bead = rig.bead("Write it", "")
    (town.story / f"{bead}.1.asks").write_text("\n".join(commands))
    rig.sling(bead)
    return bead


def test_a_rule_allows_a_rule_denies_and_a_person_says_the_rest(asking):
    bead = begun(asking, "app", "rm -rf /", f"git status; {WRITE}", COMMIT)
    needs = asking.sticks(bead)[bead]
    (one,) = asking.ask("asks")
    assert needs["reason"] == f"asker asks to use execute: git status; {WRITE}"
    assert needs["hint"] == f"gt answer {one['id']} allow|deny"
    assert asking.ask("answer", one["id"], "allow")["allow"] is True
    asking.lands(bead)

    events = asking.events("--entity", f"{bead}-1")
    types = [event["type"] for event in events if event["type"].startswith("session.ask")]
    assert types == ["session.ask_raised", "session.ask_answered", "session.ask_closed"]
    (turn,) = [event["data"] for event in events if event["type"] == "session.turn_ended"]
    assert turn["denied"] == ["execute: rm -rf /"]
    assert asking.ask("asks") == []
    assert "the first answer counts" in asking.refused(5, "answer", one["id"], "deny")


def test_an_ask_outlives_nobody_and_is_asked_again_after_the_host_died(asking):
    bead = begun(asking, "bat", WRITE, COMMIT)
    asking.sticks(bead)
    (first,) = asking.ask("asks")
    os.kill(asking.pids()["host"], signal.SIGKILL)
    asking.until_type("session.resumed", f"{bead}-1")
    assert "its agent is gone" in asking.refused(3, "answer", first["id"], "allow")
    asking.until(
        lambda one: one["type"] == "session.ask_raised" and one["data"].get("turn") == 2, "--entity", f"{bead}-1"
    )
    (again,) = asking.ask("asks")
    assert (again["session"], again["title"]) == (f"{bead}-1", WRITE)
    assert again["id"] != first["id"]
    asking.ask("answer", again["id"], "allow")
    asking.lands(bead)


def test_what_a_person_denies_is_not_used_and_the_agent_is_told_why(asking):
    bead = begun(asking, "cup", WRITE)
    (asking.story / f"{bead}.2.asks").write_text(f"git mv README new.txt\n{COMMIT}")
    asking.sticks(bead)
    (one,) = asking.ask("asks")
    asking.ask("answer", one["id"], "deny", "--reason", "rename the README instead")
    asking.lands(bead)
    (told,) = [one for one in asking.events("--entity", f"{bead}-1") if one["type"] == "session.message_queued"]
    assert told["data"]["text"] == f"You were not let use execute ({WRITE}): rename the README instead"


def test_an_agent_that_cannot_ask_is_refused(asking):
    rig = asking.rig("dim")
    asking.ask("policy", "set", str(asking.folder / "policy.toml"), "--rig", "dim")
    bead = rig.bead("Never begun", "")
    assert "agent script cannot ask" in asking.refused(3, "sling", bead, "--agent", "script")
    (asking.folder / "broken.toml").write_text('default = "ask"\n\n[[rule]]\ndecide = "perhaps"\n')
    assert "line 3" in asking.refused(2, "policy", "set", str(asking.folder / "broken.toml"))
