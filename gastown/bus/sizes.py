"""How much one message may hold."""

from gastown.errors import RefusedError

LARGEST_MESSAGE = 8 * 1024 * 1024
"""Bytes, headers included. What NATS itself warns above; a server of the user's own may take less."""


class MessageTooLargeError(RefusedError):
    """More than one message may hold. Nothing was sent, nothing stored."""

    def __init__(self, what: str, size: int, limit: int) -> None:
        super().__init__(
            f"{what}: {size} bytes are more than one message may hold, which is {limit}",
            "keep long texts in a file, and name it",
        )


def checked(payload: bytes, what: str, limit: int = LARGEST_MESSAGE) -> bytes:
    """The payload. Raises MessageTooLargeError."""
    if len(payload) > limit:
        raise MessageTooLargeError(what, len(payload), limit)
    return payload
