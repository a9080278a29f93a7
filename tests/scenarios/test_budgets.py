"""Money: workers race for the last of it, one dies in the midst of what was reserved, and prices break."""

import os
import signal
import sys
from pathlib import Path

import pytest

TALKER = f"acp:{sys.executable} {Path(__file__).with_name('talker.py')}"
COMMIT = "git add -A; git commit -qm 'Do the work'"
PRICES = '[[price]]\nvendor = "acp:*"\nmodel = "*"\nfrom = 2026-01-01\nfresh = 100\ncache_read = 0\noutput = 200\n'
"""By which a turn of the talker, 900 fresh tokens and 50 of output, costs 0.10 USD."""


@pytest.fixture
def paid(town):
    """The town, whose workers take turns at 0.10 USD each."""
    if "talker" not in [one["name"] for one in town.ask("agent", "list")]:
        (town.path / "prices.toml").write_text(PRICES)
        flags = ("--turn-cost", "0.10", "--env", f"STORY={town.story}", "--default")
        town.ask("agent", "add", "talker", "--vendor", TALKER, *flags)
    return town


def turns(town, bead: str, *scripts: str) -> None:
    for number, script in enumerate(scripts, 1):
        (town.story / f"{bead}.{number}.sh").write_text(script)


def budget(town, scope: str) -> dict:
    return next(one for one in town.ask("budget", "list") if one["scope"] == scope)


def test_three_workers_race_for_the_last_of_a_budget_and_go_on_once_it_is_raised(paid):
    rig = paid.rig("race")
    beads = [rig.bead(f"Bead {number}", "") for number in range(3)]
    for bead in beads:
        half = "test -f half || { echo half > half; git add half; }"
        turns(paid, bead, half, f"echo whole > {bead}.txt; rm -f half; {COMMIT}")
    paid.ask("budget", "set", "rig:race", "0.35")
    rig.sling(*beads)

    needs = paid.sticks(*beads)
    assert {one["reason"] for one in needs.values()} == {
        "budget rig:race: 0.30 of 0.35 USD are spent, and a turn of talker is reserved at 0.10"
    }
    assert {one["hint"] for one in needs.values()} == {"gt budget set rig:race USD"}
    assert [outcome for bead in beads for outcome, _, _ in paid.sessions(bead)] == ["over_budget"] * 3
    assert {one["bead"] for one in paid.ask("branches") if one["rig"] == "race"} == set(beads)  # the work is kept
    (asked,) = [one for one in paid.ask("escalations") if one["kind"] == "budget"]
    assert asked["about"] == "rig.race"
    one = budget(paid, "rig:race")
    assert (one["spent"], one["reserved"], one["guessed"]) == (0.3, 0.0, 0.0)

    paid.ask("budget", "set", "rig:race", "1.00")
    paid.lands(*beads)
    (row,) = [row for row in paid.ask("costs", "--by", "rig")["rows"] if row["of"] == "race"]
    assert (row["turns"], round(row["cost"], 6)) == (9, 0.9)
    assert budget(paid, "rig:race")["spent"] == 0.9
    assert [one for one in paid.ask("escalations") if one["kind"] == "budget"] == []


def test_a_turn_that_breaks_off_counts_as_it_was_reserved(paid, doors):
    rig = paid.rig("broken")
    bead = rig.bead("Survive", "")
    turns(paid, bead, f"{doors.make('first')}; echo done > done.txt; {COMMIT}")
    paid.ask("budget", "set", f"bead:{bead}", "0.50")
    rig.sling(bead)
    doors.reached("first")
    assert budget(paid, f"bead:{bead}")["reserved"] == 0.1
    os.kill(paid.pids()["host"], signal.SIGKILL)
    doors.reached("first")
    one = budget(paid, f"bead:{bead}")
    assert (one["spent"], one["guessed"], one["reserved"]) == (0.1, 0.1, 0.1)
    doors.open("first")
    paid.lands(bead)
    one = budget(paid, f"bead:{bead}")
    assert (one["spent"], one["guessed"], one["reserved"]) == (0.2, 0.1, 0.0)
    (row,) = [row for row in paid.ask("costs", "--by", "bead")["rows"] if row["of"] == bead]
    assert (row["turns"], row["cost"], row["guessed"], row["untold"]) == (2, 0.1, 0.1, 1)


def test_prices_that_break_are_said_and_the_last_good_ones_go_on(paid):
    (paid.path / "prices.toml").write_text(PRICES + "output = dear\n")
    found = paid.ask("prices", "anything", "--vendor", "acp:x")
    assert found["trouble"]["message"].startswith("prices.toml, line 8: ")
    assert [(one["source"], one["output"]) for one in found["prices"]] == [("prices.toml", 200.0)]
    doctor = paid.answer("doctor")
    assert doctor.exit == 7
    (wrong,) = [one for one in doctor.data["findings"] if not one["ok"]]
    assert (wrong["check"], "line 8" in wrong["detail"]) == ("prices", True)
    rig = paid.rig("dear")
    bead = rig.bead("Go on", "")
    turns(paid, bead, f"echo done > done.txt; {COMMIT}")
    rig.sling(bead)
    paid.lands(bead)
    (ended,) = [
        event["data"] for event in paid.events("--entity", f"{bead}-1") if event["type"] == "session.turn_ended"
    ]
    assert ended["usage"]["cost"] == 0.1
    assert ended["usage"]["priced"].startswith("prices.toml 2026-01-01 ")
    (paid.path / "prices.toml").write_text(PRICES)
    assert paid.ask("prices")["trouble"] is None


def test_who_does_not_tell_what_it_uses_is_refused_under_a_budget(paid):
    rig = paid.rig("blind")
    bead = rig.bead("Unseen", "")
    paid.ask("budget", "set", "rig:blind", "5")
    refusal = paid.answer("sling", bead, "--agent", "script")
    assert refusal.exit == 3
    assert "the vendor of agent script does not tell what its turns use" in refusal.error["message"]
    assert "gt agent set script --turn-cost" in refusal.error["hint"]
    for amount, code in (("-1", 2), ("much", 2), ("nan", 2)):
        assert paid.answer("budget", "set", "rig:blind", amount).exit == code
    paid.refused(4, "budget", "set", "rig:nowhere", "1")
    paid.refused(2, "budget", "set", "moon", "1")
    assert paid.ask("budget", "drop", "rig:blind") == {"scope": "rig:blind"}
