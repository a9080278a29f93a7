"""The Mayor's rules about agents whose API gives them nothing for now."""

import pytest

from gastown.actors.commands import mayor as told
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import RemindAt
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.state import Blocked, Slung, Working
from gastown.events import agent, bead, rig
from gastown.events.agent import AgentSpec
from gastown.events.rig import RigConfig

CONFIG = RigConfig(origin="/o", target="main", landing="main", prefix="ap")


@pytest.fixture
def town(spec):
    """One agent, and two beads slung to it."""
    begun = spec(
        ROLE,
        MAYOR,
        [
            ("rig/app", rig.RigAdded(config=CONFIG)),
            ("agent/cc", agent.AgentAdded(spec=AgentSpec(name="cc", vendor="claude"))),
            ("bead/ap-1", bead.BeadCreated(title="one", rig="app")),
        ],
    )
    return begun.when(told.SlingBeads(beads=("ap-1",), convoy="cv-1"))


def back(number=1, outcome="throttled", retry_at: float | None = 1060.0) -> told.ReportAttempt:
    return told.ReportAttempt(bead="ap-1", session=f"ap-1-{number}", outcome=outcome, reason="429", retry_at=retry_at)


def test_a_throttled_agent_is_given_nothing_until_its_time(town):
    town.when(back()).then_events(bead.BeadReturned, agent.AgentThrottled)
    assert isinstance(town.state.beads["ap-1"].phase, Slung)
    assert town.state.beads["ap-1"].failed_runs == 0
    (reminder,) = [effect for effect in town.due().values() if isinstance(effect, RemindAt)]
    assert reminder.at == 1060.0
    town.when(reminder.command).then_events(agent.AgentFreed, bead.BeadAssigned)
    assert isinstance(town.state.beads["ap-1"].phase, Working)
    assert not [effect for effect in town.due().values() if isinstance(effect, RemindAt)]
    town.when(reminder.command).then()


def test_the_last_word_of_its_api_counts(town):
    town.when(back(retry_at=1060.0))
    town.given(("agent/cc", agent.AgentThrottled(until=2000.0, reason="429")))
    town.when(told.FreeAgent(agent="cc", until=1060.0)).then()
    assert town.state.throttled["cc"] == 2000.0


def test_another_agent_is_not_held_up(town):
    town.when(back())
    town.when(told.AddAgent(spec=AgentSpec(name="other", vendor="codex"), default=True))
    assert isinstance(town.state.beads["ap-1"].phase, Working)
    assert town.state.beads["ap-1"].phase.agent == "other"


def test_an_agent_that_needs_a_person_blocks_its_bead(town):
    town.when(back(outcome="agent_broke", retry_at=None)).then_events(bead.BeadReturned, bead.BeadBlocked)
    phase = town.state.beads["ap-1"].phase
    assert isinstance(phase, Blocked)
    assert phase.reason == "agent cc: 429"


def test_one_whose_api_is_out_of_order_is_tried_again_later(town):
    town.when(back(outcome="agent_broke", retry_at=1060.0)).then_events(bead.BeadReturned, agent.AgentThrottled)


def test_a_removed_agent_is_no_longer_throttled(town):
    town.when(back())
    town.when(told.UnslingBead(bead="ap-1")).when(told.RemoveAgent(agent="cc"))
    assert not town.state.throttled
