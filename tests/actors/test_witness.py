"""The Witness's rules."""

import pytest

from gastown.actors.commands.command import Owner
from gastown.actors.commands.witness import AssignPolecat, ReportSessionEnded
from gastown.actors.witness import POOL, ROLE
from gastown.events.agent import AgentSpec
from gastown.events.polecat import PolecatAssigned, PolecatReleased


def assign(number: int) -> AssignPolecat:
    agent = AgentSpec(name="sh", vendor="shell")
    return AssignPolecat(bead=f"ap-{number}", session=f"ap-{number}-1", number=1, agent=agent, title="t", priority=2)


@pytest.fixture
def rig(spec):
    return spec(ROLE, Owner("witness", "app"))


def test_the_first_free_name_of_the_pool_gets_the_bead(rig):
    rig.when(assign(1)).then_events(PolecatAssigned)
    assert rig.decision[0].entity.id == f"app.{POOL[0]}"
    rig.when(assign(2))
    assert rig.decision[0].entity.id == f"app.{POOL[1]}"
    assert set(rig.due()) == {"tell:open:ap-1-1", "tell:open:ap-2-1"}


def test_told_twice_it_assigns_once(rig):
    rig.when(assign(1)).when(assign(1)).then_events()


def test_a_polecat_is_free_again_after_its_session(rig):
    rig.when(assign(1))
    rig.when(ReportSessionEnded(session="ap-1-1", outcome="failed")).then_events(PolecatReleased)
    rig.when(ReportSessionEnded(session="ap-1-1", outcome="failed")).then_events()
    rig.when(assign(2))
    assert rig.decision[0].entity.id == f"app.{POOL[0]}"


def test_beyond_the_pool_there_are_numbered_names(rig):
    for number in range(len(POOL) + 2):
        rig.when(assign(number))
    assert rig.decision[0].entity.id == f"app.polecat-{len(POOL) + 2}"
