import anyio


async def test_sling_makes_a_convoy_and_says_so(open_town):
    async with open_town() as town:
        await town.founded()
        one, two = await town.bead("one"), await town.bead("two")

        slung = await town.data("sling", words=[one, two, "app"])
        assert [line["bead"] for line in slung] == [one, two]
        convoy = slung[0]["convoy"]
        assert convoy.startswith("cv-") and len(convoy) == 8 and slung[1]["convoy"] == convoy
        shown = await town.data("convoy.show", convoy=convoy)
        assert [bead["id"] for bead in shown["beads"]] == [one, two]
        assert shown["state"] == "open"


async def test_a_bead_slung_twice_is_taken_and_the_second_is_told_who_has_it(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        session = await town.started(bead)

        refusal = await town.error("sling", words=[bead])
        assert (refusal["code"], refusal["exit"]) == ("taken", 5)
        assert session in refusal["message"]


async def test_a_sling_repeated_after_a_lost_answer_gets_the_first_one(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()

        first = await town.ask("sling", words=[bead], command_id="01SLING")
        again = await town.ask("sling", words=[bead], command_id="01SLING")
        assert again == first
        assert len(await town.data("convoy.list")) == 1


async def test_wait_returns_when_all_is_done(open_town):
    async with open_town() as town, town.caller() as caller:
        await town.founded()
        bead = await town.bead()
        session = await town.started(bead)
        await caller.send(method="wait", params={"ids": [bead]})
        first = await caller.line()
        assert first["params"] == {"bead": bead, "state": "running", "title": "Fix login"}
        await town.landed(await town.submitted(session))

        end = (await caller.answer())["result"]["data"]
        assert end["done"] and not end["timed_out"] and end["needs_you"] == []
        assert end["beads"][0]["state"] == "landed"


async def test_wait_for_a_convoy_returns_when_it_is_done(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        convoy = (await town.data("convoy.create", title="all of it", beads=[bead]))["id"]
        await town.data("bead.close", bead=bead, reason="not wanted")

        end = await town.data("wait", ids=[convoy])
        assert end["done"]
        assert end["convoys"] == [{"id": convoy, "title": "all of it", "state": "done"}]


async def test_wait_returns_as_soon_as_a_person_is_needed(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead("first")
        later = await town.bead("second", needs=[bead])
        await town.data("sling", words=[bead, later])
        for number in (1, 2, 3):
            await town.ended(await town.begun(bead, number), "failed")
        await town.until("bead", bead, "bead.blocked")

        end = await town.data("wait", ids=[later])
        assert not end["done"] and not end["timed_out"]
        assert [(one["bead"], one["on"], one["hint"]) for one in end["needs_you"]] == [
            (later, bead, f"gt retry {bead}")
        ]


async def test_wait_for_what_nobody_has_slung_needs_a_person(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()

        end = await town.data("wait", ids=[bead])
        assert end["needs_you"][0]["hint"] == f"gt sling {bead}"


async def test_a_paused_rig_needs_a_person_once_nothing_else_moves(open_town):
    async with open_town() as town, town.caller() as caller:
        await town.founded()
        runs, waits = await town.bead("runs"), await town.bead("waits")
        await town.data("config.set", name="max_polecats", value="1")
        session = await town.started(runs)
        await town.data("sling", words=[waits])
        await town.data("rig.pause", rig="app", reason="a look around")
        await caller.send(method="wait", params={"ids": [runs, waits]})
        assert {(await caller.line())["params"]["state"] for _ in range(2)} == {"running", "slung"}
        await town.submitted(session)

        end = (await caller.answer())["result"]["data"]
        assert {one["bead"] for one in end["needs_you"]} == {runs, waits}
        assert "a look around" in end["needs_you"][0]["reason"]


async def test_wait_ends_when_the_time_is_up(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        await town.started(bead)
        with anyio.fail_after(10):
            end = await town.data("wait", ids=[bead], timeout=0.05)
        assert end["timed_out"] and not end["done"] and end["needs_you"] == []


async def test_unsling_takes_a_waiting_bead_back(open_town):
    async with open_town() as town:
        await town.founded()
        need = await town.bead("need")
        bead = await town.bead("bead", needs=[need])
        await town.data("sling", words=[bead])

        assert (await town.data("unsling", bead=bead, reason="not yet"))["state"] == "open"
        assert (await town.error("retry", bead=bead))["code"] == "refused"
