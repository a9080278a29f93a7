"""Whom a client takes for a server of its hub, or of its town's gate: whoever their own authority vouches for."""

import ssl

from gastown.errors import UsageError


def trusting(authority: str) -> ssl.SSLContext:
    """authority: its certificate, PEM. Of no other are servers trusted. Raises UsageError."""
    try:
        return ssl.create_default_context(cadata=authority)
    except (ssl.SSLError, ValueError) as error:
        msg = f"the certificate of the hub's authority cannot be read: {error}"
        raise UsageError(msg) from error
