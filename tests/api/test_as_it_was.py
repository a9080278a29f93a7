"""Answers as of an earlier moment."""

import anyio

from gastown import clock
from gastown.api.methods import METHODS
from gastown.bus.event_log import Append
from gastown.events.bead import BeadCreated, BeadUpdated
from gastown.events.envelope import Envelope
from gastown.events.ids import Entity

FOR_NOW_ONLY = {"peek", "follow", "agent.check", "diff", "hook", "prime", "wait", "verify", "rig.check"}
"""Questions to files, git and processes, which have no history; and to a worker's own session, which is now."""

NOW = ("processes", "nats.url", "containment")
NO_PARAMS = (
    "status",
    "ready",
    "bead.list",
    "convoy.list",
    "agents",
    "mq.list",
    "rig.list",
    "agent.list",
    "host.list",
    "config.get",
    "budget.list",
    "costs",
    "asks",
    "policy.list",
    "policy.show",
)


async def test_every_question_to_the_views_can_be_asked_of_an_earlier_moment(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        session = await town.started(bead)
        submission = await town.submitted(session)
        convoy = (await town.data("convoy.list"))[0]["id"]
        await town.data("policy.set", content='default = "ask"')
        questions = [(name, {}) for name in NO_PARAMS]
        questions += [("branches", {}), ("escalations", {}), ("mail.inbox", {}), ("rig.show", {"rig": "app"})]
        questions += [(name, {"bead": bead}) for name in ("bead.show", "log")]
        questions += [("convoy.show", {"convoy": convoy}), ("mq.show", {"submission": submission})]
        questions += [("trace", {"id": bead}), ("trace", {"id": convoy})]
        answers = [(name, params, await town.ask(name, **params)) for name, params in questions]
        await town.landed(submission)
        await town.data("policy.drop")
        await town.data("rig.pause", rig="app")
        await town.data("agent.remove", name="sh")

        for name, params, answer in answers:
            result = answer["result"]
            if name in ("status", "config.get"):  # what is so now: processes, the town's file
                result["data"] = {key: one for key, one in result["data"].items() if key not in NOW}
            then = (await town.ask(name, **params, at=result["position"]))["result"]
            if name == "status":
                then["data"].pop("processes")
            assert then == result, name
        asked = {name for name, _ in questions} | {"events", "report", "why", "ping"}
        assert {name for name, method in METHODS.items() if method.timed} == asked


async def test_the_methods_that_read_and_answer_for_now_only_say_so(open_town):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead())
        for name in FOR_NOW_ONLY:
            assert not METHODS[name].timed
        refusal = await town.error("peek", address=session, at=1)
        assert (refusal["code"], refusal["message"]) == ("usage", "peek answers for now only")


async def test_a_time_means_the_last_event_until_then_and_the_answer_names_its_position(open_town):
    async with open_town() as town:
        await town.founded()
        first = await town.bead("First")
        seen = await town.ask("bead.list")
        shown = (await town.data("bead.show", bead=first))["created_at"]
        await anyio.sleep(0.002)  # the second is of a later millisecond
        await town.bead("Second")

        then = (await town.ask("bead.list", at=shown))["result"]
        assert then == seen["result"]
        assert (await town.ask("bead.list", at="0s"))["result"]["data"] == await town.data("bead.list")
        for at in ("now", "1999-01-01", "2999-01-01", 10**6, -1, "-1"):
            assert (await town.error("bead.list", at=at))["code"] == "usage", at


async def test_a_report_of_then_looks_back_from_then(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        await town.landed(await town.submitted(await town.started(bead)))
        position = (await town.ask("status"))["result"]["position"]
        assert [one["bead"] for one in (await town.data("report", at=position))["landed"]] == [bead]
        assert (await town.data("report", at=position - 4))["landed"] == []
        await anyio.sleep(0.02)
        assert (await town.data("report", since=0.01, at="0s"))["landed"] == []


async def test_events_until_then_and_since_then(open_town):
    async with open_town() as town, town.caller() as caller:
        await town.founded()
        await town.bead()
        last = (await town.ask("status"))["result"]["position"]

        async def positions(**params):
            await caller.send(method="events", params=params)
            found = []
            while "method" in (message := await caller.line()):
                found.append(message["params"]["position"])
            return found if "result" in message else message["error"]["data"]["code"]

        everything = await positions()
        assert await positions(at=2) == [one for one in everything if one <= 2]
        assert await positions(since=str(last)) == [one for one in everything if one >= last]
        assert await positions(since="0s", at=last) == []
        assert await positions(since="1h", at=last) == everything
        assert await positions(at=2, follow=True) == "usage"


def told(number: int) -> Append:
    said = [BeadCreated(title=f"Do {number}"), *[BeadUpdated(notes=str(note)) for note in range(9)]]
    envelopes = tuple(
        Envelope(id=clock.new_id(), time=clock.now(), actor="me", command="c", cause="", correlation="", traceparent="",
            data=fact)
        for fact in said
    )  # fmt: skip
    return Append(entity=Entity("bead", f"hq-{number}"), expected=0, envelopes=envelopes)


async def test_a_long_way_back_keeps_nobody_else_waiting(open_town):
    async with open_town() as town:
        for number in range(3_000):
            position = (await town.desk.log.append([told(number)]))[-1]
        await town.desk.runner.wait_for(position, 60)
        answered = 0

        async def ask_on() -> None:
            nonlocal answered
            async with town.caller() as caller:
                while True:
                    await caller.send(method="ping")
                    assert "result" in await caller.answer()
                    answered += 1

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask_on)
            then = await town.data("status", at=position - 1)
            tasks.cancel_scope.cancel()
        assert then["counts"]["beads"] == {"open": 2_999}
        assert answered > 10
