"""The host that may act for the town: it alone is handed errands, and only its reports are heard. Owner: the Deacon.

There is one entity: its history is the succession of hosts.
"""

from typing import TypeAlias

from gastown.events.fact import Fact

KIND = "host"


class HostArrived(Fact, tag="host.arrived", frozen=True, kw_only=True):
    """A new host process holds the lease; those before it have lost it. host: made by the process at its start."""

    host: str
    machine: str
    epoch: int


class HostSilent(Fact, tag="host.silent", frozen=True, kw_only=True):
    """It has let its lease run out. host "": none has ever come. seconds: how long at least nothing was heard of it."""

    host: str
    epoch: int
    seconds: float


class HostReturned(Fact, tag="host.returned", frozen=True, kw_only=True):
    """It is heard again, before another took its place."""

    host: str
    epoch: int


HostEvent: TypeAlias = HostArrived | HostSilent | HostReturned
