"""An invitation to a hub, as the text that one person sends another: once, for one town, for a while.

`gti1.<JSON, base64url>.<checksum>`. The checksum tells a text that suffered on its way from one that is used up.
"""

import base64
import hashlib
from datetime import UTC, datetime

import msgspec

from gastown.bus.hub_protocol import PROTOCOL
from gastown.errors import RefusedError, UsageError

_PREFIX = "gti1"
_CHECK = 12  # hexadecimal digits
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
    body = base64.urlsafe_b64encode(msgspec.json.encode(invitation)).decode().rstrip("=")
    return f"{_PREFIX}.{body}.{_checksum(body)}"


def decode(text: str) -> Invitation:
    """Line breaks that a mail put into it do no harm. Raises UsageError that says what became of it."""
    prefix, _, rest = "".join(text.split()).partition(".")
    body, _, checksum = rest.partition(".")
    if prefix != _PREFIX:
        msg = "this is no invitation that this version can read"
        raise UsageError(msg, f"an invitation begins with {_PREFIX}. and is one long word")
    if len(checksum) < _CHECK:
        msg = "the end of the invitation is missing"
        raise UsageError(msg, "copy all of it, as gt hub invite printed it")
    if checksum != _checksum(body):
        msg = "the invitation was changed, or a part of it was lost"
        raise UsageError(msg, "copy it again, as gt hub invite printed it")
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Invitation)
    except (ValueError, msgspec.MsgspecError) as error:
        msg = f"the invitation cannot be read: {error}"
        raise UsageError(msg, _AGAIN) from error


def check(invitation: Invitation, now: float) -> None:
    """Raises RefusedError when it has expired, or is of a hub that speaks another version."""
    if invitation.protocol != PROTOCOL:
        older = "hub" if invitation.protocol < PROTOCOL else "town"
        msg = f"the hub {invitation.hub} speaks version {invitation.protocol} and this town version {PROTOCOL}"
        raise RefusedError(msg, f"install a newer Gas Town on the machine of the {older}")
    if invitation.expires <= now:
        when = datetime.fromtimestamp(invitation.expires, UTC).strftime("%Y-%m-%d %H:%M UTC")
        msg = f"the invitation of {invitation.town} to {invitation.hub} expired on {when}"
        raise RefusedError(msg, _AGAIN)


def _checksum(body: str) -> str:
    return hashlib.sha256(f"{_PREFIX}.{body}".encode()).hexdigest()[:_CHECK]
