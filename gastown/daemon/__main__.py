"""The daemon: keeps the log's server, the town and the host alive, and obeys the desired state. `gt up` starts it.

It is small and knows nothing but processes: pids, start times, the socket it hands on. Killed or frozen, it is replaced
by the town, and adopts what an earlier daemon left running. A town that is wanted down has no daemon: it ends at once.
On the machine of an outer host it keeps that host; there the next to start it is the unit, or `gt host up`.
"""

import os
import select
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from gastown import config, durable
from gastown.adapters.processes import child, locks
from gastown.daemon.children import SOCKET_FD, Children, log
from gastown.daemon.wanted import wanted
from gastown.errors import EXIT_CODES, GastownError


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


def _handed_on(environment: Mapping[str, str]) -> socket.socket | None:
    """The socket of a town that restarts us."""
    handed = environment.get(SOCKET_FD, "")
    if not handed:
        return None
    listener = socket.socket(fileno=int(handed))
    listener.set_inheritable(True)
    return listener


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
        signal.signal(signal.SIGCHLD, self._on_other)
        signal.signal(signal.SIGTSTP, self._on_other)  # Ctrl-Z in a terminal freezes no town

    def _on_stop(self, *_: object) -> None:
        self.stop = True

    def _on_other(self, *_: object) -> None:
        """Nothing: being woken is enough."""

    def wait(self, seconds: float, others: list[int]) -> None:
        """Until a signal, until one of the descriptors has something, or for `seconds`."""
        select.select([self.reader, *others], [], [], seconds)
        with suppress(BlockingIOError):
            while self.reader.recv(64):
                pass


def keep(town: config.TownConfig, children: Children, signals: Signals) -> None:
    """The daemon's life: wakes when a child dies (also an adopted one), and every few seconds to look at them."""
    while not signals.stop and wanted(town) != "down":
        children.end_useless()
        with ExitStack() as stack:
            watched = [stack.enter_context(child.watched(one)) for one in children.known.values()]
            pause = children.start_missing()  # after the watch began: nobody dies in between
            children.cap_logs()
            signals.wait(pause, [descriptor for descriptor in watched if descriptor is not None])
    children.end_all()


def main(path: Path) -> None:
    os.umask(config.PRIVATE)  # its children's too
    town = config.load(path)
    with (
        locks.held(town.run / "daemon.lock", f"the daemon of {town.path}"),
        locks.held(town.lineage_lock(), f"the town of {town.path}, or one that it was restored from or as,"),
    ):
        signals = Signals()
        if town.home:
            keep(town, Children(town, None), signals)  # the host's socket is its own: its callers end with it
            return
        listener = _handed_on(os.environ)
        children = Children(town, listener or bind(town.socket_path()))
        durable.write(town.run / "socket", str(town.socket_path()).encode())
        if listener is None:
            children.end_deaf_town()
        keep(town, children, signals)
        town.socket_path().unlink(missing_ok=True)


def run(arguments: list[str]) -> int:
    """The exit code. One argument: the town's folder."""
    try:
        main(Path(arguments[0]))
    except GastownError as error:
        log("refused", error=error.message, hint=error.hint)
        return EXIT_CODES[error.code]
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
