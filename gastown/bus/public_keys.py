"""The public half of a user's key (nkeys), which anybody may see: told from other texts without the library."""

import base64
import binascii

USER = 20 << 3
"""The first byte of a user's key: in base 32, "U"."""
_LENGTH = 35  # that byte, the key, two bytes of checksum (CRC-16, XMODEM)


def is_public_user_key(text: str) -> bool:
    """Whether `text` may stand in a server's configuration as a user."""
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        return False
    if len(raw) != _LENGTH or raw[0] != USER or not text.isascii():
        return False
    return binascii.crc_hqx(raw[:-2], 0) == int.from_bytes(raw[-2:], "little")
