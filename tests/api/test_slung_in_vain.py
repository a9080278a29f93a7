"""Beads slung to a town that cannot take them, or dies meanwhile: each stays with one town, and why is said."""

from between import arrives, two_towns


async def test_a_bead_whose_rig_is_not_there_stays_and_a_person_is_told_what_to_do(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        bead = await a.bead()
        await a.data("sling", words=[bead], to=["b/web"])
        await a.until("escalation", f"{bead}.1", "escalation.raised")
        (raised,) = await a.data("escalations")
        assert raised["reason"] == f"no town took {bead}: b: there is no rig web"
        assert raised["hint"] == f"gt sling {bead} --to TOWN, or here: gt sling {bead}"
        shown = await a.data("bead.show", bead=bead)
        assert (shown["state"], shown["abroad"]["not_taken"]) == ("open", "b: there is no rig web")
        assert (await b.error("bead.show", bead=f"a/{bead}"))["code"] == "unknown"
        await a.data("sling", words=[bead], to=["b/app"])
        await arrives(b, f"a.{bead}")
        await a.until("escalation", f"{bead}.1", "escalation.closed")


async def test_an_offer_that_is_not_answered_in_time_comes_to_nothing_whatever_is_answered_later(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        await a.data("config.set", name="towns.patience", value="1")
        hub.cut("b")
        bead = await a.bead()
        await a.data("sling", words=[bead], to=["b"])
        await a.until("bead", bead, "bead.stranded")
        assert (await a.data("bead.show", bead=bead))["abroad"]["not_taken"] == "b: it has not answered in time"
        hub.heal("b")
        await b.until("handover", f"a.a.{bead}", "handover.accepted")
        other = await a.bead("another")
        await a.data("sling", words=[other], to=["b"])
        await arrives(b, f"a.{other}")
        assert (await a.data("bead.show", bead=bead))["state"] == "open"
        assert (await b.error("bead.show", bead=f"a/{bead}"))["code"] == "unknown"


async def test_what_another_town_has_is_not_recalled_and_the_way_to_have_it_back_is_told(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):
        bead = await a.bead()
        await a.data("sling", words=[bead], to=["b"])
        await arrives(b, f"a.{bead}")
        way = f"in b: gt unsling a/{bead}, then gt sling a/{bead} --to a"
        for verb in ("recall", "unsling"):
            refusal = await a.error(verb, bead=bead)
            assert (refusal["code"], refusal["message"]) == ("refused", f"{bead} is away at b")
            assert refusal["hint"] == way
        await b.data("bead.close", bead=f"a/{bead}", reason="not wanted")
        await a.until("bead", bead, "bead.ended_abroad")
        hub.cut("b")
        assert "offered to no other town" in (await a.error("recall", bead=bead))["message"]


async def test_a_town_that_dies_once_it_has_accepted_has_the_bead_and_whoever_wants_it_back_is_told(open_town, hub):
    async with two_towns(open_town, hub) as (a, b):

        def die():
            if b"handover.handed_over" in a.desk.log._messages[-1].payload:
                hub.cut("b", ago=7200.0)

        a.desk.log.on_append(die)
        bead = await a.bead()
        await a.data("sling", words=[bead], to=["b"])
        await a.until("handover", f"b.a.{bead}", "handover.handed_over")
        assert (await a.data("bead.show", bead=bead))["state"] == "away"
        assert (await b.error("bead.show", bead=f"a/{bead}"))["code"] == "unknown"
        for verb in ("recall", "unsling"):
            refusal = await a.error(verb, bead=bead)
            assert refusal["message"].startswith(f"{bead} is away at b, which the hub saw last at 20")
            assert refusal["hint"].startswith("is it lost for good: gt adopt b FOLDER; else in b: gt unsling")
        assert (await a.error("sling", words=[bead]))["code"] == "taken"
        hub.heal("b")
        await b.landed(await b.submitted(await arrives(b, f"a.{bead}")))
        await a.until("bead", bead, "bead.ended_abroad")
