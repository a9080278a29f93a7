"""The Deacon's rules about hosts on other machines."""

import pytest

from gastown.actors.commands.command import Owner
from gastown.actors.commands.deacon import ForkTown
from gastown.actors.commands.hosts import (
    AdmitHost,
    DismissHost,
    GreetHost,
    InviteHost,
    ReportFarewell,
    ReportHostHeard,
    ReportHostLost,
    ReportHostSilent,
    RevokeHost,
)
from gastown.actors.deacon import ROLE
from gastown.actors.deacon.hosts import let_in
from gastown.actors.kernel.parking import Parking
from gastown.bus.keys import new_user_key
from gastown.events.escalation import EscalationClosed, EscalationRaised
from gastown.events.host import (
    HostAdmitted,
    HostArrived,
    HostEnded,
    HostInvited,
    HostLeft,
    HostLost,
    HostReturned,
    HostRevoked,
    HostSilent,
    HostTakenDown,
)
from gastown.events.ids import Entity
from gastown.events.town import TownForked
from gastown.events.unreadable import Unreadable

KEY, OTHER = new_user_key().public, new_user_key().public
NOW, LATER = 1000.0, 2000.0


@pytest.fixture
def town(spec):
    return spec(ROLE, Owner("deacon", "town"))


def invitation(name="east", key="i1", **said):
    given = {"digest": "d1", "expires": LATER, "slots": 8, "at": NOW, **said}
    return InviteHost(name=name, invitation=key, **given)


def admission(name="east", key="i1", **said):
    given = {"digest": "d1", "key": KEY, "at": NOW, **said}
    return AdmitHost(name=name, invitation=key, **given)


def greeting(host="a", name="east", slots=4):
    return GreetHost(host=host, machine="there", name=name, slots=slots)


def silence(host="a", epoch=1):
    return ReportHostSilent(host=host, epoch=epoch, seconds=15, name="east")


def loss(host="a", epoch=1):
    return ReportHostLost(host=host, epoch=epoch, seconds=120, name="east")


def farewell(host="a", epoch=1, *, over=False):
    return ReportFarewell(name="east", host=host, epoch=epoch, over=over)


def place(town):
    """What the Mayor is told last."""
    (effect,) = (effect for key, effect in town.due().items() if key.startswith("tell:place:east."))
    (message,) = effect.messages
    return message.command


def test_a_machine_becomes_a_host_by_an_invitation_that_is_good_once(town):
    town.when(invitation()).then(
        ("host/east", HostInvited(invitation="i1", digest="d1", expires=LATER, slots=8)),
    )
    assert let_in(town.state) == {}
    town.when(admission(digest="wrong")).rejected("unknown", "no such invitation")
    town.when(admission(key="i2")).rejected("unknown", "no such invitation")
    town.when(admission(name="west")).rejected("unknown", "no such invitation")
    town.when(admission(at=LATER)).rejected("refused", "expired")
    town.when(AdmitHost(name="east", invitation="i1", digest="d1", key="}", at=NOW)).rejected("usage", "no key")
    town.when(admission()).then(("host/east", HostAdmitted(invitation="i1", key=KEY)))
    town.when(admission(at=LATER)).then_events()
    assert let_in(town.state) == {"east": KEY}
    town.when(AdmitHost(name="east", invitation="i1", digest="d1", key=OTHER, at=NOW)).rejected("refused", "used")


def test_a_newer_invitation_makes_the_one_before_void(town):
    town.when(invitation()).when(invitation(key="i2", digest="d2"))
    town.when(admission()).rejected("unknown", "no such invitation")
    town.when(admission(key="i2", digest="d2")).then_events(HostAdmitted)
    town.when(invitation()).rejected("taken", "a host already")


@pytest.mark.parametrize("name", ["", "host", "a.b", "a b", "-x"])
def test_what_a_host_cannot_be_called(town, name):
    town.when(invitation(name=name)).rejected("usage", "cannot be called")


def test_an_invitation_that_would_be_over_is_none(town):
    town.when(invitation(expires=NOW)).rejected("usage", "good for nothing")
    town.when(invitation(slots=0)).rejected("usage", "good for nothing")


def test_a_key_is_one_hosts(town):
    town.when(invitation()).when(admission()).when(invitation(name="west"))
    town.when(admission(name="west")).rejected("refused", "another host's")


def test_nobody_greets_in_a_name_that_is_not_let_in(town):
    town.when(greeting()).rejected("refused", "no host of this town")
    town.when(invitation())
    town.when(greeting()).rejected("refused", "no host of this town")
    town.when(admission())
    town.when(greeting()).then(("host/east", HostArrived(host="a", machine="there", epoch=1, slots=4)))


def test_each_name_has_its_own_succession_and_no_process_is_two_hosts(town):
    town.when(invitation()).when(admission()).when(GreetHost(host="h", machine="here"))
    town.when(greeting("h")).rejected("taken", "was succeeded")
    town.when(greeting("a")).then_events(HostArrived)
    town.when(greeting("b")).then(("host/east", HostArrived(host="b", machine="there", epoch=2, slots=4)))
    assert town.state.lease("").epoch == 1


@pytest.mark.parametrize(("most", "says", "takes"), [(2, 4, 2), (8, 4, 4), (3, 0, 3)])
def test_it_takes_as_many_sessions_as_it_is_given_and_no_more_than_it_says(town, most, says, takes):
    town.when(invitation(slots=most)).when(admission()).when(greeting(slots=says))
    assert place(town).slots == takes


def test_one_that_is_silent_is_given_up_after_a_while_and_comes_again_as_another_process(town):
    town.when(invitation()).when(admission()).when(greeting())
    town.when(loss()).then_events()
    town.when(silence()).then_events(HostSilent)
    assert place(town).standing == "silent"
    town.when(ReportHostHeard(host="a", epoch=1, name="east")).then_events(HostReturned)
    assert place(town).standing == "up"
    town.when(silence()).when(loss()).then_events(HostLost, EscalationRaised)
    town.when(loss()).then_events()
    town.when(ReportHostHeard(host="a", epoch=1, name="east")).then_events()
    assert (place(town).standing, place(town).epoch, town.state.lease("east").over) == ("lost", 1, True)
    town.when(greeting("b")).then_events(HostArrived, EscalationClosed)
    assert (place(town).standing, place(town).epoch, town.state.lease("east").over) == ("up", 2, False)


def test_one_that_is_taken_down_says_so_and_nothing_is_escalated(town):
    town.when(invitation()).when(admission()).when(greeting())
    town.when(farewell("b")).then_events()
    town.when(farewell()).then(("host/east", HostTakenDown(host="a", epoch=1)))
    town.when(farewell()).then_events()
    assert (place(town).standing, town.state.lease("east").over) == ("closing", False)
    town.when(farewell(over=True)).then(("host/east", HostEnded(host="a", epoch=1)))
    town.when(farewell(over=True)).then_events()
    town.when(silence()).then_events()
    assert (place(town).standing, town.state.lease("east").over) == ("down", True)
    town.when(greeting("b")).then_events(HostArrived)
    assert (place(town).standing, place(town).epoch) == ("up", 2)


def test_the_last_word_of_one_that_is_taken_down_is_not_waited_for(town):
    town.when(invitation()).when(admission()).when(greeting()).when(farewell())
    town.when(silence()).then(("host/east", HostEnded(host="a", epoch=1)))
    assert place(town).standing == "down"


def test_the_host_at_home_goes_down_with_the_town_and_says_nothing(town):
    town.when(GreetHost(host="h", machine="here"))
    town.when(ReportFarewell(name="", host="h", epoch=1, over=False)).then_events()


def test_the_host_at_home_is_never_given_up(town):
    town.when(GreetHost(host="h", machine="here")).when(ReportHostSilent(host="h", epoch=1, seconds=15))
    town.when(ReportHostLost(name="", host="h", epoch=1, seconds=120)).then_events()


@pytest.mark.parametrize(
    ("command", "event", "standing"),
    [(DismissHost(name="east"), HostLeft, "left"), (RevokeHost(name="east", by="overseer"), HostRevoked, "revoked")],
)
def test_one_that_left_or_was_revoked_needs_a_new_invitation(town, command, event, standing):
    town.when(command).rejected("unknown", "no host east")
    town.when(invitation()).when(admission()).when(greeting()).when(silence()).when(loss())
    town.when(command).then_events(event, EscalationClosed)
    town.when(command).then_events()
    assert (place(town).standing, let_in(town.state), town.state.lease("east").over) == (standing, {}, True)
    town.when(greeting("b")).rejected("refused", "no host of this town")
    town.when(admission()).rejected("unknown", "no such invitation")
    town.when(invitation(key="i2")).when(admission(key="i2")).when(greeting("b"))
    assert (place(town).standing, place(town).epoch) == ("up", 2)


def test_an_invitation_that_nobody_came_with_is_revoked_too(town):
    town.when(invitation()).when(RevokeHost(name="east", by="overseer")).then_events(HostRevoked)
    town.when(admission()).rejected("unknown", "no such invitation")
    assert not any(key.startswith("tell:place") for key in town.due())


def test_a_town_that_goes_on_as_another_has_no_host_elsewhere(town):
    town.when(invitation()).when(admission()).when(greeting())
    fork = ForkTown(name="b", incarnation="2", of_name="a", of="1", position=9)
    town.when(fork).then_events(TownForked)
    assert (let_in(town.state), place(town).standing, town.state.lease("east").epoch) == ({}, "left", 1)


def test_one_whose_story_cannot_be_read_is_not_let_in(town):
    town.when(invitation()).when(admission()).when(greeting())
    unreadable = Unreadable(name="host.pardoned", schema=1, raw=b"{}", why="?")
    state = ROLE.park(town.state, Parking({Entity("host", "east"): unreadable}))
    assert let_in(state) == {}
