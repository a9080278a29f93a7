"""How a process of a town reaches other towns, and that of a town which knows none."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from gastown.bus.arrivals import Arrivals
from gastown.bus.copies import Copies
from gastown.bus.hub import Hub
from gastown.bus.hub_protocol import HubReply, Join, Question, Return
from gastown.bus.memory_hub import MemoryHub
from gastown.errors import UnreachableError
from simulated.process import Process


class Ways(NamedTuple):
    hub: Hub
    copies: Copies
    arrivals: Arrivals


class Outside(Protocol):
    def of(self, process: Process, incarnation: str) -> Ways:
        """As this process of the town of that incarnation has them."""
        ...


class NoHub:
    """A Hub that is not there."""

    async def ask_at_door(self, urls: Sequence[str], authority: str, question: Join | Return) -> HubReply:
        del urls, authority, question
        raise UnreachableError("there is no hub")

    async def ask(self, question: Question) -> HubReply:
        del question
        raise UnreachableError("there is no hub")


class Nowhere:
    """An Outside of nobody."""

    def of(self, process: Process, incarnation: str) -> Ways:
        del process
        nobody = MemoryHub()
        return Ways(NoHub(), nobody.copies("alone", incarnation), nobody.arrivals("alone", incarnation))
