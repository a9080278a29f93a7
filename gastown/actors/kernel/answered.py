"""Which commands have been answered, and where the answer stands in the log."""

from collections import OrderedDict
from collections.abc import Iterable

from gastown.events.ids import CommandId

REMEMBERED = 20_000
"""Callers repeat a command for seconds, the host for as long as the town is away; older ones are no longer repeated."""


class Answered:
    """Command id -> the positions of the messages that answer it; the oldest are forgotten first."""

    def __init__(self, known: Iterable[tuple[CommandId, tuple[int, ...]]] = ()) -> None:
        self._positions: OrderedDict[CommandId, tuple[int, ...]] = OrderedDict(known)

    def note(self, command: CommandId, position: int) -> None:
        """One message that answers the command; a batch notes several."""
        known = self._positions.get(command, ())
        if position not in known:
            self._positions[command] = (*known, position)
        if len(self._positions) > REMEMBERED:
            self._positions.popitem(last=False)

    def items(self) -> tuple[tuple[CommandId, tuple[int, ...]], ...]:
        """All of them, the oldest first."""
        return tuple(self._positions.items())

    def positions(self, command: CommandId) -> tuple[int, ...]:
        return self._positions.get(command, ())
