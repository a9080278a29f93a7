"""The host's side of the lease, against a town of its own and a clock that the tests move."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial

import anyio
import msgspec
import pytest

from gastown import clock
from gastown.actors.reports import LEASE, Farewell, Hello, Receipt, Told, decode_told
from gastown.adapters.lease import Lease
from gastown.bus.memory_commands import MemoryCommands
from gastown.errors import TakenError, UnreachableError

GRANTED = Receipt(ok=True, epoch=3)
SUPERSEDED = Receipt(ok=False, superseded=True, message="host b holds the lease")


class Hands(clock.System):
    """A clock that jumps, as it does for a process that was frozen."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


@pytest.fixture
def hands() -> Iterator[Hands]:
    made = Hands()
    clock.use(made)
    yield made
    clock.use(clock.System())


class Town:
    def __init__(self, commands: MemoryCommands) -> None:
        self.commands = commands
        self.told: list[Told] = []
        self.receipt = GRANTED
        self.before_answer: Callable[[], Awaitable[None]] = anyio.lowlevel.checkpoint

    async def answer(self, payload: bytes) -> bytes:
        self.told.append(decode_told(payload))
        await self.before_answer()
        return msgspec.json.encode(self.receipt)

    @asynccontextmanager
    async def there(self) -> AsyncGenerator[None]:
        async with self.commands.serve("town", self.answer):
            yield


@pytest.fixture
async def town() -> Town:
    return Town(MemoryCommands())


@pytest.fixture
async def lease(hands: Hands, town: Town) -> Lease:
    return Lease(town.commands, "a", "here")


async def test_a_hello_is_repeated_until_the_town_grants_the_lease(town: Town, lease: Lease) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lease.greet)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(TakenError):
            lease.admit(3)
        async with town.there():
            with anyio.fail_after(5):
                assert await lease.granted() == 3
    assert town.told[0] == Hello(host="a", machine="here")
    lease.admit(3)


async def test_errands_for_an_earlier_host_are_not_ours(town: Town, lease: Lease) -> None:
    async with town.there():
        await lease.greet()
    with pytest.raises(TakenError, match="epoch 2"):
        lease.admit(2)
    assert not lease.lost.is_set()


async def test_an_errand_for_a_later_host_says_that_the_lease_is_lost(town: Town, lease: Lease) -> None:
    async with town.there():
        await lease.greet()
    with pytest.raises(TakenError):
        lease.admit(4)
    assert lease.lost.is_set()
    with pytest.raises(TakenError):
        lease.admit(3)


async def test_while_the_town_is_away_an_awake_host_stays_sure(town: Town, lease: Lease, hands: Hands) -> None:
    async with town.there():
        await lease.greet()
    for _ in range(10):
        hands.ahead += LEASE - 1  # as long as nobody stops this process for a whole lease
        lease.admit(3)
        await lease.confirmed()


async def test_a_host_that_was_frozen_asks_before_it_does_anything(town: Town, lease: Lease, hands: Hands) -> None:
    async with town.there():
        await lease.greet()
        hands.ahead += LEASE + 1
        with pytest.raises(UnreachableError, match="frozen"):
            lease.admit(3)
        with anyio.fail_after(5):
            await lease.confirmed()
    lease.admit(3)
    assert len(town.told) == 2


async def test_a_frozen_host_that_was_succeeded_never_gets_its_confirmation(
    town: Town, lease: Lease, hands: Hands
) -> None:
    async with town.there():
        await lease.greet()
        hands.ahead += LEASE + 1
        town.receipt = SUPERSEDED
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lease.confirmed)
            with anyio.fail_after(5):
                await lease.lost.wait()
            await anyio.wait_all_tasks_blocked()
            with anyio.move_on_after(0) as waiting:
                await lease.confirmed()
            assert waiting.cancelled_caught
            tasks.cancel_scope.cancel()


async def test_an_answer_from_before_the_freeze_confirms_nothing(town: Town, lease: Lease, hands: Hands) -> None:
    async with town.there():
        await lease.greet()

        async def freeze() -> None:
            hands.ahead += LEASE + 1

        town.before_answer = freeze
        await lease.greet()
    with pytest.raises(UnreachableError):
        lease.admit(3)


async def test_a_renewal_that_finds_a_later_host_ends_the_keeping(
    town: Town, lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gastown.adapters.lease.RENEW", 0.001)
    async with town.there(), anyio.create_task_group() as tasks:
        tasks.start_soon(lease.keep)
        await lease.greet()
        with anyio.fail_after(5):
            while len(town.told) < 5:  # noqa: ASYNC110  hellos and renewals
                await anyio.sleep(0.001)
            town.receipt = SUPERSEDED
            await lease.lost.wait()


async def test_its_last_words_are_said_until_the_town_has_heard_them(town: Town, lease: Lease) -> None:
    async with town.there():
        await lease.greet()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(lease.part, over=False))
        await anyio.wait_all_tasks_blocked()
        async with town.there():
            with anyio.fail_after(5):
                while len(town.told) < 2:  # noqa: ASYNC110  the answer is not all that is waited for
                    await anyio.sleep(0.005)
            await lease.part(over=True)
    assert town.told[1:] == [Farewell(host="a", epoch=3, over=over) for over in (False, True)]
