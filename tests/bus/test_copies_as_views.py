"""Another town's views, folded from the copy of its log, on every implementation of copies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import msgspec
import pytest
from joined.towns import INCARNATION, Towns, tell

from gastown.api.abroad import Abroad
from gastown.bus.hub_protocol import Member
from gastown.clock import now
from gastown.errors import UnreachableError
from gastown.projections.beads import listing
from gastown.projections.views import differing_tables


class Said(msgspec.Struct):
    """What the hub says, as far as this suite needs it."""

    up: bool = True
    asked: float = 0.0
    towns: tuple[Member, ...] = ()


class Register:
    def __init__(self) -> None:
        self.said = Said()

    async def look_around(self) -> Said:
        members = [Member(name=name, incarnation=INCARNATION, epoch=0, stream="EV", connected=True) for name in "abc"]
        self.said = Said(up=self.said.up, asked=now(), towns=tuple(members))
        return self.said


@asynccontextmanager
async def abroad_of(towns: Towns, name: str, folder: Path, register: Register) -> AsyncIterator[Abroad]:
    abroad = Abroad(folder, name, register, towns.copies(name))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(abroad.run)
        yield abroad
        tasks.cancel_scope.cancel()


async def test_what_a_town_wrote_is_read_in_another_and_goes_on_being_read(open_towns, an_append, tmp_path):
    async with open_towns() as towns, abroad_of(towns, "a", tmp_path / "towns", Register()) as abroad:
        for number in range(120):
            await tell(towns, "b", "bead", f"ap-{number}", an_append)
        await towns.level("b")
        async with abroad.town("b") as away:
            assert len(listing(away.store)) == 120
            assert (away.of.position, away.of.connected) == (120, True)
            assert await differing_tables(away.store, away.log) == []
        await tell(towns, "b", "bead", "ap-new", an_append)
        await towns.level("b")
        async with abroad.town("b") as away:
            assert (away.of.position, len(listing(away.store))) == (121, 121)


async def test_without_the_hub_what_was_read_is_there_and_nothing_else(open_towns, an_append, tmp_path):
    register = Register()
    async with open_towns() as towns, abroad_of(towns, "a", tmp_path / "towns", register) as abroad:
        await tell(towns, "b", "bead", "ap-1", an_append)
        await tell(towns, "c", "bead", "ap-2", an_append)
        await towns.level("b")
        await towns.level("c")
        async with abroad.town("b") as away:
            as_of = away.of.as_of
        await towns.cut("a")
        register.said.up = False
        async with abroad.town("b") as away:
            assert (away.of.position, away.of.as_of, away.of.connected) == (1, as_of, False)
        with pytest.raises(UnreachableError):
            async with abroad.town("c"):
                pass
        await towns.heal("a")
        register.said.up = True
        async with abroad.town("c") as away:
            assert away.of.position == 1


async def test_a_town_that_is_away_is_read_all_the_same(open_towns, an_append, tmp_path):
    async with open_towns() as towns, abroad_of(towns, "a", tmp_path / "towns", Register()) as abroad:
        await tell(towns, "b", "bead", "ap-1", an_append)
        await towns.level("b")
        await towns.cut("b")
        async with abroad.town("b") as away:
            assert [bead["id"] for bead in listing(away.store)] == ["ap-1"]
