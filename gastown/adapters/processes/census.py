"""Which processes run on this machine. Linux is asked through /proc (20 µs a process), others through psutil."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

HAS_PROC = Path("/proc/self/stat").exists()


class Seen(msgspec.Struct, frozen=True):
    """A process as it was seen. started: when (see `start_time`): with the pid, unmistakable until the next boot.

    group, session: the pids of the processes that lead them. stopped: by a signal, or by whoever traces it.
    """

    pid: int
    parent: int
    group: int
    session: int
    started: int
    zombie: bool
    stopped: bool


def start_time(pid: int) -> int:
    """Clock ticks since boot (where there is no /proc: hundredths of a second since the epoch); 0: no such process."""
    seen = see(pid)
    return seen.started if seen else 0


def runs(pid: int, started: int) -> bool:
    """Is this very process alive? A zombie is not."""
    seen = see(pid)
    return seen is not None and seen.started == started and not seen.zombie


def pids() -> list[int]:
    """Every process of the machine, in no order."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if HAS_PROC else psutil.pids()


def see(pid: int) -> Seen | None:
    """None: no such process any more."""
    try:
        return _from_proc(pid) if HAS_PROC else _from_psutil(pid)
    except (OSError, psutil.Error):
        return None


def environment(pid: int) -> bytes:
    r"""As the program began with it, `\0NAME=value\0NAME=value\0`; `\0` for none, and where it is not to be seen."""
    return environment_if_told(pid) or b"\0"


def environment_if_told(pid: int) -> bytes | None:
    """The same. None: it cannot be told at the moment, as in the middle of exec, where a process shows none."""
    try:
        if HAS_PROC:
            found = _environment_of(f"/proc/{pid}") or _environment_of_threads(pid)
            return b"\0" + found if found or _began_without(pid) else None
        pairs = psutil.Process(pid).environ().items()
        return b"\0" + b"".join(f"{name}={value}\0".encode() for name, value in pairs) if pairs else None
    except (PermissionError, psutil.AccessDenied):
        return b"\0"
    except (OSError, psutil.Error):
        return None


def cgroup(pid: int) -> bytes:
    """The paths of the cgroups it is in, one a line; empty where there are none."""
    try:
        return _read(f"/proc/{pid}/cgroup")
    except OSError:
        return b""


def command(pid: int) -> str:
    """Its words, as it shows them; "" when it is gone."""
    try:
        if HAS_PROC:
            words = _read(f"/proc/{pid}/cmdline").rstrip(b"\0").split(b"\0")
            return b" ".join(words).decode(errors="replace")
        return " ".join(psutil.Process(pid).cmdline())
    except (OSError, psutil.Error):
        return ""


def since(started: int) -> float:
    """A start time (see `start_time`) in seconds since the epoch."""
    return psutil.boot_time() + started / os.sysconf("SC_CLK_TCK") if HAS_PROC else started / 100


def ancestors() -> frozenset[int]:
    """The pids of this process, its parent, and so on up."""
    pid, found = os.getpid(), set[int]()
    while pid > 0 and pid not in found:
        found.add(pid)
        seen = see(pid)
        pid = seen.parent if seen else 0
    return frozenset(found)


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # unbuffered: a third of the time, and there may be a thousand
        return file.read()


def _stat(folder: str) -> list[bytes]:
    line = _read(f"{folder}/stat")
    return line[line.rindex(b")") + 2 :].split()  # the name before it may hold spaces and parentheses


def _from_proc(pid: int) -> Seen:
    fields = _stat(f"/proc/{pid}")
    states = {fields[0]}
    if states <= _OVER and int(fields[17]) > 1:  # its main thread has ended, others have not: it lives
        states = {state for _, state in _threads(pid)}
    return Seen(
        pid=pid,
        parent=int(fields[1]),
        group=int(fields[2]),
        session=int(fields[3]),
        started=int(fields[19]),
        zombie=states <= _OVER,
        stopped=states <= _STOPPED and not states <= _OVER,
    )


_OVER = {b"Z", b"X"}
_STOPPED = {b"T", b"t", *_OVER}


def _threads(pid: int) -> list[tuple[int, bytes]]:
    """Number and state of each."""
    found: list[tuple[int, bytes]] = []
    for name in os.listdir(f"/proc/{pid}/task"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found.append((int(name), _stat(f"/proc/{pid}/task/{name}")[0]))
    return found


def _environment_of(folder: str) -> bytes:
    try:
        return _read(f"{folder}/environ")
    except ProcessLookupError:  # a task without memory: it has ended, or is the kernel's
        return b""


def _environment_of_threads(pid: int) -> bytes:
    """A main thread that has ended shows none."""
    alive = [number for number, state in _threads(pid) if state not in _OVER]
    return _environment_of(f"/proc/{pid}/task/{alive[0]}") if alive and pid not in alive else b""


def _began_without(pid: int) -> bool:
    """Its program runs, and has no environment. Where its code ends is known only after its environment is in place."""
    alive = [number for number, state in _threads(pid) if state not in _OVER]
    if not alive:
        return False
    fields = _stat(f"/proc/{pid}/task/{alive[0]}")
    return int(fields[24]) > 1 and fields[47] == fields[48]


def _from_psutil(pid: int) -> Seen:
    process = psutil.Process(pid)
    with process.oneshot():
        status = process.status()
        return Seen(
            pid=pid,
            parent=process.ppid(),
            group=os.getpgid(pid),
            session=os.getsid(pid),
            started=int(process.create_time() * 100),
            zombie=status == psutil.STATUS_ZOMBIE,
            stopped=status == psutil.STATUS_STOPPED,
        )
