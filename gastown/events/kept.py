"""Texts that are too long for an event: they lie beside the log, in the town's `Texts`, and the event names them."""

from typing import Any, TypeAlias

import msgspec

LONGEST_IN_EVENT = 200_000
"""Bytes of UTF-8."""
HEAD = 500
"""Characters of a long text that the event holds all the same, for those who only look."""

Digest: TypeAlias = str  # SHA-256 of the UTF-8, 64 hexadecimal digits


class Kept(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Stands for a text. size: its bytes. head: how it begins."""

    digest: Digest
    size: int
    head: str


Text: TypeAlias = str | Kept


def size_of(text: Text) -> int:
    """Bytes of UTF-8."""
    return text.size if isinstance(text, Kept) else len(text.encode())


def digests_in(said: msgspec.Struct) -> tuple[Digest, ...]:
    """The texts that an event, or a part of one, names: whoever copies the log copies these too."""
    found: list[Digest] = []
    for name in said.__struct_fields__:
        value: Any = getattr(said, name)
        if isinstance(value, Kept):
            found.append(value.digest)
        elif isinstance(value, msgspec.Struct):
            found += digests_in(value)
    return tuple(found)
