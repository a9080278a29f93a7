"""The port to texts that lie beside the log, by their digest: kept before the event that names them is appended."""

import hashlib
from typing import Protocol

from gastown.errors import GastownError
from gastown.events.kept import HEAD, LONGEST_IN_EVENT, Digest, Kept, Text


class TextLostError(GastownError):
    """An event names a text that is not there, or is not what it was."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(
            f"the text {digest} is not beside the log", "restore the town from a backup, or give the text anew"
        )


class TextReader(Protocol):
    """One town's long texts, to be read."""

    async def text(self, digest: Digest) -> str:
        """Raises TextLostError, LogUnavailableError."""
        ...

    async def holds(self, digest: Digest) -> bool:
        """Whether it is there. Raises LogUnavailableError."""
        ...

    async def digests(self) -> frozenset[Digest]:
        """All that are there, named by an event or not. Raises LogUnavailableError."""
        ...


class Texts(TextReader, Protocol):
    """This town's. None is ever changed or removed."""

    async def keep(self, text: str) -> Digest:
        """Durably there when it returns, as the log's own events are; a text that is there already costs nothing.

        Raises LogFullError, LogUnavailableError.
        """
        ...


def digest_of(text: str) -> Digest:
    return hashlib.sha256(text.encode()).hexdigest()


async def shortened(texts: Texts, text: str) -> Text:
    """What an event holds of `text`: itself, or its name once it is kept. Raises what `keep` raises."""
    size = len(text.encode()) if len(text) > LONGEST_IN_EVENT // 4 else 0
    if size <= LONGEST_IN_EVENT:
        return text
    return Kept(digest=await texts.keep(text), size=size, head=f"{text[:HEAD]}…")


async def whole(texts: TextReader, text: Text) -> str:
    """The text itself. Raises what `text` raises."""
    return await texts.text(text.digest) if isinstance(text, Kept) else text
