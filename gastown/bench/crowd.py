"""Many towns at one hub: how late their logs are read there, what one more takes, and what they do without it."""

from collections.abc import Iterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import anyio

from gastown.bench import hub_away
from gastown.bench.bare_nats import BareNats
from gastown.bench.figure import Budget, Figure, NotMeasuredError, figure, percentile
from gastown.bench.gathered import Gathering, gather, gathered
from gastown.bench.history import Scribe
from gastown.bench.links import Linked
from gastown.bench.lives import Life, Step, founding
from gastown.bench.size import Size
from gastown.bench.usage import resident_megabytes
from gastown.bus.event_log import LogReader
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.clock import monotonic

BEAD_SECONDS = 60.0
"""How long a worker is busy with one bead: real agents take minutes, and write as much for it."""
STEPS = 20
"""Messages that a bead's life is; a real town without retries writes 15.5 (measured)."""
LINK = "nats-py: a request over the link of one of them meanwhile, answered at the hub"
ALONE = "the hub's server without towns"
SETTLING = 3.0  # seconds
PATIENCE = 120.0  # seconds
_ASK_PAUSE = 0.05  # seconds


async def figures(folder: Path, size: Size) -> list[Figure]:
    names = [f"t{number}" for number in range(size.towns)]
    async with gathered(folder) as here, AsyncExitStack() as things:
        alone = await _settled(here)
        await gather(things, here, names)
        each = (await _settled(here) - alone) / len(names)
        what, most = f"hub's memory for an idle town of {len(names)}", Budget(5.0, of="value")
        memory = figure(what, "MB", value=each, floor=alone, floor_is=ALONE, budget=most)
        lags, link = await _all_at_work(here, size)
        return [memory, *_late(len(names), lags, link), *await hub_away.figures(here, here.towns[names[0]], size)]


async def _settled(here: Gathering) -> float:
    """Megabytes."""
    await anyio.sleep(SETTLING)
    return resident_megabytes(here.server())


def _late(towns: int, lags: list[float], link: list[float]) -> list[Figure]:
    return [
        figure(
            f"append to read at the hub, {towns} towns at work, p{percent}",
            "ms",
            value=percentile(lags, percent) * 1000,
            floor=percentile(link, percent) * 1000,
            floor_is=LINK,
            budget=budget,
        )
        for percent, budget in ((50, None), (99, Budget(1000.0, of="value")))
    ]


async def _all_at_work(here: Gathering, size: Size) -> tuple[list[float], list[float]]:
    """Seconds from each append until it was read at the hub; of each bare request over one of the links meanwhile."""
    watch, link, first = _Watch(), list[float](), next(iter(here.towns))
    async with AsyncExitStack() as things:
        at_hub = await things.enter_async_context(here.as_hub())
        at_town = await things.enter_async_context(here.as_town(first))
        await at_hub.answer(f"ask.hub.{first}.echo")
        readers = await things.enter_async_context(anyio.create_task_group())
        async with anyio.create_task_group() as writers:
            for name, town in here.towns.items():
                readers.start_soon(watch.read, name, JetStreamEventLog(here.hub, name, town.incarnation))
                writers.start_soon(_work, town, size.busy_workers, watch)
            writers.start_soon(_ask_on, at_town, f"ask.hub.{first}.echo", link)
            await anyio.sleep(size.busy_seconds)
            writers.cancel_scope.cancel()
        await watch.all_seen()
        readers.cancel_scope.cancel()
    return watch.lags(), link


class _Watch:
    """When each message was begun, and when a reader of the hub's copy had it."""

    def __init__(self) -> None:
        self._begun: dict[tuple[str, int], float] = {}
        self._seen: dict[tuple[str, int], float] = {}

    def began(self, town: str, position: int, at: float) -> None:
        self._begun[town, position] = at

    async def read(self, town: str, copy: LogReader) -> None:
        """For ever."""
        async with aclosing(copy.follow()) as chunks:
            async for messages in chunks:
                at = monotonic()
                for events in messages:
                    self._seen[town, events[0].position] = at

    async def all_seen(self) -> None:
        """Raises NotMeasuredError when that takes too long."""
        with anyio.move_on_after(PATIENCE) as scope:
            while not self._begun.keys() <= self._seen.keys():  # noqa: ASYNC110  they are many
                await anyio.sleep(0.05)
        if scope.cancelled_caught:
            raise NotMeasuredError(f"the hub lacks {len(self._begun.keys() - self._seen.keys())} messages")

    def lags(self) -> list[float]:
        """Seconds from the call of each append until it was read."""
        return [self._seen[key] - at for key, at in self._begun.items()]


async def _work(town: Linked, workers: int, watch: _Watch) -> None:
    scribe = Scribe(JetStreamEventLog(town.connection, town.name, town.incarnation))
    for step in founding(town.name, town.incarnation):
        await scribe.write([step])
    async with anyio.create_task_group() as tasks:
        for worker in range(workers):
            tasks.start_soon(_live, scribe, town.name, worker, workers, watch)


async def _live(scribe: Scribe, town: str, worker: int, workers: int, watch: _Watch) -> None:
    """A step at its time: whoever is late does not wait, and writes no less for it."""
    pause = BEAD_SECONDS / STEPS
    due = monotonic() + pause * worker / workers
    for step in _steps(worker, workers):
        await anyio.sleep(max(0.0, due - monotonic()))
        due += pause
        begin = monotonic()
        (position,) = await scribe.write([step])
        watch.began(town, position, begin)


def _steps(worker: int, workers: int) -> Iterator[Step]:
    number = worker + 1
    while True:
        yield from Life(number=number, polecat=f"polecat-{worker}").steps()
        number += workers


async def _ask_on(bare: BareNats, subject: str, found: list[float]) -> None:
    while True:
        found.append(await bare.ask(subject, b"x" * 400))
        await anyio.sleep(_ASK_PAUSE)
