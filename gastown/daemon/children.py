"""The daemon's children: the log's server, the town, the host; started, started again, adopted, ended."""

import os
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

import msgspec

from gastown import config, durable
from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.bus import server

ORDER = ("nats", "town", "host")
"""Started in this order, ended in the reverse one: a worker's last report needs the town, the town needs the log."""
GRACE = {"host": 15.0, "town": 5.0, "nats": 5.0}
"""Seconds a process has to end by itself: the host saves the work of every session first."""
FIRST_WAIT, LONGEST_WAIT, STABLE = 0.1, 5.0, 5.0
"""Seconds before a process that died is started again: doubled each time, from the first again after STABLE.

The waits are for what dies while it starts; what has worked for a while was killed, and comes back at once."""
LONGEST_LOG = 16 * 1024 * 1024
"""Bytes of a process log; as many again are kept beside it."""
SOCKET_FD = "GT_SOCKET_FD"


class Children:
    """The processes of one town, and the record of them that survives this daemon."""

    def __init__(self, town: config.TownConfig, listener: socket.socket) -> None:
        self._town = town
        self._listener = listener
        self._record = town.run / "children.json"
        self.known: dict[str, Known] = {name: one for name, one in read_children(town).items() if child.is_alive(one)}
        self._waits: dict[str, float] = {}
        self._began: dict[str, float] = {}
        self.names = ORDER if not (os.environ.get("GT_NATS_URL") or town.nats_url) else ORDER[1:]

    def start_missing(self) -> float:
        """Start what is not running and is not waiting. Returns the seconds until the next start is due."""
        now, due = time.monotonic(), LONGEST_WAIT
        for name in self.names:
            known = self.known.get(name)
            if known is not None and child.is_alive(known):
                continue
            remaining = self._began.get(name, -STABLE) + self._waits.get(name, 0.0) - now
            if remaining > 0:
                due = min(due, remaining)
                continue
            stable = now - self._began.get(name, -STABLE) >= STABLE
            self._waits[name] = FIRST_WAIT if stable else min(self._waits.get(name, FIRST_WAIT) * 2, LONGEST_WAIT)
            self._began[name] = now
            self._start(name)
        return due

    def cap_logs(self) -> None:
        """No process log grows without end. On a full disk they are left for the next time."""
        with suppress(OSError):
            for log in self._town.logs.glob("*.log"):
                child.cap_log(log, LONGEST_LOG)

    def _start(self, name: str) -> None:
        descriptor = self._listener.fileno()
        environment = scrubbed(os.environ)
        if name == "nats":
            command = self._nats_command()
        else:
            command = (sys.executable, "-P", "-m", f"gastown.{name}", str(self._town.path))
        if name == "town":
            environment[SOCKET_FD] = str(descriptor)
        self.known[name] = child.start(
            command,
            environment=environment,
            log=self._town.logs / f"{name}.log",
            cwd=self._town.path,
            keep_fds=(descriptor,) if name == "town" else (),
        )
        self._write()

    def _nats_command(self) -> tuple[str, ...]:
        """A restarted server keeps its port, as long as nobody else has taken it."""
        file = self._town.run / "nats.port"
        port = _free_port(int(file.read_text()) if file.exists() else 0)
        durable.write(file, str(port).encode())
        password = (self._town.path / "secrets" / "nats").read_text()
        rendered = server.render_config(
            server_name=self._town.name,
            port=port,
            store_dir=self._town.path / "log",
            user="town",
            password=password,
        )
        conf = self._town.path / "secrets" / "nats.conf"
        conf.touch(mode=0o600)
        conf.write_text(rendered)
        return server.server_command(conf)

    def _write(self) -> None:
        draft = self._record.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(self.known))
        draft.replace(self._record)

    def end_all(self) -> None:
        for name in reversed(ORDER):
            if name in self.known:
                child.end(self.known.pop(name), GRACE[name])
        self._record.unlink(missing_ok=True)


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what git, another town or a worker's session put there: a town is started from anywhere."""
    kept = ("GT_NATS_URL", "GT_NATS_SERVER")
    return {name: value for name, value in environment.items() if name in kept or not name.startswith(("GT_", "GIT_"))}


def read_children(town: config.TownConfig) -> dict[str, Known]:
    """The processes that the last daemon started, living or not."""
    try:
        return msgspec.json.decode((town.run / "children.json").read_bytes(), type=dict[str, Known])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}


def _free_port(wish: int) -> int:
    for port in (wish, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    msg = "no free port on 127.0.0.1"
    raise OSError(msg)
