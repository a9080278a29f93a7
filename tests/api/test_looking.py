import os

from gastown.actors.commands.refinery import ReportProven
from gastown.adapters.processes import locks


async def test_status_shows_the_town_at_a_glance(open_town):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead())
        with locks.held(town.town.run / "daemon.lock", "the daemon"):
            status = await town.data("status")

        assert {"town", "state", "position", "processes", "rigs", "polecats", "queue"} <= status.keys()
        assert status["town"] == "springfield"
        (daemon,) = status["processes"]
        assert (daemon["name"], daemon["pid"]) == ("daemon", os.getpid())
        assert daemon["rss"] > 1_000_000
        assert [polecat["session"] for polecat in status["polecats"]] == [session]
        assert status["counts"]["beads"] == {"running": 1}


async def test_status_as_it_was_has_no_processes(open_town):
    async with open_town() as town:
        await town.founded()
        await town.bead()
        status = await town.ask("status", at=0)
        assert status["result"]["position"] == 0
        assert (status["result"]["data"]["rigs"], status["result"]["data"]["processes"]) == ([], [])


async def test_agents_are_the_roles_and_the_polecats(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        session = await town.started(bead)
        agents = {agent["address"]: agent for agent in await town.data("agents")}

        assert {"mayor", "deacon", "app/witness", "app/refinery"} < agents.keys()
        (polecat,) = [agent for agent in agents.values() if agent["role"] == "polecat"]
        assert (polecat["bead"], polecat["session"], polecat["agent"], polecat["pid"]) == (bead, session, "sh", 4711)


async def test_a_worker_is_peeked_at_by_address_session_or_bead(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        session = await town.started(bead)
        address = next(agent["address"] for agent in await town.data("agents") if agent["role"] == "polecat")

        for name in (address, session, bead):
            peek = await town.data("peek", address=name)
            assert (peek["session"], peek["address"], peek["text"]) == (session, address, "the last line\n")
        assert (await town.error("peek", address="mayor"))["code"] == "refused"


async def test_a_diff_is_of_the_sandbox_while_it_runs_and_of_the_commit_then(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        assert (await town.error("diff", bead=bead))["code"] == "refused"
        session = await town.started(bead)
        assert (await town.data("diff", bead=bead))["running"]
        assert town.host.asked[-1].session == session

        await town.submitted(session)
        diff = await town.data("diff", bead=bead)
        assert (diff["running"], diff["patch"]) == (False, "diff --git a/x b/x\n")
        assert (town.host.asked[-1].commit, town.host.asked[-1].session) == (f"{7:040x}", "")


async def test_the_queue_is_shown_and_what_is_held_is_approved(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        submission = await town.submitted(await town.started(bead))
        (queued,) = await town.data("mq.list")
        assert {"submission", "bead", "rig", "branch", "commit", "state", "enqueued_at"} <= queued.keys()
        assert (queued["submission"], queued["bead"], queued["state"]) == (submission, bead, "queued")

        proven = ReportProven(submission=submission, number=1, base=f"{1:040x}", candidate=f"{8:040x}", land="hold")
        await town.report("refinery", "app", proven, f"prove:{submission}:")
        await town.until("submission", submission, "submission.proven")
        assert (await town.data("mq.show", submission=bead))["state"] == "held"
        waited = await town.data("wait", ids=[bead])
        assert waited["needs_you"][0]["hint"] == f"gt mq approve {submission}"
        approved = await town.data("mq.approve", submission=submission)
        assert approved["approved_at"] and approved["state"] == "landing"


async def test_a_landed_bead_is_merged_and_out_of_the_queue(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        await town.landed(await town.submitted(await town.started(bead)))

        shown = await town.data("bead.show", bead=bead)
        assert (shown["status"], shown["state"], shown["landed_commit"]) == ("closed", "landed", f"{8:040x}")
        assert shown["close_reason"].startswith("Merged in")
        assert await town.data("mq.list") == []
        assert [one["state"] for one in await town.data("mq.list", all=True)] == ["landed"]
        report = await town.data("report", since=3600.0)
        assert [one["bead"] for one in report["landed"]] == [bead]
        assert await town.data("branches") == []
        assert await town.data("escalations") == []
