"""The git program: the only place that starts it. Through GitPython, in worker threads, a bounded number at a time.

Measured: GitPython costs 0.1 ms a call, the thread 0.4 ms, on top of the 1.4 ms that a bare subprocess takes.
"""

import contextlib
import os
import re
import shutil
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired  # noqa: TID251  this room starts git
from typing import IO, Any, cast

import anyio
import anyio.to_thread
import msgspec

from gastown.adapters.git.port import GitFailedError
from gastown.adapters.processes.own_children import started

# GitPython refuses to be imported where there is no git; we say that better, and when it is needed.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
from git.cmd import Git

LOCAL_LIMIT = 900.0
"""Seconds for work on this machine: a checkout of a very large tree on a slow disk."""
NETWORK_LIMIT = 3600.0
"""Seconds for what talks to the origin: the first fetch of a very large repository on a slow line."""

OLDEST = (2, 38)  # `merge-tree --write-tree` builds candidates without a checkout
_GRACE = 5.0  # seconds git has to remove its own locks after SIGTERM
_TAIL = 4000  # characters of stderr that are kept
_ENV = "/usr/bin/env"
_SECRET_IN_URL = re.compile(r"(https?://)[^/@\s]+@")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One run of git. stdin: bytes, or a file to read them from. step: what this is for, said when it fails.

    environment: in place of every GIT_* variable of this process; exact: in place of all its variables.
    ok: exit codes that are fine, None: any. limit: seconds.
    slow: it talks to the origin, and does not take a place of quick work.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    step: str
    stdin: bytes | Path | None = None
    ok: tuple[int, ...] | None = (0,)
    limit: float = LOCAL_LIMIT
    slow: bool = False
    exact: bool = False


class Output(msgspec.Struct, frozen=True):
    """What came of a call. command: the git command's name."""

    command: str
    code: int
    raw: bytes
    stderr: str

    @property
    def text(self) -> str:
        """What it printed, without the last line's end; a byte that is no UTF-8 survives as a surrogate."""
        return self.raw.decode(errors="surrogateescape").rstrip("\n")

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def demand(self, step: str, *codes: int) -> None:
        """Raises GitFailedError unless it ended with one of these."""
        if self.code in codes:
            return
        said = without_secrets(self.stderr)[-_TAIL:]
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "")
        how = f"was ended by signal {-self.code}" if self.code < 0 else f"ended with {self.code}"
        raise GitFailedError(f"{step}: git {self.command} {how}: {last}".rstrip(": "), stderr=said)

    @property
    def fields(self) -> list[str]:
        """What it printed between NULs."""
        return self.raw.decode(errors="surrogateescape").split("\0")


class GitProgram:
    """Shared by all rigs of a host: `quick` local calls and `slow` ones to origins run at the same time at most."""

    def __init__(self, *, quick: int = 8, slow: int = 8) -> None:
        self._quick = anyio.CapacityLimiter(quick)
        self._slow = anyio.CapacityLimiter(slow)
        self._threads = anyio.CapacityLimiter(quick + slow)
        self._path = shutil.which("git") or ""

    async def run(self, call: Call) -> Output:
        """Raises GitFailedError: git is missing, ended with another code than `ok`, or took too long.

        When cancelled or too slow, git is told to end and waited for, so that it leaves no lock.
        """
        if not self._path:
            raise GitFailedError("there is no git on the PATH", hint=_version_hint())
        running = _Running([self._path, *call.arguments], call)
        async with self._slow if call.slow else self._quick:
            with anyio.move_on_after(call.limit):
                output = await self._watch(running)
                if call.ok is not None:
                    output.demand(call.step, *call.ok)
                return output
        raise GitFailedError(f"{call.step}: git {_name(call.arguments)} was stopped after {call.limit:g} seconds")

    async def _watch(self, running: "_Running") -> Output:
        try:
            return await anyio.to_thread.run_sync(running.run, limiter=self._threads, abandon_on_cancel=True)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(running.stop)
            raise

    async def check_version(self) -> str:
        """What git says it is. Raises GitFailedError when there is none, or one older than we need."""
        call = Call(arguments=("version",), environment={}, folder=Path("/"), step="looking at git")
        found = (await self.run(call)).text
        number = re.search(r"(\d+)\.(\d+)", found)
        if number is None or (int(number[1]), int(number[2])) < OLDEST:
            raise GitFailedError(f"this is {found}", hint=_version_hint())
        return found


class _Running:
    """One process of git, its whole life, seen from a worker thread (`run`) and from outside (`stop`)."""

    def __init__(self, command: list[str], call: Call) -> None:
        self._command = command
        self._call = call
        self._lock = threading.Lock()
        self._process: Popen[bytes] | None = None
        self._stopped = False
        self._over = threading.Event()

    def run(self) -> Output:
        try:
            with contextlib.ExitStack() as stack:
                return self._talk(self._start(self._stdin(stack)))
        finally:
            self._over.set()

    def _stdin(self, stack: contextlib.ExitStack) -> int | IO[bytes] | None:
        if isinstance(self._call.stdin, Path):
            return stack.enter_context(self._call.stdin.open("rb"))
        return None if self._call.stdin is None else PIPE

    def _start(self, stdin: int | IO[bytes] | None) -> Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise GitFailedError(f"{self._call.step}: stopped before it began")
            self._process = started(lambda: self._git(stdin))
            return self._process

    def _git(self, stdin: int | IO[bytes] | None) -> Popen[bytes]:
        running: Any = Git(self._call.folder).execute(
            [*_without(self._call), *self._command],
            istream=cast("None", stdin),  # GitPython hands it to Popen, which takes more than its stub says
            as_process=True,
            env=dict(self._call.environment),
            umask=0o022,  # checkouts are for a project's tools, which look at modes; their folder is private
            start_new_session=True,  # so that what git starts can be ended with it
        )
        # Taken out of GitPython's wrapper, which would end the process when it is collected.
        process = cast("Popen[bytes]", running.proc)
        running.proc = None
        return process

    def _talk(self, process: Popen[bytes]) -> Output:
        text = self._call.stdin if isinstance(self._call.stdin, bytes) else None
        with process:
            out, err = process.communicate(text)  # with a time limit it would poll, which costs a millisecond
        return Output(_name(self._call.arguments), process.returncode, out, err.decode(errors="replace").rstrip("\n"))

    def stop(self) -> None:
        """End it, and return when it is gone."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is not None:
            if not self._over.is_set():
                _end(process)
            self._over.wait()


def _end(process: Popen[bytes]) -> None:
    """SIGTERM to git and what it started, SIGKILL after a while."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutExpired):
            process.wait(_GRACE)


def _without(call: Call) -> list[str]:
    """GitPython adds to the outer environment and cannot take away from it: `env` does, by name, before git starts."""
    outer = [name for name in os.environ if name not in call.environment and not name.startswith("GIT_PYTHON_")]
    unwanted = [name for name in outer if call.exact or name.startswith("GIT_")]
    return [_ENV, *(word for name in unwanted for word in ("-u", name))] if unwanted else []


def _name(arguments: tuple[str, ...]) -> str:
    """The command among the arguments: the first word that is neither an option nor a setting."""
    return next((word for word in arguments if not word.startswith("-") and "=" not in word), "")


def readable(text: str) -> str:
    """`text` with what was no UTF-8 replaced, fit for a message or the log."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def without_secrets(text: str) -> str:
    """`text` with user and password taken out of its http URLs."""
    return _SECRET_IN_URL.sub(r"\1", text)


def _version_hint() -> str:
    return f"install git {OLDEST[0]}.{OLDEST[1]} or newer"
