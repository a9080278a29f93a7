"""Output is kept until some days after the end, and while the bead is not done."""

from collections.abc import Iterator
from typing import Any

import pytest

from gastown import clock
from gastown.actors.errands import AskDropOutputs, AskOutputs, Question
from gastown.bench.history import Scribe
from gastown.bench.lives import Life, founding
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.bead import BeadReopened
from gastown.events.settings import SettingChanged
from gastown.projections.kernel.rebuild import rebuild_into
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS
from gastown.retention import drop_old_output

DAY = 86_400


class Later(clock.System):
    """This machine's clock, some days on."""

    def __init__(self, days: float) -> None:
        self._days = days

    def now_ns(self) -> int:
        return super().now_ns() + int(self._days * DAY * 1e9)


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    yield
    clock.use(clock.System())


class Host:
    """Has output of these sessions."""

    def __init__(self, *sessions: str) -> None:
        self.sessions = list(sessions)

    async def ask(self, question: Question, patience: float, of: str | None = None) -> Any:
        del patience
        assert of == ""
        match question:
            case AskOutputs():
                return list(self.sessions)
            case AskDropOutputs(sessions=sessions):
                self.sessions = [one for one in self.sessions if one not in sessions]
                return list(sessions)
            case _:
                raise AssertionError(question)


@pytest.fixture
async def store() -> Store:
    """Two beads that landed today, one of them opened again; a third is at work."""
    scribe = Scribe(log := MemoryEventLog())
    lives = [list(Life(number=number, polecat=f"p{number}").steps()) for number in (1, 2, 3)]
    at_work = next(place for place, step in enumerate(lives[2]) if step[0] == "session") + 2
    steps = [*founding("bench", "A"), *lives[0], *lives[1], *lives[2][:at_work], ("bead", "ap-0002", (BeadReopened(),))]
    for step in steps:
        await scribe.write([step])
    await scribe.write([("settings", "town", (SettingChanged(name="output.keep_days", value=3),))])
    views = Store(None, VIEWS)
    await rebuild_into(views, log)
    return views


async def test_output_goes_some_days_after_its_session_ended(store: Store):
    host = Host("ap-0001-1", "never-heard-of")
    assert await drop_old_output(store, host.ask) == []
    clock.use(Later(2.9))
    assert await drop_old_output(store, host.ask) == []
    clock.use(Later(3.1))
    assert await drop_old_output(store, host.ask) == ["ap-0001-1"]
    assert host.sessions == ["never-heard-of"]
    assert await drop_old_output(store, host.ask) == []


async def test_output_stays_while_the_bead_is_not_done(store: Store):
    host = Host("ap-0002-1", "ap-0003-1")
    clock.use(Later(1000))
    assert await drop_old_output(store, host.ask) == []
    assert host.sessions == ["ap-0002-1", "ap-0003-1"]
