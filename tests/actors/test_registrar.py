"""Who may connect to a hub."""

import pytest

from gastown.actors import registrar
from gastown.actors.commands.registrar import (
    REGISTRAR,
    AdmitTown,
    AdoptTown,
    AllotTown,
    DismissTown,
    InviteTown,
    RecallMembers,
    RevokeTown,
)
from gastown.actors.kernel.parking import Parking
from gastown.actors.registrar.standing import Copied, copied, logins, records, welcome
from gastown.bus.hub_protocol import PROTOCOL, Welcome
from gastown.bus.hub_server import Login
from gastown.events.hub_invitation import InvitationMade, InvitationUsed, InvitationWithdrawn
from gastown.events.hub_member import (
    MemberAdopted,
    MemberAllotted,
    MemberJoined,
    MemberLeft,
    MemberRecalled,
    MemberRevoked,
)
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
    there.when(adopt(quiet=59.9)).rejected("taken", "was here 60 s ago")
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


def joins(**other):
    """The town a, of epoch 1, that goes on for one of the lineage 01A."""
    return admit(invitation="i2", digest="d2", incarnation="01B", key=OTHER, epoch=1, lineage="01A", **other)


OF_LINEAGE = ("member/a", MemberJoined(incarnation="01A", key=KEY, invitation="i1", lineage="01A"))


def test_a_hub_that_knows_nothing_takes_the_epoch_that_the_town_brings(hub):
    there = hub().when(invite()).when(joins())
    there.then_events(InvitationUsed, MemberJoined)
    assert there.state.members["a"].epoch == 1
    there.when(invite(invitation="i3", again=True))
    there.when(admit(invitation="i3", digest="d2", lineage="01A")).rejected("refused", "a town of epoch 1 goes on in")


def test_one_that_was_succeeded_is_no_member_of_its_name_even_when_that_is_free(hub):
    there = hub().when(invite()).when(joins()).when(DismissTown(town="a", incarnation="01B"))
    there.when(invite(invitation="i3")).when(admit(invitation="i3", digest="d2", lineage="01A"))
    there.rejected("refused", "goes on in the place of this one, which is of epoch 0")
    there.when(admit(invitation="i3", digest="d2", incarnation="01N", lineage="01N")).then_events(
        InvitationUsed, MemberJoined
    )


def test_who_goes_on_for_a_member_takes_its_name_only_with_an_invitation_for_that(hub):
    there = hub(INVITED, USED, OF_LINEAGE)
    there.when(invite()).rejected("taken", "a is a member already")
    there.when(invite(again=True)).when(joins()).then_events(InvitationUsed, MemberJoined)
    member = there.state.members["a"]
    assert welcome(there.state, "main", member, "01A") == Welcome(hub="main", epoch=0, fenced_by=1)
    assert [login.fenced for login in logins(there.state)] == [False, True]


def test_a_member_may_be_invited_again_and_nobody_else_gets_its_name_by_that(hub):
    there = hub(INVITED, USED, OF_LINEAGE).when(invite(again=True))
    other = admit(invitation="i2", digest="d2", incarnation="01N", key=OTHER, lineage="01N", epoch=5)
    there.when(other).rejected("taken", "there is a town a here already")
    there.when(admit(invitation="i2", digest="d2", key=OTHER)).then_events(InvitationUsed, MemberJoined)
    assert logins(there.state) == (Login(town="a", incarnation="01A", key=OTHER),)


@pytest.mark.parametrize("other", [{"epoch": -1}, {"epoch": 10**9}, {"lineage": 'x"}'}])
def test_what_no_town_says_of_itself_is_not_believed(hub, other):
    hub(INVITED).when(admit(**other)).rejected("usage", "no epoch and lineage")


REVOKED = ("member/a", MemberRevoked(by="overseer"))
ADOPTED = ("member/a", MemberAdopted(incarnation="01B", key=OTHER, position=7, epoch=1, by="c"))


LARGE = ("member/a", MemberAllotted(quota=50_000_000))


@pytest.mark.parametrize("happened", [[OF_LINEAGE], [OF_LINEAGE, REVOKED], [OF_LINEAGE, ADOPTED], [OF_LINEAGE, LARGE]])
@pytest.mark.parametrize("kept", [[], [OF_LINEAGE]])
def test_a_hub_that_lost_its_log_knows_from_its_towns_what_it_knew(hub, happened, kept):
    before = hub(*happened)
    there = hub(*kept).when(RecallMembers(records=records(before.state)))
    assert there.state.members == before.state.members
    there.when(RecallMembers(records=records(before.state))).then()


def test_what_is_older_than_what_it_knows_is_no_news_in_whatever_order_it_is_told(hub):
    old, new = records(hub(OF_LINEAGE).state), records(hub(OF_LINEAGE, ADOPTED).state)
    for told in (old + new, new + old):
        there = hub().when(RecallMembers(records=told))
        there.then_events(MemberRecalled)
        there.when(RecallMembers(records=old)).then()
        assert there.state.members["a"].incarnation == "01B"


def test_who_was_taken_for_the_town_because_nobody_knew_better_is_fenced(hub):
    new = records(hub(OF_LINEAGE, ADOPTED).state)
    stale = ("member/a", MemberJoined(incarnation="01Z", key=KEY, invitation="i1"))
    there = hub(stale, ("member/a", MemberLeft(incarnation="01Z")), stale).when(RecallMembers(records=new))
    there.then_events(MemberRecalled)
    member = there.state.members["a"]
    assert welcome(there.state, "main", member, "01B") == Welcome(hub="main", epoch=1)
    assert welcome(there.state, "main", member, "01Z") == Welcome(hub="main", epoch=0, fenced_by=1)


def test_a_town_may_be_given_more_room_and_whoever_goes_on_for_it_has_that(hub):
    there = hub(OF_LINEAGE).when(AllotTown(town="a", quota=50_000_000)).then(LARGE)
    there.when(AllotTown(town="a", quota=50_000_000)).then()
    there.when(adopt())
    assert copied(there.state) == (Copied("a", "01B", 7, 50_000_000),)
    there.when(AllotTown(town="a", quota=10)).rejected("usage", "cannot be held to 10 bytes")
    there.when(AllotTown(town="b", quota=50_000_000)).rejected("unknown", "no town b")


def test_of_two_that_would_go_on_for_one_town_one_does(hub):
    there = hub(INVITED, USED, JOINED).when(adopt(of="01A")).when(adopt(of="01A")).then()
    there.when(adopt(of="01A", incarnation="01C", key=KEY, force=True)).rejected("taken", "already, of epoch 1")
