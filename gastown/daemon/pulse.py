"""The signs of life of the log's server, which gives none by itself: how often it has answered when it was asked."""

import threading
import time

from gastown.adapters.processes.child import Known
from gastown.bus.round_trip import answers
from gastown.config import TownConfig
from gastown.daemon.beats import BEAT
from gastown.errors import GastownError

PATIENCE = 10.0
"""Seconds for an answer. A server that syncs a slow disk answers this in milliseconds all the same."""


class Pulse:
    """Asks in a thread, as a server that hangs takes connections and says nothing: nobody else is to wait for that."""

    def __init__(self, town: TownConfig) -> None:
        self._town = town
        self._who: Known | None = None
        self._count: int | None = None
        self._asked = -BEAT
        self._asking: threading.Thread | None = None

    def beats(self, who: Known) -> int | None:
        """How many this very process has given. None: none, and it has not taken a connection yet.

        Asks anew, if the last time is long enough ago.
        """
        if self._asking is not None and self._asking.is_alive():
            return self._count if who == self._who else None
        if who != self._who:
            self._who, self._count, self._asked = who, None, -BEAT
        if time.monotonic() - self._asked >= BEAT:
            self._asked = time.monotonic()
            self._asking = threading.Thread(target=self._ask, daemon=True)
            self._asking.start()
        return self._count

    def _ask(self) -> None:
        try:
            login = self._town.nats()
            answered = answers(login.url, login.user, login.password, seconds=PATIENCE)
        except (OSError, ValueError, GastownError):  # it does not listen, or there is no word of where it does
            return
        self._count = (self._count or 0) + answered
