from gastown.bus.event_log import LogBrokenError


async def test_verify_agrees_with_a_sound_town(open_town):
    async with open_town() as town:
        await town.founded()
        await town.landed(await town.submitted(await town.started(await town.bead())))

        verified = await town.data("verify")
        assert verified == {
            "ok": True,
            "log": True,
            "views": True,
            "git": True,
            "rigs": [{"rig": "app", "landed": 1, "pins": 1, "complaints": []}],
            "complaints": [],
        }
        question = town.host.asked[-1]
        assert question.landed == (f"{8:040x}",)
        assert question.pins[0][1] == f"{7:040x}"


async def test_verify_lists_what_git_does_not_have(open_town):
    async with open_town() as town:
        await town.founded()
        town.host.answers["ask_proof"] = ["the pin is gone"]
        verified = await town.data("verify")
        assert (verified["ok"], verified["git"], verified["views"]) == (False, False, True)
        assert verified["complaints"] == ["rig app: the pin is gone"]


async def test_verify_finds_a_view_that_is_not_what_the_log_says(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        table = next(table for table in town.desk.store.tables if table.name == "beads")
        batch = town.desk.store.batch()
        batch.apply([table.patch(bead, title="forged")])
        town.desk.store.write(batch, town.desk.store.mark)

        verified = await town.data("verify")
        assert (verified["ok"], verified["views"], verified["log"]) == (False, False, True)
        assert "beads" in verified["complaints"][0]
        await town.data("rebuild")
        assert (await town.data("verify"))["ok"]
        assert (await town.data("bead.show", bead=bead))["title"] == "Fix login"


async def test_verify_says_that_the_log_has_a_gap(open_town, monkeypatch):
    async with open_town() as town:

        async def broken(**_):
            raise LogBrokenError("position 2 is missing")
            yield

        monkeypatch.setattr(town.desk.log, "read", broken)
        verified = await town.data("verify")
        assert (verified["ok"], verified["log"]) == (False, False)
        assert verified["complaints"] == ["position 2 is missing"]


async def test_the_wish_to_be_down_is_written_down(open_town):
    async with open_town() as town:
        down = await town.ask("town.down")
        assert down["result"]["data"] == {"state": "down"}
        assert down["result"]["position"] == 1
