from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from gastown.actors.commands.codec import decode_order
from gastown.actors.commands.command import Order, Owner
from gastown.actors.commands.refinery import ReportLandingRefused
from gastown.actors.reports import Report, decode_told
from gastown.adapters.files.disk import DiskFiles
from gastown.adapters.lease import Lease
from gastown.adapters.outbox import Outbox
from gastown.bus.memory_commands import MemoryCommands


class Town:
    """Answers each order with what `answer` says of it, and writes down what it was sent."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.epoch = 3
        self.epochs: list[int] = []
        self.answer: Callable[[str], bytes] = lambda _: b'{"ok":true}'
        self.held: set[str] = set()

    async def receive(self, payload: bytes) -> bytes:
        told = decode_told(payload)
        if not isinstance(told, Report):
            return b'{"ok":true,"epoch":%d}' % self.epoch
        order = decode_order(bytes(told.order))
        self.epochs.append(told.epoch)
        if str(order.to) in self.held:
            await anyio.sleep_forever()
        self.received.append(order.id)
        return self.answer(order.id)


def order(number: int, to: str = "app") -> Order:
    command = ReportLandingRefused(submission="app.ap-1-1", reason="no")
    return Order(id=f"{to}-{number}", to=Owner("refinery", to), actor="host", command=command)


@asynccontextmanager
async def running(outbox: Outbox, commands: MemoryCommands, lease: Lease, town: Town) -> AsyncGenerator[None]:
    async with anyio.create_task_group() as tasks, commands.serve("town", town.receive):
        await tasks.start(outbox.run)
        await lease.greet()
        yield
        tasks.cancel_scope.cancel()


@pytest.fixture
def commands() -> MemoryCommands:
    return MemoryCommands()


@pytest.fixture
async def lease(commands: MemoryCommands) -> Lease:
    return Lease(commands, "01HOST", "here")


@pytest.fixture
def town() -> Town:
    return Town()


async def test_what_is_answered_is_gone_from_disk(
    tmp_path: Path, commands: MemoryCommands, lease: Lease, town: Town
) -> None:
    outbox = Outbox(tmp_path, commands, DiskFiles(), lease)
    async with running(outbox, commands, lease, town):
        outbox.post("land:1", order(1), final=True)
        assert _names(tmp_path) == ["000000000001-land_1.json"]
        with anyio.fail_after(5):
            await outbox.emptied()

    assert town.received == ["app-1"]
    assert _names(tmp_path) == []


async def test_what_is_not_answered_is_sent_by_the_next_host_in_order(
    tmp_path: Path, commands: MemoryCommands, lease: Lease, town: Town
) -> None:
    before = Outbox(tmp_path, commands, DiskFiles(), lease)
    for number in range(12):
        before.post(f"land:{number}", order(number), final=True)

    outbox = Outbox(tmp_path, commands, DiskFiles(), lease)
    outbox.post("land:12", order(12), final=True)
    async with running(outbox, commands, lease, town):
        with anyio.fail_after(5):
            await outbox.emptied()

    assert town.received == [f"app-{number}" for number in range(13)]


async def test_it_is_sent_again_until_somebody_answers(
    tmp_path: Path, commands: MemoryCommands, lease: Lease, town: Town
) -> None:
    outbox = Outbox(tmp_path, commands, DiskFiles(), lease)
    async with anyio.create_task_group() as tasks:
        await tasks.start(outbox.run)
        outbox.post("land:1", order(1), final=True)
        await anyio.wait_all_tasks_blocked()  # nobody is there yet
        async with commands.serve("town", town.receive):
            await lease.greet()
            with anyio.fail_after(5):
                await outbox.emptied()
        tasks.cancel_scope.cancel()

    assert town.received == ["app-1"]


@pytest.mark.parametrize("first", [b'{"ok":false,"retry":true}', b"not json", b"{}"])
async def test_an_answer_that_settles_nothing_is_asked_for_again(
    tmp_path: Path, commands: MemoryCommands, lease: Lease, town: Town, first: bytes
) -> None:
    town.answer = lambda _: first if len(town.received) < 3 else b'{"ok":true}'
    outbox = Outbox(tmp_path, commands, DiskFiles(), lease)
    async with running(outbox, commands, lease, town):
        outbox.post("land:1", order(1), final=True)
        with anyio.fail_after(5):
            await outbox.emptied()

    assert town.received == ["app-1"] * 3


async def test_a_refusal_is_an_answer(tmp_path: Path, commands: MemoryCommands, lease: Lease, town: Town) -> None:
    town.answer = lambda _: b'{"ok":false,"code":"refused","message":"no"}'
    outbox = Outbox(tmp_path, commands, DiskFiles(), lease)
    async with running(outbox, commands, lease, town):
        outbox.post("land:1", order(1), final=True)
        with anyio.fail_after(5):
            await outbox.emptied()

    assert town.received == ["app-1"]


async def test_a_successor_answers_for_what_an_earlier_host_left_behind(
    tmp_path: Path, commands: MemoryCommands, lease: Lease, town: Town
) -> None:
    earlier = Lease(commands, "01EARLIER", "here")
    before = Outbox(tmp_path, commands, DiskFiles(), earlier)
    town.answer = lambda _: b'{"ok":false,"superseded":true,"message":"a later host is there"}'
    async with running(before, commands, earlier, town):
        before.post("land:1", order(1), final=True)
        with anyio.fail_after(5):
            await earlier.lost.wait()

    assert _names(tmp_path) == ["000000000001-land_1.json"]
    town.answer, town.epoch = lambda _: b'{"ok":true}', 4
    outbox = Outbox(tmp_path, commands, DiskFiles(), lease)
    async with running(outbox, commands, lease, town):
        with anyio.fail_after(5):
            await outbox.emptied()

    assert town.epochs == [3, 4]
    assert _names(tmp_path) == []


async def test_one_receiver_does_not_wait_for_another(
    tmp_path: Path, commands: MemoryCommands, lease: Lease, town: Town
) -> None:
    town.held = {"refinery/slow"}
    outbox = Outbox(tmp_path, commands, DiskFiles(), lease)
    async with running(outbox, commands, lease, town):
        outbox.post("a", order(1, "slow"), final=True)
        outbox.post("b", order(1, "quick"), final=True)
        with anyio.fail_after(5):
            while town.received != ["quick-1"]:
                await anyio.wait_all_tasks_blocked()


async def test_it_knows_which_effects_are_settled_by_what_is_waiting(
    tmp_path: Path, commands: MemoryCommands, lease: Lease
) -> None:
    before = Outbox(tmp_path, commands, DiskFiles(), lease)
    before.post("run:a", order(1), final=False)
    before.post("run:b", order(2), final=True)

    outbox = Outbox(tmp_path, commands, DiskFiles(), lease)

    assert not outbox.settles("run:a")
    assert outbox.settles("run:b")


async def test_what_a_power_cut_left_half_written_is_set_aside(
    tmp_path: Path, commands: MemoryCommands, lease: Lease, town: Town
) -> None:
    (tmp_path / "000000000001-land_1.json").write_bytes(b"")
    outbox = Outbox(tmp_path, commands, DiskFiles(), lease)
    async with running(outbox, commands, lease, town):
        outbox.post("land:2", order(2), final=True)
        with anyio.fail_after(5):
            await outbox.emptied()

    assert town.received == ["app-2"]
    assert _names(tmp_path) == ["000000000001-land_1.unreadable"]


async def test_without_room_on_the_disk_it_is_sent_all_the_same(
    tmp_path: Path, commands: MemoryCommands, lease: Lease, town: Town
) -> None:
    folder = tmp_path / "outbox"
    outbox = Outbox(folder, commands, DiskFiles(), lease)
    folder.write_text("not a folder any more")
    async with running(outbox, commands, lease, town):
        outbox.post("land:1", order(1), final=True)
        with anyio.fail_after(5):
            await outbox.emptied()

    assert town.received == ["app-1"]


def _names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())
