"""Starting and stopping a whole town from outside: what `gt up` and `gt down` do."""

import os
import shlex
import signal
import sys
import time
from typing import NoReturn

from gastown import config
from gastown.adapters.processes import child, locks
from gastown.adapters.processes.child import Known
from gastown.daemon.children import GRACE, ORDER, SOCKET_FD, living_children, log, read_children, scrubbed
from gastown.daemon.vigil import LOOK
from gastown.daemon.wanted import want, wanted
from gastown.errors import TakenError, UnreachableError
from gastown.finding import socket_of

_CALLS = {
    "gt": "import sys; from gastown_cli.main import main; sys.exit(main())",
    "bd": "import sys; from gastown_cli.bd import main; sys.exit(main())",
}
"""A third faster than `-m`; with -I nothing in the worktree is taken for a module of ours."""
TOWN_IS_FIRST = 15.0
"""Seconds that a living town has to replace its daemon before others do: it hands on its socket, no call is lost."""
_MOMENT = 0.5
"""Seconds between taking a lock and writing one's name into it, at most."""
PATIENCE = 10.0
"""Seconds a daemon has to take its lock and bind the socket."""


def start(town: config.TownConfig) -> None:
    """Start the daemon unless one runs; returns when the socket takes calls. The town answers on it once it is ready.

    On the machine of an outer host nobody but its agents calls: there it returns when the daemon runs. Raises
    UnreachableError.
    """
    _prepare(town)
    want(town, "up")
    running = daemon(town)
    if running is not None and child.is_frozen(running):
        child.end(running, 0.0)
    _let_town_be_first(town)
    if daemon(town) is None:
        spawn_daemon(town)
    deadline = time.monotonic() + PATIENCE
    while daemon(town) is None or not (town.home or _is_bound(town)):
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


def stay(town: config.TownConfig) -> NoReturn:
    """Become the daemon, in this very process; its log goes to standard error. Raises TakenError when one runs."""
    _prepare(town)
    want(town, "up")
    running = daemon(town)
    if running is not None:
        msg = f"the daemon of {town.path} runs already, as process {running.pid}"
        raise TakenError(msg, "stop the town first: gt down")
    _become_daemon(town)


def stand_by(town: config.TownConfig) -> None:
    """What a unit runs: be the daemon as long as the town is wanted up; if there is one, wait until it is gone.

    Returns when the town is wanted down, or was never started. SIGTERM ends the town's processes, whoever started
    them, and leaves it wanted as it is.
    """
    signal.signal(signal.SIGTERM, _stop_standing_by)
    try:
        while _is_to_run(town):
            running = daemon(town)
            if running is None:
                _prepare(town)
                _become_daemon(town)
            log("standing_by", daemon=running.pid)
            while _is_to_run(town) and not child.wait(running, LOOK):
                pass
            _let_town_be_first(town)
    except _StoppedError:
        end(town)


def _let_town_be_first(town: config.TownConfig) -> None:
    deadline = time.monotonic() + TOWN_IS_FIRST
    while daemon(town) is None and _town_is_awake(town) and time.monotonic() < deadline:
        time.sleep(0.05)


def _town_is_awake(town: config.TownConfig) -> bool:
    living = living_children(town).get("town")
    return living is not None and not child.is_frozen(living)


class _StoppedError(BaseException):
    """SIGTERM: raised wherever one waits."""


def _stop_standing_by(*_: object) -> None:
    raise _StoppedError


def _is_to_run(town: config.TownConfig) -> bool:
    """A town whose word is lost asks its log, once it runs; one that never ran is not to."""
    return wanted(town) == "up" or (wanted(town) == "" and (town.run / "epoch").exists())


def _prepare(town: config.TownConfig) -> None:
    config.make_folders(town.path)
    town.socket_path()  # refuses an unsafe runtime folder before anything is started
    _refuse_beside_itself(town)
    _put_programs(town)


def _become_daemon(town: config.TownConfig) -> NoReturn:
    os.chdir(town.path)
    os.execve(sys.executable, _daemon_command(town), scrubbed(os.environ))


def _is_bound(town: config.TownConfig) -> bool:
    """Where the daemon says, which may have another XDG_RUNTIME_DIR than we."""
    address = socket_of(str(town.path))
    return bool(address) and os.path.exists(address)


def _put_programs(town: config.TownConfig) -> None:
    """The `gt` that started the town is the first on every worker's PATH: scripts that start this very program."""
    for name, call in _CALLS.items():
        shim, draft = town.path / "bin" / name, town.path / "bin" / f"{name}.new"
        shim.parent.mkdir(exist_ok=True)
        program = f"exec {shlex.quote(sys.executable)} -I -c {shlex.quote(call)}"
        draft.write_text(f'#!/bin/sh\n{program} "$@"\n')
        draft.chmod(0o700)
        draft.replace(shim)


def daemon(town: config.TownConfig) -> Known | None:
    """The daemon that runs now, if any. One that has just taken its lock is waited for until it says who it is."""
    deadline = time.monotonic() + _MOMENT
    while True:
        holder = locks.holder(town.run / "daemon.lock")
        if holder is None or holder.pid:
            return Known(holder.pid, holder.started) if holder else None
        if time.monotonic() > deadline:
            return None
        time.sleep(0.005)


def spawn_daemon(town: config.TownConfig, socket_fd: int | None = None) -> None:
    """socket_fd: the listening socket, when a town hands it back to a new daemon."""
    environment, keep = scrubbed(os.environ), ()
    if socket_fd is not None:
        environment[SOCKET_FD], keep = str(socket_fd), (socket_fd,)
    child.start(
        _daemon_command(town), environment=environment, log=town.logs / "daemon.log", cwd=town.path, keep_fds=keep
    )


def _daemon_command(town: config.TownConfig) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "gastown.daemon", str(town.path))


def stop(town: config.TownConfig) -> None:
    """Have it wanted down, and end it. Returns when none of its processes is left."""
    want(town, "down")
    end(town)


def end(town: config.TownConfig) -> None:
    """End every process of the town, workers too, their work kept. Returns when none is left."""
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
