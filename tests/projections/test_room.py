"""Why a bead that waits for a place has none."""

import pytest

from gastown.events.account import AccountAdded, AccountSpec
from gastown.events.agent import AgentChanged, AgentSpec
from gastown.events.host import HostArrived, HostEnded, HostLeft, HostSilent
from gastown.events.rig import RigChanged, RigConfig
from gastown.events.session import SessionEnded, SessionOpened
from gastown.events.settings import SettingChanged
from gastown.projections import room
from gastown.projections.waiting import outlook

UP = HostArrived(host="a", machine="there", epoch=1, slots=1)
COPIES = RigConfig(origin="/srv/app.git", target="main", landing="main", prefix="ap", copy=(".env",), copy_from="/srv")
SHELL = AgentSpec(name="sh", vendor="shell", command="true")
MINE = AgentSpec(name="sh", vendor="shell", command="true", accounts=("mine",))


@pytest.fixture
def town(tale):
    """Of no place of its own; ap-1 waits for one."""
    tale.tell("settings", "town", SettingChanged(name="max_polecats", value=0))
    tale.created("ap-1")
    tale.slung("ap-1")
    return tale


def at_work(town, number=1, outcome=""):
    """A session on box, ended if it has an outcome."""
    opened = SessionOpened(rig="app", bead="ap-9", number=number, polecat="nux", agent=SHELL, host="box")
    town.tell("session", f"ap-9-{number}", opened)
    if outcome:
        town.tell("session", f"ap-9-{number}", SessionEnded(outcome=outcome, reason="it said so"))


def why(seen):
    return [(one.where, one.reason) for one in room.waits(seen(), "ap-1")]


def test_where_there_is_room_nothing_is_said(town, seen):
    assert why(seen) == [("", "max_polecats is 0")]
    town.tell("host", "box", UP)
    assert why(seen) == []


def test_nothing_is_said_of_one_that_waits_for_something_else(town, seen):
    town.created("ap-2", "ap-1")
    town.slung("ap-2")
    town.created("ap-3")
    for key in ("ap-2", "ap-3", "ap-4"):
        assert room.waits(seen(), key) == ()


def test_places_that_are_taken_get_free_by_themselves(town, seen):
    town.tell("settings", "town", SettingChanged(name="max_polecats", value=1))
    town.tell("host", "box", UP)
    at_work(town)
    town.created("ap-5")
    town.slung("ap-5")
    town.started("ap-5")
    assert why(seen) == [("", "1 of 1 places are taken"), ("box", "1 of 1 places are taken")]
    assert not outlook(seen(), ["ap-1"]).needs_you


@pytest.mark.parametrize(
    ("fact", "reason", "lasting"),
    [
        (HostSilent(host="a", epoch=1, seconds=15), "it is silent", False),
        (HostEnded(host="a", epoch=1), "it is down", True),
    ],
)
def test_a_host_that_is_not_there_is_said(town, seen, fact, reason, lasting):
    town.tell("host", "box", UP)
    town.tell("host", "box", fact)
    (_, found) = room.waits(seen(), "ap-1")
    assert (found.where, found.reason, found.lasting) == ("box", reason, lasting)
    town.tell("host", "box", HostLeft())
    assert why(seen) == [("", "max_polecats is 0")]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ([("rig/app", RigChanged(config=COPIES))], "rig app copies files of the town's machine (.env)"),
        (
            [
                ("account/mine", AccountAdded(spec=AccountSpec(name="mine", vendor="shell", secrets=("KEY",)))),
                ("agent/sh", AgentChanged(spec=MINE)),
            ],
            "the login of account mine lies on the town's machine",
        ),
    ],
)
def test_what_lies_on_the_towns_machine_keeps_its_work_there(town, seen, facts, reason):
    town.tell("host", "box", UP)
    for entity, fact in facts:
        town.tell(*entity.split("/"), fact)
    assert why(seen) == [("", "max_polecats is 0"), ("box", reason)]
    (stuck,) = outlook(seen(), ["ap-1"]).needs_you
    assert stuck.reason == f"max_polecats is 0; box: {reason}"


@pytest.mark.parametrize(("outcome", "what"), [("setup_broke", "rig app"), ("agent_unfit", "agent sh")])
def test_what_did_not_begin_there_is_said_until_it_comes_anew(town, seen, outcome, what):
    town.tell("host", "box", UP)
    at_work(town, outcome=outcome)
    assert why(seen)[1:] == [("box", f"{what} did not begin there: it said so")]
    town.tell("host", "box", HostArrived(host="b", machine="there", epoch=2, slots=1))
    assert why(seen) == []
