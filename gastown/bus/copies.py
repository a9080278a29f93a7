"""The port to the copies of other towns' logs that the hub keeps, and of what lies beside them."""

from typing import Protocol

from gastown.bus.event_log import LogReader
from gastown.bus.luggage import LuggageReader
from gastown.bus.texts import TextReader
from gastown.errors import UnknownThingError


class NoCopyError(UnknownThingError):
    """The hub has no copy of that log."""

    def __init__(self, town: str) -> None:
        super().__init__(f"the hub has no copy of the log of {town}", "`gt towns` lists the towns whose logs it copies")


class Copies(Protocol):
    """The copies at the hub that this town is joined to. Reading takes the hub, not the town whose log it is."""

    def log(self, town: str, incarnation: str) -> LogReader:
        """The copy of that town's log. Its methods also raise NoCopyError; `follow` waits out an absent hub."""
        ...

    def texts(self, town: str, incarnation: str) -> TextReader:
        """The long texts beside that log, as far as the hub has them: what it lacks is TextLostError."""
        ...

    def luggage(self, town: str, incarnation: str) -> LuggageReader:
        """What that town has sent, as far as the hub has it."""
        ...
