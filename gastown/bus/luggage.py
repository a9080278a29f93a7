"""The port to luggage: what goes along with a bead to another town and is too large for any event.

It is no part of the log, which says of it only its name. It serves until it has arrived, and is forgotten some day.
"""

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Protocol

from gastown.errors import GastownError

FORGOTTEN = 30 * 86_400
"""Seconds until it goes, in the town's own server and at the hub."""
MOST = 2 * 1024**3
"""Bytes of one town's, in each of those; the oldest goes first."""


class LuggageLostError(GastownError):
    """It is not there any more, or never was, or is not what was sent."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the luggage {name} is not at the hub", "it may still be on its way there; after 30 days it is forgotten"
        )


class LuggageReader(Protocol):
    """One town's."""

    def fetch(self, name: str) -> AsyncGenerator[bytes]:
        """In chunks. Raises LuggageLostError, at the end too, for what is not what was sent; LogUnavailableError."""
        ...

    async def holds(self, name: str) -> bool:
        """Whether it is there. Raises LogUnavailableError."""
        ...


class Luggage(Protocol):
    """This town's."""

    async def keep(self, name: str, parts: AsyncIterable[bytes]) -> None:
        """There when it returns; what is there under that name already is the same, and stays. Tried once.

        Raises LogFullError, UnreachableError, and whatever making the parts raises."""
        ...
