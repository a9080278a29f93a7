"""A bench so small that it takes seconds."""

import pytest

from gastown.bench.size import Size


@pytest.fixture(scope="session")
def tiny() -> Size:
    return Size(
        appends=20,
        events=1_000,
        long_events=1_200,
        owner_events=400,
        replay_rounds=1,
        start_rounds=1,
        calls=2,
        letters=3,
        workers=2,
        sling_rounds=1,
        beads=4,
        shells=2,
        talkers=2,
        follow_seconds=0.5,
        idle_seconds=0.5,
        towns=2,
        busy_workers=5,
        busy_seconds=1.0,
        missed=2_000,
    )
