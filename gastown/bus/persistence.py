"""Trying again, for a while."""

import anyio

from gastown.bus.event_log import LogUnavailableError
from gastown.bus.nats_connection import NatsConnection
from gastown.clock import monotonic
from gastown.errors import UnreachableError

FIRST_PAUSE = 0.01  # seconds
LONGEST_PAUSE = 2.0


class Persistence:
    """How long a caller keeps at it: up to `patience` seconds since the last progress, None for ever."""

    def __init__(self, connection: NatsConnection, patience: float | None) -> None:
        self._connection = connection
        self._patience = patience
        self.progress()

    def progress(self) -> None:
        self._pause = FIRST_PAUSE
        self._deadline = float("inf") if self._patience is None else monotonic() + self._patience

    async def again(self, error: UnreachableError) -> None:
        """Return when it makes sense to try again. Raises LogUnavailableError when patience is at an end."""
        left = self._deadline - monotonic()
        if left > 0:
            with anyio.move_on_after(left):
                await anyio.sleep(self._pause)
                self._pause = min(2 * self._pause, LONGEST_PAUSE)
                await self._connection.wait_up()
                return
        if isinstance(error, LogUnavailableError):
            raise error
        raise LogUnavailableError(f"the log's server does not answer: {error.message}", error.hint) from error
