"""Long texts in memory. For tests, and for scenarios under a virtual clock."""

from anyio.lowlevel import checkpoint

from gastown.bus.texts import TextLostError, digest_of
from gastown.events.kept import Digest


class MemoryTexts:
    """A Texts."""

    def __init__(self) -> None:
        self._texts: dict[Digest, str] = {}

    async def keep(self, text: str) -> Digest:
        await checkpoint()
        digest = digest_of(text)
        self._texts[digest] = text
        return digest

    async def text(self, digest: Digest) -> str:
        await checkpoint()
        if digest not in self._texts:
            raise TextLostError(digest)
        return self._texts[digest]

    async def digests(self) -> frozenset[Digest]:
        await checkpoint()
        return frozenset(self._texts)
