"""The hub's machine is lost: what its folder's `secrets` and its towns know brings it back."""

import shutil

import anyio
import pytest
from hub_at_work import HubAtWork, granted, last_of, level

from gastown.bus.hub_protocol import AskAdoption, Return, Sealed, SwapRegister
from gastown.hub import place
from gastown.hub.keeping import Revoke

WITHIN = 20.0
"""Seconds."""


@pytest.fixture
def replaced(hub, tmp_path):
    """The hub on another machine: of the lost one there are `hub.toml`, `secrets`, and what `keep` names."""
    made = []

    def replace(*keep):
        hub.down()
        folder = tmp_path / f"other{len(made)}"
        folder.mkdir()
        shutil.copy(hub.config.path / place.FILE, folder)
        for name in ("secrets", *keep):
            shutil.copytree(hub.config.path / name, folder / name)
        shutil.rmtree(hub.config.path)
        made.append(HubAtWork(place.load(folder)))
        made[-1].up()
        return made[-1]

    yield replace
    for one in made:
        one.down()


async def register(town, connection, known=()):
    said = granted(await town.ask(connection, SwapRegister(known=tuple(known)), "register"))
    return tuple(Sealed(**one) for one in said)


def returning(town, known):
    return Return(town=town.name, incarnation=town.incarnation, known=tuple(known))


async def back(town, connection):
    with anyio.fail_after(WITHIN):
        return await town.hello(connection)


async def test_its_towns_come_back_with_what_they_kept_and_are_copied_anew(hub, join, replaced):
    a, b = await join("a"), await join("b")
    async with a.at_work() as at_a, b.at_work() as at_b:
        await a.write(at_a, count=10)
        await level(a, at_a, at_b)
        known = await register(a, at_a)
        new = await anyio.to_thread.run_sync(replaced)
        assert await new.members() == {}
        await a.write(at_a, count=10)
        welcome = granted(await a.at_door(new, returning(a, known)))
        assert welcome["fenced_by"] == 0
        await back(a, at_a)
        await back(b, at_b)  # of whom only a has said anything
        assert await level(a, at_a, at_b) < WITHIN
        assert await last_of(at_b, a.stream, "hub") == 20
        assert set(await new.members()) == {"a", "b"}


async def test_nobody_comes_back_by_what_the_hub_has_not_sealed(hub, join, replaced):
    a = await join("a")
    async with a.at_work() as at_a:
        (sealed,) = await register(a, at_a)
        new = await anyio.to_thread.run_sync(replaced)
        other = Sealed(sealed.record.replace('"epoch":0', '"epoch":9'), sealed.seal)
        for known in ((), (other,), (Sealed("{}", "é"),)):
            assert (await a.at_door(new, returning(a, known))).code == "unknown"
        assert await new.members() == {}


async def test_who_was_fenced_or_revoked_is_known_as_soon_as_anybody_comes_who_knows_it(hub, join, new_town, replaced):
    a, b, c = await join("a"), await join("b"), await join("c")
    async with b.at_work() as at_b:
        async with a.at_work(), c.at_work():
            early = await register(b, at_b)
        a.kill()
        heir = new_town("a")
        question = AskAdoption(town="a", incarnation=heir.incarnation, key=heir.key.public, position=0, force=True)
        said = granted(await b.ask(at_b, question, "adopt"))
        heir.start(said["leaf_urls"], said["ca"])
        await hub.ask(Revoke("c"))
        known = await register(b, at_b)
        new = await anyio.to_thread.run_sync(replaced)
        # the lost one is the first to come, and is the town for as long as nobody says otherwise
        assert granted(await a.at_door(new, returning(a, early)))["fenced_by"] == 0
        assert granted(await c.at_door(new, returning(c, early)))["fenced_by"] == 0
        await back(b, at_b)
        await register(b, at_b, known)
        assert set(await new.members()) == {"a", "b"}
        told = granted(await a.at_door(new, returning(a, early)))
        assert (told["epoch"], told["fenced_by"]) == (0, 1)
        assert "c was revoked" in (await c.at_door(new, returning(c, early))).message
        async with heir.at_work() as at_heir:
            assert (await back(heir, at_heir))["epoch"] == 1
        a.start_again()
        async with a.connected() as at_a:
            assert (await back(a, at_a))["fenced_by"] == 1
