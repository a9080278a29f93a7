"""A look at a hub's door without going in: does it answer as the hub, and until when is its certificate valid?"""

import socket
import ssl
from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec

from gastown.bus.trust import trusting
from gastown.errors import UsageError

_PATIENCE = 3.0  # seconds, at each address
_LONGEST = 64 * 1024  # bytes of what a server says of itself


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """expires: seconds since the epoch, 0 where nobody of the hub's answers. trouble: why, "" where one does."""

    expires: float = 0.0
    trouble: str = ""


def look(urls: Iterable[str], authority: str) -> Door:
    """The first address that answers as the hub; else the trouble with the last. It blocks."""
    door = Door(trouble="no address of it is known")
    try:
        trust = trusting(authority)
    except UsageError as error:
        return Door(trouble=error.message)
    for url in urls:
        try:
            return Door(expires=_expires(url, trust))
        except ssl.SSLCertVerificationError as error:
            door = Door(trouble=f"its certificate at {url} is not valid: {error.verify_message}")
        except (OSError, ValueError) as error:
            door = Door(trouble=f"{url} does not answer: {error}")
    return door


def _expires(url: str, trust: ssl.SSLContext) -> float:
    """A leaf is told in plain text that it is to speak TLS, and then does. Raises OSError, ValueError."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), _PATIENCE) as plain:
        said = b""
        while not said.endswith(b"\n") and len(said) < _LONGEST:
            part = plain.recv(1)  # one by one: what comes behind the line is TLS, and not ours to read
            if not part:
                raise ValueError("it says nothing")
            said += part
        with trust.wrap_socket(plain, server_hostname=parts.hostname) as tls:
            until = (tls.getpeercert() or {}).get("notAfter")
            return float(ssl.cert_time_to_seconds(str(until))) if until else 0.0
