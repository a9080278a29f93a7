"""A whole log folded into all views in a fresh file, beside nats-py merely reading it."""

import gc
from pathlib import Path

from gastown.bench.bare_nats import BareNats, bare_nats
from gastown.bench.figure import Budget, Figure, NotMeasuredError, figure, median
from gastown.bench.size import Size
from gastown.bus.event_log import EventLog
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.subjects import stream_name
from gastown.clock import monotonic
from gastown.config import TownConfig
from gastown.daemon.log_connection import connected
from gastown.daemon.log_server import nats_server
from gastown.projections.kernel.folding import Folding
from gastown.projections.kernel.rebuild import FLUSH_EVERY, rebuild_into
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS

FLOOR = "nats-py: a plain subscription to a push consumer"
FOLD = "the fold alone, of messages that were read before"


async def figures(folder: Path, town: TownConfig, size: Size) -> list[Figure]:
    store = town.path / "log"
    async with nats_server(folder, store) as (_, login), connected(login) as connection, bare_nats(login) as bare:
        log = JetStreamEventLog(connection, town.name, town.incarnation)
        stream = stream_name(town.name, town.incarnation)
        events, ours, floor, alone = await _turns(folder, log, bare, stream, size.replay_rounds)
    rate, read, fold = (events / median(seconds) for seconds in (ours, floor, alone))
    title, unit = f"replay and fold, {events:,} events", "events/s"
    least = Budget(35_000.0, of="value", at_least=True)
    return [
        figure(title, unit, value=rate, floor=read, floor_is=FLOOR, budget=Budget(0.35, at_least=True)),
        figure(f"the same, {events:,} events", unit, value=rate, floor=fold, floor_is=FOLD, budget=least),
    ]


async def _turns(
    folder: Path, log: EventLog, bare: BareNats, stream: str, rounds: int
) -> tuple[int, list[float], list[float], list[float]]:
    """How many events there are, and the seconds of each of our reads, of each bare one, of each fold alone."""
    events, ours, floor, alone = 0, list[float](), list[float](), list[float]()
    for number in range(rounds):
        gc.collect()
        floor.append(await bare.read(stream))
        gc.collect()
        found, seconds = await _fold(folder / f"views-{number}.sqlite", log)
        if events not in (0, found):
            raise NotMeasuredError(f"one replay saw {events} events, the next {found}")
        events = found
        ours.append(seconds)
        gc.collect()
        alone.append(await _fold_alone(folder / f"alone-{number}.sqlite", log))
    return events, ours, floor, alone


async def _fold(file: Path, log: EventLog) -> tuple[int, float]:
    store = Store(file, VIEWS)
    try:
        begin = monotonic()
        await rebuild_into(store, log)
        return store.mark.events, monotonic() - begin
    finally:
        store.discard()


async def _fold_alone(file: Path, log: EventLog) -> float:
    """Seconds, all messages being at hand."""
    messages = [message async for message in log.read()]
    store = Store(file, VIEWS)
    try:
        begin, folding = monotonic(), Folding(store)
        for message in messages:
            folding.take(message)
            if folding.pending >= FLUSH_EVERY:
                folding.flush()
        folding.flush()
        return monotonic() - begin
    finally:
        store.discard()
