"""Whatever happens to servers and links: each arrival once and in order, and copies level with their logs."""

import random  # noqa: TID251  what happens is drawn, by a seed that is said
import sys
from contextlib import asynccontextmanager

import anyio
import pytest
from joined.ground import open_real_towns
from joined.towns import INCARNATION, tell

from gastown.bus.event_log import Append, LogUnavailableError
from gastown.events.ids import Entity

pytestmark = pytest.mark.timeout(240)


class Ears:
    """What arrives at town b, all of it taken."""

    def __init__(self):
        self.heard = []

    def of(self, town):
        return [position for sender, position in self.heard if sender == town]

    async def listen(self, towns):
        async with towns.arrivals("b") as arrivals:
            while True:
                arrival = await arrivals.next()
                self.heard.append((arrival.town, arrival.position))
                await arrivals.taken(arrival)

    async def have(self, town, positions, within=20.0):
        with anyio.move_on_after(within):
            while len(self.of(town)) < len(positions):  # noqa: ASYNC110  only what was heard tells
                await anyio.sleep(0.01)
        assert self.of(town) == list(positions)


@asynccontextmanager
async def listening(tmp_path):
    async with open_real_towns(tmp_path) as towns, anyio.create_task_group() as tasks:
        ears = Ears()
        tasks.start_soon(ears.listen, towns)
        yield towns, ears
        tasks.cancel_scope.cancel()


async def say(towns, town, an_append, name, count=5):
    """So many letters to b."""
    return [await tell(towns, town, "letter", f"b.{name}{number}", an_append) for number in range(count)]


async def write_many(log, an_append, count, letters_to, batch=500):
    """So many messages, every hundredth a letter; the positions of the letters."""
    letters = []
    for first in range(0, count, batch):
        members = [
            Append(
                entity=Entity("letter", f"{letters_to}.n{number}")
                if number % 100 == 0
                else Entity("bead", f"n{number}"),
                expected=0,
                envelopes=an_append("x").envelopes,
            )
            for number in range(first, first + batch)
        ]
        positions = await log.append(members)
        letters += [p for p, member in zip(positions, members, strict=True) if member.entity.kind == "letter"]
    return letters


async def same_everywhere(towns, town, reader):
    """The hub's copy is the log: same messages at the same positions."""
    with anyio.fail_after(60):
        await towns.level(town)
    log = [events async for events in towns.log(town).read()]
    copy = [events async for events in towns.copies(reader).log(town, INCARNATION).read()]
    assert copy == log


async def test_the_hubs_server_is_killed_and_comes_back(tmp_path, an_append):
    async with listening(tmp_path) as (towns, ears):
        letters = await say(towns, "a", an_append, "before")
        await ears.have("a", letters)
        towns.hub.kill()
        letters += await say(towns, "a", an_append, "meanwhile")
        others = await say(towns, "c", an_append, "meanwhile")
        with anyio.fail_after(10):
            await towns.restart_hub()
        letters += await say(towns, "a", an_append, "after")
        await ears.have("a", letters, within=8.0)
        await ears.have("c", others, within=8.0)
        for town in "ac":
            await same_everywhere(towns, town, "b")


async def test_the_server_of_one_who_speaks_is_killed_and_comes_back(tmp_path, an_append):
    async with listening(tmp_path) as (towns, ears):
        letters = await say(towns, "a", an_append, "before")
        await ears.have("a", letters)
        towns.towns["a"].server.kill()
        others = await say(towns, "c", an_append, "meanwhile")
        await ears.have("c", others, within=3.0)
        with anyio.fail_after(10):
            await towns.restart_town("a")
            await towns.wake_hub()
        letters += await say(towns, "a", an_append, "after")
        await ears.have("a", letters, within=8.0)
        await same_everywhere(towns, "a", "b")


async def test_the_server_of_one_who_listens_is_killed_and_comes_back(tmp_path, an_append):
    async with listening(tmp_path) as (towns, ears):
        letters = await say(towns, "a", an_append, "before")
        await ears.have("a", letters)
        towns.towns["b"].server.kill()
        letters += await say(towns, "a", an_append, "meanwhile")
        await towns.level("a")
        with anyio.fail_after(10):
            await towns.restart_town("b")
        letters += await say(towns, "a", an_append, "after")
        await ears.have("a", letters, within=8.0)


@pytest.mark.parametrize("who", ["hub", "a", "b"])
async def test_a_server_stands_still_for_three_seconds(tmp_path, an_append, who):
    async with listening(tmp_path) as (towns, ears):
        letters = await say(towns, "a", an_append, "before")
        await ears.have("a", letters)
        server = towns.hub if who == "hub" else towns.towns[who].server
        server.freeze()
        async with anyio.create_task_group() as tasks:

            async def speak():
                letters.extend(await say(towns, "a", an_append, "meanwhile"))

            tasks.start_soon(speak)
            await anyio.sleep(3)  # what is tried is that it stands still so long
            server.thaw()
        letters += await say(towns, "a", an_append, "after")
        await ears.have("a", letters, within=15.0)
        await same_everywhere(towns, "a", "c")


@pytest.mark.parametrize("who", ["a", "b"])
async def test_a_link_lets_nothing_through_for_three_seconds_and_nobody_is_told(tmp_path, an_append, who):
    async with listening(tmp_path) as (towns, ears):
        letters = await say(towns, "a", an_append, "before")
        await ears.have("a", letters)
        towns.towns[who].tap.hold()
        letters += await say(towns, "a", an_append, "meanwhile")
        await anyio.sleep(3)  # what is tried is that nothing gets through for so long
        towns.towns[who].tap.heal()
        letters += await say(towns, "a", an_append, "after")
        await ears.have("a", letters, within=15.0)
        await same_everywhere(towns, "a", "c")


@pytest.mark.long
async def test_fifty_thousand_messages_written_on_both_sides_of_a_cut_are_all_there_afterwards(tmp_path, an_append):
    async with listening(tmp_path) as (towns, ears):
        await towns.cut("a")
        letters = await write_many(towns.log("a"), an_append, 50_000, "b")
        others = await write_many(towns.log("c"), an_append, 50_000, "b")
        await ears.have("c", others, within=60.0)
        assert ears.of("a") == []
        await towns.heal("a")
        await ears.have("a", letters, within=60.0)
        for town in "ac":
            await same_everywhere(towns, town, "b")


class Hits:
    """What happens to servers and links, one thing after another."""

    def __init__(self, towns, dice):
        self._towns = towns
        self._dice = dice
        self.told = []

    async def hit(self):
        what = self._dice.choice([self._kill_hub, self._kill_town, self._freeze, self._cut, self._hold])
        town, seconds = self._dice.choice("abc"), self._dice.uniform(0.1, 4.0)
        self.told.append(f"{what.__name__} {town} {seconds:.1f}")
        await what(town, seconds)

    async def _kill_hub(self, _, seconds):
        self._towns.hub.kill()
        await anyio.sleep(seconds)
        await self._towns.restart_hub()

    async def _kill_town(self, town, seconds):
        self._towns.towns[town].server.kill()
        await anyio.sleep(seconds)
        await self._towns.restart_town(town)
        await self._towns.wake_hub()

    async def _freeze(self, town, seconds):
        server = self._dice.choice([self._towns.hub, self._towns.towns[town].server])
        server.freeze()
        await anyio.sleep(seconds)
        server.thaw()

    async def _cut(self, town, seconds):
        await self._towns.cut(town)
        await anyio.sleep(seconds)
        await self._towns.heal(town)

    async def _hold(self, town, seconds):
        self._towns.towns[town].tap.hold()
        await anyio.sleep(seconds)
        self._towns.towns[town].tap.heal()


async def speak(log, an_append, letters, stopped):
    """One letter to b after another, each until it is written."""
    number = 0
    while not stopped.is_set():
        append = Append(entity=Entity("letter", f"b.n{number}"), expected=0, envelopes=an_append("x").envelopes)
        while True:
            try:
                letters += await log.append([append])
                break
            except LogUnavailableError:
                await anyio.sleep(0.1)
        number += 1
        await anyio.sleep(0.002)


@pytest.mark.timeout(3600)
async def test_whatever_happens_in_whatever_order_each_arrival_comes_once_and_in_order(
    tmp_path, an_append, request, capsys
):
    seed, seconds = request.config.getoption("--first-seed"), 600 if request.config.getoption("--long") else 20
    async with listening(tmp_path) as (towns, ears), anyio.create_task_group() as speaking:
        hits, stopped, letters = Hits(towns, random.Random(seed)), anyio.Event(), {"a": [], "c": []}
        for town in letters:
            speaking.start_soon(speak, towns.log(town), an_append, letters[town], stopped)
        end = anyio.current_time() + seconds
        while anyio.current_time() < end:
            await hits.hit()
            await anyio.sleep(0.5)  # so that there is work between one hit and the next
        stopped.set()
        await towns.wake_hub()
        for town, sent in letters.items():
            with anyio.move_on_after(60):
                while len(ears.of(town)) < len(sent):  # noqa: ASYNC110  only what was heard tells
                    await anyio.sleep(0.05)
            assert ears.of(town) == sent, f"seed {seed}: {hits.told}"
            await same_everywhere(towns, town, "b")
        capsys.readouterr()  # what the servers' coming and going was logged as
        with capsys.disabled():
            sys.stdout.write(f"\nseed {seed}: {len(hits.told)} hits, {sum(map(len, letters.values()))} arrivals\n")


async def test_who_is_killed_while_it_listens_hears_the_last_few_again_and_misses_none(tmp_path, an_append):
    async with open_real_towns(tmp_path) as towns:
        letters = await say(towns, "a", an_append, "x", count=100)
        await towns.level("a")
        first = []
        arrivals = towns.arrivals("b")
        listening = await arrivals.__aenter__()
        with anyio.fail_after(10):
            while len(first) < 90:
                arrival = await listening.next()
                first.append(arrival.position)
                await listening.taken(arrival)
        second = Ears()
        async with anyio.create_task_group() as tasks:  # the first one is as good as dead: it has not been closed
            tasks.start_soon(second.listen, towns)
            await second.have("a", letters[letters.index(first[-1]) + 1 - (90 - 64) :], within=10.0)
            tasks.cancel_scope.cancel()
        await arrivals.__aexit__(None, None, None)
        assert first == letters[:90]
