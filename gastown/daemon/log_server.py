"""A NATS server for a log without its town, configured as a town's is: loopback, a free port, every append flushed."""

import os
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec

from gastown import durable
from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.bus import server
from gastown.bus.nats_connection import NatsConnection, connect
from gastown.clock import new_id
from gastown.config import NatsLogin
from gastown.not_json import NOT_JSON

NOTE = "log-server.json"
"""In a town's run folder: the server that reads or fills its log while the town is down."""
_USER = "town"
_GRACE = 5.0  # seconds


@asynccontextmanager
async def nats_server(folder: Path, store: Path | None = None) -> AsyncGenerator[tuple[Known, NatsLogin]]:
    """The process, and how to log in; ended with the context. store: where its streams lie, else in `folder`."""
    login = NatsLogin(f"nats://127.0.0.1:{_free_port()}", _USER, new_id(), embedded=True)
    process = start(folder, login, store or folder / "log")
    try:
        yield process, login
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(child.end, process, _GRACE)


def note_down(process: Known, note: Path) -> None:
    """So that the process is ended by whoever comes next, should we be killed."""
    durable.write(note, msgspec.json.encode(process))


def end_left(note: Path) -> None:
    """End the server of somebody who was killed: two must never write one log. Blocks."""
    with suppress(FileNotFoundError, *NOT_JSON):
        child.end(msgspec.json.decode(note.read_bytes(), type=Known), _GRACE)
    note.unlink(missing_ok=True)


def start(folder: Path, login: NatsLogin, store: Path) -> Known:
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nats.conf"
    rendered = server.render_config(
        server_name="log",
        port=int(login.url.rpartition(":")[2]),
        store_dir=store,
        user=login.user,
        password=login.password,
    )
    config.touch(mode=0o600)
    config.write_text(rendered)
    return child.start(server.server_command(config), environment=os.environ, log=folder / "nats.log", cwd=folder)


@asynccontextmanager
async def connected(login: NatsLogin) -> AsyncGenerator[NatsConnection]:
    """As a town is connected."""
    async with connect(login.url, name="gt", user=login.user, password=login.password) as connection:
        yield connection


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
