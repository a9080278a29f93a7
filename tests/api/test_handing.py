"""handoff: by the worker for itself, or by a person for a session; and a sling that names another agent."""

from gastown.actors.commands.polecat import ReportAgentStarted
from gastown.actors.errands import SandboxFacts


async def at_work(town):
    """A bead whose agent takes turns. -> (bead, session)"""
    await town.founded()
    await town.data("agent.add", name="cc", vendor="claude", default=True)
    bead = await town.bead()
    await town.data("sling", words=[bead])
    session = f"{bead}-1"
    await town.until("session", session, "session.opened")
    started = ReportAgentStarted(session=session, pid=1, started=1, worktree="/w", branch="b", base="c", turns=True)
    await town.report("polecat", session, started, f"run:{session}")
    await town.until("bead", bead, "bead.started")
    return bead, session


async def test_a_persons_notes_are_kept_and_the_agent_is_asked(open_town):
    async with open_town() as town:
        bead, session = await at_work(town)
        asked = await town.data("handoff", address=bead, notes="Mind the docs.")
        assert asked == {
            "session": session,
            "address": "app/polecats/toast",
            "bead": bead,
            "state": "asked",
        }
        await town.host.errand(f"say:{session}:handoff")
        told = await town.data("prime", **town.as_session(session))
        assert f"### From session {session}, by overseer\n\nMind the docs." in told["text"]


async def test_a_worker_hands_on_its_own_session_once_all_is_committed(open_town):
    async with open_town() as town:
        bead, session = await at_work(town)
        mine = town.as_session(session)
        town.host.answers["ask_sandbox"] = SandboxFacts(head="", base="", ahead=0, changed=("a.py",))
        assert "uncommitted changes in a.py" in (await town.error("handoff", notes="x", **mine))["message"]
        town.host.answers["ask_sandbox"] = SandboxFacts(head="", base="", ahead=1)
        assert (await town.data("handoff", address=bead, notes="All but the docs.", **mine))["state"] == "ending"
        await town.host.errand(f"end:{session}")


async def test_bad_calls_are_named_with_the_next_step(open_town):
    async with open_town() as town:
        bead, session = await at_work(town)
        other = await town.bead("other")
        mine = town.as_session(session)
        for code, params in (
            ("usage", {}),
            ("usage", {"address": bead, "notes": "x" * 16_001}),
            ("unknown", {"address": "nowhere"}),
            ("refused", {"address": other, **mine}),
        ):
            error = await town.error("handoff", **params)
            assert error["code"] == code, params
            assert error["hint"]


async def test_a_sling_that_names_another_agent_hands_the_session_on(open_town):
    async with open_town() as town:
        bead, session = await at_work(town)
        (slung,) = await town.data("sling", words=[bead], agent="sh")
        assert (slung["bead"], slung["handed_on"], slung["agent"]) == (bead, session, "sh")
        assert slung["convoy"].startswith("cv-")
        await town.until("session", session, "session.handoff_ordered")
        assert (await town.data("bead.show", bead=bead))["agent"] == "sh"
