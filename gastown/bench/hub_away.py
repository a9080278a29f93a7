"""A town whose hub is away, and comes back: what its work takes meanwhile, and how soon the copy is whole again."""

from contextlib import suppress

import anyio

from gastown.bench.append import envelope
from gastown.bench.figure import Budget, Figure, NotMeasuredError, figure, percentile
from gastown.bench.gathered import Gathering
from gastown.bench.links import Linked
from gastown.bench.size import Size
from gastown.bus.event_log import Append
from gastown.bus.hub_streams import copy_facts
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.subjects import stream_name, subject_of
from gastown.clock import monotonic, new_id
from gastown.errors import UnreachableError
from gastown.events.codec import encode
from gastown.events.ids import Entity

READ = "nats-py: a plain subscription to a push consumer of the town's own server"
UP = "the same with the hub there"
ANSWERS = "until the hub answers"
PATIENCE = 300.0  # seconds
_BATCH, _WRITERS = 1000, 3
_ENTITIES = 1000


async def figures(here: Gathering, town: Linked, size: Size) -> list[Figure]:
    """Takes the hub down, and up again."""
    log = JetStreamEventLog(town.connection, town.name, town.incarnation)
    with_it = await _appends(log, size.letters)
    before, stream = await log.last_position(), stream_name(town.name, town.incarnation)
    await here.down()
    without = await _appends(log, size.letters)
    await _fill(town, size.missed)
    last, begin = await log.last_position(), monotonic()
    await here.up()
    answers = monotonic()
    went_on, equal = await _catch_up(here, stream, before, last)
    async with here.as_town(town.name) as bare:
        floor = last / await bare.read(stream)
    return [
        _appending(without, with_it),
        figure("gt hub up to copies that go on", "s", value=went_on - begin, floor=answers - begin, floor_is=ANSWERS),
        _catching_up(last - before, equal - went_on, floor),
    ]


def _appending(without: list[float], with_it: list[float]) -> Figure:
    value, floor = percentile(without, 50) * 1000, percentile(with_it, 50) * 1000
    what = "durable append without the hub, p50"
    return figure(what, "ms", value=value, floor=floor, floor_is=UP, budget=Budget(1.5))


def _catching_up(messages: int, seconds: float, floor: float) -> Figure:
    what, fast = (
        f"the hub catches up after it was away, {messages:,} messages",
        Budget(50_000, of="value", at_least=True),
    )
    return figure(what, "messages/s", value=messages / seconds, floor=floor, floor_is=READ, budget=fast)


async def _appends(log: JetStreamEventLog, count: int) -> list[float]:
    """Seconds of each."""
    bead, position, took = Entity("bead", f"ap-{new_id()[-8:]}"), 0, list[float]()
    for _ in range(count):
        begin = monotonic()
        (position,) = await log.append([Append(entity=bead, expected=position, envelopes=(envelope(),))])
        took.append(monotonic() - begin)
    return took


async def _fill(town: Linked, count: int) -> None:
    """So many small events, as fast as they go: batches without the care that a log's own writer takes."""
    left = iter(range(0, count, _BATCH))

    async def write() -> None:
        for first in left:
            await _write_batch(town, min(_BATCH, count - first))

    async with anyio.create_task_group() as tasks:
        for _ in range(_WRITERS):
            tasks.start_soon(write)


async def _write_batch(town: Linked, count: int) -> None:
    name, payload = new_id(), encode((envelope(),))
    for number in range(1, count + 1):
        subject = subject_of(town.name, Entity("bead", f"many-{number % _ENTITIES}"))
        headers = {"Nats-Batch-Id": name, "Nats-Batch-Sequence": str(number)}
        if number < count:
            await town.connection.publish(subject, payload, headers=headers)
        else:
            headers["Nats-Batch-Commit"] = "1"
            await town.connection.request(subject, payload, headers=headers, patience=PATIENCE)


async def _catch_up(here: Gathering, stream: str, before: int, last: int) -> tuple[float, float]:
    """When the copy was last seen where it stood, and when it had all. Raises NotMeasuredError."""
    stood = monotonic()
    with anyio.move_on_after(PATIENCE):
        while True:
            position = await _position(here, stream)
            if position >= last:
                return stood, monotonic()
            if position <= before:
                stood = monotonic()
            await anyio.sleep(0.005)
    raise NotMeasuredError(f"the hub did not copy {last - before} messages in {PATIENCE:g} s")


async def _position(here: Gathering, stream: str) -> int:
    """Of the copy, 0 while the hub says nothing."""
    with suppress(UnreachableError):
        for facts in await copy_facts(here.hub):
            if facts.stream == stream:
                return facts.position
    return 0
