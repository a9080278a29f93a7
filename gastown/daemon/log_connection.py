"""A connection to the server of a log: not beside the server itself, which the daemon keeps and never talks to."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from gastown.bus.nats_connection import NatsConnection, connect
from gastown.config import NatsLogin


@asynccontextmanager
async def connected(login: NatsLogin) -> AsyncGenerator[NatsConnection]:
    """As a town is connected."""
    async with connect(login.url, name="gt", user=login.user, password=login.password) as connection:
        yield connection
