"""An invitation to a hub, as the text that one person sends another: once, for one town, for a while."""

from datetime import UTC, datetime

import msgspec

from gastown.bus import long_word
from gastown.bus.hub_protocol import PROTOCOL
from gastown.errors import RefusedError

_PREFIX = "gti1"
APART = 3_600.0
"""Seconds that clocks may be apart: of an invitation that expired less long ago, whoever made it says so, or not."""
_AGAIN = "ask whoever keeps the hub for a new one: gt hub invite TOWN"


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """urls: where to ask to be let in. ca: the hub's authority (PEM): nobody else can pass for the hub.

    secret: whoever knows it may join as `town`, once. expires: seconds since the epoch.
    """

    hub: str
    urls: tuple[str, ...]
    ca: str
    town: str
    id: str
    secret: str
    expires: float
    protocol: int = PROTOCOL

    def __repr__(self) -> str:
        return f"Invitation(hub={self.hub!r}, town={self.town!r}, id={self.id!r})"


def encode(invitation: Invitation) -> str:
    return long_word.encode(_PREFIX, invitation)


def decode(text: str) -> Invitation:
    """Raises UsageError that says what became of it."""
    return long_word.decode(_PREFIX, text, Invitation, verb="gt hub invite", again=_AGAIN)


def check(invitation: Invitation, now: float) -> None:
    """Raises RefusedError when it has surely expired, or is of a hub that speaks another version."""
    if invitation.protocol != PROTOCOL:
        older = "hub" if invitation.protocol < PROTOCOL else "town"
        msg = f"the hub {invitation.hub} speaks version {invitation.protocol} and this town version {PROTOCOL}"
        raise RefusedError(msg, f"install a newer Gas Town on the machine of the {older}")
    if invitation.expires + APART <= now:
        when = datetime.fromtimestamp(invitation.expires, UTC).strftime("%Y-%m-%d %H:%M UTC")
        msg = f"the invitation of {invitation.town} to {invitation.hub} expired on {when}"
        raise RefusedError(msg, _AGAIN)
