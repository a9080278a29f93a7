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
from gastown.daemon.log_server import connected, nats_server
from gastown.projections.kernel.rebuild import rebuild_into
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS

FLOOR = "nats-py: a plain subscription to a push consumer"


async def figures(folder: Path, town: TownConfig, size: Size) -> list[Figure]:
    store = town.path / "log"
    async with nats_server(folder, store) as (_, login), connected(login) as connection, bare_nats(login) as bare:
        log = JetStreamEventLog(connection, town.name, town.incarnation)
        stream = stream_name(town.name, town.incarnation)
        events, ours, floor = await _turns(folder, log, bare, stream, size.replay_rounds)
    rate, floor_rate = events / median(ours), events / median(floor)
    title, budget = f"replay and fold, {events:,} events", Budget(0.35, at_least=True)
    return [figure(title, "events/s", value=rate, floor=floor_rate, floor_is=FLOOR, budget=budget)]


async def _turns(
    folder: Path, log: EventLog, bare: BareNats, stream: str, rounds: int
) -> tuple[int, list[float], list[float]]:
    """How many events there are, and the seconds of each of our reads and of each bare one."""
    events, ours, floor = 0, list[float](), list[float]()
    for number in range(rounds):
        gc.collect()
        floor.append(await bare.read(stream))
        gc.collect()
        found, seconds = await _fold(folder / f"views-{number}.sqlite", log)
        if events not in (0, found):
            raise NotMeasuredError(f"one replay saw {events} events, the next {found}")
        events = found
        ours.append(seconds)
    return events, ours, floor


async def _fold(file: Path, log: EventLog) -> tuple[int, float]:
    store = Store(file, VIEWS)
    try:
        begin = monotonic()
        await rebuild_into(store, log)
        return store.mark.events, monotonic() - begin
    finally:
        store.discard()
