"""A real hub, as `gt hub up` runs it, and the servers of towns, as a town's daemon runs them."""

import os
import signal
import subprocess  # noqa: TID251  tests start the real server
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec

from gastown import clock
from gastown.bus import invitation
from gastown.bus.hub_protocol import Hello, HubReply, Join, Question, Return, question_subject
from gastown.bus.jetstream_api import call
from gastown.bus.keys import new_user_key
from gastown.bus.nats_connection import NatsConnection, connect
from gastown.bus.nats_hub import ask_at_door
from gastown.bus.server import Leaf, render_config, server_command
from gastown.bus.streams import ensure_log_stream
from gastown.bus.subjects import stream_name
from gastown.hub import place, service
from gastown.hub.keeping import Invite, Look

PASSWORD = "p"


class HubAtWork:
    def __init__(self, config: place.HubConfig) -> None:
        self.config = config

    def up(self) -> None:
        service.start(self.config)

    def down(self) -> None:
        service.stop(self.config)

    def kill_server(self) -> None:
        os.kill(self.server_pid(), signal.SIGKILL)

    def kill_process(self) -> None:
        running = service.running(self.config)
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        assert service.child.wait(running, 5.0)

    def server_pid(self) -> int:
        found = service.read_server(self.config)
        assert found is not None
        return found.pid

    async def ask(self, wish: Any) -> dict[str, Any]:
        return await anyio.to_thread.run_sync(service.ask, self.config, wish)

    async def invite(self, town: str, seconds: float = 3600.0) -> invitation.Invitation:
        return invitation.decode((await self.ask(Invite(town, seconds)))["invitation"])

    async def members(self) -> dict[str, dict[str, Any]]:
        """Those that may connect."""
        return {one["name"]: one for one in (await self.ask(Look()))["towns"] if not one["gone"]}


class TownServer:
    """The server of one town, and its own process's connection."""

    def __init__(self, folder: Path, name: str, incarnation: str, port: int) -> None:
        self.folder = folder
        self.name = name
        self.incarnation = incarnation
        self.stream = stream_name(name, incarnation)
        self.key = new_user_key()
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)

    def join_request(self, given: invitation.Invitation, **other: Any) -> Join:
        asked = {"invitation": given.id, "secret": given.secret, "town": self.name, "incarnation": self.incarnation}
        return Join(**{**asked, "key": self.key.public, **other})

    async def ask_to_join(self, given: invitation.Invitation, **other: Any) -> HubReply:
        return await ask_at_door(given.urls, given.ca, self.join_request(given, **other))

    async def at_door(self, hub: HubAtWork, question: Return) -> HubReply:
        return await ask_at_door(hub.config.join_urls(), hub.config.authority(), question)

    def start(self, leaf_urls: list[str], ca: str) -> None:
        (self.folder / "ca.pem").write_text(ca)
        leaf = Leaf(domain=self.name, urls=tuple(leaf_urls), seed=self.key.seed, ca_file=self.folder / "ca.pem")
        rendered = render_config(
            port=self._port,
            store_dir=self.folder / "log",
            user="town",
            password=PASSWORD,
            server_name=self.name,
            leaf=leaf,
        )
        (self.folder / "nats.conf").write_text(rendered)
        self.start_again()

    def start_again(self) -> None:
        with (self.folder / "nats.log").open("ab") as log:
            self._process = subprocess.Popen(server_command(self.folder / "nats.conf"), stderr=log)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def connected(self) -> AbstractAsyncContextManager[NatsConnection]:
        url = f"nats://127.0.0.1:{self._port}"
        return connect(url, name=self.name, user="town", password=PASSWORD, inbox=f"_INBOX.{self.name}")

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[NatsConnection]:
        """Its log is there, and it has said hello."""
        async with self.connected() as connection:
            await ensure_log_stream(connection, self.name, self.incarnation)
            await self.hello(connection)
            yield connection

    async def hello(self, connection: NatsConnection) -> dict[str, Any]:
        said = Hello(incarnation=self.incarnation, stream=self.stream, last=await last_of(connection, self.stream))
        while True:
            try:
                return granted(await self.ask(connection, said))
            except service.UnreachableError:
                await anyio.sleep(0.02)

    async def ask(self, connection: NatsConnection, question: Question, named: str = "") -> HubReply:
        subject = question_subject(self.name, named or str(question.__struct_config__.tag))
        answer, _ = await connection.request(subject, msgspec.json.encode(question), patience=2.0)
        return msgspec.json.decode(answer, type=HubReply)

    async def write(self, connection: NatsConnection, subject: str = "bead.x", count: int = 1) -> None:
        for _ in range(count):
            await connection.request(f"ev.{self.name}.{subject}", b"fact", patience=2.0)


def granted(reply: HubReply) -> Any:
    assert reply.ok, reply
    return reply.data


async def last_of(connection: NatsConnection, stream: str, prefix: str = "") -> int:
    answer = await call(connection, f"STREAM.INFO.{stream}") if not prefix else await hub_call(connection, stream)
    return int(msgspec.json.decode(answer)["state"]["last_seq"])


async def hub_call(connection: NatsConnection, stream: str) -> bytes:
    answer, _ = await connection.request(f"$JS.hub.API.STREAM.INFO.{stream}", patience=2.0)
    return answer


async def level(town: TownServer, own: NatsConnection, asker: NatsConnection | None = None) -> float:
    """Seconds until the hub's copy is level with the log, as `asker` sees it."""
    began = clock.monotonic()
    with anyio.fail_after(60):
        while True:
            try:
                if await last_of(asker or own, town.stream, "hub") == await last_of(own, town.stream):
                    return clock.monotonic() - began
            except (service.UnreachableError, KeyError):
                pass
            await anyio.sleep(0.02)
