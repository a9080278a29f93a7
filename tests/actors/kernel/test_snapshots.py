"""A snapshot changes nothing but how long a start takes."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from random import Random  # noqa: TID251  seeded: the same places in every run
from typing import Any

import anyio
import msgspec
import pytest

from gastown import clock
from gastown.actors.commands import mayor as told
from gastown.actors.commands.command import Order, Owner
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import Effect
from gastown.actors.kernel.absorbed import Absorbed
from gastown.actors.kernel.answer import Accepted
from gastown.actors.kernel.role import Role
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.kernel.snapshot import Moment, Remembered, pieces, read
from gastown.actors.kernel.snapshots import Snapshots
from gastown.actors.roles import ROLES, owner_of
from gastown.bench.history import Scribe
from gastown.bench.lives import Life, bead_id, founding
from gastown.bus.event_log import Append, EventLog, LogUnavailableError
from gastown.bus.memory_event_log import MemoryEventLog


class Kept:
    """A SnapshotStore in memory."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.full = False
        self.saves = 0

    async def load(self) -> bytes | None:
        return self.content

    async def save(self, pieces: list[bytes]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.content = b"".join(pieces)
        self.saves += 1


class Hands:
    """Nothing is carried out."""

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        del effect, cause, traceparent


class Until(MemoryEventLog):
    """The first messages of a log."""

    def __init__(self, log: MemoryEventLog, end: int) -> None:
        super().__init__()
        self._messages = log._messages[:end]
        self._positions = {
            entity: [position for position in positions if position <= end]
            for entity, positions in log._positions.items()
        }


@pytest.fixture
async def past() -> MemoryEventLog:
    """Twelve beads at work side by side, some of them more than once."""
    scribe = Scribe(log := MemoryEventLog())
    for step in founding("bench", "A"):
        await scribe.write([step])
    needs = {3: bead_id(1), 6: bead_id(5)}
    lives = [Life(number=n, polecat=f"polecat-{n}", need=needs.get(n, "")).steps() for n in range(1, 13)]
    draw = Random(7)
    while lives:
        life = draw.choice(lives)
        step = next(life, None)
        if step is None:
            lives.remove(life)
        else:
            await scribe.write([step])
    return log


def runtime_on(log: EventLog, snapshots: Snapshots | None = None) -> Runtime:
    return Runtime(log, ROLES, owner_of, Hands(), clock, snapshots)


async def folded(log: EventLog, snapshots: Snapshots | None = None) -> Moment:
    runtime = runtime_on(log, snapshots)
    await runtime.replay()
    return runtime.moment()


def as_data(moment: Moment) -> dict[str, Any]:
    owners = {one.owner: (one.state, one.threads) for one in moment.owners}
    return {"at": (moment.position, moment.event), "answered": moment.answered, "owners": owners}


def store_with(moment: Moment) -> Kept:
    store = Kept()
    store.content = b"".join(pieces(moment))
    return store


async def test_a_snapshot_and_what_came_after_it_make_what_the_whole_log_makes(past: MemoryEventLog):
    end, draw = await past.last_position(), Random(11)
    for _ in range(60):
        early, late = sorted(draw.sample(range(1, end + 1), 2))
        store = store_with(await folded(Until(past, early)))
        log = Until(past, late)
        assert as_data(await folded(log, Snapshots(store, log, ROLES))) == as_data(await folded(log))


async def test_owners_may_be_ahead_of_the_position_of_their_snapshot(past: MemoryEventLog):
    """Appends of several owners are under way at once: the position is where the first gap is."""
    end, draw = await past.last_position(), Random(13)
    for _ in range(60):
        gap, late = sorted(draw.sample(range(1, end + 1), 2))
        log = Until(past, late)
        event = (await log.read_position(gap))[-1].envelope.id
        ahead = msgspec.structs.replace(await folded(log), position=gap, event=event)
        assert as_data(await folded(log, Snapshots(store_with(ahead), log, ROLES))) == as_data(await folded(log))


async def test_one_owner_is_read_without_the_others_and_the_log_is_read_from_there(past: MemoryEventLog):
    moment = await folded(past)
    only = read(b"".join(pieces(moment)), ROLES, MAYOR)
    assert list(only.memories) == [MAYOR]
    runtime = runtime_on(past, Snapshots(store_with(await folded(Until(past, 100))), past, ROLES))
    for owner in (one.owner for one in moment.owners):
        memory = await runtime.fold(owner)
        assert (memory.state, memory.threads) == as_data(moment)["owners"][owner]


async def test_a_snapshot_of_another_log_is_ignored(past: MemoryEventLog):
    moment = await folded(past)
    lying = msgspec.structs.replace(moment, event="01ANOTHER", owners=())
    beyond = msgspec.structs.replace(moment, position=moment.position + 1, owners=())
    for wrong in (lying, beyond):
        assert as_data(await folded(past, Snapshots(store_with(wrong), past, ROLES))) == as_data(moment)


@pytest.mark.parametrize("content", [b"", b"\0\0\0\5nothing", b"\0\0\0\0", b"x" * 1000])
async def test_what_is_no_snapshot_is_ignored(past: MemoryEventLog, content: bytes):
    store = Kept()
    store.content = content
    assert as_data(await folded(past, Snapshots(store, past, ROLES))) == as_data(await folded(past))


@asynccontextmanager
async def running(log: EventLog, store: Kept, *, every: int, at_stop: int) -> AsyncGenerator[Runtime]:
    runtime = runtime_on(log, Snapshots(store, log, ROLES, every=every, at_stop=at_stop))
    async with anyio.create_task_group() as tasks:
        await tasks.start(runtime.run)
        yield runtime
        tasks.cancel_scope.cancel()


def create(number: int) -> Order:
    return Order(id=f"o{number}", to=MAYOR, actor="overseer", command=told.CreateBead(title=f"t{number}"))


async def accepted(runtime: Runtime, order: Order) -> Accepted:
    answer = await runtime.send(order)
    assert isinstance(answer, Accepted), answer
    return answer


async def test_one_is_written_whenever_so_many_messages_have_come_and_at_the_stop():
    log, store = MemoryEventLog(), Kept()
    async with running(log, store, every=5, at_stop=2) as runtime:
        for number in range(12):
            await accepted(runtime, create(number))
        with anyio.fail_after(10):
            while store.saves < 2:
                await anyio.lowlevel.checkpoint()
    assert store.saves == 3
    assert store.content is not None
    assert read(store.content, ROLES).position == 12
    async with running(log, store, every=5, at_stop=2) as runtime:
        await accepted(runtime, create(12))
    assert store.saves == 3  # one message is not worth a snapshot


async def test_an_order_that_was_answered_before_the_snapshot_gets_the_same_answer_after_it():
    log, store = MemoryEventLog(), Kept()
    async with running(log, store, every=1000, at_stop=1) as runtime:
        first = await accepted(runtime, create(1))
        other = await accepted(runtime, create(2))
    async with running(log, store, every=1000, at_stop=1) as runtime:
        assert store.saves == 1
        assert await accepted(runtime, create(1)) == first
        assert await accepted(runtime, create(2)) == other
    assert await log.last_position() == 2


async def test_where_a_snapshot_cannot_be_written_the_earlier_one_stays_and_work_goes_on():
    log, store = MemoryEventLog(), Kept()
    async with running(log, store, every=2, at_stop=1) as runtime:
        await accepted(runtime, create(1))
    before, store.full = store.content, True
    async with running(log, store, every=2, at_stop=1) as runtime:
        for number in range(2, 8):
            await accepted(runtime, create(number))
    assert store.content == before
    assert as_data(await folded(log, Snapshots(store, log, ROLES))) == as_data(await folded(log))


class Forgetful(MemoryEventLog):
    """Stores, and then does not say so, as a server that dies between the two."""

    silent = False

    async def append(self, batch: Sequence[Append]) -> tuple[int, ...]:
        stored = await super().append(batch)
        if self.silent:
            raise LogUnavailableError("no acknowledgement")
        return stored


async def test_after_an_append_without_acknowledgement_the_repeated_order_finds_its_answer():
    log, store = Forgetful(), Kept()
    async with running(log, store, every=3, at_stop=1) as runtime:
        await accepted(runtime, create(1))
        log.silent = True
        with pytest.raises(LogUnavailableError):
            await runtime.send(create(2))
        log.silent = False
        assert (await accepted(runtime, create(2))).position == 2
        await accepted(runtime, create(3))
    assert await log.last_position() == 3
    assert store.content is not None
    assert read(store.content, ROLES).position == 3


async def test_an_order_for_another_bead_sees_what_an_unacknowledged_append_stored():
    log, store = Forgetful(), Kept()
    async with running(log, store, every=100, at_stop=100) as runtime:
        await accepted(runtime, create(1))
        log.silent = True
        with pytest.raises(LogUnavailableError):
            await runtime.send(create(2))
        log.silent = False
        await accepted(runtime, create(3))
        moment = runtime.moment()
    assert moment.position == 3
    assert len(next(one.state for one in moment.owners if one.owner == MAYOR).beads) == 3


def test_the_position_is_where_the_first_gap_is():
    absorbed = Absorbed(4, "d")
    absorbed.note(6, "f")
    absorbed.note(7, "g")
    assert (absorbed.position, absorbed.event) == (4, "d")
    absorbed.note(5, "e1")
    absorbed.note(5, "e2")  # the second event of one message
    assert (absorbed.position, absorbed.event) == (7, "g")
    absorbed.note(8, "h1")
    absorbed.note(8, "h2")
    absorbed.note(2, "b")  # seen again, in a reload
    assert (absorbed.position, absorbed.event) == (8, "h2")


@pytest.mark.parametrize("role", ROLES.values(), ids=list(ROLES))
async def test_a_first_state_goes_through_a_snapshot(role: Role[Any]):
    owner = Owner(role.name, "x")
    one = Remembered(role=role, owner=owner, state=role.initial(owner), threads={})
    moment = Moment(position=1, event="e", answered=(), owners=(one,))
    assert read(b"".join(pieces(moment)), ROLES).memories[owner].state == one.state


async def test_while_something_cannot_be_read_no_snapshot_is_written(past: MemoryEventLog):
    moment, store = await folded(past), Kept()
    snapshots = Snapshots(store, past, ROLES)
    await snapshots.write(msgspec.structs.replace(moment, parked=True))
    assert store.saves == 0
    await snapshots.write(moment)
    assert store.saves == 1
