"""What agents ask a person for, and what the person says."""

from gastown.actors.commands.asks import ReportAnswered, ReportAsk


async def asking(town):
    """An agent at work that waits for leave. -> (bead, session, ask)"""
    await town.founded()
    await town.data("agent.add", name="cc", vendor="claude", default=True)
    bead = await town.bead()
    session = await town.started(bead)
    ask = ReportAsk(
        session=session, key="k1", turn=1, tool="Bash", title="make install", detail='{"command":"make install"}'
    )
    await town.report("polecat", session, ask, f"run:{session}")
    await town.until("session", session, "session.ask_raised")
    return bead, session, f"{session}.1"


async def test_an_ask_is_shown_wherever_one_looks_for_what_needs_a_person(open_town):
    async with open_town() as town:
        bead, session, ask = await asking(town)
        (one,) = await town.data("asks")
        assert (one["id"], one["session"], one["bead"], one["agent"], one["tool"]) == (ask, session, bead, "cc", "Bash")
        assert (one["state"], one["allow"], one["closed_at"]) == ("waiting", None, None)
        assert (await town.data("status"))["asks"] == [one]
        assert (await town.data("report"))["needs_you"]["asks"] == [one]
        waited = await town.data("wait", ids=[bead], timeout=5)
        (stuck,) = waited["needs_you"]
        assert (stuck["reason"], stuck["hint"]) == ("cc asks to use Bash: make install", f"gt answer {ask} allow|deny")


async def test_the_first_answer_counts_and_goes_to_the_host(open_town):
    async with open_town() as town:
        _, session, ask = await asking(town)
        said = await town.data("answer", ask=ask, verdict="allow")
        assert (said["allow"], said["by"], said["state"]) == (True, "overseer", "answered")
        await town.host.errand(f"answer:{ask}")
        assert await town.data("asks") == []
        assert (await town.error("answer", ask=ask, verdict="deny"))["code"] == "taken"
        assert (await town.data("answer", ask=ask, verdict="allow"))["allow"] is True
        told = ReportAnswered(session=session, ask=ask, taken=True)
        await town.report("polecat", session, told, f"run:{session}")
        await town.until("session", session, "session.ask_closed")
        (one,) = await town.data("asks", all=True)
        assert (one["state"], one["how"]) == ("closed", "told")


async def test_an_ask_of_a_session_that_has_ended_is_closed(open_town):
    async with open_town() as town:
        _, session, ask = await asking(town)
        await town.ended(session, "died")
        error = await town.error("answer", ask=ask, verdict="allow")
        assert (error["code"], "its session is over" in error["message"]) == ("refused", True)
        assert await town.data("asks") == []


async def test_only_a_person_answers_and_only_what_was_asked(open_town):
    async with open_town() as town:
        _, session, ask = await asking(town)
        assert (await town.error("answer", ask=ask, verdict="allow", **town.as_session(session)))["code"] == "refused"
        assert (await town.error("answer", ask="nobody.7", verdict="allow"))["code"] == "unknown"
        assert (await town.error("answer", ask=ask, verdict="maybe"))["code"] == "usage"
        assert (await town.error("answer", ask=ask, verdict="deny", reason="x" * 5000))["code"] == "usage"
        assert len(await town.data("asks", **town.as_session(session))) == 1
