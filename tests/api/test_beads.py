async def test_a_bead_is_shown_by_the_field_names_of_beads(open_town):
    async with open_town() as town:
        await town.founded()
        made = await town.data("bead.create", title="Fix login", description="It is broken", priority=1, rig="app")

        assert made["id"].startswith("ap-")
        assert (made["title"], made["description"], made["priority"]) == ("Fix login", "It is broken", 1)
        assert (made["status"], made["state"], made["issue_type"], made["rig"]) == ("open", "open", "task", "app")
        assert (made["convoy"], made["submission"], made["landed_commit"], made["attempts"]) == (None, None, None, 0)
        assert made["created_by"] == "overseer"
        assert (await town.data("ready"))[0]["id"] == made["id"]


async def test_ready_leaves_out_what_needs_something_undone(open_town):
    async with open_town() as town:
        await town.founded()
        first = await town.bead("first")
        second = await town.bead("second", needs=[first])

        assert [bead["id"] for bead in await town.data("ready")] == [first]
        await town.data("bead.close", bead=first, reason="done by hand")
        assert [bead["id"] for bead in await town.data("ready")] == [second]


async def test_a_write_returns_the_position_that_the_next_read_shows(open_town):
    async with open_town() as town:
        await town.founded()
        made = await town.ask("bead.create", title="one", rig="app")
        read = await town.ask("bead.list")

        assert read["result"]["position"] >= made["result"]["position"] > 0
        assert [bead["title"] for bead in read["result"]["data"]] == ["one"]


async def test_the_same_command_id_makes_one_bead_and_gets_the_first_answer(open_town):
    async with open_town() as town:
        await town.founded()
        first = await town.ask("bead.create", title="one", rig="app", command_id="01COMMAND")
        again = await town.ask("bead.create", title="one", rig="app", command_id="01COMMAND")

        assert again == first
        assert len(await town.data("bead.list")) == 1


async def test_a_bead_is_shown_as_it_was(open_town):
    async with open_town() as town:
        await town.founded()
        made = await town.ask("bead.create", title="old title", rig="app")
        bead, then = made["result"]["data"]["id"], made["result"]["position"]
        await town.data("bead.update", bead=bead, title="new title")

        assert (await town.data("bead.show", bead=bead))["title"] == "new title"
        before = await town.ask("bead.show", bead=bead, at=then)
        assert before["result"]["data"]["title"] == "old title"
        assert before["result"]["position"] == then
        assert (await town.error("bead.show", bead=bead, at=then - 1))["code"] == "unknown"
        assert (await town.error("bead.show", bead=bead, at=9999))["code"] == "usage"
        assert (await town.error("bead.create", title="x", at=1))["code"] == "usage"


async def test_a_cycle_is_refused_by_a_rule(open_town):
    async with open_town() as town:
        await town.founded()
        first = await town.bead("first")
        second = await town.bead("second", needs=[first])

        refusal = await town.error("bead.update", bead=first, add_needs=[second])
        assert (refusal["code"], refusal["exit"]) == ("refused", 3)
        assert refusal["hint"]


async def test_what_does_not_exist_is_said_so(open_town):
    async with open_town() as town:
        await town.founded()

        for method, params in (
            ("bead.show", {"bead": "ap-none"}),
            ("bead.close", {"bead": "ap-none"}),
            ("bead.create", {"title": "x", "rig": "none"}),
            ("bead.create", {"title": "x", "needs": ["ap-none"]}),
            ("sling", {"words": ["ap-none"]}),
            ("convoy.show", {"convoy": "cv-none"}),
            ("rig.show", {"rig": "none"}),
            ("agent.remove", {"name": "none"}),
            ("mq.show", {"submission": "none"}),
            ("wait", {"ids": ["none"]}),
            ("trace", {"id": "none"}),
            ("log", {"bead": "ap-none"}),
            ("peek", {"address": "none"}),
            ("config.get", {"name": "none"}),
        ):
            refusal = await town.error(method, **params)
            assert (method, refusal["code"], refusal["exit"]) == (method, "unknown", 4)
            assert refusal["hint"], method


async def test_a_giant_text_is_refused(open_town):
    async with open_town() as town:
        await town.founded()

        refusal = await town.error("bead.create", title="x", description="é" * (2 * 1024 * 1024 + 1))
        assert refusal["code"] == "refused"
        assert await town.data("bead.list") == []
