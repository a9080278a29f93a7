"""A durable append, beside nats-py publishing the same bytes to a stream of the same server."""

from pathlib import Path

from gastown import clock
from gastown.bench.bare_nats import BareNats, bare_nats
from gastown.bench.figure import Budget, Figure, figure, percentile
from gastown.bench.size import Size
from gastown.bus.event_log import Append, EventLog
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.streams import ensure_log_stream
from gastown.bus.tracing import start_span
from gastown.daemon.log_connection import connected
from gastown.daemon.log_server import nats_server
from gastown.events.bead import BeadStarted
from gastown.events.codec import encode
from gastown.events.envelope import Envelope
from gastown.events.ids import Entity

FLOOR = "nats-py: js.publish of the same bytes, same server"
_BEAD = Entity("bead", "ap-8d8e")
_WARM_UP = 50


async def figures(folder: Path, size: Size) -> list[Figure]:
    async with nats_server(folder) as (_, login), connected(login) as connection, bare_nats(login) as bare:
        await ensure_log_stream(connection, "bench", "A")
        await bare.make_stream("BARE", "bare.>")
        log = JetStreamEventLog(connection, "bench", "A")
        ours, floor = await _turns(log, bare, size)
    return [_at(50, ours, floor, Budget(1.6)), _at(99, ours, floor, None)]


def _at(percent: int, ours: list[float], floor: list[float], budget: Budget | None) -> Figure:
    return figure(
        f"durable append, p{percent}",
        "ms",
        value=percentile(ours, percent) * 1000,
        floor=percentile(floor, percent) * 1000,
        floor_is=FLOOR,
        budget=budget,
    )


async def _turns(log: EventLog, bare: BareNats, size: Size) -> tuple[list[float], list[float]]:
    """Seconds of each append, and of each bare publish; one of these, one of those."""
    position, ours, floor = 0, list[float](), list[float]()
    for _ in range(_WARM_UP + size.appends):
        event = envelope()
        begin = clock.monotonic()
        (position,) = await log.append([Append(entity=_BEAD, expected=position, envelopes=(event,))])
        ours.append(clock.monotonic() - begin)
        floor.append(await bare.publish("bare.bead.ap-8d8e", encode((event,))))
    return ours[_WARM_UP:], floor[_WARM_UP:]


def envelope() -> Envelope:
    """Of a small event."""
    with start_span("bench") as span:
        return Envelope(
            id=clock.new_id(),
            time=clock.now(),
            actor="host",
            command=f"tell:started:{_BEAD.id}-1#0",
            cause=clock.new_id(),
            correlation=span.trace_id,
            traceparent=span.traceparent,
            data=BeadStarted(session=f"{_BEAD.id}-1", polecat="toast"),
        )
