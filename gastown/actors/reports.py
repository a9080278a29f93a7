"""What a host says to its town, as data: hello, that it is still there, and what came of its errands.

Who says it is known by the service that is asked: `town` by the host at home, `town.<name>` by one elsewhere.
The host acts under a lease with an epoch. Whatever it says after another host took over gets a receipt that says so.
"""

from typing import TypeAlias

import msgspec

from gastown.events.ids import HostName

TOWN = "town"
"""The service that is told."""
HOST = "host"
"""The service that takes errands; as the town's, with a name where it is on another machine."""
LEASE = 15.0
"""Seconds for which a host that says nothing is believed to be there."""
RENEW = 5.0
"""Seconds between two signs of life."""


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """Said after every connection: the lease is granted, and all that is due handed over (again).

    host: a ULID, made by the process at its start. machine: where it runs. slots: how many sessions it takes, if
    it is on another machine than the town; 0: as many as it is given.
    """

    host: str
    machine: str
    slots: int = 0


class Renewal(msgspec.Struct, frozen=True, kw_only=True, tag="renewal"):
    """The holder of this epoch is still there."""

    host: str
    epoch: int


class Farewell(msgspec.Struct, frozen=True, kw_only=True, tag="farewell"):
    """The holder of this epoch, on another machine, is being taken down; over: nothing of it runs any more."""

    host: str
    epoch: int
    over: bool


class Report(msgspec.Struct, frozen=True, kw_only=True, tag="report"):
    """order: an encoded Order, perhaps posted by an earlier host; the one of this epoch vouches for it.

    sent: when, by the clock that the times in it are of; seconds since the epoch, 0: nobody knows.
    """

    epoch: int
    order: msgspec.Raw
    sent: float = 0.0


Told: TypeAlias = Hello | Renewal | Farewell | Report


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """ok: taken. retry: the town cannot tell yet, say it again. superseded: a later host holds the lease.

    Neither of them: a report that was refused for good. epoch: what the lease is granted under, to a Hello.
    """

    ok: bool
    retry: bool = False
    superseded: bool = False
    epoch: int = 0
    message: str = ""


def service(of: str, name: HostName) -> str:
    """That of the host of this name."""
    return f"{of}.{name}" if name else of


_told = msgspec.json.Decoder(Told)


def decode_told(payload: bytes) -> Told:
    """Raises msgspec.DecodeError."""
    return _told.decode(payload)
