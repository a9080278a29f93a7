"""Long texts in memory. For tests, and for scenarios under a virtual clock."""

from anyio.lowlevel import checkpoint

from gastown.bus.texts import TextLostError, digest_of
from gastown.events.kept import Digest


class MemoryTexts:
    """A Texts."""

    def __init__(self) -> None:
        self.kept: dict[Digest, str] = {}

    async def keep(self, text: str) -> Digest:
        await checkpoint()
        digest = digest_of(text)
        self.kept[digest] = text
        return digest

    async def text(self, digest: Digest) -> str:
        await checkpoint()
        if digest not in self.kept:
            raise TextLostError(digest)
        return self.kept[digest]

    async def holds(self, digest: Digest) -> bool:
        await checkpoint()
        return digest in self.kept

    async def digests(self) -> frozenset[Digest]:
        await checkpoint()
        return frozenset(self.kept)
