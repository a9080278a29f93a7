"""Where turns that vendors told without a cost are priced: between the host's report and the town's decision on it.

What a decision saw, it saw once: the price goes into the event, with what it was priced by.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import msgspec

from gastown.actors.commands.command import Order
from gastown.actors.commands.deacon import DEACON, CloseEscalation, RaiseEscalation
from gastown.actors.commands.polecat import ReportTurn
from gastown.actors.kernel.runtime import Runtime
from gastown.errors import GastownError
from gastown.events.ids import Entity
from gastown.loggers import get_logger
from gastown.prices.book import FILE, Book
from gastown.prices.table import priced

_log = get_logger("gastown.town")

LOOK = 20.0
"""Seconds between looks at the file; one costs some microseconds, and says nothing while nothing changes."""
_MATTER = "prices"
"""The escalation."""


class Prices:
    """Of one town. Enter `run` in a task group; `price` is for whatever the host reports."""

    def __init__(self, town: Path, runtime: Runtime) -> None:
        """town: its folder."""
        self._book = Book(town)
        self._runtime = runtime
        self._said: str | None = None

    def price(self, order: Order) -> Order:
        """A turn without a cost gets one, where there is a price for its model. All else stays as it is."""
        command = order.command
        if not isinstance(command, ReportTurn) or command.usage is None or command.usage.cost is not None:
            return order
        day = datetime.fromtimestamp(command.at, UTC).date()
        usage = priced(self._book.tables(), command.vendor, command.model, day, command.usage)
        return msgspec.structs.replace(order, command=msgspec.structs.replace(command, usage=usage))

    async def run(self) -> None:
        """Tell the Deacon when the town's list cannot be read, and when it can again, until cancelled."""
        while True:
            await self.look()
            await anyio.sleep(LOOK)

    async def look(self) -> None:
        self._book.tables()
        trouble = self._book.trouble
        said = "" if trouble is None else trouble.message
        if said == self._said:
            return
        commands: list[Any] = [CloseEscalation(escalation=_MATTER, how=f"{FILE} can be read, or is gone")]
        if trouble is not None:
            reason = f"{trouble.message}; the last prices that could be read go on"
            raised = RaiseEscalation(
                escalation=_MATTER, about=_TOWN, severity="medium", reason=reason, hint=trouble.hint
            )
            commands.append(raised)
        clock = self._runtime.clock
        try:
            for command in commands:
                order = Order(id=clock.new_id(), to=DEACON, actor="town", command=command, time=clock.now())
                await self._runtime.send(order)
        except GastownError as error:  # the log is away: said at a later look
            _log.warning("what is wrong with the prices cannot be written down", error=error.message)
            return
        self._said = said


_TOWN = Entity("town", "town")
