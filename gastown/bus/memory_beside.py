"""What lies beside a log, in memory, and how other towns read the hub's copy of it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeAlias

from gastown.bus.luggage import LuggageLostError
from gastown.bus.memory_luggage import MemoryLuggage
from gastown.bus.memory_texts import MemoryTexts
from gastown.events.kept import Digest


class Beside:
    """A town's long texts and its luggage, or a copy of those."""

    def __init__(self, texts: MemoryTexts, luggage: MemoryLuggage) -> None:
        self.texts = texts
        self.luggage = luggage


Reach: TypeAlias = Callable[[], Awaitable[Beside]]
"""The copy as it is now. Raises LogUnavailableError."""


class MemoryTextsCopy:
    """A TextReader."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def text(self, digest: Digest) -> str:
        return await (await self._reach()).texts.text(digest)

    async def holds(self, digest: Digest) -> bool:
        return await (await self._reach()).texts.holds(digest)

    async def digests(self) -> frozenset[Digest]:
        return await (await self._reach()).texts.digests()


class MemoryLuggageCopy:
    """A LuggageReader."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def holds(self, name: str) -> bool:
        return name in (await self._reach()).luggage.pieces

    async def fetch(self, name: str) -> AsyncGenerator[bytes]:
        pieces = (await self._reach()).luggage.pieces
        if name not in pieces:
            raise LuggageLostError(name)
        yield pieces[name]
