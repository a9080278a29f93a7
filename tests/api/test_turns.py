"""What is asked about turns, and told between them: nudge and costs."""

from gastown.actors.commands.polecat import ReportTold, ReportTurn
from gastown.events.turn import Usage

USED = Usage(fresh=900, cache_read=200, cache_write=10, output=50, cost=0.25)


async def at_work(town, **more):
    """A bead whose agent takes turns. -> (bead, session)"""
    await town.founded()
    await town.data("agent.add", name="cc", vendor="claude", model="large", default=True)
    bead = await town.bead(**more)
    return bead, await town.started(bead)


def turn(session: str, number: int = 1, **fields) -> ReportTurn:
    return ReportTurn(session=session, number=number, at=0.0, end="done", **fields)


async def test_a_nudge_waits_for_the_end_of_the_turn_and_is_told_then(open_town):
    async with open_town() as town:
        bead, session = await at_work(town)
        told = await town.data("nudge", address=bead, text="look at the tests")
        assert (told["session"], told["text"], told["sender"], told["urgent"]) == (
            session,
            "look at the tests",
            "overseer",
            False,
        )
        assert told["taken_at"] is None
        await town.report("polecat", session, turn(session), f"run:{session}")
        await town.host.errand(f"turn:{session}:2")


async def test_an_urgent_nudge_goes_to_the_host_at_once(open_town):
    async with open_town() as town:
        _, session = await at_work(town)
        told = await town.data("nudge", address=session, text="stop that", urgent=True)
        key = f"say:{session}:{told['id']}"
        await town.report("polecat", session, ReportTold(session=session, messages=(told["id"],)), key)
        await town.until("session", session, "session.messages_taken")


async def test_who_cannot_be_told_anything_is_named_with_the_next_step(open_town):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead())
        assert (await town.error("nudge", address=session, text="x"))["code"] == "refused"
        assert (await town.error("nudge", address="nobody", text="x"))["code"] == "unknown"
        assert (await town.error("nudge", address=session, text=" "))["code"] == "usage"
        await town.ended(session, "withdrawn")
        refusal = await town.error("nudge", address=session, text="x")
        assert "has ended" in refusal["message"]
        assert "gt mail send" in refusal["hint"]


async def test_a_budget_is_set_reached_raised_and_dropped(open_town):
    async with open_town() as town:
        await town.founded()
        await town.data("agent.add", name="cc", vendor="claude", model="large", turn_cost=0.5, default=True)
        one = await town.data("budget.set", scope="rig:app", amount=1.0)
        assert (one["scope"], one["amount"], one["spent"], one["reserved"], one["left"]) == ("rig:app", 1.0, 0, 0, 1.0)
        first, second = await town.bead(), await town.bead()
        session = await town.started(first)
        await town.report("polecat", session, turn(session, usage=USED), f"run:{session}")
        await town.until("session", session, "session.turn_ordered")
        (one,) = await town.data("budget.list")
        assert (one["spent"], one["reserved"], one["left"]) == (0.25, 0.5, 0.25)
        await town.ended(session, "failed")  # in the midst of its second turn
        await town.until("budget", "rig.app", "budget.reached")
        (one,) = (await town.data("status"))["budgets"]
        assert (one["spent"], one["guessed"], one["reserved"]) == (0.75, 0.5, 0.0)
        await town.data("sling", words=[second])
        (stuck,) = (await town.data("wait", ids=[second]))["needs_you"]
        assert stuck["reason"] == "budget rig:app: 0.75 of 1.00 USD are spent, and a turn of cc is reserved at 0.50"
        assert stuck["hint"] == "gt budget set rig:app USD"
        (asked,) = await town.data("escalations")
        assert (asked["kind"], asked["about"], asked["reason"]) == ("budget", "rig.app", stuck["reason"])
        total = (await town.data("costs", by="bead"))["total"]
        assert (total["turns"], total["untold"], total["cost"], total["guessed"]) == (2, 1, 0.25, 0.5)
        await town.data("budget.set", scope="rig:app", amount=1.25)
        await town.begun(first, 2)
        assert await town.data("budget.drop", scope="rig:app") == {"scope": "rig:app"}
        await town.until("bead", second, "bead.assigned")
        assert await town.data("budget.list") == []


async def test_a_budget_that_makes_no_sense_is_named_with_the_next_step(open_town):
    async with open_town() as town:
        await town.founded()
        await town.data("budget.set", scope="town", amount=0)
        refusal = await town.error("sling", words=[await town.bead()])
        assert "does not tell what its turns use" in refusal["message"]
        assert refusal["hint"].startswith("gt agent set sh --turn-cost")
        assert (await town.error("budget.set", scope="rig:nope", amount=1))["code"] == "unknown"
        assert (await town.error("budget.set", scope="moon", amount=1))["code"] == "usage"
        assert (await town.error("budget.set", scope="town", amount=-1))["code"] == "usage"
        assert (await town.error("budget.drop", scope="day"))["code"] == "unknown"
        assert (await town.error("agent.add", name="x", vendor="claude", turn_cost=-1))["code"] == "usage"


async def test_costs_are_added_up_by_what_one_asks_for(open_town):
    async with open_town() as town:
        bead, session = await at_work(town)
        await town.report("polecat", session, turn(session, usage=USED), f"run:{session}")
        await town.until("session", session, "session.turn_ordered")
        await town.report("polecat", session, turn(session, 2), f"turn:{session}:2")
        await town.until("session", session, "session.turn_ended")
        for by, of in {"bead": bead, "agent": "cc", "vendor": "claude", "model": "large", "rig": "app"}.items():
            costs = await town.data("costs", by=by)
            assert [(row["of"], row["cost"]) for row in costs["rows"]] == [(of, 0.25)], by
        total = (await town.data("costs"))["total"]
        assert (total["turns"], total["untold"], total["fresh"], total["output"]) == (2, 1, 900, 50)
        (row,) = (await town.data("costs", by="convoy"))["rows"]
        assert row["of"].startswith("cv-")
        assert (await town.data("costs", since=0.0))["total"] is None
        assert (await town.error("costs", by="weather"))["code"] == "usage"
