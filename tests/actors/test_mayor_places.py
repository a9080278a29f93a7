"""The Mayor's rules about machines beside the town's own."""

import msgspec
import pytest

from gastown.actors.commands import mayor as told
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.places import LoseSession, ReportPlace
from gastown.actors.commands.witness import AssignPolecat
from gastown.actors.kernel.parking import Parking
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.phases import Closed, Slung, Working
from gastown.events import account, agent, bead, rig, settings
from gastown.events.account import AccountSpec
from gastown.events.agent import AgentSpec
from gastown.events.bead import BeadAssigned, BeadReturned
from gastown.events.ids import Entity
from gastown.events.place import PlaceChanged
from gastown.events.unreadable import Unreadable

CONFIG = rig.RigConfig(origin="/o", target="main", landing="main", prefix="ap")
SHELL = AgentSpec(name="sh", vendor="shell", command="true")
KEYS = tuple(f"ap-{number}" for number in range(1, 8))


@pytest.fixture
def town(spec):
    def begin(*happened, places=1, config=CONFIG, shell=SHELL):
        base = [
            ("rig/app", rig.RigAdded(config=config)),
            ("agent/sh", agent.AgentAdded(spec=shell)),
            ("settings/town", settings.SettingChanged(name="max_polecats", value=places)),
        ]
        beads = [(f"bead/{key}", bead.BeadCreated(title=key, rig="app")) for key in KEYS]
        return spec(ROLE, MAYOR, [*base, *beads, *happened])

    return begin


def report(number, standing="up", host="east", slots=2, epoch=1):
    return ReportPlace(host=host, number=number, standing=standing, epoch=epoch, slots=slots)


def sling(*keys):
    return told.SlingBeads(beads=keys or KEYS, convoy="cv-1")


def attempt(key, session, outcome, **fields):
    return told.ReportAttempt(bead=key, session=session, outcome=outcome, reason="it said so", **fields)


def placed(town):
    """Where the decision has put what."""
    assert isinstance(town.decision, tuple), town.decision
    return {change.entity.id: change.event.host for change in town.decision if isinstance(change.event, BeadAssigned)}


def test_the_last_word_about_a_host_counts(town):
    made = town()
    made.when(report(1)).then(("place/east", PlaceChanged(number=1, standing="up", epoch=1, slots=2)))
    made.when(report(1)).then_events()
    made.when(report(3, "silent")).then_events(PlaceChanged)
    made.when(report(2)).then_events()


def test_every_host_that_may_have_sessions_is_told_what_is_held(town):
    made = town()
    assert [key for key in made.due() if key.startswith("hold:")] == ["hold:0"]
    made.when(report(1)).when(report(1, host="west", standing="silent"))
    assert {key: effect.host for key, effect in made.due().items() if key.startswith("hold:")} == {
        "hold:0": "",
        "hold:0:east": "east",
        "hold:0:west": "west",
    }
    made.when(report(2, "lost"))
    assert "hold:0:east" not in made.due()


def test_home_is_filled_first_then_the_host_with_most_room(town):
    made = town().when(report(1, host="west", slots=1)).when(report(1))
    made.when(sling())
    assert placed(made) == {"ap-1": "", "ap-2": "east", "ap-3": "east", "ap-4": "west"}
    made.when(attempt("ap-3", "ap-3-1", "deferred"))
    assert placed(made) == {"ap-5": "east"}
    made.when(report(2, slots=3))
    assert placed(made) == {"ap-6": "east"}


def test_where_a_session_is_goes_along_to_whoever_opens_it(town):
    made = town(places=0).when(report(1)).when(sling("ap-1"))
    (message,) = made.due()["tell:assign:ap-1-1"].messages
    assert isinstance(message.command, AssignPolecat)
    assert message.command.host == "east"


@pytest.mark.parametrize("standing", ["silent", "lost", "closing", "down", "left", "revoked"])
def test_one_that_is_not_up_is_given_nothing(town, standing):
    made = town(places=0).when(report(1)).when(report(2, standing)).when(sling())
    assert placed(made) == {}
    made.when(report(3))
    assert placed(made) == {"ap-1": "east", "ap-2": "east"}


KEPT = AccountSpec(name="mine", vendor="shell", secrets=("KEY",))


@pytest.mark.parametrize(
    "login",
    [KEPT, msgspec.structs.replace(KEPT, secrets=(), config_dir="/home/me/.x")],
    ids=["secrets", "folder"],
)
def test_an_account_whose_login_lies_here_works_here(town, login):
    shell = msgspec.structs.replace(SHELL, accounts=("mine",))
    made = town(("account/mine", account.AccountAdded(spec=login)), shell=shell).when(report(1)).when(sling())
    assert placed(made) == {"ap-1": ""}


def test_an_account_that_passes_on_what_its_host_has_works_anywhere(town):
    spec, shell = AccountSpec(name="mine", vendor="shell", passed=("KEY",)), SHELL
    shell = msgspec.structs.replace(shell, accounts=("mine",))
    made = town(("account/mine", account.AccountAdded(spec=spec)), shell=shell, places=0).when(report(1))
    made.when(sling("ap-1"))
    assert placed(made) == {"ap-1": "east"}


def test_a_rig_that_has_files_of_this_machine_copied_stays_here(town):
    config = msgspec.structs.replace(CONFIG, copy=(".env",), copy_from="/home/me/app")
    made = town(config=config).when(report(1)).when(sling())
    assert placed(made) == {"ap-1": ""}


@pytest.mark.parametrize("outcome", ["setup_broke", "start_broke", "agent_unfit"])
def test_what_a_host_cannot_do_counts_for_it_alone_until_it_comes_anew(town, outcome):
    made = town(places=0).when(report(1, slots=1)).when(sling("ap-1"))
    made.when(attempt("ap-1", "ap-1-1", outcome)).then_events(BeadReturned)
    assert (made.state.rigs["app"].broke, made.state.fitness.get("sh")) == (0, None)
    assert isinstance(made.state.beads["ap-1"].phase, Slung)
    made.when(report(3, slots=1))
    assert placed(made) == {}
    made.when(report(4, slots=1, epoch=2))
    assert placed(made) == {"ap-1": "east"}


@pytest.mark.parametrize("standing", ["lost", "down", "left", "revoked"])
def test_the_sessions_of_a_host_that_is_gone_are_over_and_their_beads_go_on_elsewhere(town, standing):
    made = town(places=0).when(report(1)).when(report(1, host="west", slots=1)).when(sling("ap-1", "ap-2", "ap-3"))
    assert placed(made) == {"ap-1": "east", "ap-2": "east", "ap-3": "west"}
    made.when(told.CloseBead(bead="ap-2", reason="not wanted"))
    made.when(report(2, standing))
    for key in ("ap-1", "ap-2"):
        (message,) = made.due()[f"tell:lose:{key}-1"].messages
        assert message.command == LoseSession(
            session=f"{key}-1", rig="app", bead=key, reason="its machine is gone: host east"
        )
    assert not {"tell:assign:ap-1-1", "tell:stop:ap-2-1", "tell:lose:ap-3-1"} & made.due().keys()
    made.when(report(2, host="west", slots=2))
    made.when(attempt("ap-1", "ap-1-1", "interrupted", commit="c" * 40, base="b" * 40)).then_events(
        BeadReturned, BeadAssigned
    )
    assert placed(made) == {"ap-1": "west"}
    assert made.state.beads["ap-1"].failed_runs == 0
    assert made.state.beads["ap-1"].earlier.commit == "c" * 40
    made.when(attempt("ap-2", "ap-2-1", "interrupted"))
    assert made.state.beads["ap-2"].phase == Closed()


def test_they_are_over_also_when_their_host_is_back_before_that_is_told(town):
    made = town(places=0).when(report(1)).when(sling("ap-1")).when(report(2, "lost")).when(report(3, epoch=2))
    assert made.state.beads["ap-1"].phase == Working(
        session="ap-1-1", agent="sh", account="agent.sh", host="east", cut_off=True
    )
    assert "tell:lose:ap-1-1" in made.due()


@pytest.mark.parametrize("standing", ["silent", "closing"])
def test_those_of_a_host_that_is_silent_or_closing_are_waited_for(town, standing):
    made = town(places=0).when(report(1)).when(sling("ap-1")).when(report(2, standing))
    assert "tell:assign:ap-1-1" in made.due()


def test_one_whose_story_cannot_be_read_is_given_nothing(town):
    made = town(places=0).when(report(1))
    unreadable = Unreadable(name="place.moved", schema=1, raw=b"{}", why="?")
    made.state = ROLE.park(made.state, Parking({Entity("place", "east"): unreadable}))
    made.when(sling())
    assert placed(made) == {}
