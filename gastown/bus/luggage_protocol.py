"""What outer hosts and the home host say to each other about repositories: what is missing, in pieces. As msgpack.

Everything is asked by the outer host. A parcel is a bundle on its way there, an offer one on its way home; both are
known by what they hold, so that whatever breaks off begins again where it was, or from the start.
"""

import hashlib
import hmac
from typing import Literal, TypeAlias

import msgspec

from gastown.events.ids import Commit, HostName, RigName, SessionId

PIECE = 4 * 1024 * 1024
"""Bytes of a bundle in one message, at most."""

Left: TypeAlias = Literal["submitted", "kept"]
"""What a session leaves: what it hands in; what else it left, or had committed while it worked."""


class Permit(msgspec.Struct, frozen=True, kw_only=True):
    """By which the home host knows that the town gave this session to the host that asks. word: see `permit`."""

    rig: RigName
    session: SessionId
    word: str


class AskParcel(msgspec.Struct, frozen=True, kw_only=True, tag="ask_parcel"):
    """`commit`, "" for the target as it is now, without what `basis` has -> Parcel."""

    permit: Permit
    commit: Commit = ""
    basis: tuple[Commit, ...] = ()


class AskPiece(msgspec.Struct, frozen=True, kw_only=True, tag="ask_piece"):
    """-> Piece; an empty one beyond its end, which says that all of it has come."""

    permit: Permit
    parcel: str
    offset: int


class Offer(msgspec.Struct, frozen=True, kw_only=True, tag="offer"):
    """A bundle of `commit`, which the session left as this -> Taken, how much of it is there already.

    digest: SHA-256 of the bundle, in hexadecimal digits. size: in bytes.
    """

    permit: Permit
    left: Left
    commit: Commit
    digest: str
    size: int


class Bring(msgspec.Struct, frozen=True, kw_only=True, tag="bring"):
    """A piece of what was offered -> Taken."""

    permit: Permit
    digest: str
    offset: int
    data: bytes


Asked: TypeAlias = AskParcel | AskPiece | Offer | Bring


class Parcel(msgspec.Struct, frozen=True, kw_only=True, tag="parcel"):
    """id "": `commit` is among what the asker has. size: in bytes; digest: SHA-256, in hexadecimal digits."""

    commit: Commit
    id: str = ""
    size: int = 0
    digest: str = ""


class Piece(msgspec.Struct, frozen=True, kw_only=True, tag="piece"):
    data: bytes


class Taken(msgspec.Struct, frozen=True, kw_only=True, tag="taken"):
    """size: so many bytes of it are here. home: the commit is pinned."""

    size: int = 0
    home: bool = False


class No(msgspec.Struct, frozen=True, kw_only=True, tag="no"):
    """again: it may be asked once more, from the start."""

    message: str
    again: bool = False


Said: TypeAlias = Parcel | Piece | Taken | No

encode = msgspec.msgpack.encode
decode_asked = msgspec.msgpack.Decoder(Asked).decode
decode_said = msgspec.msgpack.Decoder(Said).decode


def permit(secret: bytes, host: HostName, rig: RigName, session: SessionId) -> str:
    """What goes with a session that is given to an outer host. secret: the town's, which that host has not."""
    return hmac.new(secret, f"luggage/{host}/{rig}/{session}".encode(), hashlib.sha256).hexdigest()


def is_permitted(secret: bytes, host: HostName, given: Permit) -> bool:
    return hmac.compare_digest(permit(secret, host, given.rig, given.session), given.word)
