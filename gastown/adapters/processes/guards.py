"""Programs under a guard (`guard.py`), as the host deals with them: how one is started, watched and ended.

What is said over the channel: the guard says "guard", its program "program", by which the host learns their pids (the
kernel tells who sent it, in the receiver's numbers); the host answers the program, which then begins. At its end the
guard tells its wait status.
"""

import marshal
import os
import select
import signal
import socket
import struct
import subprocess  # noqa: TID251  this is a place that starts programs
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress

import anyio

from gastown.adapters.processes import guard
from gastown.adapters.processes.census import start_time
from gastown.adapters.processes.family import Family, Mark, marked
from gastown.adapters.processes.freezing import Stoppable
from gastown.adapters.processes.marks import refuse_walls, streams
from gastown.adapters.processes.own_children import Awaited, none_reaped, started
from gastown.adapters.processes.program import TERM_PATIENCE, Exit, Launch, StartFailedError
from gastown.adapters.processes.reaper import become_subreaper

_PATIENCE = 10.0
"""Seconds for a program to begin; it takes a few milliseconds."""
_CREDENTIALS = struct.Struct("3i")
_SCM_CREDENTIALS = 2


class Guards:
    """Where guards come from. namespace: each with a PID namespace; user: in a user namespace, for want of rights.

    mark: what the guards themselves carry.
    """

    def __init__(self, mark: Mark, *, namespace: bool, user: bool = False) -> None:
        self._mark = mark
        self._how = {"namespace": namespace, "user": user}
        self._source: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        become_subreaper()  # the guards, orphans from the beginning, are to be our children

    def start(self, launch: Launch) -> "Guarded":
        """Raises StartFailedError."""
        try:
            try:
                return self._start(launch)
            except GuardSilentError:  # the place where it was to come from was killed with the request in hand
                self.close()
                return self._start(launch)
        except (OSError, ValueError) as error:
            msg = f"{launch.argv[0]} cannot be started in {launch.folder}: {error}"
            raise StartFailedError(msg) from error

    def close(self) -> None:
        """No more guards; those there are stay."""
        if self._requests is not None:
            self._requests.close()
            self._requests = None
        if self._source is not None:
            self._source.kill()
            self._source.wait()
            self._source = None

    def _start(self, launch: Launch) -> "Guarded":
        request = marshal.dumps({**self._how, **_wanted(launch)})
        with ExitStack() as opened, none_reaped():  # the guard is our child before we know which one
            channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            opened.callback(theirs.close)
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            channel.settimeout(_PATIENCE)
            errors, their_errors = os.pipe()
            opened.callback(os.close, errors)
            wish = opened.enter_context(os.fdopen(os.memfd_create("request"), "wb", buffering=0))
            wish.write(request)
            try:
                self._send((theirs.fileno(), their_errors, wish.fileno(), *streams(launch, opened)))
            finally:
                os.close(their_errors)
            theirs.close()
            return Guarded(channel, errors)

    def _send(self, descriptors: Sequence[int]) -> None:
        """To where guards are forked; to a new one, should that have been killed."""
        for last in (False, True):
            if self._requests is None:
                self._open()
            try:
                if self._requests is not None:
                    socket.send_fds(self._requests, [b"+"], descriptors)
                    return
            except (BrokenPipeError, ConnectionResetError):
                self.close()
                if last:
                    raise

    def _open(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._source = started(  # by the main thread: it dies with the thread that starts it
                lambda: subprocess.Popen(
                    [sys.executable, "-I", "-S", guard.__file__, str(os.getpid())],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    env={self._mark[0]: self._mark[1], "LANG": "C.UTF-8"},
                    cwd="/",
                    start_new_session=True,
                )
            )


def _wanted(launch: Launch) -> dict[str, object]:
    refuse_walls(launch)
    words = (*launch.argv, *launch.environment, *launch.environment.values())
    if any("\0" in word for word in words):
        msg = "embedded null byte"
        raise ValueError(msg)
    return {"argv": list(launch.argv), "environment": dict(launch.environment), "folder": str(launch.folder)}


class GuardSilentError(OSError):
    """It ended before it said why there is no program."""


class Guarded:
    """A program and its guard, which is a child of ours until `settle`."""

    def __init__(self, channel: socket.socket, errors: int) -> None:
        """Let it begin. errors: says why it cannot. Raises OSError."""
        self._channel = channel
        self._exit: Exit | None = None
        self.guard_pid = _introduced(channel)
        self._child = started(lambda: Awaited(self.guard_pid)) if self.guard_pid else None
        self._guard = os.pidfd_open(self.guard_pid) if self.guard_pid else -1
        self.pid = _introduced(channel) if self.guard_pid else 0
        self.started = start_time(self.pid) if self.pid else 0
        with suppress(OSError):  # it cannot begin then, and has said why
            channel.send(b"!")
        trouble = _read_all(errors)
        channel.setblocking(False)
        if trouble or not self.pid:
            self._give_up()
            raise OSError(trouble) if trouble else GuardSilentError("its guard has died")

    @property
    def settled(self) -> bool:
        return self._exit is not None

    async def exited(self) -> None:
        """Returns when the program has ended; what it started may still run."""
        if self._exit is None:
            await _readable(self._channel.fileno())

    async def extinct(self, seconds: float) -> bool:
        """Wait up to `seconds` for the guard's end: it ends with the last process it guards. Returns whether it has."""
        if select.select([self._guard], [], [], 0)[0]:
            return True
        with anyio.move_on_after(seconds):
            await _readable(self._guard)
            return True
        return False

    def tell(self, number: signal.Signals) -> None:
        """A signal to the guard."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._guard, number)

    def settle(self) -> Exit:
        """How the program ended. Its guard has ended, too."""
        if self._exit is None:
            self._wait()
            self._exit = self._told()
            self._close()
        return self._exit

    def _told(self) -> Exit:
        try:
            told = self._channel.recv(4)
        except BlockingIOError:
            told = b""
        if not told:  # the guard was killed, and all it guarded with it
            return Exit(None, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(int.from_bytes(told, "little"))
        return Exit(code, None) if code >= 0 else Exit(None, -code)

    def _give_up(self) -> None:
        if self._guard >= 0:
            self.tell(signal.SIGKILL)
            self._wait()
        self._close()

    def _wait(self) -> None:
        if self._child is not None:
            self._child.wait()

    def _close(self) -> None:
        self._channel.close()
        if self._guard >= 0:
            os.close(self._guard)


class GuardedProgram(Stoppable):
    """A program under a guard. How it is ended depends on what the guard can do: `_end` says it."""

    def __init__(self, launch: Launch, guarded: Guarded) -> None:
        self.pid = guarded.pid
        self.started = guarded.started
        self._mark = launch.mark
        self._guarded = guarded
        self._ending = anyio.Lock()

    async def exited(self) -> None:
        """Returns when the first process has ended; what it started may still run."""
        await self._guarded.exited()

    async def end(self, *, patience: float = TERM_PATIENCE) -> Exit:
        """End whatever of it still runs: SIGTERM, `patience` seconds later SIGKILL. Returns when all of it is gone."""
        with anyio.CancelScope(shield=True):
            async with self._ending:
                if not self._guarded.settled:
                    await self._end(patience)
                    self._guarded.settle()
        return self._guarded.settle()

    def family(self) -> Family:
        """All of them: whoever is orphaned is a child of the guard."""
        return marked(self._mark, parent=self._guarded.guard_pid)

    async def _end(self, patience: float) -> None:
        """Returns when the guard has ended, and with it all it guarded."""
        raise NotImplementedError


def _introduced(channel: socket.socket) -> int:
    """The pid of whoever speaks next; 0: nobody will."""
    said, extra, _, _ = channel.recvmsg(16, socket.CMSG_SPACE(_CREDENTIALS.size))
    for level, kind, data in extra:
        if said and (level, kind) == (socket.SOL_SOCKET, _SCM_CREDENTIALS):
            return int(_CREDENTIALS.unpack(data)[0])
    return 0


def _read_all(descriptor: int) -> str:
    """Until the other side closes it, or is silent for long."""
    parts: list[bytes] = []
    while select.select([descriptor], [], [], _PATIENCE)[0]:
        part = os.read(descriptor, 65536)
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode(errors="replace")


async def _readable(descriptor: int) -> None:
    own = os.dup(descriptor)  # each waiter has one: a descriptor takes one waiter only
    try:
        await anyio.wait_readable(own)
    finally:
        os.close(own)
