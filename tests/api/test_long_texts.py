"""Texts too long for an event: kept beside the log, before the event that names them, and shown in full."""

import pytest

from gastown.bus.texts import digest_of
from gastown.events.bead import BeadCreated, BeadUpdated
from gastown.events.kept import Kept
from gastown.projections import briefing

LONG = "«" + "ü\x1b[31m" * 100_000 + "»"
LONGER = "€" * 1_000_000


async def test_a_long_text_is_named_by_the_event_and_read_in_full(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead(description=LONG, acceptance=LONGER)
        shown = await town.data("bead.show", bead=bead)
        assert (shown["description"], shown["acceptance_criteria"]) == (LONG, LONGER)
        assert "kept_apart" not in shown
        (listed,) = await town.data("bead.list")
        assert listed["kept_apart"] == {"description": digest_of(LONG), "acceptance_criteria": digest_of(LONGER)}
        assert listed["description"] == LONG[:500] + "…"
        assert await town.desk.texts.digests() == {digest_of(LONG), digest_of(LONGER)}
        sizes = [len(message.payload) for message in town.desk.log._messages]
        assert max(sizes) < 10_000


async def test_it_is_changed_from_short_to_long_and_back(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead(description="short")
        for text in (LONG, "short again", LONGER):
            await town.data("bead.update", bead=bead, description=text, notes=text)
            shown = await town.data("bead.show", bead=bead)
            assert (shown["description"], shown["notes"]) == (text, text)
        assert (await town.data("bead.list"))[0]["description"] == LONGER[:500] + "…"


async def test_a_worker_is_told_all_of_it(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead(description=LONG)
        session = await town.started(bead)
        told = await town.data("prime", **town.as_session(session))
        assert LONG in told["text"]
        assert told["bead"]["description"] == LONG
        assert LONG in (await briefing.for_session(town.desk.store, town.desk.texts, session, town.town.path)).task


async def test_it_is_kept_before_the_event_that_names_it(open_town, monkeypatch):
    async with open_town() as town:
        await town.founded()
        monkeypatch.setattr(town.desk.texts, "keep", _refuse)
        before = await town.desk.log.last_position()
        refusal = await town.error("bead.create", title="x", description=LONG)
        assert (refusal["code"], refusal["message"]) == ("bug", "bead.create: OSError: no room")
        assert await town.desk.log.last_position() == before


async def _refuse(text):
    del text
    raise OSError("no room")


@pytest.mark.parametrize("name", ["description", "acceptance", "notes"])
async def test_what_is_longer_than_four_mebibytes_is_refused(open_town, name):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        refusal = await town.error("bead.update", bead=bead, **{name: "x" * (4 * 1024 * 1024 + 1)})
        assert (refusal["code"], name in refusal["message"]) == ("refused", True)
        await town.data("bead.update", bead=bead, **{name: "x" * (4 * 1024 * 1024)})
        assert await town.desk.texts.digests() == {digest_of("x" * (4 * 1024 * 1024))}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("bead.close", {"bead": "ap-1", "reason": "x" * 200_001}),
        ("bead.create", {"title": "x" * 200_001}),
        ("rig.add", {"rig": "x", "location": "/x", "gates": [["test", "x" * 200_001]]}),
        ("sling", {"words": ["x" * 200_001]}),
        ("agent.add", {"name": "x", "vendor": "shell", "env": [["X", "ü" * 100_001]]}),
    ],
)
async def test_no_other_text_may_be_long(open_town, method, params):
    async with open_town() as town:
        refusal = await town.error(method, **params)
        assert refusal["code"] == "refused"
        assert refusal["hint"]


async def test_the_events_hold_the_names(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead(description=LONG)
        await town.data("bead.update", bead=bead, notes=LONGER)
        facts = [event.envelope.data async for message in town.desk.log.read() for event in message]
        (created,) = [fact for fact in facts if isinstance(fact, BeadCreated)]
        (updated,) = [fact for fact in facts if isinstance(fact, BeadUpdated)]
        assert created.description == Kept(digest=digest_of(LONG), size=len(LONG.encode()), head=LONG[:500] + "…")
        assert isinstance(updated.notes, Kept)
