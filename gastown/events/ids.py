"""Identifiers. Pure: what is random or timed is passed in.

Every id is safe in a file name, in a git ref and in a NATS subject.
"""

import hashlib
import re
from typing import TypeAlias

import msgspec

BeadId: TypeAlias = str  # "<prefix>-<base36>", for example "ap-8d8e"
ConvoyId: TypeAlias = str  # "cv-<base36>"
SessionId: TypeAlias = str  # "<bead>-<n>": n counts the sessions ever opened for the bead, so it is never reused;
# "<bead>-<n>-<mark>" once the town has moved (rig.moved)
SubmissionId: TypeAlias = str  # "<rig>.<session>": a session submits at most once
RigName: TypeAlias = str
AgentName: TypeAlias = str
TownName: TypeAlias = str
HostName: TypeAlias = str  # "": the one on the town's own machine
AccountName: TypeAlias = str  # "agent.<agent>" is the one that an agent has without naming any
PolecatName: TypeAlias = str
Commit: TypeAlias = str  # a full object id, 40 or 64 hexadecimal digits
EventId: TypeAlias = str  # a ULID
CommandId: TypeAlias = str  # a ULID from a caller; "<effect key>" when the town itself sends

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
"""What a rig, an agent, an account or a prefix may be called: one token of a subject, a ref and a path."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BYTES_FOR_LENGTH = {3: 2, 4: 3, 5: 4, 6: 4, 7: 5, 8: 5}
_CEILINGS = ((3, 163), (4, 983), (5, 5_898), (6, 35_389), (7, 212_339))
"""Length, and how many beads a prefix may hold before the chance of a collision passes a quarter (Beads, idgen)."""


class Entity(msgspec.Struct, frozen=True, order=True):
    """One thing with a history of its own: one subject of the log."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"


def hash_length(beads: int) -> int:
    """How many base-36 digits an id needs when its prefix already holds `beads` beads."""
    return next((length for length, ceiling in _CEILINGS if beads <= ceiling), 8)


def hash_id(prefix: str, title: str, description: str, creator: str, created_ns: int, nonce: int, length: int) -> str:
    """An id as Beads makes it: SHA-256 of the content, the leading bytes in base 36, left-padded, `length` digits."""
    content = f"{title}|{description}|{creator}|{created_ns}|{nonce}".encode()
    number = int.from_bytes(hashlib.sha256(content).digest()[: _BYTES_FOR_LENGTH[length]], "big")
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return f"{prefix}-{digits.rjust(length, '0')[-length:]}"


def session_id(bead: BeadId, number: int, mark: str = "") -> SessionId:
    return f"{bead}-{number}-{mark}" if mark else f"{bead}-{number}"


def submission_id(rig: RigName, session: SessionId) -> SubmissionId:
    return f"{rig}.{session}"


def polecat_id(rig: RigName, name: PolecatName) -> str:
    return f"{rig}.{name}"


def abroad(town: str, bead: BeadId) -> BeadId:
    """What a bead that this town knows as `bead` is called in every other one: born here, it gets the town's name."""
    return bead if "." in bead else f"{town}.{bead}"


def at_home(town: str, name: BeadId) -> BeadId:
    """What this town calls the bead that is called `name` elsewhere."""
    return name.removeprefix(f"{town}.")


def shown(name: BeadId) -> str:
    """As people write and see a name that a bead has abroad: TOWN/ID."""
    return name.replace(".", "/", 1)


def meant(town: str, written: str) -> BeadId:
    """What this town calls the bead that somebody calls TOWN/ID, TOWN.ID, or, of this town's own, ID."""
    return at_home(town, written.replace("/", ".", 1))
