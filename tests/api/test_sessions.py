from gastown.errors import UnknownThingError


async def test_a_person_has_no_hook(open_town):
    async with open_town() as town:
        for method in ("hook", "prime", "done"):
            assert (await town.error(method))["code"] == "refused"


async def test_a_worker_sees_its_assignment(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead("Fix login", description="It is broken", acceptance="It works")
        session = await town.started(bead)

        hook = await town.data("hook", **town.as_session(session))
        assert (hook["session"], hook["bead"]["id"], hook["rig"], hook["agent"]) == (session, bead, "app", "sh")
        assert hook["worktree"] == "/w"
        prime = await town.data("prime", **town.as_session(session))
        assert {"Fix login", "It is broken", "It works", "gt done"} <= {
            part for part in ("Fix login", "It is broken", "It works", "gt done") if part in prime["text"]
        }


async def test_done_hands_in_what_was_seen_in_the_sandbox(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        session = await town.started(bead)

        done = await town.data("done", **town.as_session(session))
        assert (done["bead"], done["session"], done["status"]) == (bead, session, "completed")
        assert (done["ahead"], done["untracked"]) == (1, ["notes.txt"])


async def test_done_with_uncommitted_changes_is_refused(open_town):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead())
        town.host.answers["ask_sandbox"] = {"head": "", "base": "", "ahead": 1, "changed": ["login.py"]}

        refusal = await town.error("done", **town.as_session(session))
        assert refusal["code"] == "refused"
        assert "login.py" in refusal["message"]


async def test_done_said_again_gets_the_first_answer_though_the_sandbox_is_gone(open_town):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead())
        speaks = {**town.as_session(session), "command_id": "01DONE"}

        first = await town.ask("done", **speaks)
        town.host.answers["ask_sandbox"] = UnknownThingError("no such session here")
        again = await town.ask("done", **speaks)
        assert again["result"]["position"] == first["result"]["position"]
        assert again["result"]["data"]["status"] == "completed"


async def test_a_worker_may_ask_for_a_person(open_town):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead())

        done = await town.data("done", status="escalated", reason="which login?", **town.as_session(session))
        assert done["status"] == "escalated"
