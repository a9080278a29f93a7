"""The whole of it, as a user sees it."""

import json
import signal

from gastown.demo.story import BEADS


def test_everything_happens_as_the_story_says_and_nothing_is_left(demo):
    process = demo.start("--json")
    printed, progress = process.communicate(timeout=100)
    assert process.returncode == 0, progress + printed[-4000:]
    told = json.loads(printed)["data"]
    assert told["ok"] is True
    assert [one["name"] for one in told["expectations"] if not one["holds"]] == []
    assert told["seconds"] < 60
    assert {bead["key"]: bead["state"] for bead in told["beads"]} == {bead.key: bead.fate.state for bead in BEADS}
    assert [one["tests"]["passed"] for one in told["landed"]] == [True] * 9
    assert {one["outcome"] for one in told["reworked"]} == {"died", "no_commits", "conflicted", "red"}
    assert "lands     Lengths" in progress
    assert all(len(line) < 100 for line in progress.splitlines())
    assert demo.running() == []
    assert demo.left() == []


def test_told_to_stop_in_the_middle_it_leaves_nothing(demo):
    process = demo.start()
    assert any("begins" in line for line in process.stdout)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert demo.running() == []
    assert demo.left() == []
