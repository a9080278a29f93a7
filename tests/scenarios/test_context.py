"""What a worker is told again when its context was compacted, and what goes along when its session is handed on."""

import sys
from pathlib import Path

import pytest

COMPACTER = Path(__file__).with_name("compacter.py")
TALKER = f"acp:{sys.executable} {Path(__file__).with_name('talker.py')}"
COMMIT = "git add -A; git commit -qm 'Do some of it'"
LAST = "echo rest > rest.txt; git add -A; git commit -qm 'Do the rest'"


@pytest.fixture
def talking(town):
    if "talker" not in [one["name"] for one in town.ask("agent", "list")]:
        town.ask("agent", "add", "talker", "--vendor", TALKER, "--env", f"STORY={town.story}")
    return town


def turns(town, bead: str, *scripts: str) -> None:
    for number, script in enumerate(scripts, 1):
        (town.story / f"{bead}.{number}.sh").write_text(script)


def test_a_full_context_is_handed_on_with_what_is_committed_and_what_it_knows(talking):
    rig = talking.rig("app")
    bead = rig.bead("Write it", "")
    first = f"echo one > half.txt; {COMMIT}; echo two >> half.txt"
    turns(
        talking,
        bead,
        f"case $GT_SESSION in *-1) {first};; *) cat > told; {LAST};; esac",
        f"cat > why; {COMMIT}; echo The parser is done, the docs are not.",
    )
    (talking.story / f"{bead}.fill").write_text("90 100")
    talking.ask("sling", bead, "--agent", "talker")
    talking.lands(bead)

    reason = "its context is 90% full: 90 of 100 tokens"
    assert talking.sessions(bead) == [("handed_on", "none", reason)]
    assert reason in rig.content("why")
    assert rig.content("half.txt") == "one\ntwo"
    told = rig.content("told")
    assert f"### From session {bead}-1\n\nThe parser is done, the docs are not." in told
    assert "2 commits" in told


def test_a_worker_hands_on_by_itself_once_it_has_committed(town):
    rig = town.rig("bob")
    script = f"""case $GT_SESSION in *-2) {LAST}; exit;; esac
        echo one > half.txt; {COMMIT}; echo two >> half.txt
        gt handoff -m 'Too early.' --json 2> refused && exit 9
        {COMMIT}; gt handoff -m 'Half of it is done.'"""
    bead = rig.bead("Write it", script)
    rig.sling(bead)
    town.lands(bead)

    assert town.sessions(bead) == [("handed_on", "none", "its worker has handed on")]
    assert "uncommitted changes in half.txt" in rig.content("refused")
    assert "Half of it is done." in town.brief(f"{bead}-2")
    assert "Too early." not in town.brief(f"{bead}-2")


def test_a_bead_goes_to_another_agent_in_mid_work_with_branch_notes_and_commits(talking, doors):
    rig = talking.rig("cut")
    bead = rig.bead("Write it", LAST)
    turns(talking, bead, f"{doors.make('first')}; echo one > half.txt; {COMMIT}", "echo Mind the docs.")
    talking.ask("sling", bead, "--agent", "talker")
    doors.reached("first")
    (slung,) = talking.ask("sling", bead, "--agent", "script")
    assert (slung["bead"], slung["handed_on"], slung["agent"]) == (bead, f"{bead}-1", "script")
    assert "being worked on" in talking.refused(5, "sling", bead, "--agent", "talker")
    doors.open("first")
    talking.lands(bead)

    assert talking.sessions(bead) == [("handed_on", "none", "agent script is to go on with it")]
    assert "Mind the docs." in talking.brief(f"{bead}-2")
    assert sorted(rig.subjects())[:2] == ["Do some of it", "Do the rest"]
    agents = [event["data"]["agent"] for event in talking.events("--entity", bead) if event["type"] == "bead.assigned"]
    assert agents == ["talker", "script"]


def test_whose_agent_takes_one_turn_is_ended_and_its_work_goes_to_the_other(talking, doors):
    rig = talking.rig("dot")
    bead = rig.bead("Write it", f"echo one > half.txt; {COMMIT}; {doors.make('never')}")
    turns(talking, bead, LAST)
    rig.sling(bead)
    doors.reached("never")
    talking.ask("sling", bead, "--agent", "talker")
    talking.lands(bead)
    assert talking.sessions(bead) == [("handed_on", "none", "agent talker is to go on with it")]
    assert rig.content("half.txt") == "one"


def test_what_cannot_be_handed_on_is_named_with_the_next_step(talking):
    rig = talking.rig("egg")
    bead = rig.bead("Write it", LAST)
    assert "say whose session" in talking.refused(2, "handoff")
    assert "nobody works at" in talking.refused(4, "handoff", "nowhere")
    rig.sling(bead)
    talking.lands(bead)
    assert "has ended" in talking.refused(3, "handoff", bead)


def test_who_has_compacted_its_context_is_told_again_what_matters_within_the_turn(town):
    rig = town.rig("fit")
    program = town.folder / "compacter"
    version = '[ "$1" = --version ] && exec echo 2.1.197'
    noted = 'echo "$@" > "$STORY/arguments"'
    program.write_text(f"#!/bin/sh\n{version}\n{noted}\nexec {sys.executable} {COMPACTER}\n")
    program.chmod(0o755)
    directives = town.path / "directives"
    directives.mkdir()
    (directives / "polecat.md").write_text("Write tests first.\n")
    command = ("--vendor", "claude", "--command", str(program), "--env", f"STORY={town.story}")
    town.ask("agent", "add", "forgetful", *command)
    bead = rig.bead("Write it", "", "-d", "All of it.")
    (town.story / f"{bead}.1.sh").write_text(f"cat > brief; echo new > new.txt; {COMMIT}")
    town.ask("sling", bead, "--agent", "forgetful")
    town.lands(bead)

    brief, again = rig.content("brief"), (town.story / f"{bead}.told.1").read_text()
    for told in (brief, again):
        assert f"# Bead {bead}: Write it\n\nAll of it." in told
        assert "How to finish" not in told  # it took that, and the directives, as instructions
    assert again.startswith("Your context was compacted.")
    assert again.endswith("Go on where you were.")
    arguments = (town.story / "arguments").read_text()
    assert "How to finish" in arguments
    assert "Write tests first." in arguments
    types = [event["type"] for event in town.events("--entity", f"{bead}-1")]
    assert types[2:6] == [
        "session.conversation_opened",
        "session.context_compacted",
        "session.message_queued",
        "session.messages_taken",
    ]
