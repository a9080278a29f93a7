"""The log has stored a decision, and nobody was told so: what then is asked again, and decided next, must know it."""

from collections.abc import Sequence

import anyio
import pytest

from gastown import clock
from gastown.actors.commands.command import Order
from gastown.actors.commands.mayor import MAYOR, CreateBead
from gastown.actors.effects import HoldWork
from gastown.actors.kernel.answer import Accepted
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.event_log import Append, LogUnavailableError
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.bead import BeadCreated


class ForgetfulLog(MemoryEventLog):
    """Stores the next append, and says that it cannot be told whether it did. away: nothing can be read either."""

    def __init__(self) -> None:
        super().__init__()
        self.forgets = False

    async def append(self, batch: Sequence[Append]) -> tuple[int, ...]:
        positions = await super().append(batch)
        if self.forgets:
            self.forgets = False
            raise LogUnavailableError("the acknowledgement was lost")
        return positions


class Nobody:
    """A Performer that is never asked for work."""

    async def perform(self, effect: object, *, cause: str, traceparent: str) -> None:
        assert isinstance(effect, HoldWork), effect


def create(order_id: str, title: str = "One") -> Order:
    return Order(id=order_id, to=MAYOR, actor="overseer", command=CreateBead(title=title, created_ns=1))


async def test_an_order_asked_again_gets_the_answer_that_was_stored() -> None:
    log = ForgetfulLog()
    runtime = Runtime(log, ROLES, owner_of, Nobody(), clock)
    async with anyio.create_task_group() as tasks:
        await tasks.start(runtime.run)
        log.forgets = True
        with pytest.raises(LogUnavailableError):
            await runtime.send(create("01ONE"))

        answer = await runtime.send(create("01ONE"))

        assert isinstance(answer, Accepted)
        assert [type(one.envelope.data) for one in answer.events] == [BeadCreated]
        assert await log.last_position() == 1
        tasks.cancel_scope.cancel()


async def test_the_next_order_is_decided_with_what_was_stored() -> None:
    log = ForgetfulLog()
    runtime = Runtime(log, ROLES, owner_of, Nobody(), clock)
    async with anyio.create_task_group() as tasks:
        await tasks.start(runtime.run)
        log.forgets = True
        with pytest.raises(LogUnavailableError):
            await runtime.send(create("01ONE"))

        answer = await runtime.send(create("01TWO", "Two"))

        assert isinstance(answer, Accepted)
        assert len(runtime.state_of(MAYOR).beads) == 2
        tasks.cancel_scope.cancel()
