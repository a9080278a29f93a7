"""A real server with the configuration of a gate, on a free port, and whoever comes to it; a town that keeps one."""

import os
import signal
import subprocess  # noqa: TID251  tests start the real server
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from gastown import certified, clock, config
from gastown.actors.commands.command import Command, Order
from gastown.actors.commands.deacon import DEACON
from gastown.actors.effects import Effect
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.roles import ROLES, owner_of
from gastown.adapters.processes.census import start_time
from gastown.adapters.processes.child import Known
from gastown.bus import server_control
from gastown.bus.gate_protocol import HostInvitation
from gastown.bus.gate_server import (
    INVITED_INBOX,
    INVITED_PASSWORD,
    INVITED_USER,
    SYSTEM_USER,
    TOWN_USER,
    GatePlace,
    HostLogin,
    inbox_of,
    render_gate,
)
from gastown.bus.keys import new_user_key
from gastown.bus.memory_commands import MemoryCommands
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.memory_texts import MemoryTexts
from gastown.bus.nats_connection import NatsConnection, connect
from gastown.bus.server import server_command
from gastown.bus.trust import trusting
from gastown.config import TownConfig
from gastown.gate import place
from gastown.gate.approach import ca_file
from gastown.gate.hall import Hall
from gastown.gate.warden import Warden


class GateServer:
    """Its town is called gt, of the incarnation 01J."""

    def __init__(self, folder: Path, port: int) -> None:
        certified.make(folder, "gate", (), clock.now())
        self.keys = {name: new_user_key() for name in ("x", "y")}
        self.url = f"tls://127.0.0.1:{port}"
        self.trust = trusting((folder / "authority.pem").read_text())
        self._config = folder / "gate.conf"
        self._place = GatePlace(
            listen=f"127.0.0.1:{port}",
            certificate=folder / "server.pem",
            key=folder / "server.key",
            password='a "difficult" pa$$word \\',
            town="gt",
            incarnation="01J",
        )
        self._write(("x", "y"))
        with (folder / "gate.log").open("ab") as log:
            self._process = subprocess.Popen(server_command(self._config), stderr=log)

    def _write(self, hosts: tuple[str, ...]) -> None:
        self._config.write_text(
            render_gate(self._place, [HostLogin(host=one, key=self.keys[one].public) for one in hosts])
        )

    async def let_in(self, *hosts: str) -> None:
        """These, and nobody else from now on."""
        self._write(hosts)
        async with self.as_town(SYSTEM_USER) as system:
            before = await server_control.loaded(system)
            os.kill(self._process.pid, signal.SIGHUP)
            while await server_control.loaded(system) == before:  # noqa: ASYNC110  nobody tells us
                await anyio.sleep(0.005)

    def as_town(self, user: str = TOWN_USER) -> AbstractAsyncContextManager[NatsConnection]:
        return connect(self.url, name=user, user=user, password=self._place.password, trust=self.trust)

    def as_host(self, name: str, **other: Any) -> AbstractAsyncContextManager[NatsConnection]:
        login = {"seed": self.keys[name].seed, "inbox": inbox_of(name), **other}
        return connect(self.url, name=name, trust=self.trust, **login)

    def as_guest(self) -> AbstractAsyncContextManager[NatsConnection]:
        login = {"user": INVITED_USER, "password": INVITED_PASSWORD, "inbox": INVITED_INBOX}
        return connect(self.url, name="guest", trust=self.trust, **login)

    def end(self) -> None:
        self._process.kill()
        self._process.wait(timeout=10)


@pytest.fixture
def gate(tmp_path: Path, free_port: Any) -> Iterator[GateServer]:
    made = GateServer(tmp_path, free_port())
    yield made
    made.end()


@pytest.fixture
def host(gate: GateServer, tmp_path: Path) -> TownConfig:
    """x, whose town has another address, too, at which nobody is."""
    urls = ("tls://127.0.0.1:9", gate.url)
    made = TownConfig(
        path=tmp_path / "box", name="gt", incarnation="01J", home=config.Home(host="x", urls=urls, slots=1)
    )
    ca_file(made).parent.mkdir(parents=True)
    ca_file(made).write_text((tmp_path / "authority.pem").read_text())
    return made


class Nobody:
    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        """No host of the home's is there."""


class Home:
    """A town, its log in memory, with the warden of its gate. The gate's server is real, and kept as by the daemon."""

    def __init__(self, folder: Path) -> None:
        self.config = config.install(folder, "gt", "01J")
        self.runtime = Runtime(MemoryEventLog(), ROLES, owner_of, Nobody(), clock)
        self.hall, self.texts = Hall(MemoryCommands()), MemoryTexts()
        self.warden = Warden(self.config, self.runtime, self.hall, self.texts)

    async def invite(self, host: str, *addresses: str) -> HostInvitation:
        return await self.warden.invite(host, 2, 60.0, addresses)

    async def tell(self, command: Command) -> None:
        """As a person, and it is obeyed at the gate."""
        await self.runtime.send(Order(id=clock.new_id(), to=DEACON, actor="overseer", command=command))
        await self.warden.obey()

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Home"]:
        async with anyio.create_task_group() as tasks:
            await tasks.start(self.runtime.run)
            tasks.start_soon(self._keep_server)
            tasks.start_soon(self.warden.run)
            yield self
            tasks.cancel_scope.cancel()

    async def _keep_server(self) -> None:
        while True:
            while not self.config.gate_file().exists():  # noqa: ASYNC110  as the daemon looks
                await anyio.sleep(0.005)
            with (self.config.logs / "gate.log").open("ab") as log:
                server = subprocess.Popen(server_command(self.config.gate_file()), stderr=log)  # noqa: ASYNC220  it starts at once
            known = {"gate": Known(server.pid, start_time(server.pid))}
            (self.config.run / "children.json").write_bytes(msgspec.json.encode(known))
            try:
                while server.poll() is None:  # noqa: ASYNC110  as the daemon looks
                    await anyio.sleep(0.005)
            finally:
                server.kill()
                server.wait(timeout=10)


@pytest.fixture
async def home(tmp_path: Path, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> Home:
    """Not yet open: `async with home.open()`."""
    monkeypatch.setattr(place, "PORT", free_port())
    return Home(tmp_path / "home")
