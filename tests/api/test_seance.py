"""gt seance: asked of a copy, counted, and refused where there is nothing to ask."""

from gastown.actors.commands.polecat import ReportConversation
from gastown.actors.errands import AskSeance, SeanceFacts
from gastown.events.turn import Failure, Usage

FACTS = SeanceFacts(text="Because.", usage=Usage(fresh=900, output=50, cost=0.25), model="large", seconds=1.5)


async def at_work(town) -> str:
    """A session whose conversation is known."""
    await town.founded()
    await town.data("agent.add", name="cc", vendor="claude", model="large", env=[["K", "v"]], default=True)
    session = await town.started(await town.bead())
    opened = ReportConversation(session=session, conversation="c-1", model="large")
    await town.report("polecat", session, opened, f"run:{session}")
    await town.until("session", session, "session.conversation_opened")
    return session


async def test_an_answer_is_shown_noted_and_counted_also_when_its_session_is_over(open_town):
    async with open_town() as town:
        session = await at_work(town)
        town.host.answers["ask_seance"] = FACTS
        first = await town.data("seance", address=session, question=" Why? ")
        assert (first["session"], first["question"], first["text"]) == (session, "Why?", "Because.")
        asked = town.host.asked[-1]
        assert isinstance(asked, AskSeance)
        assert (asked.conversation, asked.agent.env, asked.question) == ("c-1", (("K", "v"),), "Why?")
        await town.ended(session, "withdrawn")
        await town.data("seance", address=session, question="And now?")
        (row,) = (await town.data("costs", by="session"))["rows"]
        assert (row["of"], row["fresh"], row["cost"]) == (session, 1800, 0.5)
        assert row["turns"] == 3  # its own one broke off


async def test_one_that_does_not_answer_is_counted_too(open_town):
    async with open_town() as town:
        session = await at_work(town)
        town.host.answers["ask_seance"] = SeanceFacts(failure=Failure(kind="auth", message="no login"))
        assert (await town.data("seance", address=session, question="Why?"))["failure"]["kind"] == "auth"
        (row,) = (await town.data("costs", by="session"))["rows"]
        assert (row["turns"], row["untold"]) == (1, 1)


async def test_what_cannot_be_asked_is_said_with_the_next_step(open_town):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead())
        assert "no conversation" in (await town.error("seance", address=session, question="Why?"))["message"]
        assert (await town.error("seance", address=session, question=" "))["code"] == "usage"
        assert (await town.error("seance", address=session, question="Why?", timeout=-1.0))["code"] == "usage"
        assert (await town.error("seance", address="nobody", question="Why?"))["code"] == "unknown"
