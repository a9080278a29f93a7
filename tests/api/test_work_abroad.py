"""Work that goes from one town to another, as people see it."""

import pytest
from between import arrives, member, two_towns

from gastown import hearing, parcels
from gastown.actors.commands.abroad import ReportCommits
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.polecat import ReportAgentEnded
from gastown.bus.event_log import Append
from gastown.bus.subjects import stream_name
from gastown.bus.texts import digest_of
from gastown.clock import new_id, now
from gastown.events.bead import BeadCreated
from gastown.events.envelope import Envelope
from gastown.events.ids import Entity
from gastown.projections import briefing


async def test_a_bead_is_worked_on_in_another_town_and_lands_for_both(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        bead = await a.bead("Fix login", description="all about it")
        (slung,) = await a.data("sling", words=[bead], to=["b"])
        assert (slung["to"], slung["holds"]) == (["b"], [])
        await a.until("handover", f"b.a.{bead}", "handover.handed_over")
        there = f"a.{bead}"
        session = await arrives(b, there)
        shown = await a.data("bead.show", bead=bead)
        assert (shown["state"], shown["status"], shown["abroad"]["away"]["town"]) == ("away", "in_progress", "b")
        assert shown["handovers"][-1]["state"] == "away"
        guest = await b.data("bead.show", bead=f"a/{bead}")
        assert (guest["id"], guest["description"], guest["abroad"]) == (there, "all about it", {"received_from": "a"})

        await b.landed(await b.submitted(session))
        await a.until("bead", bead, "bead.ended_abroad")
        await a.until("convoy", slung["convoy"], "convoy.completed")
        assert (await a.data("wait", ids=[bead]))["done"]
        assert (await a.data("convoy.show", convoy=slung["convoy"]))["state"] == "done"
        shown = await a.data("bead.show", bead=f"a/{bead}")
        assert shown["state"] == "landed"
        assert shown["abroad"]["landed"] == {"town": "b", "rig": "app", "commit": f"{8:040x}"}
        assert [one["landed_in"] for one in (await a.data("report"))["landed"]] == ["b/app"]
        assert [one["landed_in"] for one in (await b.data("report"))["landed"]] == [None]
        assert "abroad" not in await a.data("bead.show", bead=await a.bead("another"))
        await a.data("bead.reopen", bead=bead)
        assert "abroad" not in await a.data("bead.show", bead=bead)


async def test_the_whole_way_is_one_trace(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        bead = await a.bead()
        await a.data("sling", words=[bead], to=["b"])
        session = await arrives(b, f"a.{bead}")
        here = {event["correlation"] for event in await events(a, f"handover/b.a.{bead}")}
        there = {event["correlation"] for event in await events(b, f"bead/a.{bead}")}
        assert len(here) == 1
        assert here == there == {event["correlation"] for event in await events(b, f"session/{session}")}
        told = await b.data("trace", id=here.pop())
        assert told["events"] > len(there) + 3


async def events(town, entity):
    async with town.caller() as caller:
        await caller.send(method="events", params={"entity": entity})
        found = []
        while "method" in (message := await caller.line()):
            if message["method"] == "item":
                found.append(message["params"])
        assert "result" in message, message
        return found


async def test_a_refusal_says_why_and_the_bead_stays(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        await b.data("config.set", name="towns.accept", value="none")
        assert (await b.data("config.get", name="towns.accept")) == {"towns.accept": "none"}
        bead = await a.bead()
        await a.data("sling", words=[bead], to=["b"])
        await a.until("bead", bead, "bead.stranded")
        shown = await a.data("bead.show", bead=bead)
        assert (shown["state"], shown["abroad"]["not_taken"]) == ("open", "b: it takes no beads from a")
        (stuck,) = (await a.data("wait", ids=[bead]))["needs_you"]
        assert stuck["reason"] == "no town took it: b: it takes no beads from a"


async def test_an_offer_to_a_town_that_is_away_waits_and_is_recalled(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        hub.cut("b")
        bead = await a.bead()
        await a.data("sling", words=[bead], to=["b"])
        await a.until("handover", f"b.a.{bead}", "handover.offered")
        shown = await a.data("bead.show", bead=bead)
        assert (shown["state"], shown["status"]) == ("offered", "hooked")
        assert shown["abroad"]["offered"]["town"] == "b"
        assert shown["abroad"]["offered"]["until"]
        assert (await a.data("recall", bead=bead))["state"] == "open"
        hub.heal("b")
        other = await a.bead("another")
        await a.data("sling", words=[other], to=["b"])
        await arrives(b, f"a.{other}")
        assert (await b.error("bead.show", bead=f"a/{bead}"))["code"] == "unknown"


async def test_while_the_commits_of_a_bead_are_fetched_all_else_that_is_said_is_heard(open_town, hub):
    async with two_towns(open_town, hub) as (a, b), member(open_town, hub, "c") as c:
        bead = await a.bead()
        session = await a.started(bead)
        await a.data("unsling", bead=bead)
        left = ReportAgentEnded(session=session, outcome="withdrawn", reason="", base="1" * 40, commit="7" * 40)
        await a.report("polecat", session, left, f"run:{session}")
        await a.until("session", session, "session.settled")
        a.host.answers["ask_bundle"] = "the commits"
        hub.memory.copied(stream_name("a", a.town.incarnation)).beside.luggage.pieces["the commits"] = b""
        await a.data("sling", words=[bead], to=["b"])
        await b.host.errand(f"fetch:a.{bead}.1")
        for town in (a, c):
            other = await town.bead("another")
            await town.data("sling", words=[other], to=["b"])
            await arrives(b, f"{town.town.name}.{other}")
        shown = await b.data("bead.show", bead=f"a/{bead}")
        assert (shown.get("session", ""), shown["abroad"]["fetching"]) == ("", True)
        missed = ReportCommits(bead=f"a.{bead}", epoch=1, missed="rig app has another history here")
        await b.report("mayor", MAYOR.id, missed, f"fetch:a.{bead}.1")
        await arrives(b, f"a.{bead}")
        shown = await b.data("bead.show", bead=f"a/{bead}")
        assert shown["abroad"] == {"received_from": "a", "without": "rig app has another history here"}
        told = [event["what"] for event in await b.data("log", bead=f"a.{bead}")]
        assert "to be begun without the commits that came along: rig app has another history here" in told


async def test_needs_in_another_town_hold_a_bead_up_until_it_is_done(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        first = await b.bead("first")
        then = (await a.data("bead.create", title="then", rig="app", needs=[f"b/{first}"]))["id"]
        await a.until("watch", f"b.b.{first}", "watch.heard")
        assert (await a.data("bead.show", bead=then))["needs"] == [
            {"id": f"b.{first}", "title": "", "state": "open", "landed_commit": None}
        ]
        assert [one["id"] for one in await a.data("ready")] == []
        await a.data("sling", words=[then])
        await b.data("bead.close", bead=first)
        await arrives(a, then)


@pytest.mark.parametrize(
    ("to", "code", "words"),
    [
        (["zz"], "unknown", "no town called 'zz'"),
        (["a"], "usage", "a is this town itself"),
        (["b/app", "c/web"], "usage", "one rig"),
        (["any", "b"], "usage", "any town, or those"),
    ],
)
async def test_a_bead_cannot_go_to_what_is_no_other_town(open_town, hub, to, code, words):
    async with two_towns(open_town, hub) as (a, _):
        bead = await a.bead()
        refusal = await a.error("sling", words=[bead], to=to)
        assert (refusal["code"], words in refusal["message"]) == (code, True), refusal
        assert (await a.data("bead.show", bead=bead))["state"] == "open"


async def test_any_is_the_town_with_the_most_room(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        await a.data("config.set", name="max_polecats", value="1")
        bead = await a.bead()
        (slung,) = await a.data("sling", words=[bead], to=["any"])
        assert slung["to"] == ["b"]
        await arrives(b, f"a.{bead}")
        await b.data("config.set", name="max_polecats", value="0")
        other = await a.bead("another")
        (slung,) = await a.data("sling", words=[other], to=["any"])
        assert slung["to"] == []
        await a.data("config.set", name="max_polecats", value="0")
        refusal = await a.error("sling", words=[await a.bead("third")], to=["any"])
        assert "b: it lets nobody work" in refusal["message"]


async def test_a_town_of_no_hub_has_nobody_to_send_it_to(open_town):
    async with open_town() as town:
        await town.founded()
        refusal = await town.error("sling", words=[await town.bead()], to=["b"])
        assert (refusal["code"], refusal["hint"]) == ("refused", "gt join INVITATION")


async def test_a_bead_that_blocks_there_needs_a_person_here_too(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        bead = await a.bead()
        await a.data("sling", words=[bead], to=["b"])
        await arrives(b, f"a.{bead}")
        await b.data("unsling", bead=f"a/{bead}")
        await b.data("bead.close", bead=f"a/{bead}", reason="not wanted")
        await a.until("bead", bead, "bead.ended_abroad")
        shown = await a.data("bead.show", bead=bead)
        assert (shown["state"], shown["close_reason"]) == ("closed", "in town b: not wanted")


async def test_what_was_tried_at_home_is_told_to_whoever_works_on_it_there(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        bead = await a.bead()
        session = await a.started(bead)
        await a.data("unsling", bead=bead)
        await a.ended(session, "withdrawn")
        await a.data("sling", words=[bead], to=["b"])
        await arrives(b, f"a.{bead}")
        (tried,) = (await b.data("bead.show", bead=f"a/{bead}"))["returned"]
        assert tried["session"] == f"a.{session}"


async def test_what_this_version_cannot_read_waits_with_a_person_told_and_holds_up_nobody_else(open_town, hub):
    async with two_towns(open_town, hub) as (a, b), member(open_town, hub, "c") as c:
        envelope = Envelope(
            id=new_id(), time=now(), actor="mayor", command=new_id(), cause="", correlation="t", traceparent="",
            data=BeadCreated(title="no fact of a handover"),
        )  # fmt: skip
        await hub.logs["a"].append([Append(entity=Entity("handover", "b.a.zz-1"), expected=0, envelopes=(envelope,))])
        await b.until("escalation", "unread.a", "escalation.raised")
        (raised,) = await b.data("escalations")
        assert "a says what this version cannot read, about handover/b.a.zz-1" in raised["reason"]
        bead = await c.bead()
        await c.data("sling", words=[bead], to=["b"])
        await arrives(b, f"c.{bead}")
        waiting = await a.bead("Behind it")
        await a.data("sling", words=[waiting], to=["b"])
        await a.until("handover", f"b.a.{waiting}", "handover.offered")
        assert (await a.data("bead.show", bead=waiting))["state"] == "offered"


LONG, LONGER = "«" + "ü\x1b[31m" * 100_000 + "»", "€" * 1_000_000


async def test_long_texts_go_along_and_lie_beside_the_log_that_names_them(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        bead = await a.bead(description=LONG, acceptance=LONGER)
        await a.data("sling", words=[bead], to=["b"])
        session = await arrives(b, f"a.{bead}")
        guest = await b.data("bead.show", bead=f"a/{bead}")
        assert (guest["description"], guest["acceptance_criteria"]) == (LONG, LONGER)
        assert await b.desk.texts.digests() == {digest_of(LONG), digest_of(LONGER)}
        assert LONG in (await briefing.for_session(b.desk.store, b.desk.texts, session, b.town.path)).task
        assert "waits" not in (await a.data("bead.show", bead=bead))["abroad"]


async def test_a_bead_goes_once_the_hub_has_its_long_texts_and_until_then_is_said_to_wait(open_town, hub, monkeypatch):
    monkeypatch.setattr(parcels, "AGAIN", 0.01)
    async with two_towns(open_town, hub) as (a, b):
        hub.memory.hold_back("a", lacks=True)
        bead = await a.bead(description=LONG, acceptance=LONGER)
        await a.data("sling", words=[bead], to=["b"])
        waits = (await a.data("bead.show", bead=bead))["abroad"]["waits"]
        assert waits == "its description and acceptance has not come to the hub yet"
        seen = await b.data("bead.show", bead=f"a/{bead}", of="a")
        assert (seen["description"], "waits" in seen["abroad"]) == (LONG[:500] + "…", False)
        hub.memory.hold_back("a", lacks=False)
        await arrives(b, f"a.{bead}")
        assert (await b.data("bead.show", bead=f"a/{bead}"))["description"] == LONG


async def test_a_bead_whose_text_the_hub_lost_is_taken_up_once_it_has_it_again(open_town, hub, monkeypatch):
    monkeypatch.setattr(hearing, "AGAIN", 0.01)
    async with two_towns(open_town, hub) as (a, b):
        bead = await a.bead(description=LONG)
        copy = hub.memory.copied(stream_name("a", a.town.incarnation)).beside.texts.kept

        def lose():
            if b"handover.handed_over" in a.desk.log._messages[-1].payload:
                hub.memory.hold_back("a", lacks=True)
                copy.pop(digest_of(LONG), None)

        a.desk.log.on_append(lose)
        await a.data("sling", words=[bead], to=["b"])
        await a.until("handover", f"b.a.{bead}", "handover.handed_over")
        assert (await a.data("bead.show", bead=bead))["abroad"][
            "waits"
        ] == "its description has not come to the hub yet"
        assert (await b.error("bead.show", bead=f"a/{bead}"))["code"] == "unknown"
        hub.memory.hold_back("a", lacks=False)
        await arrives(b, f"a.{bead}")
