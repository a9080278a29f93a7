"""join, leave and towns: the town's side, against a hub that is played."""

import msgspec
import pytest

from gastown import clock, hub_link
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.mayor.state import Membership
from gastown.bus import invitation
from gastown.bus.hub_protocol import PROTOCOL, AskLeave, Hello, HubReply, Join, Member, Welcome
from gastown.bus.invitation import Invitation
from gastown.finding import HUB_FILE
from gastown.projections.rfc3339 import utc

HOUR = 3600.0


def invited(town="springfield", **other):
    """The text of an invitation to the hub that is played."""
    given = Invitation(
        hub="north",
        urls=("tls://127.0.0.1:7421",),
        ca="the authority",
        town=town,
        id="i1",
        secret="s",
        expires=clock.now() + HOUR,
    )
    return invitation.encode(msgspec.structs.replace(given, **other))


def membership(town):
    return town.runtime.state_of(MAYOR).membership


def kept(town):
    """Which files of a hub there are."""
    authorities = (town.town.path / "secrets").glob("hub-ca*.pem")
    places = (town.town.path / HUB_FILE, hub_link.key_file(town.town), *authorities)
    return [place.name for place in places if place.exists()]


async def test_a_town_joins_and_all_sides_know(open_town):
    async with open_town() as town:
        joined = await town.data("join", invitation=invited())
        assert (joined["new"], joined["hub"], joined["name"], joined["up"]) == (True, "north", "springfield", True)
        assert membership(town) == Membership(hub="north", name="springfield")
        assert (await town.data("status"))["hub"]["hub"] == "north"
        (asked,) = [one for one in town.registrar.asked if isinstance(one, Join)]
        assert (asked.town, asked.incarnation, asked.protocol) == ("springfield", "01JSPRINGFIELD", PROTOCOL)
        hello = next(one for one in town.registrar.asked if isinstance(one, Hello))
        assert (hello.incarnation, hello.stream) == ("01JSPRINGFIELD", "EV_springfield_01JSPRINGFIELD")


async def test_the_private_key_stays_where_nobody_else_can_read_it_and_is_never_sent(open_town):
    async with open_town() as town:
        await town.data("join", invitation=invited())
        seed = hub_link.key_file(town.town).read_text().strip()
        assert seed.startswith("SU")
        assert hub_link.key_file(town.town).stat().st_mode & 0o777 == 0o600
        assert seed not in msgspec.json.encode(town.registrar.asked).decode()
        assert seed in (town.town.path / "secrets" / "nats.conf").read_text()


async def test_joining_twice_by_the_same_invitation_is_no_news(open_town):
    async with open_town() as town:
        await town.data("join", invitation=invited())
        starts = town.server.starts
        again = await town.data("join", invitation=invited())
        assert (again["new"], again["hub"], town.server.starts) == (False, "north", starts)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("nonsense", "usage", "no invitation"),
        (invited()[:-3], "usage", "the end of the invitation is missing"),
        (invited().replace(".e", ".f", 1), "usage", "was changed"),
        (invited(expires=1.0), "refused", "expired on 1970-01-01"),
        (invited(town="shelbyville"), "refused", "is for shelbyville, and this town is springfield"),
        (invited(protocol=PROTOCOL + 1), "refused", "speaks version"),
    ],
)
async def test_what_is_wrong_with_an_invitation_is_said_and_nothing_is_half_done(open_town, text, code, said):
    async with open_town() as town:
        error = await town.error("join", invitation=text)
        assert (error["code"], said in error["message"], bool(error["hint"])) == (code, True, True), error
        assert (kept(town), town.registrar.asked, membership(town)) == ([], [], Membership())


async def test_another_invitation_is_refused_to_a_member(open_town):
    async with open_town() as town:
        await town.data("join", invitation=invited())
        same_hub = await town.error("join", invitation=invited(id="i2"))
        assert "is a member of north already" in same_hub["message"]
        other_hub = await town.error("join", invitation=invited(id="i2", hub="south"))
        assert "is a member of north already" in other_hub["message"]
        assert "gt leave" in other_hub["hint"]


async def test_the_hubs_refusal_is_told_in_its_words(open_town):
    async with open_town() as town:
        town.registrar.keys["i1"] = "somebody else's"
        error = await town.error("join", invitation=invited())
        assert (error["code"], error["message"]) == ("refused", "the invitation was used already")
        assert membership(town) == Membership()


async def test_a_lost_answer_is_asked_for_again_with_the_same_key(open_town):
    async with open_town() as town:
        town.registrar.lost = 1
        lost = await town.error("join", invitation=invited())
        assert (lost["code"], membership(town)) == ("unreachable", Membership())
        assert (await town.data("join", invitation=invited()))["new"]
        first, second = [one for one in town.registrar.asked if isinstance(one, Join)]
        assert first == second


async def test_a_hub_that_is_away_has_nothing_half_done(open_town):
    async with open_town() as town:
        town.registrar.away = True
        assert (await town.error("join", invitation=invited()))["code"] == "unreachable"
        town.registrar.away = False
        assert (await town.data("join", invitation=invited()))["new"]


async def test_leaving_forgets_key_and_hub(open_town):
    async with open_town() as town:
        await town.data("join", invitation=invited())
        assert await town.data("leave", reason="moving") == {"told": True}
        assert any(isinstance(one, AskLeave) for one in town.registrar.asked)
        assert (kept(town), membership(town)) == ([], Membership())
        assert "leafnodes" not in (town.town.path / "secrets" / "nats.conf").read_text()
        assert (await town.data("towns"))["hub"] is None
        assert (await town.error("leave"))["code"] == "refused"


async def test_a_town_leaves_also_while_its_hub_is_away(open_town):
    async with open_town() as town:
        await town.data("join", invitation=invited())
        town.registrar.away = True
        assert await town.data("leave") == {"told": False}
        assert (kept(town), membership(town)) == ([], Membership())


async def test_towns_are_what_the_hub_says_and_later_what_it_said_last(open_town):
    async with open_town() as town:
        position = (await town.ask("ping"))["result"]["position"]
        town.registrar.members = (
            Member(
                name="springfield",
                incarnation="01JSPRINGFIELD",
                epoch=0,
                stream="EV",
                position=position,
                connected=True,
            ),
            Member(
                name="shelbyville",
                incarnation="I",
                epoch=1,
                stream="EV",
                position=7,
                lag=2,
                last_at=5.0,
                seen=6.0,
                limit=9,
                full=True,
                gone="revoked",
                formers=1,
            ),
        )
        await town.data("join", invitation=invited())
        found = await town.data("towns")
        other, own = found["towns"]
        assert (other["name"], other["connected"], other["position"], other["lag"]) == ("shelbyville", False, 7, 2)
        assert (other["seen_at"], other["copied_at"]) == ("1970-01-01T00:00:06.000Z", "1970-01-01T00:00:06.000Z")
        assert (other["gone"], other["formers"], other["limit"], other["full"]) == ("revoked", 1, 9, True)
        assert (own["gone"], own["fenced"]) == ("", False)
        assert (own["here"], own["connected"], own["lag"]) == (True, True, town.desk.store.position - position)

        town.registrar.away = True
        later = await town.data("towns")
        assert (later["up"], later["asked_at"], later["age"] >= 0.0) == (False, found["asked_at"], True)
        assert [one["name"] for one in later["towns"]] == ["shelbyville", "springfield"]
        assert not any(one["connected"] for one in later["towns"])


@pytest.mark.parametrize("ahead", [300.0, -300.0])
async def test_how_long_a_town_is_away_is_by_one_clock_however_far_apart_those_are(open_town, ahead):
    """ahead: the hub's. It saw one of them 7 s ago, and has of the other nothing but the time by its server's clock."""
    told = clock.now() + ahead
    seen = Member(name="a", incarnation="I", epoch=0, stream="EV", seen=told - 7, told=told)
    never = Member(name="b", incarnation="I", epoch=0, stream="EV", last_at=told + 200, told=told)
    async with open_town() as town:
        town.registrar.members = (seen, never)
        await town.data("join", invitation=invited())
        a, b = (await town.data("towns"))["towns"]
        assert (7 <= a["copy_age"] < 12, 0 <= b["copy_age"] < 5) == (True, True), (a, b)
        assert a["seen_at"] <= utc(clock.now() - 7)


async def test_a_hub_that_refuses_is_quoted(open_town):
    async with open_town() as town:
        await town.data("join", invitation=invited())
        town.registrar.refusal = HubReply(ok=False, code="refused", message="springfield was revoked", hint="")
        found = await town.data("towns")
        assert (found["up"], found["trouble"]) == (False, "north says: springfield was revoked")


async def test_a_fenced_town_stops_and_says_so(open_town, eventually):
    async with open_town() as town:
        await town.data("join", invitation=invited())
        town.registrar.welcome = Welcome(hub="north", epoch=0, fenced_by=1, adopted_at=3)
        found = await town.data("towns")
        assert "epoch 1" in found["trouble"]
        (hold,) = (await town.data("status"))["holds"]
        assert (hold["cause"], hold["depth"]) == ("fenced", "stop")
        assert [left["cause"] for left in (await town.data("thaw"))["holds"]] == ["fenced"]
        assert (await town.error("join", invitation=invited(id="i2")))["code"] == "refused"


async def test_what_a_killed_process_had_begun_is_brought_to_its_end(open_town, eventually):
    """The file is there, and neither the log nor the server knows of it; then the other way round."""
    async with open_town() as town:
        link = hub_link.HubLink(hub="north", name="springfield", urls=("tls://127.0.0.1:7422",), invitation="i1")
        hub_link.write(town.town, link, "the authority")
        await town.desk.hub.connect()
        await eventually(lambda: membership(town) == Membership(hub="north", name="springfield"))
        assert "leafnodes" in (town.town.path / "secrets" / "nats.conf").read_text()
        hub_link.forget(town.town)
        await town.desk.hub.connect()
        await eventually(lambda: membership(town) == Membership())
        assert "leafnodes" not in (town.town.path / "secrets" / "nats.conf").read_text()


async def test_a_hub_that_is_lost_is_left_for_another_in_one_step(open_town):
    async with open_town() as town:
        await town.data("join", invitation=invited())
        town.registrar.refusal = HubReply(ok=False, code="unknown", message="who?", hint="gt hub invite")
        assert not (await town.data("towns"))["up"]
        joined = await town.data("join", invitation=invited(id="i2", ca="another authority"))
        assert joined["hub"] == "north"
        first, second = [one for one in town.registrar.asked if isinstance(one, Join)]
        assert (first.key, first.lineage, second.epoch) == (second.key, town.town.incarnation, 0)
        authorities = (town.town.path / "secrets").glob("hub-ca*.pem")
        assert [place.read_text() for place in authorities] == ["another authority"]
