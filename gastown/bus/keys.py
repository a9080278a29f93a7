"""The key pair with which a town proves to a hub that it is the member of its name (nkeys, Ed25519).

The seed is the private half: it is made where it is used and never leaves that machine. The library is loaded only
where one is handled: each start of a program would pay for it.
"""

import secrets
from pathlib import Path

import msgspec

from gastown import durable
from gastown.bus.public_keys import USER
from gastown.errors import UsageError


class UserKey(msgspec.Struct, frozen=True):
    """seed: "SU…", private. public: "U…", what the hub knows it by."""

    seed: str
    public: str

    def __repr__(self) -> str:
        return f"UserKey(public={self.public!r})"


def new_user_key() -> UserKey:
    import nkeys  # pyright: ignore[reportMissingTypeStubs]  untyped, and used nowhere else

    seed: bytes = nkeys.encode_seed(secrets.token_bytes(32), USER)  # pyright: ignore[reportUnknownMemberType]  untyped library
    return user_key(seed.decode())


def user_key(seed: str) -> UserKey:
    """Raises UsageError: that is no seed of a user."""
    import nkeys  # pyright: ignore[reportMissingTypeStubs]

    try:
        prefix, _ = nkeys.decode_seed(seed.encode())  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]  untyped library
        pair = nkeys.from_seed(bytearray(seed.encode()))  # pyright: ignore[reportUnknownMemberType]
        public = bytes(pair.public_key).decode()  # pyright: ignore[reportUnknownMemberType,reportUnknownArgumentType]
    except (nkeys.NkeysError, ValueError) as error:
        msg = f"not the seed of a key: {type(error).__name__}"
        raise UsageError(msg) from error
    if prefix != USER:
        msg = "the seed is not that of a user's key"
        raise UsageError(msg)
    return UserKey(seed, public)


def kept_user_key(file: Path) -> UserKey:
    """The key whose seed is in `file`, which is made (mode 0600) if there is none yet. Raises UsageError, OSError."""
    if not file.exists():
        made = new_user_key()
        durable.write(file, made.seed.encode(), mode=0o600)
        return made
    try:
        return user_key(file.read_text().strip())
    except (UsageError, UnicodeDecodeError) as error:
        msg = f"{file} does not hold the seed of a key"
        raise UsageError(msg, "put it back from a backup, or remove it and join again with a new invitation") from error
