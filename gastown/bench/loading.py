"""One owner read again from its snapshot, beside folding its events from the log."""

import gc
from pathlib import Path

from gastown import clock
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import Effect
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.kernel.snapshots import Snapshots
from gastown.actors.roles import ROLES, owner_of
from gastown.adapters.snapshot_file import SnapshotFile
from gastown.bench.figure import Budget, Figure, NotMeasuredError, figure, median
from gastown.bench.history import write_history
from gastown.bench.size import Size
from gastown.bus.event_log import EventLog
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.daemon.log_connection import connected
from gastown.daemon.log_server import nats_server

FLOOR = "folding them from the log"
BUDGET = Budget(20.0, of="value")


class _Nobody:
    """Nothing is carried out: nothing is due."""

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        raise NotMeasuredError(f"a town with nothing to do has {effect} to do: {cause} {traceparent}")


async def figures(folder: Path, size: Size) -> list[Figure]:
    town = await write_history(folder / "past", size.owner_events * 5 // 2)  # four of ten events are the Mayor's
    async with nats_server(folder / "nats", town.path / "log") as (_, login), connected(login) as connection:
        log = JetStreamEventLog(connection, town.name, town.incarnation)
        file = SnapshotFile(town.snapshot, incarnation=town.incarnation, key=town.secret())
        snapshots = Snapshots(file, log, ROLES)
        whole = _runtime(log, None)
        await whole.replay()
        await snapshots.write(whole.moment())
        ours, floor = await _turns(_runtime(log, snapshots), whole, size.replay_rounds)
        events = await _events(log)
    title = f"an owner loaded, {events:,} events"
    milliseconds = (median(ours) * 1000, median(floor) * 1000)
    return [figure(title, "ms", value=milliseconds[0], floor=milliseconds[1], floor_is=FLOOR, budget=BUDGET)]


def _runtime(log: EventLog, snapshots: Snapshots | None) -> Runtime:
    return Runtime(log, ROLES, owner_of, _Nobody(), clock, snapshots)


async def _turns(short: Runtime, whole: Runtime, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of each. Raises NotMeasuredError where they differ in what they find."""
    ours, floor = list[float](), list[float]()
    for _ in range(rounds):
        gc.collect()
        begin = clock.monotonic()
        loaded = await short.fold(MAYOR)
        between = clock.monotonic()
        folded = await whole.fold(MAYOR)
        ours.append(between - begin)
        floor.append(clock.monotonic() - between)
        if (loaded.state, loaded.threads) != (folded.state, folded.threads):
            raise NotMeasuredError("a snapshot does not hold what the log says")
    return ours, floor


async def _events(log: EventLog) -> int:
    """How many are the Mayor's."""
    return sum([len(message) async for message in log.read() if owner_of(message[0].entity) == MAYOR])
