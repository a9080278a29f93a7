"""The daemon's children: the log's server, the gate's, the town, the host; started, again, adopted, ended."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from gastown import config, durable, hub_link
from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.adapters.processes.lifelong_lock import to_hand_on
from gastown.adapters.processes.locks import holder
from gastown.bus import server
from gastown.daemon.beats import beats_of
from gastown.daemon.log_server import end_server, lock_of
from gastown.daemon.pulse import Pulse
from gastown.daemon.restarts import Restarts
from gastown.daemon.vigil import LOOK, Vigil
from gastown.errors import GastownError, TakenError
from gastown.not_json import NOT_JSON

ORDER = ("nats", "gate", "town", "host")
"""Started in this order, ended in the reverse one: a worker's last report needs the town, the town needs the log."""
GRACE = {"host": 15.0, "town": 5.0, "gate": 5.0, "nats": 5.0}
"""Seconds a process has to end by itself: the host saves the work of every session first."""
KILL_PATIENCE = 5.0
"""Seconds that a killed process has to be gone; one that hangs in the kernel is not waited for any longer."""
LONGEST_LOG = 16 * 1024 * 1024
"""Bytes of a process log; as many again are kept beside it."""
SOCKET_FD = "GT_SOCKET_FD"


class Children:
    """The processes of one town, and the record of them that survives this daemon.

    listener: the town's socket; None for a host on another machine, of which there is no town here.
    """

    def __init__(self, town: config.TownConfig, listener: socket.socket | None) -> None:
        self._town = town
        self._listener = listener
        self._record = town.run / "children.json"
        self.known = living_children(town)
        self._vigil = Vigil()
        self._pulse = Pulse(town)
        self._looked = time.monotonic()
        self._restarts = Restarts()
        self._own_log = not (os.environ.get("GT_NATS_URL") or town.nats_url)

    @property
    def names(self) -> tuple[str, ...]:
        return names_of(self._town, own_log=self._own_log)

    def end_deaf_town(self) -> None:
        """One that an earlier daemon started listens on that one's socket, where nobody calls any more."""
        deaf = self.known.pop("town", None)
        if deaf is not None:
            log("replaced", name="town", pid=deaf.pid, reason="it listens on a socket that is gone")
            child.end(deaf, GRACE["town"])

    def start_missing(self) -> float:
        """Start what is not running and is not waiting. Returns the seconds until the next start is due."""
        now, due = time.monotonic(), LOOK
        for name in self.names:
            known = self.known.get(name)
            if known is not None and child.is_alive(known):
                continue
            remaining = self._restarts.remaining(name, now)
            if remaining > 0:
                due = min(due, remaining)
                continue
            was_ready = known is not None and beats_of(self._town, name, known) is not None
            self._restarts.begin(name, now, was_ready=was_ready)
            self._start(name)
            due = 0.0  # it is to be watched, too
        return due

    def cap_logs(self) -> None:
        """No process log grows without end. On a full disk they are left for the next time."""
        with suppress(OSError):
            for file in self._town.logs.glob("*.log"):
                child.cap_log(file, LONGEST_LOG)

    def end_useless(self) -> None:
        """Kill what exists but is of no use: frozen, or its event loop has stopped. It is started anew then."""
        now = time.monotonic()
        passed, self._looked = now - self._looked, now
        for name, known in self.known.items():
            frozen, beats = child.is_frozen(known), self._beats(name, known)
            reason = self._vigil.look(name, known, frozen=frozen, beats=beats, passed=passed)
            if reason and child.is_alive(known):
                log("replaced", name=name, pid=known.pid, reason=reason)
                child.send(known, signal.SIGKILL)
                child.wait(known, KILL_PATIENCE)

    def _beats(self, name: str, known: Known) -> int | None:
        return self._pulse.beats(known) if name == "nats" else beats_of(self._town, name, known)

    def _start(self, name: str) -> None:
        unknown = None if name in ("nats", "gate") else holder(self._town.run / f"{name}.lock")
        if name == "nats":
            self._start_nats()
        elif name == "gate":
            self._start_gate()
        elif unknown is not None and unknown.pid:
            self._take_over(name, Known(unknown.pid, unknown.started, child.boot()))
        else:
            self._start_ours(name)
        self._write()

    def _start_nats(self) -> None:
        """One that a killed daemon had started, and not noted, is ended first: two must never write one log."""
        self._start_server("nats", lock_of(self._town.path / "log"), self._nats_command)

    def _start_gate(self) -> None:
        """With what the town has written. Two on one port would be one that is no use."""
        file = self._town.gate_file()
        self._start_server("gate", file.with_name("server.lock"), partial(server.server_command, file))

    def _start_server(self, name: str, lock_file: Path, command: Callable[[], Sequence[str]]) -> None:
        try:
            with to_hand_on(lock_file, KILL_PATIENCE) as lock:
                self.known[name] = self._begin(name, command(), scrubbed(os.environ), lock)
        except TakenError as error:
            log("refused", name=name, error=error.message, hint=error.hint)

    def _take_over(self, name: str, unknown: Known) -> None:
        """A host that nobody noted is as good as one that was; a town listens on a socket that is gone."""
        if name == "host":
            self.known[name] = unknown
            return
        log("replaced", name=name, pid=unknown.pid, reason="an earlier daemon started it, and could not note it")
        child.end(unknown, GRACE[name])
        self._start_ours(name)

    def _start_ours(self, name: str) -> None:
        environment, keep = scrubbed(os.environ), list[int]()
        if name == "town" and self._listener is not None:
            descriptor = self._listener.fileno()
            environment[SOCKET_FD] = str(descriptor)
            keep.append(descriptor)
        command = (sys.executable, "-P", "-m", f"gastown.{name}", str(self._town.path))
        self.known[name] = self._begin(name, command, environment, *keep)

    def _begin(self, name: str, command: Sequence[str], environment: Mapping[str, str], *keep: int) -> Known:
        log = self._town.logs / f"{name}.log"
        return child.start(command, environment=environment, log=log, cwd=self._town.path, keep_fds=keep)

    def _nats_command(self) -> tuple[str, ...]:
        """A restarted server keeps its port, as long as nobody else has taken it."""
        file = self._town.run / "nats.port"
        port = _free_port(number_in(file))
        durable.write(file, str(port).encode())
        password = (self._town.path / "secrets" / "nats").read_text()
        rendered = server.render_config(
            server_name=self._town.name,
            port=port,
            store_dir=self._town.path / "log",
            user="town",
            password=password,
            leaf=self._leaf(),
        )
        conf = self._town.path / "secrets" / "nats.conf"
        conf.touch(mode=0o600)
        conf.write_text(rendered)
        return server.server_command(conf)

    def _leaf(self) -> server.Leaf | None:
        """Without its hub a town does all its own work."""
        try:
            return hub_link.leaf(self._town)
        except GastownError as error:
            log("refused", name="hub", error=error.message, hint=error.hint)
            return None

    def _write(self) -> None:
        draft = self._record.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(self.known))
        draft.replace(self._record)

    def end_all(self) -> None:
        for name in reversed(ORDER):
            if name in self.known:
                child.end(self.known.pop(name), GRACE[name])
        if "nats" in self.names:
            with suppress(TakenError):  # it does not go; whoever starts the next is told
                end_server(self._town.path / "log")
        self._record.unlink(missing_ok=True)


def names_of(town: config.TownConfig, *, own_log: bool) -> tuple[str, ...]:
    """Of the processes that are to run. own_log: the log's server is the town's own."""
    if town.home:
        return ("host",)
    there = {"nats": own_log, "gate": town.gate_file().exists()}
    return tuple(name for name in ORDER if there.get(name, True))


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what git, another town or a worker's session put there: a town is started from anywhere."""
    kept = ("GT_NATS_URL", "GT_NATS_SERVER")
    return {name: value for name, value in environment.items() if name in kept or not name.startswith(("GT_", "GIT_"))}


def read_children(town: config.TownConfig) -> dict[str, Known]:
    """The processes that the last daemon started, living or not."""
    try:
        return msgspec.json.decode((town.run / "children.json").read_bytes(), type=dict[str, Known])
    except (FileNotFoundError, *NOT_JSON):
        return {}


def living_children(town: config.TownConfig) -> dict[str, Known]:
    """Those of them that still run."""
    return {name: one for name, one in read_children(town).items() if child.is_alive(one)}


def next_epoch(town: config.TownConfig) -> int:
    """One more than any town process before, as far as we or the host know; written under the town's lock."""
    epoch = 1 + max(number_in(town.run / "epoch"), number_in(town.path / "host" / "epoch"))
    durable.write(town.run / "epoch", str(epoch).encode())
    return epoch


def number_in(file: Path) -> int:
    """0 when it is not there, or a power cut left nothing of it."""
    try:
        return int(file.read_text())
    except (FileNotFoundError, ValueError):
        return 0


def log(event: str, **said: str | int | float) -> None:
    """A line in the daemon's log, as the others write theirs."""
    line = {"process": "daemon", "event": event, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **said}
    sys.stderr.write(f"{msgspec.json.encode(line).decode()}\n")
    sys.stderr.flush()


def _free_port(wish: int) -> int:
    for port in (wish, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    msg = "no free port on 127.0.0.1"
    raise OSError(msg)
