"""Where the log stood at a moment."""

from typing import Any

import pytest

from gastown.bus.memory_event_log import MemoryEventLog
from gastown.errors import UsageError
from gastown.projections.when import When, when

START = 1_700_000_000.0  # every message of a tale is a second after the one before
NOW = START + 1000


@pytest.fixture
async def log(tale: Any, write: Any) -> MemoryEventLog:
    tale.whole_life("ap-1")
    log = MemoryEventLog()
    await write(log, tale.messages)
    return log


async def test_a_position_is_when_it_was_written(log: MemoryEventLog) -> None:
    assert await when(log, 3, NOW) == When(3, START + 3)
    assert await when(log, 0, NOW) == When(0, 0.0)


async def test_a_time_is_the_last_message_until_then(log: MemoryEventLog) -> None:
    last = await log.last_position()
    for position in range(1, last + 1):
        assert (await when(log, START + position, NOW)).position == position
        assert (await when(log, START + position + 0.9, NOW)).position == position
    assert await when(log, NOW - 1, NOW) == When(last, NOW - 1)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (-1, "positions 0 to"),
        (10_000, "positions 0 to"),
        (START, "begins at 2023-11-14T22:13:21.000Z"),
        (-1e15, "before 1970"),
        (NOW + 1, "yet to come"),
        (1e18, "yet to come"),
    ],
)
async def test_a_moment_the_log_does_not_have_is_refused(log: MemoryEventLog, moment: float, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        await when(log, moment, NOW)


async def test_an_empty_log_has_no_time() -> None:
    with pytest.raises(UsageError, match="it is empty"):
        await when(MemoryEventLog(), START, NOW)
    assert await when(MemoryEventLog(), 0, NOW) == When(0, 0.0)
