"""The town's own long-lived processes, as the daemon keeps them: started apart, known by pid and start time.

A process may be adopted: one that an earlier daemon started is watched and ended like one of our own.
"""

import os
import select
import shutil
import signal
import subprocess  # noqa: TID251  this room starts programs
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import msgspec
import psutil

from gastown.adapters.processes import census


class Known(msgspec.Struct, frozen=True):
    """started: as the census tells it; with it the pid is unmistakable until the next boot.

    boot: which one it was started in, "" for this one: a record of it may be older.
    """

    pid: int
    started: int
    boot: str = ""


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
    return Known(process.pid, census.start_time(process.pid), boot())


@cache
def boot() -> str:
    """Which boot of the machine this is."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"


def cap_log(log: Path, most: int) -> None:
    """Keep a log that its program goes on writing below `most` bytes, and what was in it until then beside it.

    A line that is written at that very moment may be lost.
    """
    if log.exists() and log.stat().st_size > most:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)  # it is open for appending: what comes next stands at the beginning


def is_alive(known: Known) -> bool:
    """Whether that very process still runs; one that has ended and is ours is reaped on the way."""
    if known.boot not in ("", boot()):
        return False
    with suppress(ChildProcessError):
        if os.waitpid(known.pid, os.WNOHANG)[0] == known.pid:
            return False
    return census.runs(known.pid, known.started)


def is_frozen(known: Known) -> bool:
    """Whether it is stopped by a signal. Not: by somebody who looks at it with a debugger."""
    seen = census.see(known.pid)
    return seen is not None and seen.started == known.started and seen.stopped and not _is_traced(known.pid)


def _is_traced(pid: int) -> bool:
    try:
        return "\nTracerPid:\t0\n" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def send(known: Known, number: signal.Signals) -> None:
    """A signal to that very process; nothing when it is gone."""
    with watched(known) as descriptor:  # asked with it in hand: the pid stays this very process's
        if is_alive(known):
            if descriptor is not None:
                signal.pidfd_send_signal(descriptor, number)
                return
            with suppress(ProcessLookupError):
                os.kill(known.pid, number)


@contextmanager
def watched(known: Known) -> Generator[int | None]:
    """A descriptor that turns readable when the process ends. None: it has ended, or this system has no such thing."""
    descriptor = None
    if hasattr(os, "pidfd_open"):
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(known.pid)
    try:
        yield descriptor if is_alive(known) else None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def wait(known: Known, seconds: float) -> bool:
    """Wait for its end, up to `seconds`. Returns whether it is gone."""
    with watched(known) as descriptor:
        if descriptor is not None:
            select.select([descriptor], [], [], seconds)
            return not is_alive(known)
    deadline = time.monotonic() + seconds
    while is_alive(known) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(known)


def end(known: Known, seconds: float) -> None:
    """SIGTERM, and SIGKILL if it is still there after `seconds`. Returns when it is gone."""
    send(known, signal.SIGTERM)
    if not wait(known, seconds):
        send(known, signal.SIGKILL)
        wait(known, 5.0)
