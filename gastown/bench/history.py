"""A town with a past: its log, written through the log's own port as the kernel would have written it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from gastown import clock, config
from gastown.bench.lives import Life, Step, bead_id, founding
from gastown.bus.event_log import Append, EventLog
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.streams import ensure_log_stream
from gastown.bus.tracing import start_span, trace_id_of
from gastown.config import TownConfig
from gastown.daemon.log_connection import connected
from gastown.daemon.log_server import nats_server
from gastown.events.envelope import Envelope
from gastown.events.ids import Entity, EventId

AT_ONCE = 100
"""Lives lived side by side: what they write at the same moment is one atomic batch."""


async def write_history(folder: Path, events: int) -> TownConfig:
    """Install a town whose log holds `events` events, or up to a few thousand more. It is not running."""
    town = config.install(folder, "bench", clock.new_id())
    async with nats_server(folder / "run" / "bench", town.path / "log") as (_, login), connected(login) as connection:
        await ensure_log_stream(connection, town.name, town.incarnation)
        scribe = Scribe(JetStreamEventLog(connection, town.name, town.incarnation))
        for step in founding(town.name, town.incarnation):
            await scribe.write([step])
        first = 1
        while scribe.events < events:
            for steps in _side_by_side(first):
                await scribe.write(steps)
            first += AT_ONCE
    return town


def _side_by_side(first: int) -> Iterator[list[Step]]:
    """The steps of the lives from `first` on, those that happen at once together."""
    lives = [
        Life(number=number, polecat=f"polecat-{number % AT_ONCE}", need=_need_of(number)).steps()
        for number in range(first, first + AT_ONCE)
    ]
    while steps := [step for step in (next(life, None) for life in lives) if step is not None]:
        yield steps


def _need_of(number: int) -> str:
    return bead_id(number - AT_ONCE) if number % 3 == 0 and number > AT_ONCE else ""


class Scribe:
    """Stamps facts as the kernel does. events: how many it has written."""

    def __init__(self, log: EventLog) -> None:
        self.events = 0
        self._log = log
        self._versions: dict[Entity, int] = {}
        self._threads: dict[Entity, tuple[EventId, str]] = {}

    async def write(self, steps: Iterable[Step]) -> tuple[int, ...]:
        """As one batch: all or nothing. Returns the position of each."""
        batch = [self._append(step) for step in steps]
        positions = await self._log.append(batch)
        for append, position in zip(batch, positions, strict=True):
            last = append.envelopes[-1]
            self._versions[append.entity] = position
            self._threads[append.entity] = (last.id, last.traceparent)
            self.events += len(append.envelopes)
        return positions

    def _append(self, step: Step) -> Append:
        kind, key, facts = step
        entity = Entity(kind, key)
        cause, parent = self._threads.get(entity, ("", ""))
        command = f"tell:{kind}:{key}:{self._versions.get(entity, 0)}#0" if cause else clock.new_id()
        with start_span("bench", parent) as span:
            envelopes = tuple(
                Envelope(
                    id=clock.new_id(),
                    time=clock.now(),
                    actor="host" if cause else "overseer",
                    command=command,
                    cause=cause,
                    correlation=trace_id_of(span.traceparent),
                    traceparent=span.traceparent,
                    data=fact,
                )
                for fact in facts
            )
        return Append(entity=entity, expected=self._versions.get(entity, 0), envelopes=envelopes)
