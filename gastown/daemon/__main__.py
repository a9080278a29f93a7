"""The daemon: keeps the log's server, the town and the host alive, and obeys the desired state. `gt up` starts it.

It is small and knows nothing but processes: pids, start times, the socket it hands on. Killed, it is started again by
the town, and adopts what an earlier daemon left running.
"""

import os
import select
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gastown import config
from gastown.adapters.processes import child, locks
from gastown.adapters.processes.child import Known
from gastown.daemon.children import SOCKET_FD, Children


def bind(path: Path) -> socket.socket:
    """The town's socket, private to the user. Whoever calls the lock's holder is the only one to do this."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(512)
    listener.set_inheritable(True)
    return listener


def _listener(town: config.TownConfig, environment: Mapping[str, str]) -> socket.socket:
    """The socket handed on by a town that restarts us, else a new one."""
    handed = environment.get(SOCKET_FD, "")
    if handed:
        listener = socket.socket(fileno=int(handed))
        listener.set_inheritable(True)
        return listener
    return bind(town.socket_path())


class Signals:
    """SIGTERM, SIGINT and SIGCHLD as something to wait for."""

    def __init__(self) -> None:
        self.stop = False
        self.reader, writer = socket.socketpair()
        self.reader.setblocking(False)
        writer.setblocking(False)
        self._writer = writer
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, self._on_child)

    def _on_stop(self, *_: object) -> None:
        self.stop = True

    def _on_child(self, *_: object) -> None:
        """Nothing: being woken is enough."""

    def wait(self, seconds: float, others: list[int]) -> None:
        """Until a signal, until one of the descriptors has something, or for `seconds`."""
        select.select([self.reader, *others], [], [], seconds)
        with suppress(BlockingIOError):
            while self.reader.recv(64):
                pass


def keep(children: Children, signals: Signals) -> None:
    """The daemon's life: wakes when a child dies (also an adopted one), and hardly ever otherwise."""
    while not signals.stop:
        pause = children.start_missing()
        children.cap_logs()
        watched = [descriptor for one in children.known.values() if (descriptor := _watch(one)) is not None]
        try:
            running = all(child.is_alive(one) for one in children.known.values())
            signals.wait(60.0 if running else pause, watched)
        finally:
            for descriptor in watched:
                os.close(descriptor)
    children.end_all()


def _watch(known: Known) -> int | None:
    """A descriptor that turns readable when the process ends. None when it has ended."""
    with suppress(ProcessLookupError):
        return os.pidfd_open(known.pid)
    return None


def main(path: Path) -> None:
    os.umask(config.PRIVATE)  # its children's too
    town = config.load(path)
    with (
        locks.held(town.run / "daemon.lock", f"the daemon of {town.path}"),
        locks.held(town.lineage_lock(), f"the town of {town.path}, or one that it was restored from or as,"),
    ):
        signals = Signals()
        listener = _listener(town, os.environ)
        (town.run / "socket").write_text(str(town.socket_path()))
        keep(Children(town, listener), signals)
        town.socket_path().unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
