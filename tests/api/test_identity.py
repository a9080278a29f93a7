async def test_a_wrong_token_is_refused(open_town):
    async with open_town() as town:
        for token in ("", "0" * 32, "ü", town.as_session("other-1")["token"]):
            refusal = await town.error("ready", session="ap-1-1", token=token)
            assert refusal["code"] == "refused"
            assert "token" in refusal["message"]


async def test_nobody_speaks_as_another_role(open_town):
    async with open_town() as town:
        assert (await town.error("ready", actor="mayor"))["code"] == "refused"


async def test_a_worker_acts_under_its_own_name(open_town):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead())

        made = await town.data("bead.create", title="found on the way", **town.as_session(session))
        assert made["created_by"] == f"polecat/{session}"
        assert made["rig"] == "app"


async def test_a_worker_touches_no_bead_but_its_own(open_town):
    async with open_town() as town:
        await town.founded()
        mine, other = await town.bead("mine"), await town.bead("other")
        session = await town.started(mine)
        speaks = town.as_session(session)

        assert (await town.error("bead.close", bead=other, **speaks))["code"] == "refused"
        assert (await town.error("bead.update", bead=other, title="x", **speaks))["code"] == "refused"
        assert (await town.data("bead.update", bead=mine, notes="half way", **speaks))["notes"] == "half way"
        made = await town.data("bead.create", title="found on the way", **speaks)
        assert (await town.data("bead.close", bead=made["id"], **speaks))["state"] == "closed"


async def test_a_worker_that_was_replaced_can_no_longer_close_the_bead(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        old = await town.started(bead)
        await town.ended(old, "failed")
        await town.begun(bead, 2)

        assert (await town.error("bead.close", bead=bead, **town.as_session(old)))["code"] == "refused"


async def test_a_worker_with_unlanded_commits_may_not_close_its_bead(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        session = await town.started(bead)

        refusal = await town.error("bead.close", bead=bead, **town.as_session(session))
        assert refusal["code"] == "refused"
        assert "gt done" in refusal["hint"]
        assert (await town.data("bead.show", bead=bead))["state"] == "running"


async def test_a_worker_with_nothing_committed_closes_its_bead_once(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        session = await town.started(bead)
        town.host.answers["ask_sandbox"] = {"head": "", "base": "", "ahead": 0}
        speaks = {**town.as_session(session), "command_id": "01CLOSE"}

        closed = await town.ask("bead.close", bead=bead, reason="nothing to do", **speaks)
        town.host.answers["ask_sandbox"] = AssertionError("there is no sandbox left to look into")
        again = await town.ask("bead.close", bead=bead, reason="nothing to do", **speaks)

        assert closed["result"]["data"]["state"] == "closed"
        assert again["result"]["position"] == closed["result"]["position"]
