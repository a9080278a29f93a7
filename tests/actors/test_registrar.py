"""Who may connect to a hub."""

import pytest

from gastown.actors import registrar
from gastown.actors.commands.registrar import REGISTRAR, AdmitTown, AdoptTown, DismissTown, InviteTown, RevokeTown
from gastown.actors.kernel.parking import Parking
from gastown.actors.registrar.standing import Copied, copied, logins, welcome
from gastown.bus.hub_protocol import PROTOCOL, Welcome
from gastown.bus.hub_server import Login
from gastown.events.hub_invitation import InvitationMade, InvitationUsed, InvitationWithdrawn
from gastown.events.hub_member import MemberAdopted, MemberJoined, MemberLeft, MemberRevoked
from gastown.events.ids import Entity
from gastown.events.unreadable import Unreadable

KEY = "UABZRV4XYYA3HDBNF2VDLWUFPMIPSGI52SV6ZDR5TI7T2ZCRCUT2KBKC"
OTHER = "UCZEI2NDTO6C2P22HRIOW3JSTE7YKCMNJIFL5RNJKX2UCILCDZCH5TWM"
INVITED = ("invitation/i1", InvitationMade(town="a", digest="d1", expires=100.0))
USED = ("invitation/i1", InvitationUsed(key=KEY))
JOINED = ("member/a", MemberJoined(incarnation="01A", key=KEY, invitation="i1"))


@pytest.fixture
def hub(spec):
    return lambda *happened: spec(registrar.ROLE, REGISTRAR, happened)


def admit(**other):
    known = {"invitation": "i1", "digest": "d1", "town": "a", "incarnation": "01A", "key": KEY}
    return AdmitTown(**{**known, "protocol": PROTOCOL, "at": 50.0, **other})


def invite(town="a", **other):
    return InviteTown(**{"invitation": "i2", "town": town, "digest": "d2", "expires": 100.0, "at": 50.0, **other})


def adopt(**other):
    known = {"town": "a", "incarnation": "01B", "key": OTHER, "position": 7, "by": "c", "quiet": 60.0}
    return AdoptTown(**{**known, **other})


def test_a_newer_invitation_withdraws_the_one_before(hub):
    hub(INVITED, ("invitation/i0", InvitationMade(town="b", digest="d0", expires=100.0))).when(invite()).then(
        ("invitation/i1", InvitationWithdrawn(reason="there is a newer one")),
        ("invitation/i2", InvitationMade(town="a", digest="d2", expires=100.0)),
    ).when(admit()).rejected("refused", "withdrawn: there is a newer one")


@pytest.mark.parametrize("name", ["", "hub", "a.b", "a b", "*", "-a", "ä"])
def test_what_no_town_can_be_called_is_not_invited(hub, name):
    hub().when(invite(name)).rejected("usage", "cannot be called")


def test_a_name_that_has_its_town_is_not_given_again_until_that_is_gone(hub):
    there = hub(INVITED, USED, JOINED)
    there.when(invite()).rejected("taken", "a is a member already")
    there.when(RevokeTown(town="a", by="overseer")).when(invite()).then_events(InvitationMade)


def test_nothing_is_given_that_has_expired_already(hub):
    hub().when(invite(expires=50.0)).rejected("usage", "expired")


def test_who_shows_an_invitation_is_let_in_and_asking_again_changes_nothing(hub):
    there = hub(INVITED).when(admit()).then(USED, JOINED)
    there.when(admit(at=200.0)).then()
    assert logins(there.state) == (Login(town="a", incarnation="01A", key=KEY),)
    assert copied(there.state) == (Copied("a", "01A"),)


@pytest.mark.parametrize(
    ("other", "code", "words"),
    [
        ({"invitation": "i9"}, "unknown", "no such invitation"),
        ({"digest": "d9"}, "unknown", "no such invitation"),
        ({"town": "b"}, "refused", "is for a, not for b"),
        ({"at": 100.0}, "refused", "expired"),
        ({"protocol": PROTOCOL + 1}, "refused", f"the hub version {PROTOCOL}"),
        ({"key": "no key"}, "usage", "no key"),
        ({"incarnation": 'x"}'}, "usage", "no key and incarnation"),
    ],
)
def test_who_shows_a_wrong_one_is_not(hub, other, code, words):
    hub(INVITED).when(admit(**other)).rejected(code, words)


def test_an_invitation_is_used_once(hub):
    hub(INVITED, USED, JOINED).when(admit(key=OTHER, incarnation="01B")).rejected("refused", "used already")


def test_who_was_revoked_does_not_come_back_with_the_invitation_it_had(hub):
    there = hub(INVITED, USED, JOINED).when(RevokeTown(town="a", by="overseer"))
    there.then(("member/a", MemberRevoked(by="overseer")))
    assert logins(there.state) == ()
    there.when(admit()).rejected("refused", "used already")


def test_invited_again_it_comes_back_as_itself(hub):
    there = hub(INVITED, USED, JOINED, ("member/a", MemberRevoked(by="overseer"))).when(invite())
    there.when(admit(invitation="i2", digest="d2")).then_events(InvitationUsed, MemberJoined)
    assert logins(there.state) == (Login(town="a", incarnation="01A", key=KEY),)


def test_revoking_withdraws_what_is_open_and_says_where_there_is_nothing(hub):
    hub(INVITED).when(RevokeTown(town="a", by="overseer")).then_events(InvitationWithdrawn)
    hub().when(RevokeTown(town="a", by="overseer")).rejected("unknown", "no town a")
    hub(INVITED, USED, JOINED, ("member/a", MemberRevoked(by="x"))).when(RevokeTown(town="a", by="y")).then()


@pytest.mark.parametrize(
    ("other", "words"),
    [({"incarnation": "01B"}, "this key is known"), ({"key": OTHER}, "this very town is known here already, as a")],
)
def test_no_two_names_have_one_town(hub, other, words):
    there = hub(INVITED, USED, JOINED).when(invite("b"))
    refused = there.when(admit(invitation="i2", digest="d2", town="b", **other)).decision
    assert words in refused.reason


def test_who_leaves_is_gone_and_another_s_word_does_not_count(hub):
    there = hub(INVITED, USED, JOINED)
    there.when(DismissTown(town="a", incarnation="01Z")).then()
    there.when(DismissTown(town="a", incarnation="01A")).then(("member/a", MemberLeft(incarnation="01A")))
    there.when(DismissTown(town="a", incarnation="01A")).then()
    assert logins(there.state) == copied(there.state) == ()


def test_an_adopted_town_is_told_so_and_another_goes_on_under_its_name(hub):
    there = hub(INVITED, USED, JOINED).when(adopt())
    there.then(("member/a", MemberAdopted(incarnation="01B", key=OTHER, position=7, epoch=1, by="c")))
    there.when(adopt()).then()
    assert logins(there.state) == (
        Login(town="a", incarnation="01B", key=OTHER),
        Login(town="a", incarnation="01A", key=KEY, fenced=True),
    )
    assert copied(there.state) == (Copied("a", "01B", 7),)
    member = there.state.members["a"]
    assert welcome(there.state, "main", member, "01B") == Welcome(hub="main", epoch=1)
    assert welcome(there.state, "main", member, "01A") == Welcome(hub="main", epoch=0, fenced_by=1, adopted_at=7)
    assert welcome(there.state, "main", member, "01Z") is None


def test_a_town_that_lives_is_adopted_by_force_alone(hub):
    there = hub(INVITED, USED, JOINED)
    there.when(adopt(quiet=59.9)).rejected("refused", "was here 60 s ago")
    there.when(adopt(quiet=0.0, force=True)).then_events(MemberAdopted)


def test_what_cannot_be_adopted(hub):
    hub().when(adopt()).rejected("unknown", "no town a")
    left = hub(INVITED, USED, JOINED, ("member/a", MemberLeft(incarnation="01A")))
    left.when(adopt(force=True)).rejected("refused", "left by itself")
    hub(INVITED, USED, JOINED).when(adopt(incarnation="01A")).rejected("taken", "known here already")
    hub(INVITED, USED, JOINED).when(adopt(key=KEY)).rejected("refused", "key is known")


def test_one_that_was_revoked_can_be_adopted_and_stays_cut_off(hub):
    there = hub(INVITED, USED, JOINED, ("member/a", MemberRevoked(by="overseer"))).when(adopt(quiet=0.0))
    there.then_events(MemberAdopted)
    assert logins(there.state) == (Login(town="a", incarnation="01B", key=OTHER),)


def test_a_name_with_an_event_that_cannot_be_read_is_let_in_no_more(hub):
    there = hub(INVITED, USED, JOINED)
    newer = Unreadable(name="member.banned", schema=1, raw=b"{}", why="newer", newer=True)
    parked = Parking({Entity("member", "a"): newer})
    assert logins(registrar.ROLE.park(there.state, parked)) == ()
    assert logins(there.state) != ()
