"""The Mayor's rules about accounts and agents: who is set up, who works where, what is counted on."""

import msgspec
import pytest

from gastown.actors.commands import accounts
from gastown.actors.commands import mayor as told
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.phases import Working
from gastown.events import account, agent, bead, rig
from gastown.events.account import AccountSpec
from gastown.events.agent import AgentSpec
from gastown.events.rig import RigConfig

CONFIG = RigConfig(origin="/o", target="main", landing="main", prefix="ap")
WORK = AccountSpec(name="work", vendor="claude", secrets=("KEY",))
CC, CX = AgentSpec(name="cc", vendor="claude"), AgentSpec(name="cx", vendor="codex")


@pytest.fixture
def town(spec):
    return spec(
        ROLE,
        MAYOR,
        [
            ("rig/app", rig.RigAdded(config=CONFIG)),
            ("account/work", account.AccountAdded(spec=WORK)),
            ("agent/cc", agent.AgentAdded(spec=CC)),
            ("agent/cx", agent.AgentAdded(spec=CX)),
            ("bead/ap-1", bead.BeadCreated(title="one", rig="app")),
        ],
    )


def changed(spec: AgentSpec, **fields) -> accounts.ChangeAgent:
    return accounts.ChangeAgent(spec=msgspec.structs.replace(spec, **fields))


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (accounts.AddAccount(account=WORK), "taken", "work already"),
        (accounts.AddAccount(account=AccountSpec(name="agent.cc", vendor="claude")), "usage", "agent.cc"),
        (accounts.ChangeAccount(account=AccountSpec(name="none", vendor="claude")), "unknown", "none"),
        (accounts.RemoveAccount(account="none"), "unknown", "none"),
        (accounts.OpenAccount(account="none"), "unknown", "none"),
        (changed(CC, accounts=("none",)), "unknown", "no account none"),
        (changed(CX, accounts=("work",)), "usage", "work is one of claude"),
        (changed(CC, fallbacks=("none",)), "unknown", "no agent none"),
        (changed(CC, fallbacks=("cc",)), "usage", "its own fallback"),
        (changed(AgentSpec(name="none", vendor="claude")), "unknown", "no agent none"),
        (accounts.PreferAgent(agent="none"), "unknown", "no agent none"),
        (told.ChangeRig(rig="app", config=msgspec.structs.replace(CONFIG, agent="none")), "unknown", "none"),
        (told.SlingBeads(beads=("ap-1",), agent="none"), "unknown", "none"),
    ],
)
def test_what_makes_no_sense_is_refused(town, command, code, words):
    town.when(command).rejected(code, words)


def test_an_account_that_agents_or_sessions_count_on_stays(town):
    town.when(changed(CC, accounts=("work",))).then_events(agent.AgentChanged)
    town.when(accounts.RemoveAccount(account="work")).rejected("refused", "cc work under account work")
    town.when(told.SlingBeads(beads=("ap-1",), convoy="cv-1"))
    town.when(changed(CC)).when(accounts.RemoveAccount(account="work")).rejected("refused", "ap-1-1")
    town.when(told.ReportAttempt(bead="ap-1", session="ap-1-1", outcome="interrupted", reason="r"))
    town.when(accounts.RemoveAccount(account="work")).then_events(account.AccountRemoved)


def test_an_agent_that_a_rig_or_another_agent_counts_on_stays(town):
    town.when(told.ChangeRig(rig="app", config=msgspec.structs.replace(CONFIG, agent="cx")))
    town.when(accounts.RemoveAgent(agent="cx")).rejected("refused", "rig app")
    town.when(told.ChangeRig(rig="app", config=CONFIG)).when(changed(CC, fallbacks=("cx",)))
    town.when(accounts.RemoveAgent(agent="cx")).rejected("refused", "fallback of cc")


@pytest.mark.parametrize(("asked", "of_rig", "who"), [("", "", "cc"), ("", "cx", "cx"), ("cc", "cx", "cc")])
def test_the_sling_chooses_then_the_rig_then_the_town(town, asked, of_rig, who):
    town.when(told.ChangeRig(rig="app", config=msgspec.structs.replace(CONFIG, agent=of_rig)))
    town.when(told.SlingBeads(beads=("ap-1",), agent=asked, convoy="cv-1"))
    phase = town.state.beads["ap-1"].phase
    assert isinstance(phase, Working)
    assert (phase.agent, phase.account) == (who, f"agent.{who}")


def test_the_towns_agent_is_whoever_was_made_it_last(town):
    town.when(accounts.PreferAgent(agent="cx")).then_events(agent.AgentPreferred)
    town.when(accounts.PreferAgent(agent="cx")).then()
    town.when(accounts.ChangeAgent(spec=CC, default=True)).then_events(agent.AgentPreferred)
    assert town.state.default_agent == "cc"


def test_a_session_works_as_it_was_begun(town):
    town.when(told.SlingBeads(beads=("ap-1",), convoy="cv-1"))
    town.when(changed(CC, model="larger", accounts=("work",))).then_events(agent.AgentChanged)
    phase = town.state.beads["ap-1"].phase
    assert isinstance(phase, Working)
    assert phase.account == "agent.cc"


def test_an_account_that_wants_a_login_is_tried_with_what_it_is_given(town):
    town.given(("account/work", account.AccountShut(reason="no login")))
    town.when(accounts.ChangeAccount(account=WORK)).then_events(account.AccountOpened)
    town.when(accounts.ChangeAccount(account=WORK)).then()
    town.when(accounts.OpenAccount(account="work")).then()
