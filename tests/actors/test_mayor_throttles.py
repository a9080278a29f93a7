"""The Mayor's rules about accounts whose API gives them nothing for now."""

import pytest
from msgspec.structs import replace

from gastown.actors.commands import accounts
from gastown.actors.commands import mayor as told
from gastown.actors.commands.budget import SetBudget
from gastown.actors.commands.deacon import CloseEscalation, RaiseEscalation
from gastown.actors.commands.gate import RequestTurn, SettleTurn
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.polecat import RefuseTurn
from gastown.actors.effects import RemindAt, Tell
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.phases import Slung, Working
from gastown.events import account, agent, bead, gate, rig
from gastown.events.account import AccountSpec
from gastown.events.agent import AgentSpec
from gastown.events.gate import Settlement
from gastown.events.rig import RigConfig
from gastown.events.turn import Usage

CONFIG = RigConfig(origin="/o", target="main", landing="main", prefix="ap")
OWN = "account/agent.cc"
FINE = Settlement(number=1, at=900.0)


def limited(number=1, at=1000.0, wait=60.0, kind="rate_limit") -> Settlement:
    return Settlement(number=number, at=at, failure=kind, retry_at=at + wait, reason="429")


def wants(bead="ap-1", number=2, last: Settlement | None = None, attempt=1) -> RequestTurn:
    return RequestTurn(bead=bead, session=f"{bead}-{attempt}", number=number, last=last or limited(number - 1))


def back(bead="ap-1", outcome="throttled", attempt=1, last=None, **fields) -> told.ReportAttempt:
    return told.ReportAttempt(
        bead=bead, session=f"{bead}-{attempt}", outcome=outcome, reason="why", last=last, **fields
    )


def begin(spec, *agents: AgentSpec, beads=3, named=(), **settings):
    """Agents, the first of them the default one, and beads slung to it that are all in their first turn."""
    happened = [("rig/app", rig.RigAdded(config=CONFIG))]
    happened += [
        (f"account/{name}", account.AccountAdded(spec=AccountSpec(name=name, vendor="claude", passed=("K",))))
        for name in named
    ]
    happened += [(f"agent/{one.name}", agent.AgentAdded(spec=one)) for one in agents]
    keys = [f"ap-{number}" for number in range(1, beads + 1)]
    happened += [(f"bead/{key}", bead.BeadCreated(title=key, rig="app")) for key in keys]
    town = spec(ROLE, MAYOR, happened)
    for name, value in settings.items():
        town.when(told.ChangeSetting(name=name.replace("_", "."), value=value))
    return town.when(told.SlingBeads(beads=tuple(keys), convoy="cv-1"))


@pytest.fixture
def town(spec):
    return begin(spec, AgentSpec(name="cc", vendor="claude"))


def wake(town):
    """Its time comes."""
    (reminder,) = [effect for effect in town.due().values() if isinstance(effect, RemindAt)]
    return town.when(reminder.command)


def answered(town, session: str, number: int):
    effect = town.due()[f"tell:turn:{session}:{number}"]
    assert isinstance(effect, Tell)
    return effect.messages[0].command


def test_who_is_refused_waits_with_its_place_until_the_time_that_its_api_named(town):
    town.when(wants()).then(
        (OWN, account.AccountThrottled(until=1060.0, wait=60.0, why="rate_limit", reason="429", session="ap-1-1")),
        ("bead/ap-1", gate.TurnPostponed(session="ap-1-1", number=2)),
    )
    assert isinstance(town.state.beads["ap-1"].phase, Working)
    assert "tell:turn:ap-1-1:2" not in town.due()
    town.when(wants()).then()
    wake(town).then(
        (OWN, account.AccountRested()),
        ("bead/ap-1", gate.TurnPermitted(session="ap-1-1", number=2)),
        (OWN, account.AccountTried(session="ap-1-1")),
    )


def test_when_the_time_has_come_one_goes_first_and_the_others_follow_once_it_has_brought_something(town):
    for key in ("ap-2", "ap-1", "ap-3"):
        town.when(wants(key))
    wake(town).then_events(account.AccountRested, gate.TurnPermitted, account.AccountTried)
    assert town.state.accounts["agent.cc"].tried == "ap-1-1"
    town.when(wants(number=3, last=Settlement(number=2, at=1070.0)))
    town.then_events(account.AccountFreed, gate.TurnPermitted, gate.TurnPermitted, gate.TurnPermitted)
    assert not [effect for effect in town.due().values() if isinstance(effect, RemindAt)]


def test_those_who_follow_at_once_find_no_more_money_than_there_is(spec):
    town = begin(spec, AgentSpec(name="cc", vendor="claude", turn_cost=1.0, tells_usage=True))
    town.when(SetBudget(scope="town", amount=2.0, at=999.0))
    free = Usage(cost=0.0)
    for key in ("ap-1", "ap-2", "ap-3"):
        town.when(wants(key, last=replace(limited(), usage=free)))
    wake(town).when(wants("ap-1", 3, Settlement(number=2, at=1070.0, usage=free)))
    assert [(change.entity.id, type(change.event)) for change in town.decision[2:]] == [
        ("ap-1", gate.TurnPermitted),
        ("ap-2", gate.TurnPermitted),
        ("ap-3", gate.TurnRefused),
    ]


def test_progress_within_the_first_turn_is_enough(town):
    town.when(wants("ap-1")).when(wants("ap-2"))
    town.when(accounts.ReportProgress(session="ap-1-1", number=1)).then()
    wake(town).when(accounts.ReportProgress(session="ap-3-1", number=1)).then()
    town.when(accounts.ReportProgress(session="ap-1-1", number=2))
    town.then((OWN, account.AccountFreed()), ("bead/ap-2", gate.TurnPermitted(session="ap-2-1", number=2)))


def test_refused_again_all_wait_twice_as_long_and_at_most_an_hour_of_their_own(town):
    town.when(told.ChangeSetting(name="throttle.wait", value=100_000))
    town.when(wants("ap-1")).when(wants("ap-2"))
    waits, at = [], 1060.0
    for number in range(3, 11):
        wake(town).when(wants("ap-1", number, limited(number - 1, at)))
        waits.append(town.decision[0].event.wait)
        at += waits[-1]
    assert waits == [120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0, 3600.0]
    wake(town).when(wants("ap-1", 11, limited(10, at, wait=5000.0)))
    assert town.decision[0].event.wait == 5000.0


@pytest.mark.parametrize("wait", [1e12, float("inf")])
def test_a_time_that_nobody_can_mean_is_not_waited_for(town, wait):
    town.when(wants(last=limited(wait=wait)))
    assert town.decision[0].event.wait == 7 * 86400


def test_those_refused_at_the_same_time_are_one_refusal(town):
    town.when(wants("ap-1")).when(wants("ap-2", last=limited(at=999.0))).then_events(gate.TurnPostponed)
    town.when(wants("ap-3", last=limited(at=1001.0))).then_events(account.AccountThrottled, gate.TurnPostponed)
    assert (town.state.accounts["agent.cc"].until, town.state.accounts["agent.cc"].wait) == (1061.0, 60.0)


def test_a_late_word_about_the_time_before_throttles_nobody(town):
    town.when(wants("ap-1"))
    wake(town).when(wants("ap-2", last=limited(at=1059.0))).then_events(gate.TurnPostponed)
    town.when(accounts.ReportProgress(session="ap-1-1", number=2))
    town.when(wants("ap-3", last=limited(at=1059.5))).then_events(gate.TurnPermitted)


@pytest.mark.parametrize("brought", [False, True], ids=["while one goes first", "once that has brought something"])
def test_a_late_word_of_a_time_that_its_api_named_holds_all_the_same(town, brought):
    town.when(wants("ap-1"))
    wake(town)
    if brought:
        town.when(accounts.ReportProgress(session="ap-1-1", number=2))
    town.when(wants("ap-2", last=replace(limited(at=1059.0), named=True)))
    town.then_events(account.AccountThrottled, gate.TurnPostponed)
    assert (town.state.accounts["agent.cc"].until, town.state.accounts["agent.cc"].wait) == (1119.0, 60.0)
    town.when(wants("ap-1", 3, Settlement(number=2, at=1080.0))).then_events(gate.TurnPostponed)


def test_no_bead_is_given_to_a_throttled_account_and_one_that_is_may_go_first(spec):
    town = begin(spec, AgentSpec(name="cc", vendor="claude"), beads=1)
    town.when(wants()).given(("bead/ap-9", bead.BeadCreated(title="late", rig="app")))
    town.when(told.SlingBeads(beads=("ap-9",), convoy="cv-9"))
    assert isinstance(town.state.beads["ap-9"].phase, Slung)
    town.when(told.UnslingBead(bead="ap-1")).when(back())
    wake(town).then_events(account.AccountRested, bead.BeadAssigned, account.AccountTried)
    assert town.state.accounts["agent.cc"].tried == "ap-9-1"


def test_one_that_goes_first_and_is_lost_makes_room_for_another(town):
    town.when(wants("ap-1")).when(wants("ap-2"))
    wake(town).when(back("ap-1", "interrupted", turn=2))
    town.then_events(account.AccountRested, bead.BeadReturned, gate.TurnPermitted, account.AccountTried)
    assert town.state.accounts["agent.cc"].tried == "ap-2-1"


def test_one_that_crashed_says_nothing_of_its_api(town):
    town.when(wants("ap-1")).when(wants("ap-2"))
    wake(town).when(SettleTurn(bead="ap-1", session="ap-1-1", last=Settlement(number=2, at=1100.0, failure="crash")))
    town.then_events(account.AccountRested, gate.TurnPermitted, account.AccountTried)


def test_a_wait_that_is_too_long_ends_the_session_without_a_charge(town):
    town.when(wants("ap-1")).when(wants("ap-2", last=limited(at=1001.0, wait=901.0)))
    town.then_events(account.AccountThrottled, gate.TurnPostponed, gate.TurnRefused, gate.TurnRefused)
    said = RefuseTurn(session="ap-1-1", number=2, outcome="throttled", reason="account agent.cc: 429", retry_at=1902.0)
    assert answered(town, "ap-1-1", 2) == said
    town.when(back("ap-1", last=limited())).then_events(bead.BeadReturned)
    assert (town.state.beads["ap-1"].failed_runs, town.decision[0].event.charge) == (0, "none")
    assert isinstance(town.state.beads["ap-1"].phase, Slung)


def test_throttle_wait_decides_who_stays(spec):
    town = begin(spec, AgentSpec(name="cc", vendor="claude"), beads=1, throttle_wait=0)
    town.when(wants(last=limited(wait=1.0))).then_events(account.AccountThrottled, gate.TurnPostponed, gate.TurnRefused)


def test_who_has_another_account_goes_on_there_at_once(spec):
    cc = AgentSpec(name="cc", vendor="claude", accounts=("work", "home"))
    town = begin(spec, cc, beads=2, named=("work", "home"))
    town.when(wants("ap-1")).then_events(account.AccountThrottled, gate.TurnPostponed, gate.TurnRefused)
    town.when(back("ap-1", commit="c", base="b")).then_events(bead.BeadReturned, bead.BeadAssigned)
    phase = town.state.beads["ap-1"].phase
    assert isinstance(phase, Working)
    assert (phase.agent, phase.account) == ("cc", "home")
    assert town.state.beads["ap-1"].earlier.commit == "c"
    town.when(wants("ap-1", attempt=2, last=limited(at=1002.0))).then_events(
        account.AccountThrottled, gate.TurnPostponed
    )  # nothing is left to go to


def test_a_fallback_takes_its_work_and_gives_none_of_its_own_fallbacks(spec):
    town = begin(
        spec,
        AgentSpec(name="cc", vendor="claude", fallbacks=("cx",)),
        AgentSpec(name="cx", vendor="codex", fallbacks=("gem",)),
        AgentSpec(name="gem", vendor="gemini"),
        beads=1,
    )
    town.when(wants()).when(back())
    assert town.state.beads["ap-1"].phase.agent == "cx"
    town.when(wants(attempt=2)).then_events(account.AccountThrottled, gate.TurnPostponed)


def test_an_account_that_wants_a_login_waits_for_a_person_who_is_told_once(town):
    for key in ("ap-1", "ap-2"):
        locked = Settlement(number=1, at=1000.0, failure="auth", reason="no login")
        town.when(SettleTurn(bead=key, session=f"{key}-1", last=locked))
        town.when(back(key, "agent_broke", last=locked))
    (raised,) = [
        effect.messages[0].command for key, effect in town.due().items() if key == "tell:raise:account.agent.cc.1"
    ]
    assert isinstance(raised, RaiseEscalation)
    assert raised.hint.endswith("gt account ok agent.cc")
    for key in ("ap-1", "ap-2"):
        assert isinstance(town.state.beads[key].phase, Slung)
        assert town.state.beads[key].failed_runs == 0
    town.when(accounts.OpenAccount(account="agent.cc"))
    town.then_events(account.AccountOpened, bead.BeadAssigned, account.AccountTried)
    lowered = town.due()["tell:lower:account.agent.cc.1"].messages[0].command
    assert isinstance(lowered, CloseEscalation)
    town.when(back("ap-2", "agent_broke", last=Settlement(number=1, at=1000.0, failure="auth"))).then()


def test_who_waits_under_an_account_that_wants_a_login_gives_its_place_back(town):
    town.when(wants("ap-1"))
    town.when(SettleTurn(bead="ap-2", session="ap-2-1", last=Settlement(number=1, at=1001.0, failure="auth")))
    town.then_events(account.AccountShut, gate.TurnRefused)


def test_an_account_without_its_secret_is_shut_too(town):
    town.when(back("ap-1", "agent_broke")).then_events(account.AccountShut, bead.BeadReturned)


def test_an_agent_that_waits_by_itself_is_the_one_that_goes_first(town):
    delay = accounts.ReportDelay(session="ap-1-1", at=1000.0, delay=40.0, failure="rate_limit", reason="429")
    town.when(delay).then_events(account.AccountThrottled)
    town.when(wants("ap-2", last=limited(at=1001.0, wait=30.0)))
    town.then_events(gate.TurnPostponed)
    wake(town).then((OWN, account.AccountTried(session="ap-1-1")))
    town.when(accounts.ReportProgress(session="ap-1-1", number=1))
    town.then_events(account.AccountFreed, gate.TurnPermitted)


def test_who_is_no_longer_wanted_does_not_wait(town):
    town.when(wants("ap-1")).when(told.UnslingBead(bead="ap-1", reason="not now"))
    town.then_events(bead.BeadUnslung, gate.TurnRefused)


def test_what_an_older_town_wrote_throttles_the_agents_own_account(town):
    town.given(("agent/cc", agent.AgentThrottled(until=2000.0, reason="429")))
    assert town.state.accounts["agent.cc"].standing == "resting"
    town.given(("agent/cc", agent.AgentFreed()))
    assert town.state.accounts["agent.cc"].standing == "well"
