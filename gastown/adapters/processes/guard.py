"""A program of its own, `python -I -S guard.py PARENT`: forks a guard for every program that its host starts.

A guard is the parent of one program and of whatever that leaves behind: pid 1 of a PID namespace, or the subreaper of
all of them where there is no namespace to be had. It dies with the host, and everything it guards dies with it.

Only what it needs of the standard library, and small: a guard is a fork of this process (no exec), so that it costs
its few changed pages. What host and guard say to each other is in `guards.py`.
"""

import ctypes
import marshal
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, NoReturn

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWPID = 0x20000, 0x10000000, 0x20000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_SLAVE = 2, 4, 8, 0x4000, 0x80000
KILL = signal.SIGUSR1
"""Tells a guard without a namespace to kill all it guards. In a namespace SIGKILL to the guard itself does that."""
_HEEDED = {signal.SIGCHLD, signal.SIGTERM, KILL}

_libc = ctypes.CDLL(None, use_errno=True)


def _must(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def main(parent: int) -> None:
    """Serve requests on standard input until the host is gone."""
    _must(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        return  # it died before we could be told
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how our children end
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with socket.socket(fileno=os.dup(0)) as requests:
        while True:
            message, fds, _, _ = socket.recv_fds(requests, 1, 6)
            if not message:
                return
            for descriptor in fds:
                os.set_inheritable(descriptor, False)
            if os.fork() == 0:
                requests.close()
                _serve(*fds)
            for descriptor in fds:
                os.close(descriptor)


def _serve(channel: int, errors: int, request: int, *streams: int) -> NoReturn:
    """Never returns. errors: says why there is no program; closed by the start of the program."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        wanted = marshal.loads(os.pread(request, os.fstat(request).st_size, 0))
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        me = os.pidfd_open(os.getpid())
        if wanted["namespace"]:
            _unshare(wanted["user"])
        if os.fork() == 0:
            _guard(wanted, me, channel, errors, streams)
    except (OSError, ValueError) as error:
        os.write(errors, str(error).encode(errors="replace"))
    finally:
        os._exit(0)


def _unshare(user: bool) -> None:
    """A PID and a mount namespace for our children; user: in a user namespace where we are who we were."""
    me, mine = os.geteuid(), os.getegid()
    _must(_libc.unshare(_CLONE_NEWPID | _CLONE_NEWNS | (_CLONE_NEWUSER if user else 0)), "unshare")
    if user:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{me} {me} 1")
        _write("/proc/self/gid_map", f"{mine} {mine} 1")


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def _guard(wanted: dict[str, Any], parent: int, channel: int, errors: int, files: tuple[int, ...]) -> None:
    """Start the program, tell its end, stay until nothing of it is left."""
    os.setsid()
    select.select([parent], [], [])  # it has ended: the host, which adopts orphans, is our parent now
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)
    if wanted["namespace"]:
        _must(_libc.mount(b"none", b"/", None, _MS_REC | _MS_SLAVE, None), "mount")
        _must(_libc.mount(b"proc", b"/proc", b"proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, None), "mount /proc")
    else:
        _must(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")
    _must(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL if wanted["namespace"] else KILL, 0, 0, 0), "prctl")
    with socket.socket(fileno=channel) as host:
        host.send(b"guard")
        first = os.fork()
        if first == 0:
            _become(wanted, host, errors, files)
        for descriptor in (parent, errors, *files):
            os.close(descriptor)
        _stay(host, first)


def _stay(host: socket.socket, first: int) -> None:
    """Until there is no child any more: orphans of the program are ours. first: the one whose end is told."""
    killing = False
    with suppress(ChildProcessError):
        while True:
            _reap(host, first)
            if killing:
                _kill_children()
                signal.sigtimedwait(_HEEDED, 0.005)  # who is orphaned without our being told is seen then
                continue
            told = signal.sigwaitinfo(_HEEDED)
            killing = told.si_signo == KILL
            if told.si_signo == signal.SIGTERM and told.si_pid == 0:  # from outside the namespace
                os.kill(-1, signal.SIGTERM)


def _reap(host: socket.socket, first: int) -> None:
    """Raises ChildProcessError when there is none left, not even a living one."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        if pid == first:
            with suppress(OSError):
                host.send(status.to_bytes(4, "little"))


def _kill_children() -> None:
    """The children of those we kill become ours, so that there are none at last.

    A child's pid is its own until it is waited for, which only we do: nobody else is hit.
    """
    for pid in _children():
        os.kill(pid, signal.SIGKILL)


def _become(wanted: dict[str, Any], host: socket.socket, errors: int, files: tuple[int, ...]) -> NoReturn:
    """The program itself, as soon as the host knows it."""
    try:
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)
        os.setsid()
        host.send(b"program")
        if host.recv(1):
            os.chdir(wanted["folder"])
            for place, descriptor in enumerate(files):
                os.dup2(descriptor, place)
            os.execvpe(wanted["argv"][0], wanted["argv"], wanted["environment"])
    except (OSError, ValueError) as error:
        about = "" if getattr(error, "filename", None) else f": {wanted['argv'][0]!r}"
        os.write(errors, f"{error}{about}".encode(errors="replace"))
    finally:
        os._exit(127)


def _children() -> list[int]:
    me = os.getpid()
    with suppress(FileNotFoundError), open(f"/proc/self/task/{me}/children", "rb") as children:
        return [int(pid) for pid in children.read().split()]
    found: list[int] = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:
            if int(stat.read().rpartition(b")")[2].split()[1]) == me:
                found.append(int(name))
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]))
