"""The Mayor's rules about budgets: reserved before a turn, settled after it, and a person asked once."""

import pytest

from gastown.actors.commands import accounts
from gastown.actors.commands import mayor as told
from gastown.actors.commands.budget import BeginDay, DropBudget, SetBudget
from gastown.actors.commands.deacon import CloseEscalation, RaiseEscalation
from gastown.actors.commands.gate import RequestTurn, SettleTurn
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import RemindAt
from gastown.actors.kernel.parking import Parking
from gastown.actors.mayor import ROLE, purse
from gastown.actors.mayor.phases import Slung, Working
from gastown.events import agent, bead, budget, gate, rig
from gastown.events.agent import AgentSpec
from gastown.events.gate import Settlement
from gastown.events.ids import Entity
from gastown.events.rig import RigConfig
from gastown.events.turn import Usage
from gastown.events.unreadable import Unreadable

CONFIG = RigConfig(origin="/o", target="main", landing="main", prefix="ap")
DAY = 20_000
NOON = DAY * 86_400 + 43_200.0


@pytest.fixture
def town(spec):
    """Three beads that nobody works on, an agent whose turns are reserved at 0.40 USD, and one that is blind."""
    return spec(
        ROLE,
        MAYOR,
        [
            ("rig/app", rig.RigAdded(config=CONFIG)),
            ("agent/cc", agent.AgentAdded(spec=AgentSpec(name="cc", vendor="claude", tells_usage=True, turn_cost=0.4))),
            ("agent/sh", agent.AgentAdded(spec=AgentSpec(name="sh", vendor="shell"))),
            *((f"bead/ap-{one}", bead.BeadCreated(title="t", rig="app")) for one in (1, 2, 3)),
        ],
    )


def sling(*beads, agent="") -> told.SlingBeads:
    return told.SlingBeads(beads=beads or ("ap-1", "ap-2", "ap-3"), convoy="cv-1", agent=agent)


def cap(scope, amount, at=NOON) -> SetBudget:
    return SetBudget(scope=scope, amount=amount, at=at)


def cost(usd, number=1, at=NOON) -> Settlement:
    usage = None if usd is None else Usage(fresh=1, cost=usd)
    return Settlement(number=number, at=at, usage=usage)


def wants(bead, number, last) -> RequestTurn:
    return RequestTurn(bead=bead, session=f"{bead}-1", number=number, last=last)


def back(bead, last=None, *, outcome="no_commits", number=1, turn=1) -> told.ReportAttempt:
    return told.ReportAttempt(bead=bead, session=f"{bead}-{number}", outcome=outcome, reason="r", turn=turn, last=last)


def at_work(town) -> list[str]:
    return sorted(key for key, one in town.state.beads.items() if isinstance(one.phase, Working))


def asked(town) -> dict[str, str]:
    """Escalations that are open, and why."""
    commands = [one.messages[0].command for key, one in town.due().items() if "budget." in key and "tell" in key]
    raised = [one for one in commands if isinstance(one, RaiseEscalation)]
    closed = {one.escalation for one in commands if isinstance(one, CloseEscalation)}
    assert not closed & {one.escalation for one in raised}
    return {one.escalation: one.reason for one in raised}


def test_work_starts_only_while_the_budget_holds_it(town):
    town.when(cap("town", 1.0)).when(sling())
    assert at_work(town) == ["ap-1", "ap-2"]
    assert town.state.turns["ap-1-1"].reserved == 0.4
    assert not asked(town)  # what is reserved may come to less
    town.when(back("ap-1", cost(0.05))).then_events(gate.TurnSettled, bead.BeadReturned, bead.BeadAssigned)
    assert at_work(town) == ["ap-1", "ap-2"]  # 0.05 spent, 0.80 reserved: no room for a third


def test_the_next_turn_is_refused_at_the_cap_and_a_person_asked_once(town):
    town.when(cap("bead:ap-1", 0.5)).when(sling("ap-1"))
    town.when(wants("ap-1", 2, cost(0.3))).then_events(gate.TurnSettled, gate.TurnRefused)
    refused = town.decision[1].event
    assert refused.outcome == "over_budget"
    assert refused.reason == "budget bead:ap-1: 0.30 of 0.50 USD are spent, and a turn of cc is reserved at 0.40"
    town.when(back("ap-1", outcome="over_budget")).then_events(bead.BeadReturned, budget.BudgetReached)
    assert town.decision[0].event.charge == "none"
    assert isinstance(town.state.beads["ap-1"].phase, Slung)
    assert asked(town) == {"budget.bead.ap-1.1": refused.reason}
    town.when(told.CreateBead(title="other", rig="app")).then_events(bead.BeadCreated)
    town.when(cap("bead:ap-1", 0.6)).then_events(budget.BudgetSet, budget.BudgetReached)  # still too little
    assert list(asked(town)) == ["budget.bead.ap-1.2"]
    town.when(cap("bead:ap-1", 0.7)).then_events(budget.BudgetSet, bead.BeadAssigned)
    assert not asked(town)


def test_what_is_reserved_by_others_is_waited_for_without_a_person(town):
    town.when(cap("convoy:cv-9", 1.0)).rejected("unknown", "no convoy cv-9")
    town.when(sling()).when(cap("convoy:cv-1", 1.0))
    town.when(wants("ap-1", 2, cost(0.1))).then_events(gate.TurnSettled, gate.TurnRefused)
    assert "0.80 reserved by turns under way" in town.decision[1].event.reason
    town.when(back("ap-1", outcome="over_budget"))
    assert not asked(town)
    town.when(back("ap-2", cost(0.1)))
    assert "ap-1" in at_work(town)


def test_a_turn_whose_cost_nobody_told_counts_as_reserved(town):
    town.when(cap("rig:app", 1.0)).when(sling("ap-1"))
    town.when(back("ap-1", outcome="interrupted"))
    settled = town.decision[0].event
    assert (settled.cost, settled.estimated, settled.at) == (0.4, True, DAY * 86_400)
    assert purse.spent(town.state, "rig:app") == 0.4
    town.when(back("ap-1", number=2, turn=0)).then_events(bead.BeadReturned, bead.BeadAssigned)  # it never began
    assert purse.spent(town.state, "rig:app") == 0.4


def test_who_was_not_let_in_has_used_nothing(town):
    town.when(cap("town", 9.0)).when(sling("ap-1"))
    refused = Settlement(number=1, at=NOON, failure="auth")
    town.when(SettleTurn(bead="ap-1", session="ap-1-1", last=refused))
    assert town.decision[0].event.cost == 0.0
    assert not town.decision[0].event.estimated


def test_an_agent_is_reserved_at_the_dearest_of_its_last_turns(town):
    town.when(accounts.AddAgent(spec=AgentSpec(name="pi", vendor="pi", tells_usage=True)))
    town.when(sling("ap-1", agent="pi"))
    assert town.state.turns["ap-1-1"].reserved == purse.FIRST
    for number, usd in enumerate((0.7, 0.001, 0.2, 0.002, 0.003, 0.004), 1):
        town.when(wants("ap-1", number + 1, cost(usd, number)))
    assert town.state.turns["ap-1-1"].reserved == 0.2  # the first is forgotten by now
    for number, usd in enumerate((0.001, 0.001, 0.001, 0.001), 7):
        town.when(wants("ap-1", number + 1, cost(usd, number)))
    assert town.state.turns["ap-1-1"].reserved == purse.FLOOR


def test_a_budget_of_zero_lets_begin_what_states_that_it_costs_nothing(town):
    town.when(accounts.AddAgent(spec=AgentSpec(name="free", vendor="shell", turn_cost=0.0)))
    town.when(cap("town", 0.0)).when(sling("ap-1")).when(sling("ap-2", agent="free"))
    assert at_work(town) == ["ap-2"]
    assert list(asked(town)) == ["budget.town.1"]
    town.when(told.UnslingBead(bead="ap-1")).then_events(bead.BeadUnslung, budget.BudgetFreed)
    assert not asked(town)


def test_who_does_not_tell_what_it_uses_is_refused_under_a_budget(town):
    town.when(sling("ap-1", agent="sh"))  # under none it may
    town.when(cap("rig:app", 5.0)).when(sling("ap-2", agent="sh"))
    town.rejected(
        "refused", "the vendor of agent sh does not tell what its turns use, and ap-2 is under budget rig:app"
    )
    town.when(wants("ap-1", 2, cost(None))).then_events(gate.TurnRefused)
    town.when(back("ap-1", outcome="over_budget"))
    assert "does not tell what its turns use (budget rig:app)" in asked(town)["budget.rig.app.1"]
    town.when(DropBudget(scope="rig:app")).then_events(budget.BudgetDropped, bead.BeadAssigned)
    assert not asked(town)


def test_the_next_day_all_goes_on_by_itself(town):
    town.when(cap("day", 0.5)).when(sling("ap-1", "ap-2"))
    town.when(back("ap-1", cost(0.3)))
    assert at_work(town) == []
    (reminder,) = [effect for effect in town.due().values() if isinstance(effect, RemindAt)]
    assert reminder.at == (DAY + 1) * 86_400
    assert list(asked(town)) == ["budget.day.1"]
    town.when(reminder.command)
    assert budget.DayBegan in [type(change.event) for change in town.decision]
    assert len(at_work(town)) == 1
    assert not asked(town)
    town.when(reminder.command).then()
    assert not [effect for effect in town.due().values() if isinstance(effect, RemindAt)]  # nothing was spent yet


def test_what_comes_late_from_a_day_that_is_over_is_not_todays(town):
    town.when(cap("day", 9.0)).when(sling("ap-1")).when(BeginDay(day=DAY + 1))
    town.when(wants("ap-1", 2, cost(0.3)))
    assert purse.spent(town.state, "day") == 0.0
    assert town.state.money.spent == 0.3


def test_budgets_of_town_and_rig_count_from_when_they_were_set(town):
    town.when(sling("ap-1")).when(wants("ap-1", 2, cost(0.3)))
    for scope, counted in {"town": 0.0, "rig:app": 0.0, "bead:ap-1": 0.3, "convoy:cv-1": 0.3, "day": 0.3}.items():
        town.when(cap(scope, 9.0))
        assert purse.spent(town.state, scope) == counted
    town.when(wants("ap-1", 3, cost(0.2, 2))).when(cap("town", 8.0))
    assert purse.spent(town.state, "town") == 0.2
    town.when(DropBudget(scope="town")).when(cap("town", 8.0))
    assert purse.spent(town.state, "town") == 0.0


def test_a_bead_elsewhere_is_not_held_up(town):
    town.when(cap("bead:ap-1", 0.1)).when(sling())
    assert at_work(town) == ["ap-2", "ap-3"]


@pytest.mark.parametrize(
    ("scope", "amount", "code", "words"),
    [
        ("weather", 1.0, "usage", "no budgets of 'weather'"),
        ("rig:", 1.0, "usage", "no budgets of 'rig:'"),
        ("rig:nope", 1.0, "unknown", "no rig nope"),
        ("bead:ap-9", 1.0, "unknown", "no bead ap-9"),
        ("town", -1.0, "usage", "cannot be -1 USD"),
        ("town", float("nan"), "usage", "cannot be nan USD"),
        ("town", float("inf"), "usage", "cannot be inf USD"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(town, scope, amount, code, words):
    town.when(cap(scope, amount)).rejected(code, words)


def test_a_budget_that_is_not_there_cannot_be_dropped_and_the_same_again_is_no_news(town):
    town.when(DropBudget(scope="town")).rejected("unknown", "no budget town")
    town.when(cap("town", 1.0)).when(cap("town", 1.0)).then()


def test_under_a_budget_that_cannot_be_read_nothing_that_costs_begins(town):
    town.when(cap("rig:app", 99.0))
    unreadable = Unreadable(name="budget.set", schema=9, raw=b"{}", why="newer")
    town.state = ROLE.park(town.state, Parking({Entity("budget", "rig.app"): unreadable}))
    town.when(sling("ap-1"))
    assert not at_work(town)
