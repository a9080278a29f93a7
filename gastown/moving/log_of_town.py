"""A town's log, whether the town runs or not."""

import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from gastown.adapters.processes import child, locks
from gastown.bus.nats_connection import NatsConnection, connect
from gastown.config import TownConfig
from gastown.daemon import service
from gastown.daemon.children import read_children
from gastown.daemon.log_connection import connected
from gastown.daemon.log_server import nats_server


@asynccontextmanager
async def server_of(town: TownConfig) -> AsyncGenerator[NatsConnection]:
    """The server of the town's log; where none runs, one of our own while the context is open, and no daemon starts.

    Raises UnreachableError, TakenError.
    """
    if _is_external(town) or service.daemon(town) is not None or _server_lives(town):
        login = town.nats()
        async with connect(login.url, name="gt", user=login.user, password=login.password) as connection:
            yield connection
        return
    with (
        locks.held(town.run / "daemon.lock", f"the daemon of {town.path}"),
        tempfile.TemporaryDirectory(prefix="gt-log-") as folder,
    ):
        async with nats_server(Path(folder), town.path / "log") as (_, login), connected(login) as connection:
            yield connection


def _is_external(town: TownConfig) -> bool:
    return bool(os.environ.get("GT_NATS_URL") or town.nats_url)


def _server_lives(town: TownConfig) -> bool:
    """Of a daemon that was killed."""
    known = read_children(town).get("nats")
    return known is not None and child.is_alive(known)
