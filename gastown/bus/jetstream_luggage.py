"""Luggage in a bucket of an object store, in the town's own server."""

from collections.abc import AsyncIterable
from typing import Any

from gastown.bus.luggage import FORGOTTEN, MOST
from gastown.bus.nats_connection import NatsConnection
from gastown.bus.object_store import ObjectStore, refuse_when_full
from gastown.bus.objects import luggage_bucket
from gastown.errors import UnreachableError

LIMITS: dict[str, Any] = {"max_age": FORGOTTEN * 1_000_000_000, "max_bytes": MOST, "discard": "old"}


class JetStreamLuggage:
    """A Luggage."""

    def __init__(self, connection: NatsConnection, town: str, incarnation: str) -> None:
        self._store = ObjectStore(connection, luggage_bucket(town, incarnation), LIMITS)

    async def keep(self, name: str, parts: AsyncIterable[bytes]) -> None:
        try:
            await self._store.keep(name, parts)
        except UnreachableError as error:
            refuse_when_full(error)
            raise
