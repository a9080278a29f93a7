"""What is expected is missed when it is not there."""

from gastown.demo.expectations import judge
from gastown.demo.facts import Facts
from gastown.demo.story import BEADS

NOTHING_HAPPENED = Facts(
    town="/nowhere",
    ids={bead.key: f"ab-{bead.key}" for bead in BEADS},
    convoy={"state": "open"},
    events=(),
    beads={bead.key: {"id": f"ab-{bead.key}", "title": bead.title, "state": "open"} for bead in BEADS},
    branches=(),
    escalations=(),
    verified={"ok": False, "complaints": ["the log has a gap"]},
    why={},
    trace={"roots": []},
    base="0" * 40,
    landings=(),
    runs=(),
    missing=("ab-area-1 began without ab-length",),
    dimensions="",
)


def test_where_nothing_happened_every_expectation_fails_but_that_something_waits():
    held = [one.name for one in judge(NOTHING_HAPPENED) if one.holds]
    assert held == ["What needs the blocked bead has not begun"]


def test_an_expectation_that_fails_says_what_it_found():
    wrong = {one.name: one.wrong for one in judge(NOTHING_HAPPENED)}
    assert wrong["gt verify finds nothing wrong"] == "the log has a gap"
    assert "'open' instead of 'landed'" in wrong["Lengths: lands at the first attempt"]
