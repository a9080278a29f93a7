import anyio
import pytest

TRACE = "0af7651916cd43dd8448eb211c80319c"


async def events(caller, **params):
    await caller.send(method="events", params=params)
    found = []
    while "method" in (message := await caller.line()):
        if message["method"] == "item":
            found.append(message["params"])
    return found, message["result"]


async def test_events_are_streamed_in_order_with_all_their_fields(open_town):
    async with open_town() as town, town.caller() as caller:
        await town.founded()
        bead = await town.bead("Fix login", command_id="01CREATE")
        found, end = await events(caller)

        assert [(event["position"], event["index"]) for event in found] == sorted(
            (event["position"], event["index"]) for event in found
        )
        assert end["data"] == {"events": len(found)}
        assert end["position"] == found[-1]["position"]
        made = found[-1]
        assert set(made) == {
            *("position", "index", "id", "type", "kind", "entity", "time", "actor"),
            *("command", "cause", "correlation", "trace", "data"),
        }
        assert (made["type"], made["kind"], made["entity"]) == ("bead.created", "bead", bead)
        assert (made["actor"], made["command"], made["cause"]) == ("overseer", "01CREATE", "")
        assert made["data"]["title"] == "Fix login"


async def test_events_are_filtered(open_town):
    async with open_town() as town, town.caller() as caller:
        await town.founded()
        bead = await town.bead()
        await town.bead("another")

        assert {event["kind"] for event in (await events(caller, kind="bead"))[0]} == {"bead"}
        for name in (bead, f"bead/{bead}"):
            assert {event["entity"] for event in (await events(caller, entity=name))[0]} == {bead}
        last = (await events(caller))[1]["position"]
        assert (await events(caller, after=last)) == ([], {"position": last, "data": {"events": 0}})


async def test_whoever_was_cut_off_goes_on_within_a_message(open_town):
    async with open_town() as town, town.caller() as caller:
        await town.founded()
        session = await town.started(await town.bead())
        await town.ended(session, "failed")
        found, _ = await events(caller)
        for place, event in enumerate(found):
            rest, _ = await events(caller, after=event["position"], index=event["index"])
            assert [one["id"] for one in rest] == [one["id"] for one in found[place + 1 :]]


async def test_followed_events_come_as_they_happen(open_town):
    async with open_town() as town, town.caller() as caller:
        await town.founded()
        await caller.send(method="events", params={"follow": True, "kind": "bead"})
        bead = await town.bead()
        with anyio.fail_after(10):
            assert (await caller.line())["params"]["entity"] == bead


async def test_a_bead_has_a_story(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        await town.landed(await town.submitted(await town.started(bead)))
        story = await town.data("log", bead=bead)

        assert (story[0]["type"], story[0]["what"]) == ("bead.created", "created: Fix login")
        assert {"bead", "session", "submission", "polecat"} <= {line["kind"] for line in story}
        assert [line["position"] for line in story] == sorted(line["position"] for line in story)


@pytest.mark.parametrize("kind", ["bead", "convoy", "trace"])
async def test_a_trace_is_the_tree_of_what_led_to_what(open_town, kind):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        slung = await town.data("sling", words=[bead], traceparent=f"00-{TRACE}-b7ad6b7169203331-01")
        await town.landed(await town.submitted(await town.begun(bead)))
        key = {"bead": bead, "convoy": slung[0]["convoy"], "trace": TRACE}[kind]

        trace = await town.data("trace", id=key)
        assert (trace["id"], trace["kind"]) == (key, kind)
        assert TRACE in trace["traces"]
        root = next(root for root in trace["roots"] if root["actor"] == "overseer" and _types(root) >= {"bead.slung"})
        assert {"bead.assigned", "session.opened"} <= _types(root)
        assert root["seconds"] >= 0


def _types(node):
    return {node.get("type", "")}.union(*(_types(child) for child in node["children"]))


async def test_why_walks_from_a_commit_back_to_the_person(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        submission = await town.submitted(await town.started(bead))
        await town.landed(submission)
        town.host.answers["ask_commit"] = {
            "commit": f"{7:040x}",
            "landing": f"{8:040x}",
            "bead": bead,
            "submission": submission,
        }
        why = await town.data("why", commit="000")

        assert (why["bead"], why["submission"], why["commit"]) == (bead, submission, f"{7:040x}")
        assert {"position", "type", "actor", "time"} <= why["chain"][0].keys()
        assert (why["chain"][0]["type"], why["chain"][0]["actor"]) == ("bead.slung", "overseer")
        assert why["chain"][-1]["type"] == "submission.landed"

        assert (await town.data("why", commit=bead))["chain"] == why["chain"]
        assert town.host.asked[-1].commit == (await town.data("bead.show", bead=bead))["landed_commit"]


async def test_a_bead_that_has_not_landed_has_no_why_yet(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        error = await town.error("why", commit=bead)
        assert (error["code"], error["message"]) == ("refused", f"{bead} has not landed: it is open")


async def test_a_commit_that_nobody_landed_is_said_so(open_town):
    async with open_town() as town:
        await town.founded()
        town.host.answers["ask_commit"] = {"commit": f"{7:040x}"}
        assert (await town.error("why", commit="000"))["code"] == "refused"
