"""What one person sends another as one long word: `<prefix>.<JSON, base64url>.<checksum>`. Pure.

The checksum tells a text that suffered on its way from one that is used up.
"""

import base64
import hashlib
from typing import TypeVar

import msgspec

from gastown.errors import UsageError

_CHECK = 12  # hexadecimal digits

_T = TypeVar("_T", bound=msgspec.Struct)


def encode(prefix: str, said: msgspec.Struct) -> str:
    body = base64.urlsafe_b64encode(msgspec.json.encode(said)).decode().rstrip("=")
    return f"{prefix}.{body}.{_checksum(prefix, body)}"


def decode(prefix: str, text: str, kind: type[_T], *, verb: str, again: str) -> _T:
    """Line breaks that a mail put into it do no harm. Raises UsageError that says what became of it.

    verb: what printed it. again: how to get a new one.
    """
    found, _, rest = "".join(text.split()).partition(".")
    body, _, checksum = rest.partition(".")
    if found != prefix:
        msg = "this is no invitation that this version can read"
        raise UsageError(msg, f"an invitation begins with {prefix}. and is one long word")
    if len(checksum) < _CHECK:
        msg = "the end of the invitation is missing"
        raise UsageError(msg, f"copy all of it, as {verb} printed it")
    if checksum != _checksum(prefix, body):
        msg = "the invitation was changed, or a part of it was lost"
        raise UsageError(msg, f"copy it again, as {verb} printed it")
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=kind)
    except (ValueError, msgspec.MsgspecError) as error:
        msg = f"the invitation cannot be read: {error}"
        raise UsageError(msg, again) from error


def _checksum(prefix: str, body: str) -> str:
    return hashlib.sha256(f"{prefix}.{body}".encode()).hexdigest()[:_CHECK]
