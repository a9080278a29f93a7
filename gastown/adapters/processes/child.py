"""The town's own long-lived processes, as the daemon keeps them: started apart, known by pid and start time.

A process may be adopted: one that an earlier daemon started is watched and ended like one of our own.
"""

import os
import select
import shutil
import signal
import subprocess  # noqa: TID251  this room starts programs
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from gastown.adapters.processes import census


class Known(msgspec.Struct, frozen=True):
    """started: as the census tells it; with it the pid is unmistakable."""

    pid: int
    started: int


def start(
    command: Sequence[str], *, environment: Mapping[str, str], log: Path, cwd: Path, keep_fds: Sequence[int] = ()
) -> Known:
    """Start a program in a session of its own, output appended to `log`. It outlives us unless it is ended."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=tuple(keep_fds),
        )
    process.returncode = 0  # it is watched by pid and start time; Popen is not to warn about it or to reap it
    return Known(process.pid, census.start_time(process.pid))


def cap_log(log: Path, most: int) -> None:
    """Keep a log that its program goes on writing below `most` bytes, and what was in it until then beside it.

    A line that is written at that very moment may be lost.
    """
    if log.exists() and log.stat().st_size > most:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)  # it is open for appending: what comes next stands at the beginning


def is_alive(known: Known) -> bool:
    """Whether that very process still runs; one that has ended and is ours is reaped on the way."""
    with suppress(ChildProcessError):
        if os.waitpid(known.pid, os.WNOHANG)[0] == known.pid:
            return False
    return census.runs(known.pid, known.started)


def send(known: Known, number: signal.Signals) -> None:
    """A signal to that very process; nothing when it is gone."""
    if is_alive(known):
        with suppress(ProcessLookupError):
            os.kill(known.pid, number)


def wait(known: Known, seconds: float) -> bool:
    """Wait for its end, up to `seconds`. Returns whether it is gone."""
    try:
        descriptor = os.pidfd_open(known.pid)
    except ProcessLookupError:
        return True
    try:
        if is_alive(known):
            select.select([descriptor], [], [], seconds)
    finally:
        os.close(descriptor)
    return not is_alive(known)


def end(known: Known, seconds: float) -> None:
    """SIGTERM, and SIGKILL if it is still there after `seconds`. Returns when it is gone."""
    send(known, signal.SIGTERM)
    if not wait(known, seconds):
        send(known, signal.SIGKILL)
        wait(known, 5.0)
