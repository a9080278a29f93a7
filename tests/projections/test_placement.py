"""Which towns a bead could go to."""

import pytest

from gastown.projections.capacity import Agent, Beads, Capacity, Money, Rig
from gastown.projections.placement import Seen, Wanted, candidates, project

HERE = "git@git.example:me/app.git"
APP = Rig(name="app", state="active", origin="https://git.example/me/app")
SH = Agent(name="sh", vendor="shell")


def town(name: str, *, away: str = "", waiting: int = 0, now: int = 0, **other: object) -> Seen:
    said: dict[str, object] = {"rigs": (APP,), "agents": (SH,), "agent": "sh", "money": (), "most": 4, "cost": 0.0}
    said |= other
    beads = Beads(waiting=waiting)
    return Seen(capacity=Capacity(town=name, now=now, beads=beads, **said), away=away)


def order(*towns: Seen, **wanted: str) -> list[str]:
    return [one.town for one in candidates(towns, Wanted(rig="app", origin=HERE, **wanted)) if one.can]


def why_not(seen: Seen, **wanted: str) -> str:
    (one,) = candidates([seen], Wanted(**({"rig": "app", "origin": HERE} | wanted)))
    assert not one.can
    return one.reason


def test_the_town_with_most_free_places_comes_first_and_a_full_one_last():
    full, waited_for = town("a", now=4), town("b", waiting=6)
    assert order(full, waited_for, town("c", now=1), town("d")) == ["d", "c", "a", "b"]


def test_among_equals_who_can_begin_at_once_then_who_has_most_money_then_the_name():
    resting = town("a", agents=(Agent(name="sh", vendor="shell", out="Rate limit reached"),))
    poor, rich = town("b", money=(Money(scope="day", left=1.0),)), town("d", money=(Money(scope="town", left=9.0),))
    assert order(resting, poor, rich, town("c"), town("e")) == ["c", "e", "d", "b", "a"]


def test_the_reasons_are_told():
    found = candidates([town("b", now=3, money=(Money(scope="day", left=1.5),)), town("a", rigs=())], Wanted(rig="app"))
    assert [(one.town, one.can, one.reason) for one in found] == [
        ("b", True, "1 of 4 places free, 1.50 USD left"),
        ("a", False, "it has no rig app"),
    ]


@pytest.mark.parametrize(
    ("seen", "wanted", "reason"),
    [
        (town("b", away="it is away for 3 h"), {}, "it is away for 3 h"),
        (town("b", rigs=(Rig(name="app", state="paused", origin=HERE),)), {}, "its rig app is paused"),
        (
            town("b", rigs=(Rig(name="app", state="active", origin="/srv/app"),)),
            {},
            "its rig app is another project: /srv/app",
        ),
        (town("b", held="wrong branch"), {}, "wrong branch"),
        (town("b", accepts="none"), {"home": "a"}, "it takes no beads from a"),
        (town("b", accepts="c,d"), {"home": "a"}, "it takes no beads from a"),
        (town("b", most=0), {}, "it lets nobody work: max_polecats is 0"),
        (town("b", money=(Money(scope="rig:app", left=0.0),)), {}, "its budget rig:app is spent"),
        (town("b"), {"agent": "cc"}, "it has no agent cc"),
        (town("b", agents=(), agent=""), {}, "it has no agent"),
        (town("b"), {"vendor": "claude"}, "its agent sh is of shell"),
        (town("b", agents=(Agent(name="sh", vendor="shell", out="no login", lasting=True),)), {}, "no login"),
    ],
)
def test_why_a_town_cannot_take_it(seen, wanted, reason):
    assert why_not(seen, **wanted) == reason


def test_a_town_that_takes_beads_of_some_towns_takes_those_and_its_own():
    assert order(town("b", accepts="c,a"), home="a") == ["b"]
    assert order(town("a", accepts="none"), home="a") == ["a"]


def test_a_budget_of_another_rig_and_another_agents_trouble_are_no_reason():
    other = Agent(name="cc", vendor="claude", out="no login", lasting=True)
    assert order(town("b", money=(Money(scope="rig:web", left=0.0),), agents=(SH, other))) == ["b"]
    rigs = (Rig(name="app", state="active", origin=HERE, agent="cc"),)
    assert why_not(town("b", rigs=rigs, agents=(SH, other))) == "no login"


@pytest.mark.parametrize(
    "origin",
    [
        "git@git.example:me/app.git",
        "https://git.example/me/app",
        "https://me:token@Git.Example/me/app.git/",
        "ssh://git@git.example:2222/me/app.git",
    ],
)
def test_one_project_however_its_origin_is_written(origin):
    assert project(origin) == "git.example/me/app"


def test_a_folder_is_itself_alone():
    assert project("/srv/app.git") == project("file:///srv/app") == "/srv/app"
    assert project("/srv/app") != project("/srv/other")
