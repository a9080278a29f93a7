"""Starting and stopping a whole town from outside: what `gt up` and `gt down` do."""

import os
import shlex
import signal
import sys
import time

from gastown import config, durable
from gastown.adapters.processes import child, locks
from gastown.adapters.processes.child import Known
from gastown.daemon.children import GRACE, ORDER, SOCKET_FD, read_children, scrubbed
from gastown.errors import TakenError, UnreachableError
from gastown.finding import socket_of

_CALL = "import sys; from gastown_cli.main import main; sys.exit(main())"
"""A third faster than `-m`; with -I nothing in the worktree is taken for a module of ours."""
PATIENCE = 10.0
"""Seconds a daemon has to take its lock and bind the socket."""


def wanted(town: config.TownConfig) -> str:
    """ "up" or "down": the desired state as restarters see it, a copy of the log's last word."""
    file = town.run / "wanted"
    return file.read_text().strip() if file.exists() else "down"


def want(town: config.TownConfig, state: str) -> None:
    durable.write(town.run / "wanted", state.encode())


def start(town: config.TownConfig) -> None:
    """Start the daemon unless one runs; returns when the socket takes calls. The town answers on it once it is ready.

    Raises UnreachableError with the end of the daemon's log.
    """
    config.make_folders(town.path)
    town.socket_path()  # refuses an unsafe runtime folder before anything is started
    _refuse_beside_itself(town)
    _put_gt(town)
    want(town, "up")
    if daemon(town) is None:
        spawn_daemon(town)
    deadline = time.monotonic() + PATIENCE
    while daemon(town) is None or not _is_bound(town):
        if time.monotonic() > deadline:
            msg = "the daemon does not start"
            raise UnreachableError(msg, f"see {town.logs / 'daemon.log'}")
        time.sleep(0.01)


def _refuse_beside_itself(town: config.TownConfig) -> None:
    """A town and what is restored from its backups would do the same work. Raises TakenError."""
    other = locks.holder(town.lineage_lock())
    if other is not None and other.pid and daemon(town) is None:
        raise TakenError(
            f"the town of {town.path} lives elsewhere on this machine, as process {other.pid}: one of them was"
            " restored from a backup of the other",
            "gt down there first; for a second town of the same past: gt fork DIR",
        )


def _is_bound(town: config.TownConfig) -> bool:
    """Where the daemon says, which may have another XDG_RUNTIME_DIR than we."""
    address = socket_of(str(town.path))
    return bool(address) and os.path.exists(address)


def _put_gt(town: config.TownConfig) -> None:
    """The `gt` that started the town is the first on every worker's PATH: a script that starts this very program."""
    shim, draft = town.path / "bin" / "gt", town.path / "bin" / "gt.new"
    shim.parent.mkdir(exist_ok=True)
    program = f"exec {shlex.quote(sys.executable)} -I -c {shlex.quote(_CALL)}"
    draft.write_text(f'#!/bin/sh\n{program} "$@"\n')
    draft.chmod(0o700)
    draft.replace(shim)


def daemon(town: config.TownConfig) -> Known | None:
    """The daemon that runs now, if any."""
    holder = locks.holder(town.run / "daemon.lock")
    return Known(holder.pid, holder.started) if holder and holder.pid else None


def spawn_daemon(town: config.TownConfig, socket_fd: int | None = None) -> None:
    """socket_fd: the listening socket, when a town hands it back to a new daemon."""
    environment, keep = scrubbed(os.environ), ()
    if socket_fd is not None:
        environment[SOCKET_FD], keep = str(socket_fd), (socket_fd,)
    child.start(
        (sys.executable, "-P", "-m", "gastown.daemon", str(town.path)),
        environment=environment,
        log=town.logs / "daemon.log",
        cwd=town.path,
        keep_fds=keep,
    )


def stop(town: config.TownConfig) -> None:
    """End every process of the town, workers too, their work kept. Returns when none is left."""
    want(town, "down")
    running = daemon(town)
    if running is not None:
        child.send(running, signal.SIGTERM)
        child.wait(running, sum(GRACE.values()) + 5.0)
        child.end(running, 0.0)
    left = read_children(town)  # of a daemon that died, or did not manage
    for name in reversed(ORDER):
        if name in left:
            child.end(left[name], GRACE[name])
    (town.run / "children.json").unlink(missing_ok=True)
