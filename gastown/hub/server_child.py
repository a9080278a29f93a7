"""The hub's NATS server, as a child: started, adopted, started again, and told what is in force."""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec

from gastown import durable
from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.adapters.processes.lifelong_lock import to_hand_on
from gastown.bus import server, server_control
from gastown.bus.hub_server import Login, is_copying, render_hub
from gastown.bus.nats_connection import NatsConnection
from gastown.daemon.log_server import end_server, lock_of
from gastown.daemon.reloading import reload
from gastown.daemon.restarts import Restarts
from gastown.hub.place import HubConfig
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

LOOK = 2.0
"""Seconds between two looks whether it still runs, where nobody says so."""
FROZEN_LOOKS = 3
"""So many looks in a row at a server that is stopped by a signal, and it is killed."""
_GRACE = 5.0  # seconds
_LONGEST_LOG = 16 * 1024 * 1024

_log = get_logger("gastown.hub")


class ServerChild:
    """logins, copying: what is in force, or will be as soon as the server is there."""

    def __init__(self, hub: HubConfig) -> None:
        self._hub = hub
        self._record = hub.run / "server.json"
        self._known: Known | None = None
        self._restarts = Restarts()
        self._lock = anyio.Lock()
        self._enforced: tuple[tuple[Login, ...], bool] | None = None  # by this process: logins, copying
        self.copying = False
        self.logins: tuple[Login, ...] = ()
        self.died = anyio.Event()

    def begin(self) -> None:
        """Go on with the server that an earlier process left, as it is; else start one."""
        found = read_server(self._hub)
        if found is not None and child.is_alive(found) and not child.is_frozen(found):
            self._known, self.copying = found, is_copying(_read(self._hub.server_file))
            child.send(found, signal.SIGHUP)  # whatever was written last, certificates too
        else:
            self._start()

    def _start(self) -> None:
        """Without copies, which other servers do not keep: their towns are not there yet. Raises TakenError where
        another server does not go."""
        self.copying = bool(self._hub.machines)
        self._restarts.begin("nats", time.monotonic(), was_ready=True)
        self._write()
        if self._enforced is not None:
            self._enforced = (self.logins, self.copying)
        with to_hand_on(lock_of(self._hub.store), _GRACE) as lock:
            command = server.server_command(self._hub.server_file)
            log = self._hub.logs / "nats.log"
            self._known = child.start(command, environment=os.environ, log=log, cwd=self._hub.path, keep_fds=(lock,))
        durable.write(self._record, msgspec.json.encode(self._known))

    def end(self) -> None:
        """`keep` starts it again."""
        if self._known is not None:
            child.send(self._known, signal.SIGKILL)

    async def keep(self) -> None:
        """Start it again whenever it dies, for ever; `died` says so each time."""
        frozen = 0
        while True:
            await self._wait()
            known = self._known
            if known is not None and child.is_alive(known):
                frozen = frozen + 1 if child.is_frozen(known) else 0
                if frozen >= FROZEN_LOOKS:
                    child.send(known, signal.SIGKILL)
                continue
            _log.warning("the hub's server has died: it is started again")
            await anyio.sleep(max(0.0, self._restarts.remaining("nats", time.monotonic())))
            try:
                async with self._lock:
                    await anyio.to_thread.run_sync(self._start)
            except OSError as error:  # no room for its configuration, or for what it is noted by
                _log.warning("the hub's server cannot be started yet", error=str(error))
                await anyio.sleep(LOOK)
                continue
            died, self.died = self.died, anyio.Event()
            died.set()

    async def _wait(self) -> None:
        """Until it ends, or for a while."""
        if self._known is None:
            return
        with child.watched(self._known) as descriptor, anyio.move_on_after(LOOK):
            if descriptor is not None:
                await anyio.wait_readable(descriptor)
        child.cap_log(self._hub.logs / "nats.log", _LONGEST_LOG)

    async def enforce(self, system: NatsConnection, logins: Iterable[Login], *, copying: bool) -> None:
        """Returns when the server obeys. Raises UnreachableError when it does not: it is to be tried again."""
        async with self._lock:
            wanted = (tuple(logins), copying)
            if wanted == self._enforced:
                return
            before, (self.logins, self.copying) = self._enforced, wanted
            await self._reload(system)
            stay = set(self.logins) if before is None else set(self.logins) & set(before[0])
            await server_control.cut_others(system, stay)
            self._enforced = wanted

    async def reload(self, system: NatsConnection) -> None:
        """Have it read its certificates again."""
        async with self._lock:
            await self._reload(system)

    async def _reload(self, system: NatsConnection) -> None:
        self._write()
        await reload(system, self._known, self._hub.logs / "nats.log")

    def _text(self) -> str:
        return render_hub(self._hub.server_place(), self.logins, copying=self.copying)

    def _write(self) -> None:
        durable.write(self._hub.server_file, self._text().encode(), mode=0o600)


def read_server(hub: HubConfig) -> Known | None:
    """The process that was last started, living or not."""
    try:
        return msgspec.json.decode((hub.run / "server.json").read_bytes(), type=Known)
    except (FileNotFoundError, *NOT_JSON):
        return None


def end_whatever_runs(hub: HubConfig) -> None:
    """Returns when no server of this hub is left. Blocks. Raises TakenError where one does not go."""
    found = read_server(hub)
    if found is not None:
        child.end(found, _GRACE)
    end_server(hub.store)  # one that was never noted
    (hub.run / "server.json").unlink(missing_ok=True)


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""
