"""The demo of several towns, as a user sees it."""

import json


def test_one_town_is_lost_and_everything_lands_once_all_the_same(demo):
    process = demo.start("--towns", "3", "--json")
    printed, progress = process.communicate(timeout=110)
    assert process.returncode == 0, progress + printed[-4000:]
    told = json.loads(printed)["data"]
    assert [one["name"] for one in told["expectations"] if not one["holds"]] == []
    assert len(told["landings"]) == len(told["ids"]) == 5
    assert "cedar     is lost" in progress
    assert demo.running() == []
    assert demo.left() == []


def test_there_is_no_story_of_two_towns(demo):
    process = demo.start("--towns", "2")
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, "no story of 2 towns" in errors) == (2, True)
