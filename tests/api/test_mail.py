"""mail.*: who may write to whom, and what becomes of it."""

from gastown.actors.commands.polecat import ReportTold, ReportTurn


async def at_work(town, **more):
    """A bead whose agent takes turns. -> (bead, session)"""
    await town.founded()
    await town.data("agent.add", name="cc", vendor="claude", model="large", default=True)
    bead = await town.bead(**more)
    return bead, await town.started(bead)


async def test_mail_to_a_bead_is_told_to_its_agent_between_two_turns(open_town):
    async with open_town() as town:
        bead, session = await at_work(town)
        sent = await town.data("mail.send", address=bead, subject="Tests", text="Look at the tests.")
        assert (sent["to"], sent["state"], sent["sender"]) == (bead, "unread", "overseer")
        await town.until("session", session, "session.message_queued")
        ended = ReportTurn(session=session, number=1, at=0.0, end="done")
        await town.report("polecat", session, ended, f"run:{session}")
        await town.report("polecat", session, ReportTold(session=session, messages=(sent["id"],)), f"turn:{session}:2")
        await town.until("mail", sent["id"], "mail.told")
        (letter,) = await town.data("mail.inbox", address=f"app/{(await town.data('agents'))[-1]['name']}")
        assert (letter["id"], letter["state"], letter["session"]) == (sent["id"], "told", session)
        assert (await town.data("mail.check", address=bead))["unread"] == 0


async def test_mail_to_a_bead_nobody_works_on_waits_for_its_first_session(open_town):
    async with open_town() as town:
        await town.founded()
        await town.data("agent.add", name="cc", vendor="claude", default=True)
        bead = await town.bead()
        sent = await town.data("mail.send", address=bead, text="Mind the gap.\nIt is wide.", urgent=True)
        assert sent["subject"] == "Mind the gap."
        session = await town.started(bead)
        await town.host.errand(f"say:{session}:{sent['id']}")


async def test_what_reaches_nobody_comes_back_with_the_reason(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        sent = await town.data("mail.send", address=bead, subject="S", text="T")
        await town.data("bead.close", bead=bead, reason="no")
        await town.until("mail", f"{sent['id']}-back", "mail.sent")
        (back,) = await town.data("mail.inbox")
        assert (back["subject"], back["sender"], back["reply_to"]) == ("Not delivered: S", "deacon", sent["id"])
        shown = await town.data("mail.read", mail=sent["id"])
        assert (shown["state"], shown["reason"]) == ("dead", f"{bead} was closed, and nobody had it before")
        assert (await town.error("mail.reply", mail=back["id"], text="but"))["code"] == "refused"
        refusal = await town.error("mail.send", address=bead, text="again")
        assert (refusal["exit"], "nobody will work on it" in refusal["message"]) == (3, True)


async def test_a_worker_writes_and_is_answered_as_itself(open_town):
    async with open_town() as town:
        bead, session = await at_work(town)
        me = town.as_session(session)
        sent = await town.data("mail.send", address="overseer", subject="Which?", text="A or B?", **me)
        assert sent["sender"] == f"polecat/{session}"
        assert (await town.data("mail.check"))["unread"] == 1
        assert (await town.data("mail.read", mail=sent["id"], **me))["state"] == "unread"
        assert (await town.data("mail.read", mail=sent["id"]))["state"] == "read"
        assert (await town.data("mail.check"))["unread"] == 0
        answer = await town.data("mail.reply", mail=sent["id"], text="B.")
        assert (answer["to"], answer["subject"], answer["reply_to"]) == (bead, "Re: Which?", sent["id"])
        assert [one["id"] for one in await town.data("mail.inbox", **me)] == [answer["id"]]
        assert (await town.data("mail.read", mail=answer["id"], **me))["state"] == "read"


async def test_a_worker_sees_no_mail_of_others(open_town):
    async with open_town() as town:
        _, session = await at_work(town)
        other = await town.bead("Other")
        sent = await town.data("mail.send", address=other, text="Not for you.")
        me = town.as_session(session)
        for method, params in (("mail.read", {"mail": sent["id"]}), ("mail.inbox", {"address": other})):
            assert (await town.error(method, **params, **me))["exit"] == 3
        assert (await town.error("mail.reply", mail=sent["id"], text="x", **me))["exit"] == 3


async def test_addresses_that_are_none_say_which_there_are(open_town):
    async with open_town() as town:
        _, session = await at_work(town)
        unknown = await town.error("mail.send", address="app/polecats/nobody", text="x")
        assert (unknown["exit"], "overseer, app/polecats/" in unknown["hint"]) == (4, True)
        program = await town.error("mail.send", address="mayor/", text="x")
        assert (program["exit"], "a program" in program["message"]) == (3, True)
        assert (await town.data("mail.send", address=session, text="x"))["to"] == session.rpartition("-")[0]
        for params in ({"text": " "}, {"text": "x" * 20_001}, {"text": "x", "subject": "y" * 201}):
            assert (await town.error("mail.send", address="overseer", **params))["exit"] == 2
        assert (await town.error("mail.send", address="overseer", text="x", reply_to="nothing"))["exit"] == 4


async def test_a_nudge_that_is_not_told_comes_back(open_town):
    async with open_town() as town:
        _, session = await at_work(town)
        nudge = await town.data("nudge", address=session, text="look at the tests")
        await town.ended(session, "no_commits")
        (back,) = await town.data("mail.inbox")
        assert (back["id"], back["subject"]) == (f"{nudge['id']}-back", "Not told: look at the tests")


async def test_a_repeated_call_sends_one_letter(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        letters = [await town.data("mail.send", address=bead, text="x", command_id="01M") for _ in range(2)]
        assert letters[0] == letters[1]
        assert len(await town.data("mail.inbox", address=bead)) == 1


async def test_a_worker_asks_for_a_person_and_goes_on(open_town):
    async with open_town() as town:
        bead, session = await at_work(town)
        asked = await town.data("escalate", text="A or B?", severity="high", **town.as_session(session))
        assert (asked["id"], asked["about"], asked["state"]) == (f"asked.{session}.1", bead, "open")
        assert [one["id"] for one in (await town.data("report"))["needs_you"]["escalations"]] == [asked["id"]]
        acked = await town.data("escalation.ack", escalation=asked["id"])
        assert (acked["state"], acked["acked_by"]) == ("acked", "overseer")
        assert (await town.data("report"))["needs_you"]["escalations"] == []
        assert [one["state"] for one in await town.data("escalations")] == ["acked"]
        assert (await town.data("escalation.close", escalation=asked["id"], reason="B"))["how"] == "B"
        assert await town.data("escalations") == []
        assert (await town.data("hook", **town.as_session(session)))["state"] == "working"
        assert (await town.error("escalation.close", escalation="nothing"))["exit"] == 4
        for text in (" ", "x" * 4_001):
            assert (await town.error("escalate", text=text))["exit"] == 2
        mine = await town.data("escalate", text="look", about=bead)
        assert (mine["id"], mine["about"]) == ("asked.overseer.1", bead)
