"""Machines on one: a network namespace each, with an address of its own, at one switch. Root of Linux alone makes them.

The switch is a bridge in a namespace of its own, so that nothing of this machine's network is touched.
"""

import os
import shutil
import signal
import subprocess  # noqa: TID251  tests run the real programs
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec

from gastown.clock import monotonic, new_id

FAKETIME = Path("/usr/lib")
GONE = 10.0  # seconds that killed processes have to be gone


def ip(*words: str) -> str:
    return subprocess.run(("ip", *words), check=True, capture_output=True, text=True, timeout=20).stdout


def why_not() -> str:
    """Why no machines can be made here, "" where they can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or shutil.which("ip") is None:
        return "network namespaces need Linux, root and iproute2"
    probe = f"gt{os.getpid()}-probe"
    try:
        ip("netns", "add", probe)
    except subprocess.SubprocessError as error:
        return f"no network namespace can be made here: {getattr(error, 'stderr', error)}"
    try:
        ip("-n", probe, "link", "add", "bridge", "type", "bridge")
        ip("-n", probe, "link", "add", "one", "type", "veth", "peer", "name", "other")
    except subprocess.SubprocessError as error:
        return f"no links can be made here: {getattr(error, 'stderr', error)}"
    finally:
        ip("netns", "del", probe)
    return ""


class Switch:
    """remove() takes away what was made here, and whatever still runs on the machines."""

    def __init__(self, name: str = "") -> None:
        self._prefix = f"gt{os.getpid()}{name}"
        self._space = f"{self._prefix}-switch"
        self.machines: list[Machine] = []
        ip("netns", "add", self._space)
        ip("-n", self._space, "link", "add", "bridge", "type", "bridge")
        ip("-n", self._space, "link", "set", "bridge", "up")

    def machine(self, name: str, folder: Path) -> "Machine":
        made = Machine(name, f"{self._prefix}-{name}", f"10.77.0.{len(self.machines) + 1}", folder)
        self.machines.append(made)
        ip("netns", "add", made.space)
        wire = ("type", "veth", "peer", "name", "wire", "netns", made.space)
        ip("-n", self._space, "link", "add", "name", name, *wire)
        self.plug(made)
        ip("-n", self._space, "link", "set", "dev", name, "up")
        ip("-n", made.space, "link", "set", "lo", "up")
        ip("-n", made.space, "address", "add", f"{made.address}/24", "dev", "wire")
        ip("-n", made.space, "link", "set", "wire", "up")
        return made

    def plug(self, machine: "Machine") -> None:
        ip("-n", self._space, "link", "set", "dev", machine.name, "master", "bridge")

    def unplug(self, machine: "Machine") -> None:
        """All that is sent is lost; nobody is told."""
        ip("-n", self._space, "link", "set", "dev", machine.name, "nomaster")

    @contextmanager
    def worsened(self, machine: "Machine", *, delay: float = 0.0, loss: float = 0.0, seed: int = 7) -> Generator[None]:
        """All between it and the others takes so many seconds more, each way; of 1, `loss` is lost."""
        near, far = f"{machine.name}-near", f"{machine.name}-far"
        ip("-n", self._space, "link", "add", "name", near, "type", "veth", "peer", "name", far)
        self.unplug(machine)
        ip("-n", self._space, "link", "set", "dev", far, "master", "bridge")
        for end in (near, far):
            ip("-n", self._space, "link", "set", "dev", end, "up")
        for one in self.machines:  # a frame is a segment: of larger ones fewer would be lost
            ip("-n", one.space, "link", "set", "dev", "wire", "gso_max_segs", "1")
        line = (sys.executable, str(Path(__file__).with_name("bad_line.py")), machine.name, near)
        argv = ("ip", "netns", "exec", self._space, *line, str(delay), str(loss), str(seed))
        with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            try:
                yield
                assert process.poll() is None, "the line has come to its end"
            finally:
                process.kill()
                ip("-n", self._space, "link", "del", near)
                self.plug(machine)

    def remove(self) -> None:
        for machine in self.machines:
            machine.kill()
            ip("netns", "del", machine.space)
            shutil.rmtree(machine.runtime)
        ip("netns", "del", self._space)


class Machine:
    """place: of the one town, or hub, that runs there. Its home and its runtime folder are its own."""

    def __init__(self, name: str, space: str, address: str, folder: Path) -> None:
        self.name = name
        self.space = space
        self.address = address
        self.place = folder / name
        self.runtime = Path("/tmp") / f"{space}-{new_id()[-6:].lower()}"
        self.runtime.mkdir(mode=0o700)
        home = folder / f"{name}-home"
        home.mkdir()
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("GT_", "GIT_", "XDG_"))}
        self._environment = kept | {"HOME": str(home), "XDG_RUNTIME_DIR": str(self.runtime)}

    def set_clock(self, ahead: float) -> None:
        """So many seconds ahead of the others', for whatever is started here from now on.

        What starts with the C library asks libfaketime for the time: Python, git. nats-server does not, and keeps the
        true time. The clock that nobody sets is as far off, all the time: that one is only ever compared with itself.
        """
        (library,) = FAKETIME.glob("*/faketime/libfaketimeMT.so.1")
        faked = {"LD_PRELOAD": str(library), "FAKETIME": f"{ahead:+g}s"}
        self._environment |= faked

    def gt(self, *words: str, ok: tuple[int, ...] = (0,), seconds: float = 120.0, cwd: Path | None = None) -> Any:
        """What `gt` answers, run there: its data; the rows, where it prints some."""
        return self._gt(words, ok, seconds, cwd)[1]

    def position(self) -> int:
        """Of the last event of the town's log that its views know."""
        return self._gt(("ready", "--town", str(self.place)), (0,), 20.0)[0]

    def _gt(
        self, words: tuple[str, ...], ok: tuple[int, ...], seconds: float, cwd: Path | None = None
    ) -> tuple[int, Any]:
        argv = ("ip", "netns", "exec", self.space, str(Path(sys.executable).with_name("gt")), *words, "--json")
        where = cwd or self.place.parent
        done = subprocess.run(
            argv, check=False, cwd=where, env=self._environment, capture_output=True, text=True, timeout=seconds
        )
        assert done.returncode in ok, (
            f"{self.name}: gt {' '.join(words)}: {done.returncode}: {done.stdout}{done.stderr}"
        )
        rows = [msgspec.json.decode(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if rows and "schema" in rows[-1] and "data" in rows[-1] and len(rows) == 1:
            return rows[0].get("position", 0), rows[0]["data"]
        return 0, rows

    def ask(self, *words: str, ok: tuple[int, ...] = (0,), seconds: float = 120.0) -> Any:
        return self.gt(*words, "--town", str(self.place), ok=ok, seconds=seconds)

    def ask_of(self, other: "Machine", *words: str) -> Any:
        """What is known here of the other town."""
        return self.gt(*words, "--town", other.name, cwd=self.place)

    def blind_to(self, other: "Machine") -> None:
        """What is sent from here to `other` is lost; what `other` sends comes."""
        ip("-n", self.space, "route", "add", "blackhole", f"{other.address}/32")

    def sees(self, other: "Machine") -> None:
        ip("-n", self.space, "route", "del", "blackhole", f"{other.address}/32")

    def _pids(self) -> list[int]:
        return [int(pid) for pid in ip("netns", "pids", self.space).split()]

    def commands(self) -> str:
        """The command lines of all that runs there."""
        lines: list[bytes] = []
        for pid in self._pids():
            try:
                lines.append(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
            except (FileNotFoundError, ProcessLookupError):
                continue
        return b"\n".join(lines).decode(errors="replace")

    def signal_all(self, number: signal.Signals) -> None:
        for pid in self._pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def kill(self) -> None:
        """All that runs there, at once. Returns when it is gone."""
        deadline = monotonic() + GONE
        while self._pids():
            self.signal_all(signal.SIGKILL)
            assert monotonic() < deadline, f"{self.name}: {self._pids()} cannot be killed"


async def until(holds: Any, what: str, seconds: float = 60.0, look: float = 0.1) -> float:
    """Seconds that it took, the world outside this process telling no event."""
    begun = monotonic()
    while not await anyio.to_thread.run_sync(holds):
        assert monotonic() < begun + seconds, f"after {seconds:g} s: {what}"
        await anyio.sleep(look)
    return monotonic() - begun
