"""The Mayor's rules about agents whose program does not pass its check."""

import pytest

from gastown.actors.commands import accounts
from gastown.actors.commands import mayor as told
from gastown.actors.commands.deacon import CloseEscalation, RaiseEscalation
from gastown.actors.commands.fitness import ReportAgentCheck
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import Tell
from gastown.actors.kernel.role import Rejected
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.phases import Slung, Working
from gastown.events import agent, bead, fitness, rig
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
            ("bead/ap-2", bead.BeadCreated(title="two", rig="app")),
        ],
    )
    return begun.when(told.SlingBeads(beads=("ap-1", "ap-2"), convoy="cv-1"))


def unfit(key: str) -> told.ReportAttempt:
    return told.ReportAttempt(bead=key, session=f"{key}-1", outcome="agent_unfit", reason="starts: it asks for a login")


def asked(town) -> list:
    tells = [effect for effect in town.due().values() if isinstance(effect, Tell)]
    commands = [message.command for tell in tells for message in tell.messages]
    return [one for one in commands if isinstance(one, RaiseEscalation | CloseEscalation)]


def test_it_is_given_nothing_and_a_person_is_asked_once(town):
    town.when(unfit("ap-1")).then_events(bead.BeadReturned, fitness.AgentFoundUnfit)
    town.when(unfit("ap-2")).then_events(bead.BeadReturned)

    for key in ("ap-1", "ap-2"):
        assert isinstance(town.state.beads[key].phase, Slung)
        assert town.state.beads[key].failed_runs == 0
    (raised,) = asked(town)
    assert (raised.escalation, raised.hint) == ("agent.cc.1", "gt agent check cc")
    assert "it asks for a login" in raised.reason


def test_it_goes_on_when_it_passes(town):
    town.when(unfit("ap-1"))
    town.when(unfit("ap-2"))
    passed = ReportAgentCheck(agent="cc", version="2.1.197")
    town.when(passed).then_events(fitness.AgentFoundFit, bead.BeadAssigned, bead.BeadAssigned)

    assert isinstance(town.state.beads["ap-1"].phase, Working)
    assert [type(one) for one in asked(town)] == [CloseEscalation]
    town.when(passed).then()


def test_another_reason_is_another_escalation(town):
    town.when(unfit("ap-1"))
    town.when(ReportAgentCheck(agent="cc", trouble="git: no identity")).then_events(fitness.AgentFoundUnfit)
    town.when(ReportAgentCheck(agent="cc", trouble="git: no identity")).then()

    assert [one.escalation for one in asked(town)] == ["agent.cc.2", "agent.cc.1"]


def test_whoever_is_removed_asks_for_nobody(town):
    town.when(unfit("ap-1"))
    town.when(unfit("ap-2"))
    town.when(told.UnslingBead(bead="ap-1"))
    town.when(told.UnslingBead(bead="ap-2"))
    town.when(accounts.RemoveAgent(agent="cc"))

    assert [type(one) for one in asked(town)] == [CloseEscalation]


def test_an_agent_nobody_knows_is_not_checked(town):
    assert town.when(ReportAgentCheck(agent="who")).decision == Rejected(
        "there is no agent who", "see them: gt agent list", "unknown"
    )
