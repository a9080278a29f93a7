"""The hosts that may act for the town: they alone are handed errands, and only their reports are heard.

Owner: the Deacon. Entity id: HOME for the one on the town's own machine, which does everything; the name of any other,
on a machine of its own, which runs sessions alone. The history of each is the succession of its processes.
"""

from typing import TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import HostName

KIND = "host"

HOME = "host"


class HostArrived(Fact, tag="host.arrived", frozen=True, kw_only=True):
    """A new host process holds the lease; those before it have lost it. host: made by the process at its start.

    slots: how many sessions it takes; 0 at home, where max_polecats says it.
    """

    host: str
    machine: str
    epoch: int
    slots: int = 0


class HostSilent(Fact, tag="host.silent", frozen=True, kw_only=True):
    """It has let its lease run out. host "": none has ever come. seconds: how long at least nothing was heard of it."""

    host: str
    epoch: int
    seconds: float


class HostReturned(Fact, tag="host.returned", frozen=True, kw_only=True):
    """It is heard again, before another took its place."""

    host: str
    epoch: int


class HostLost(Fact, tag="host.lost", frozen=True, kw_only=True):
    """Nobody waits for it any longer: its work goes on elsewhere, and what it still says is not heard."""

    host: str
    epoch: int
    seconds: float


class HostTakenDown(Fact, tag="host.taken_down", frozen=True, kw_only=True):
    """By whoever runs it there: it takes no more sessions, and those it has end and are brought home."""

    host: str
    epoch: int


class HostEnded(Fact, tag="host.ended", frozen=True, kw_only=True):
    """After that: nothing runs there any more. What it has not brought home by then goes on without it."""

    host: str
    epoch: int


class HostInvited(Fact, tag="host.invited", frozen=True, kw_only=True):
    """digest: SHA-256 of the invitation's secret, which the town does not keep. expires: seconds since the epoch.

    slots: the most sessions that it is given. An earlier invitation is void.
    """

    invitation: str
    digest: str
    expires: float
    slots: int


class HostAdmitted(Fact, tag="host.admitted", frozen=True, kw_only=True):
    """key: its public key, the only one that is let in under this name."""

    invitation: str
    key: str


class HostLeft(Fact, tag="host.left", frozen=True, kw_only=True):
    """By itself. To come again it takes a new invitation."""


class HostRevoked(Fact, tag="host.revoked", frozen=True, kw_only=True):
    """By a person. It is cut off, and an invitation that was not used is void."""

    by: str


HostEvent: TypeAlias = (
    HostArrived
    | HostSilent
    | HostReturned
    | HostLost
    | HostTakenDown
    | HostEnded
    | HostInvited
    | HostAdmitted
    | HostLeft
    | HostRevoked
)


def entity_id(name: HostName) -> str:
    return name or HOME


def name_of(entity_id: str) -> HostName:
    return "" if entity_id == HOME else entity_id
