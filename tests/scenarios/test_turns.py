"""Workers that take turns: reminded, told something, and counted."""

import json
import subprocess  # noqa: TID251  it is followed while it goes on
import sys
from pathlib import Path

import pytest

TALKER = f"acp:{sys.executable} {Path(__file__).with_name('talker.py')}"
COMMIT = "git add -A; git commit -qm 'Do the work'"


@pytest.fixture
def talking(town):
    """The town, and whoever works in it takes turns."""
    if "talker" not in [one["name"] for one in town.ask("agent", "list")]:
        town.ask("agent", "add", "talker", "--vendor", TALKER, "--env", f"STORY={town.story}", "--default")
    return town


def turns(town, bead: str, *scripts: str) -> None:
    for number, script in enumerate(scripts, 1):
        (town.story / f"{bead}.{number}.sh").write_text(script)


def told(town, bead: str, tag: str) -> list[dict]:
    events = town.events("--entity", f"{bead}-1")
    return [event["data"] for event in events if event["type"] == tag]


def test_who_ends_a_turn_with_nothing_to_hand_in_is_reminded_and_then_lands(talking):
    rig = talking.rig("app")
    bead = rig.bead("Write it", "")
    turns(talking, bead, "echo I have looked around.", f"cat > told; echo new > new.txt; {COMMIT}")
    rig.sling(bead)
    talking.lands(bead)

    assert f"bead {bead} cannot be handed in" in rig.content("told")
    first, second = told(talking, bead, "session.turn_ended")
    assert (first["text"], first.get("ahead", 0), second["ahead"]) == ("I have looked around.\n", 0, 1)
    (conversation,) = told(talking, bead, "session.conversation_opened")
    assert conversation["conversation"] == "talk-1"
    (row,) = talking.ask("costs", "--by", "bead")["rows"]
    assert (row["of"], row["turns"], row["fresh"], row["cache_read"], row["output"]) == (bead, 2, 1800, 400, 100)


def test_after_the_last_reminder_it_goes_back_to_a_fresh_worker(talking):
    rig = talking.rig("bare")
    bead = rig.bead("Do nothing", "")
    rig.sling(bead)
    assert talking.sticks(bead)[bead]["reason"].startswith("3 failed runs")
    outcomes = talking.sessions(bead)
    assert outcomes == [("no_commits", "failed_run", "3 turns ended without a commit")] * 3


def test_a_nudge_reaches_the_agent_when_its_turn_has_ended(talking, doors):
    rig = talking.rig("cup")
    bead = rig.bead("Write it", "")
    turns(talking, bead, f"{doors.make('first')}; echo one > one.txt; {COMMIT}", f"cat > told; {COMMIT}")
    rig.sling(bead)
    doors.reached("first")
    nudge = talking.ask("nudge", bead, "name it new.txt instead")
    doors.open("first")
    talking.lands(bead)

    assert f"Message {nudge['id']} from overseer:\nname it new.txt instead" in rig.content("told")
    (taken,) = told(talking, bead, "session.messages_taken")
    assert taken["messages"] == [nudge["id"]]


def test_what_it_says_is_followed_line_by_line_until_it_ends(talking, doors):
    rig = talking.rig("hum")
    bead = rig.bead("Say it", "")
    turns(talking, bead, f"{doors.make('asked')}; echo one > one.txt; {COMMIT}; echo it is done")
    rig.sling(bead)
    doors.reached("asked")
    command = [sys.executable, "-m", "gastown_cli", "peek", bead, "--follow", "--json"]
    with subprocess.Popen(
        command, env={**talking.environment, "GT_TOWN": str(talking.path)}, stdout=subprocess.PIPE, text=True
    ) as follower:
        assert follower.stdout is not None
        first = json.loads(follower.stdout.readline())
        doors.open("asked")
        rest = [json.loads(line) for line in follower.stdout]

    assert follower.returncode == 0
    assert "talk-1" in first["text"]
    assert "it is done" not in first["text"]
    assert "it is done" in "".join(one["text"] for one in rest)
    offsets = [one["offset"] for one in (first, *rest)]
    assert offsets == sorted(set(offsets))


def test_a_vendor_nobody_knows_and_a_program_that_is_not_there_are_named(talking):
    assert "no vendor 'clod'" in talking.refused(2, "agent", "add", "x", "--vendor", "clod")
    rig = talking.rig("dim")
    talking.ask("agent", "add", "gone", "--vendor", "acp:/no/such/agent", "--default")
    bead = rig.bead("Never begun", "")
    rig.sling(bead)
    needs = talking.sticks(bead)[bead]
    assert needs["reason"].startswith("agent gone did not pass its check: found: /no/such/agent")
    assert needs["hint"] == "gt agent check gone"
    (outcome, charge, reason), *_ = talking.sessions(bead)
    assert (outcome, charge) == ("agent_unfit", "none")
    assert "/no/such/agent" in reason
    talking.until_type("escalation.raised", "agent.gone.1")
    (asked,) = [one for one in talking.ask("escalations") if one["about"] == "gone"]
    assert asked["hint"] == "gt agent check gone"


def test_an_agent_that_passes_its_check_again_is_given_what_waited_for_it(talking, tmp_path):
    rig = talking.rig("gem")
    program = tmp_path / "agent"
    talking.ask("agent", "add", "late", "--vendor", f"acp:{program}", "--env", f"STORY={talking.story}")
    bead = rig.bead("Wait for it", "")
    turns(talking, bead, f"echo new > new.txt; {COMMIT}")
    talking.ask("sling", bead, "--agent", "late")
    talking.sticks(bead)
    program.write_text(f'#!/bin/sh\nexec {TALKER.removeprefix("acp:")} "$@"\n')
    program.chmod(0o755)
    check = talking.ask("agent", "check", "late")
    talking.lands(bead)

    assert check["ok"]
    assert [step["name"] for step in check["steps"]] == ["found", "version", "starts", "ends", "git", "capabilities"]
    assert [outcome for outcome, _, _ in talking.sessions(bead)] == ["agent_unfit"]
    talking.until_type("escalation.closed", "agent.late.1")
