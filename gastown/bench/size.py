"""How much is measured."""

import msgspec


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """events: of the log that is replayed; long_events: of the one that a town is started on; owner_events: of one
    owner. idle_seconds: how long nothing happens.

    shells, talkers: commands and agents at work at a time, and follow_seconds for which one is listened to.

    towns: at one hub, each with busy_workers for busy_seconds; missed: what one of them writes while the hub is away.

    The rest: how often each thing is done; what has rounds is done so often in each of them.
    """

    appends: int = 2_000
    events: int = 100_000
    long_events: int = 1_000_000
    owner_events: int = 10_000
    replay_rounds: int = 5
    start_rounds: int = 3
    calls: int = 41
    letters: int = 300
    workers: int = 20
    sling_rounds: int = 5
    beads: int = 200
    shells: int = 100
    talkers: int = 30
    follow_seconds: float = 10.0
    idle_seconds: float = 10.0
    towns: int = 20
    busy_workers: int = 50
    busy_seconds: float = 20.0
    missed: int = 1_000_000


FULL = Size()
QUICK = Size(
    appends=500,
    events=20_000,
    long_events=50_000,
    replay_rounds=3,
    calls=15,
    letters=100,
    sling_rounds=2,
    beads=40,
    shells=10,
    talkers=5,
    follow_seconds=3.0,
    idle_seconds=4.0,
    busy_seconds=6.0,
    missed=50_000,
)
