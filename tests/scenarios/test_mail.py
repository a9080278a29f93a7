"""Mail between people and workers, and the tools by which agents speak to the town."""

import json
import sys
from pathlib import Path

import pytest

TALKER = f"acp:{sys.executable} {Path(__file__).with_name('talker.py')}"
COMMIT = "git add -A; git commit -qm 'Do the work'"


@pytest.fixture(scope="module")
def talking(town):
    """The town, and an agent in it that takes turns."""
    town.ask("agent", "add", "talker", "--vendor", TALKER, "--env", f"STORY={town.story}", "--default")
    return town


@pytest.fixture(scope="module")
def rig(talking):
    return talking.rig("post")


def turns(town, bead: str, *scripts: str) -> None:
    for number, script in enumerate(scripts, 1):
        (town.story / f"{bead}.{number}.sh").write_text(script)


def test_mail_to_a_bead_reaches_its_agent_between_two_turns_and_it_answers(talking, rig, doors):
    bead = rig.bead("Write it", "")
    answer = "gt mail reply $(sed -n 's/.*gt mail reply \\([^ ]*\\) .*/\\1/p') -m 'It is new.txt.'"
    turns(talking, bead, f"{doors.make('first')}; echo one > one.txt; {COMMIT}", answer)
    rig.sling(bead)
    doors.reached("first")
    sent = talking.ask("mail", "send", bead, "-s", "The name", "-m", "Name it new.txt. What do you call it?")
    assert sent["state"] == "unread"
    doors.open("first")
    talking.lands(bead)

    told = talking.ask("mail", "read", sent["id"])
    assert (told["state"], told["session"]) == ("told", f"{bead}-1")
    (letter,) = [one for one in talking.ask("mail", "inbox") if one["reply_to"] == sent["id"]]
    assert (letter["sender"], letter["subject"], letter["text"]) == (
        f"polecat/{bead}-1",
        "Re: The name",
        "It is new.txt.",
    )
    talking.ask("mail", "read", letter["id"])
    assert letter["id"] not in [one["id"] for one in talking.ask("mail", "inbox")]


def test_mail_to_a_bead_that_nobody_works_on_reaches_its_first_worker(talking, rig):
    bead = rig.bead("Write that", "")
    sent = talking.ask("mail", "send", bead, "-s", "Mind", "-m", "Mind the gap.")
    turns(talking, bead, f"cat > first; echo new > new.txt; {COMMIT}", f"cat > second; {COMMIT}")
    rig.sling(bead)
    talking.lands(bead)

    assert talking.ask("mail", "read", sent["id"])["state"] == "told"
    assert "Mind the gap." in rig.content("first")
    assert len([one for one in talking.events("--entity", f"{bead}-1") if one["type"] == "session.turn_ended"]) == 1


def test_mail_that_can_reach_nobody_comes_back_with_the_reason(talking, rig):
    bead = rig.bead("Never begun", "")
    sent = talking.ask("mail", "send", bead, "-s", "Hurry", "-m", "Please.")
    talking.ask("bead", "close", bead, "--reason", "not wanted")
    talking.until_type("mail.sent", f"{sent['id']}-back")
    (back,) = [one for one in talking.ask("mail", "inbox") if one["reply_to"] == sent["id"]]
    assert back["subject"] == "Not delivered: Hurry"
    assert f"{bead} was closed" in back["text"]
    assert "nobody will work on it" in talking.refused(3, "mail", "send", bead, "-m", "again")


def test_an_agent_that_takes_servers_has_the_towns_tools(talking, rig):
    bead = rig.bead("Hand it in", "")
    turns(talking, bead, f"echo tool > tool.txt; {COMMIT}")
    calls = [
        ["mail_send", {"address": "overseer", "subject": "By tool", "text": "A or B?"}],
        ["bead_show", {"bead": "nothing"}],
        ["done", {}],
    ]
    (talking.story / f"{bead}.1.tools").write_text(json.dumps(calls))
    rig.sling(bead)
    talking.lands(bead)

    (letter,) = [one for one in talking.ask("mail", "inbox") if one["subject"] == "By tool"]
    assert letter["sender"] == f"polecat/{bead}-1"
    declared = talking.until_type("session.done_declared", f"{bead}-1")
    assert (declared["actor"], declared["data"]["status"]) == (f"polecat/{bead}-1", "completed")
    (ended,) = [one for one in talking.events("--entity", f"{bead}-1") if one["type"] == "session.turn_ended"]
    assert "no bead 'nothing'\ngt bead list" in ended["data"]["text"]


def test_a_worker_asks_for_a_person_and_types_bd(talking, rig):
    typed = "gt escalate 'A or B?' -s high; bd update $GT_BEAD --append-notes asked; bd show $GT_BEAD --json > shown"
    script = f"{typed}; {COMMIT}"
    bead = rig.bead("Ask", script)
    talking.ask("sling", bead, "--agent", "script")
    talking.lands(bead)

    (asked,) = [one for one in talking.ask("escalations") if one["about"] == bead]
    assert (asked["id"], asked["severity"], asked["reason"]) == (f"asked.{bead}-1.1", "high", "A or B?")
    assert talking.show(bead)["notes"] == "asked"
    assert json.loads(rig.content("shown"))[0]["id"] == bead
    talking.ask("escalation", "close", asked["id"], "--reason", "B")
    back = talking.until(lambda event: event["type"] == "mail.dead_lettered", "--entity", f"{asked['id']}-answer")
    assert f"{bead} has landed" in back["data"]["reason"]
