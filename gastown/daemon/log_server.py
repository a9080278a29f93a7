"""A NATS server for a log without its town, configured as a town's is: loopback, a free port, every append flushed."""

import os
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread

from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.adapters.processes.lifelong_lock import to_hand_on
from gastown.bus import server
from gastown.clock import new_id
from gastown.config import NatsLogin

_USER = "town"
_GRACE = 5.0  # seconds


@asynccontextmanager
async def nats_server(folder: Path, store: Path | None = None) -> AsyncGenerator[tuple[Known, NatsLogin]]:
    """The process, and how to log in; ended with the context. store: where its streams lie, else in `folder`."""
    login = NatsLogin(f"nats://127.0.0.1:{free_port()}", _USER, new_id(), embedded=True)
    process = start(folder, login, store or folder / "log")
    try:
        yield process, login
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(child.end, process, _GRACE)


def end_server(store: Path) -> None:
    """End the server that somebody who was killed left on this log. Blocks. Raises TakenError where it does not go."""
    with to_hand_on(lock_of(store), _GRACE):
        pass


def lock_of(store: Path) -> Path:
    """What the server of a log holds as long as it lives, lying with the log: see `to_hand_on`."""
    return store / "server.lock"


def start(folder: Path, login: NatsLogin, store: Path) -> Known:
    """Raises TakenError where the log has a server that does not go."""
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
    command, log = server.server_command(config), folder / "nats.log"
    with to_hand_on(lock_of(store), _GRACE) as lock:
        return child.start(command, environment=os.environ, log=log, cwd=folder, keep_fds=(lock,))


def free_port() -> int:
    """On loopback, just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
