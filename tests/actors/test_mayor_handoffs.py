"""The Mayor's rules about beads that are handed on: to another agent, or again and again."""

import pytest

from gastown.actors.commands import mayor as told
from gastown.actors.commands.handoff import ChangeHands
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import Tell
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.phases import Blocked, Slung, Working
from gastown.events import agent, bead, rig
from gastown.events.agent import AgentSpec
from gastown.events.rig import RigConfig

CONFIG = RigConfig(origin="/o", target="main", landing="main", prefix="ap")


@pytest.fixture
def town(spec):
    """Two agents, and a bead at work by the first."""
    begun = spec(
        ROLE,
        MAYOR,
        [
            ("rig/app", rig.RigAdded(config=CONFIG)),
            ("agent/a", agent.AgentAdded(spec=AgentSpec(name="a", vendor="claude"))),
            ("agent/b", agent.AgentAdded(spec=AgentSpec(name="b", vendor="codex"))),
            ("bead/ap-1", bead.BeadCreated(title="one", rig="app")),
            ("bead/ap-2", bead.BeadCreated(title="two", rig="app")),
        ],
    )
    return begun.when(told.SlingBeads(beads=("ap-1",), convoy="cv-1"))


def sling(agent_name, *beads) -> told.SlingBeads:
    return told.SlingBeads(beads=beads or ("ap-1",), agent=agent_name, convoy="cv-2")


def back(number=1, **fields) -> told.ReportAttempt:
    fields = {"outcome": "handed_on", "reason": "its context is 85% full", **fields}
    return told.ReportAttempt(bead="ap-1", session=f"ap-1-{number}", **fields)


def phase(town):
    return town.state.beads["ap-1"].phase


def hands(town) -> list[ChangeHands]:
    tells = [effect for effect in town.due().values() if isinstance(effect, Tell)]
    return [one.command for tell in tells for one in tell.messages if isinstance(one.command, ChangeHands)]


def test_a_bead_at_work_is_handed_on_to_the_other_agent_with_what_is_committed(town):
    town.when(sling("b")).then(("bead/ap-1", bead.AgentChanged(agent="b", session="ap-1-1")))
    (change,) = hands(town)
    assert (change.session, change.bead, change.reason) == ("ap-1-1", "ap-1", "agent b is to go on with it")
    assert f"tell:assign:{change.session}" not in town.due()
    town.when(back(commit="c" * 40, base="b" * 40)).then_events(bead.BeadReturned, bead.BeadAssigned)
    assert isinstance(phase(town), Working)
    assert phase(town).agent == "b"
    one = town.state.beads["ap-1"]
    assert (one.failed_runs, one.earlier.commit) == (0, "c" * 40)
    assert not hands(town)


def test_by_the_same_agent_it_is_refused_as_ever(town):
    town.when(sling("a")).rejected("taken", "being worked on in session ap-1-1")
    town.when(sling("")).rejected("taken", "being worked on")
    town.when(sling("nobody")).rejected("taken", "being worked on")
    town.when(told.UnslingBead(bead="ap-1")).when(sling("b")).rejected("taken", "being worked on")


def test_one_that_waits_or_is_blocked_gets_the_other_agent_and_nothing_else(town):
    town.when(told.ChangeSetting(name="max_polecats", value=0)).when(back(outcome="interrupted", reason="x"))
    town.when(sling("b")).then(("bead/ap-1", bead.AgentChanged(agent="b")))
    assert isinstance(phase(town), Slung)
    town.when(sling("b")).rejected("taken", "waits for its turn")
    town.given(("bead/ap-1", bead.BeadBlocked(reason="3 failed runs")))
    town.when(sling("a")).then(("bead/ap-1", bead.AgentChanged(agent="a")))
    assert isinstance(phase(town), Blocked)
    town.when(told.RetryBead(bead="ap-1")).when(told.ChangeSetting(name="max_polecats", value=1))
    assert phase(town).agent == "a"


def test_with_others_in_one_sling_each_gets_what_it_needs(town):
    town.when(sling("b", "ap-1", "ap-2"))
    kinds = [type(change.event).__name__ for change in town.decision]
    assert kinds == ["AgentChanged", "ConvoyOpened", "BeadSlung", "BeadAssigned"]


def test_sessions_that_hand_on_with_nothing_committed_are_limited_and_then_a_person_is_asked(town):
    town.when(back(1, barren=True)).then_events(bead.BeadReturned, bead.BeadAssigned)
    town.when(back(2, outcome="interrupted", reason="host"))
    town.when(back(3, barren=True)).when(back(4, barren=True)).then_events(bead.BeadReturned, bead.BeadBlocked)
    assert phase(town).reason.startswith("3 sessions in a row were handed on with nothing committed")
    town.when(told.RetryBead(bead="ap-1"))
    town.when(back(5, barren=True)).then_events(bead.BeadReturned, bead.BeadAssigned)


def test_a_commit_begins_the_count_anew(town):
    town.when(back(1, barren=True)).when(back(2, barren=True)).when(back(3)).when(back(4, barren=True))
    assert isinstance(phase(town), Working)


def test_how_full_a_context_may_be_is_a_percentage(town):
    town.when(told.ChangeSetting(name="handoff.fill", value=101)).rejected("usage", "cannot be 101")
    town.when(told.ChangeSetting(name="handoff.fill", value=0))
    assert town.state.setting("handoff.fill") == 0
