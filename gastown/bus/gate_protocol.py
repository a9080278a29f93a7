"""What an outer host and its town say to each other at the gate, besides what every host says (`actors/reports.py`).

Who asks is the last part of the subject (`svc.<town>.<incarnation>.<service>.<host>`), and the gate's server lets no
host publish under another's name.
"""

import hashlib

import msgspec

from gastown.bus import long_word
from gastown.bus.invitation import APART
from gastown.errors import RefusedError

PROTOCOL = 1
"""Of hosts and their towns. Those of different ones do not join."""

JOIN = "join"
"""The service that whoever has an invitation may ask, and nobody else."""
DOOR, TEXTS, LUGGAGE, LEAVE = "door", "texts", "luggage", "leave"
"""Services for outer hosts alone: calls of agents; long texts; what a repository lacks, here or there; good-bye."""
ASKED = ("town", DOOR, TEXTS, LUGGAGE, LEAVE)
"""All services that an outer host may ask, each under its own name."""

_PREFIX = "gth1"
_AGAIN = "ask for a new one, in the town: gt host invite NAME"


class HostInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """To be a host of `town`, under the name `host`, once. urls: of the gate. ca: the gate's authority (PEM).

    incarnation, lineage: of the town. expires: seconds since the epoch.
    """

    town: str
    incarnation: str
    lineage: str
    host: str
    urls: tuple[str, ...]
    ca: str
    id: str
    secret: str
    expires: float
    protocol: int = PROTOCOL

    def __repr__(self) -> str:
        return f"HostInvitation(town={self.town!r}, host={self.host!r}, id={self.id!r})"


class Join(msgspec.Struct, frozen=True, kw_only=True, tag="join"):
    """May this machine be a host? key: the public nkey whose seed stays there. machine: as it calls itself.

    Asked again with the same invitation and the same key, it gets the same answer.
    """

    invitation: str
    secret: str
    host: str
    key: str
    machine: str
    protocol: int = PROTOCOL


class DoorAnswer(msgspec.Struct, frozen=True):
    """What an agent's call gets: lines, as on the town's socket. over: the last of them is the answer; else: ask again.

    On the wire as msgpack, since it is bytes.
    """

    lines: bytes
    over: bool


class GateReply(msgspec.Struct, frozen=True, kw_only=True):
    """What the town answers. code: of an error, as `gastown.errors` names it."""

    ok: bool
    code: str = ""
    message: str = ""
    hint: str = ""


def digest_of(secret: str) -> str:
    """All that the town keeps of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def encode(invitation: HostInvitation) -> str:
    return long_word.encode(_PREFIX, invitation)


def decode(text: str) -> HostInvitation:
    """Raises UsageError that says what became of it."""
    return long_word.decode(_PREFIX, text, HostInvitation, verb="gt host invite", again=_AGAIN)


def check(invitation: HostInvitation, now: float) -> None:
    """Raises RefusedError when it has surely expired, or is of a town that speaks another version."""
    if invitation.protocol != PROTOCOL:
        older = "town" if invitation.protocol < PROTOCOL else "host"
        msg = f"the town {invitation.town} speaks version {invitation.protocol} to its hosts, and this is {PROTOCOL}"
        raise RefusedError(msg, f"install a newer Gas Town on the machine of the {older}")
    if invitation.expires + APART <= now:
        msg = f"the invitation of {invitation.host} to {invitation.town} has expired"
        raise RefusedError(msg, _AGAIN)
