"""Luggage in memory. For scenarios under a virtual clock."""

from collections.abc import AsyncIterable

from anyio.lowlevel import checkpoint


class MemoryLuggage:
    """A Luggage. pieces: by name."""

    def __init__(self) -> None:
        self.pieces: dict[str, bytes] = {}

    async def keep(self, name: str, parts: AsyncIterable[bytes]) -> None:
        await checkpoint()
        if name not in self.pieces:
            self.pieces[name] = b"".join([part async for part in parts])
