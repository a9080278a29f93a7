"""The host as a process of its own, on a real NATS server, with a town that writes down what it is told."""

import os
import signal
import subprocess  # noqa: TID251  the host under test is a program, and people use git
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import anyio
import msgspec
import pytest

from gastown import config
from gastown.actors.commands.codec import decode_order
from gastown.actors.commands.command import Command, Order
from gastown.actors.effects import HoldWork, HostEffect, RunSession
from gastown.actors.errands import Errand, Question, Reply
from gastown.actors.reports import Hello, Receipt, Renewal, Report, decode_told
from gastown.adapters.processes.census import environment
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.sweep import sweep
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import connect
from gastown.clock import new_id
from gastown.errors import UnreachableError
from gastown.events.agent import AgentSpec
from gastown.events.ids import Entity
from gastown.events.rig import RigConfig

C = TypeVar("C", bound=Command)


class Town:
    """The town's side of the line."""

    def __init__(self, commands: NatsCommands, rig: RigConfig) -> None:
        self.commands = commands
        self.rig = rig
        self.orders: list[Order] = []
        self.hellos = 0
        self.renewals = 0
        self.holder: Hello | None = None
        self.epoch = 0
        self._news = anyio.Event()

    async def receive(self, payload: bytes) -> bytes:
        told = decode_told(payload)
        if isinstance(told, Hello):
            self.hellos += 1
            if self.holder is None or told.host != self.holder.host:
                self.takes_over(told)
        superseded = not isinstance(told, Hello) and told.epoch != self.epoch
        if isinstance(told, Report) and not superseded:
            self.orders.append(decode_order(bytes(told.order)))
        self.renewals += isinstance(told, Renewal)
        self._news.set()
        self._news = anyio.Event()
        return msgspec.json.encode(Receipt(ok=not superseded, superseded=superseded, epoch=self.epoch))

    def takes_over(self, host: Hello) -> None:
        """This host holds the lease from now on."""
        self.holder, self.epoch = host, self.epoch + 1

    async def greeted(self, times: int = 1) -> None:
        await self.until(lambda: self.hellos >= times)

    async def until(self, holds: Callable[[], object]) -> None:
        """Returns when what the town has heard makes the condition hold."""
        with anyio.fail_after(30):
            while not holds():
                await self._news.wait()

    async def report(self, kind: type[C], number: int = 1) -> C:
        """The `number`th report of this kind; waits for it."""
        with anyio.fail_after(30):
            while len(found := [order.command for order in self.orders if isinstance(order.command, kind)]) < number:
                await self._news.wait()
        return found[number - 1]

    async def give(self, effect: HostEffect) -> Reply:
        """Repeats until the host knows that it holds the lease. A host begins nothing before it knows what is held."""
        await self.greeted()
        if not isinstance(effect, HoldWork):
            await self.give(HoldWork(key="hold:0", about=Entity("hold", "town"), number=0))
        while (reply := await self.request(self.errand(effect))).code == "taken":  # noqa: ASYNC110  nothing tells
            await anyio.sleep(0.02)
        return reply

    def errand(self, effect: HostEffect) -> Errand:
        return Errand(epoch=1, host=self.epoch, effect=effect, rig=self.rig, cause="01CAUSE")

    async def request(self, request: Errand | Question) -> Reply:
        """Repeats until somebody answers."""
        with anyio.fail_after(20):
            while True:
                try:
                    reply = await self.commands.request("host", msgspec.json.encode(request), patience=10)
                except UnreachableError:
                    await anyio.sleep(0.02)
                else:
                    return msgspec.json.decode(reply, type=Reply)


def _content(file: Path) -> str:
    return file.read_bytes().hex() if file.is_file() else ""


class Place:
    """A town's folder with an origin, and the host process in it."""

    def __init__(self, folder: Path, nats: Any) -> None:
        self.nats = nats
        self.folder = folder
        self.config = config.install(folder / "town", "test", new_id())
        (self.config.run / "nats.port").write_text(str(nats.port))
        (self.config.path / "secrets" / "nats").write_text(nats.password)
        self.home = folder / "home"
        self.home.mkdir()
        self.origin = folder / "origin.git"
        self._make_origin()
        self.rig = RigConfig(
            origin=str(self.origin), target="main", landing="main", prefix="ap", identity=("Ada", "ada@example.org")
        )
        self._processes: list[subprocess.Popen[bytes]] = []

    def git(self, *arguments: str, at: Path) -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1"}
        ran = subprocess.run(["git", *arguments], cwd=at, env=environment, capture_output=True, text=True, check=True)
        return ran.stdout.strip()

    def _make_origin(self) -> None:
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin), at=self.folder)
        tree = self.git("hash-object", "-t", "tree", "-w", "/dev/null", at=self.origin)
        who = ("-c", "user.name=Person", "-c", "user.email=person@example.org")
        first = self.git(*who, "commit-tree", tree, "-m", "First", at=self.origin)
        self.git("update-ref", "refs/heads/main", first, at=self.origin)

    def start(self) -> "subprocess.Popen[bytes]":
        """Another host process."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GT_")}
        with (self.config.logs / "host.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gastown.host", str(self.config.path)],
                env={**environment, "HOME": str(self.home)},
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def stranger(self, command: str, session: str) -> "subprocess.Popen[bytes]":
        """A process of that session that this host did not start: another one did."""
        marks = {"GT_TOWN_MARK": self.config.incarnation, "GT_MARK": f"{self.config.incarnation}/{session}"}
        process = subprocess.Popen(["sh", "-c", command], env={**os.environ, **marks}, start_new_session=True)
        self._processes.append(process)
        return process

    def everything(self) -> dict[str, str]:
        """Every file of the town that the host may write, and every ref: what another one may be relying on."""
        folders = [self.config.path / name for name in ("host", "rigs", "sessions")]
        files = {str(file): _content(file) for folder in folders for file in sorted(folder.rglob("*"))}
        return {**files, "refs": self.git("for-each-ref", at=self.config.path / "rigs" / "app" / "refinery.git")}

    def log(self) -> str:
        return (self.config.logs / "host.log").read_text()

    def end(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)
        anyio.run(sweep, self.mark)

    @property
    def mark(self) -> tuple[str, str]:
        return ("GT_TOWN_MARK", self.config.incarnation)

    def workers(self) -> list[int]:
        """The pids of all that works for the town and still runs; what contains it works for the host."""
        return [seen.pid for seen in marked(self.mark).alive() if b"\0GT_MARK=" in environment(seen.pid)]

    @asynccontextmanager
    async def town(self) -> AsyncGenerator[Town]:
        login = self.config.nats()
        async with connect(login.url, name="town", user=login.user, password=login.password) as connection:
            commands = NatsCommands(connection, self.config.name, self.config.incarnation)
            town = Town(commands, self.rig)
            async with commands.serve("town", town.receive):
                yield town

    def run(self, command: str, session: str = "ap-1-1", *, started: bool = False) -> RunSession:
        return RunSession(
            key=f"run:{session}",
            about=Entity("session", session),
            session=session,
            rig="app",
            bead=session.rpartition("-")[0],
            polecat="nux",
            agent=AgentSpec(name="worker", vendor="shell", command=command),
            started=started,
        )

    def sandboxes(self, name: str) -> Path:
        return self.config.path / "rigs" / "app" / "sandboxes" / name

    def pinned(self, ref: str) -> str:
        return self.git("rev-parse", ref, at=self.config.path / "rigs" / "app" / "refinery.git")


@pytest.fixture
def place(tmp_path: Path, nats_server: Any) -> Iterator[Place]:
    made = Place(tmp_path, nats_server)
    yield made
    made.end()


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """`await eventually(lambda: ...)`: returns when the condition holds, fails after 20 s."""

    async def wait(holds: Callable[[], object]) -> None:
        with anyio.fail_after(20):
            while not holds():  # noqa: ASYNC110  the world outside this process tells no event
                await anyio.sleep(0.005)

    return wait
