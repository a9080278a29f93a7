"""A hub and towns on real servers: accounts, keys and TLS as they are in earnest, every link through a tap."""

import os
import signal
import subprocess  # noqa: TID251  tests start the real server
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import anyio
import msgspec
from loopback_ports import unused_port

from gastown.bus.certificates import new_authority, new_server_certificate
from gastown.bus.event_log import LogUnavailableError
from gastown.bus.hub_news import hub_news
from gastown.bus.hub_server import TOWNS_USER, HubPlace, Login, render_hub
from gastown.bus.hub_streams import copy_facts, ensure_bucket_copies, ensure_copy
from gastown.bus.jetstream_api import HUB_PREFIX, PREFIX, ApiError, call
from gastown.bus.jetstream_arrivals import JetStreamArrivals, open_arrivals
from gastown.bus.jetstream_copies import JetStreamCopies
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.jetstream_luggage import JetStreamLuggage
from gastown.bus.jetstream_texts import JetStreamTexts
from gastown.bus.keys import new_user_key
from gastown.bus.nats_connection import NatsConnection, connect
from gastown.bus.objects import luggage_bucket, stream_of, texts_bucket
from gastown.bus.server import Leaf, render_config, server_command
from gastown.bus.streams import ensure_log_stream
from gastown.bus.trust import trusting
from gastown.clock import now
from gastown.errors import UnreachableError

from .tap import Tap
from .towns import INCARNATION

PASSWORD = "of the hub's own users"
LEAFS_BACK = 3.0  # seconds for which a hub that starts waits for its towns before it copies


class Server:
    """A nats-server of a test."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.config = folder / "nats.conf"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with (self.folder / "nats.log").open("ab") as log:
            self._process = subprocess.Popen(server_command(self.config), stderr=log)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None

    def reload(self) -> None:
        os.kill(self.pid, signal.SIGHUP)

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


class Town:
    """One town's server, its link, and its connection to its server."""

    def __init__(self, name: str, folder: Path, tap: Tap) -> None:
        self.name = name
        self.tap = tap
        self.key = new_user_key()
        self.server = Server(folder)
        self.port = unused_port()
        self.connection: NatsConnection

    def configure(self, authority: Path) -> None:
        urls = (f"tls://127.0.0.1:{self.tap.port}",)
        leaf = Leaf(domain=self.name, urls=urls, seed=self.key.seed, ca_file=authority)
        config = render_config(
            port=self.port,
            store_dir=self.server.folder / "log",
            user="town",
            password="p",
            server_name=self.name,
            leaf=leaf,
        )
        self.server.config.write_text(config)

    @property
    def log(self) -> JetStreamEventLog:
        return JetStreamEventLog(self.connection, self.name, INCARNATION)

    @property
    def login(self) -> Login:
        return Login(town=self.name, incarnation=INCARNATION, key=self.key.public)


class RealTowns:
    """A Towns. Made by `open_real_towns`; `hub` and `towns` are for who kills and freezes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._things = AsyncExitStack()
        self.hub = Server(folder / "hub")
        self.towns: dict[str, Town] = {}
        self.hub_connection: NatsConnection
        self._leafs, self._clients = unused_port(), unused_port()
        authority = new_authority("hub", now())
        certificate = new_server_certificate(authority, "hub", ["127.0.0.1"], now())
        self._authority = folder / "authority.pem"
        for file, text in (
            (self._authority, authority.certificate),
            (folder / "certificate.pem", certificate.certificate),
            (folder / "key.pem", certificate.key),
        ):
            file.write_text(text)
        self._trust = trusting(authority.certificate)

    def configure_hub(self, *, copying: bool = True) -> None:
        place = HubPlace(
            leafs=f"127.0.0.1:{self._leafs}",
            clients=f"127.0.0.1:{self._clients}",
            store=self.hub.folder / "store",
            certificate=self._folder / "certificate.pem",
            key=self._folder / "key.pem",
            password=PASSWORD,
        )
        logins = [town.login for town in self.towns.values()]
        rendered = render_hub(place, logins, copying=copying)
        # or the hub tells towns its own address, and they go round their taps
        self.hub.config.write_text(rendered.replace("leafnodes {", "leafnodes {\n  no_advertise: true", 1))

    async def begin(self, names: str) -> None:
        for name in names:
            await self._add(name)
        self.configure_hub()
        self.hub.start()
        self.hub_connection = await self._things.enter_async_context(self.connect_to_hub())
        for town in self.towns.values():
            await self._open(town)

    def connect_to_hub(self):
        url = f"tls://127.0.0.1:{self._clients}"
        return connect(url, name="hub", user=TOWNS_USER, password=PASSWORD, trust=self._trust)

    async def _add(self, name: str) -> None:
        tap = Tap(self._leafs)
        self.towns[name] = town = Town(name, self._folder / name, tap)
        town.configure(self._authority)

    async def _open(self, town: Town) -> None:
        town.server.start()
        town.connection = await self._things.enter_async_context(self.connect_to(town.name))
        await ensure_log_stream(town.connection, town.name, INCARNATION)
        await self.linked(town.name)
        await ensure_copy(self.hub_connection, town.name, INCARNATION)

    def connect_to(self, town: str):
        url = f"nats://127.0.0.1:{self.towns[town].port}"
        return connect(url, name="town", user="town", password="p", inbox=f"_INBOX.{town}")

    async def linked(self, town: str) -> None:
        """Return when the hub reaches the town's server."""
        stream = f"EV_{town}_{INCARNATION}"
        while True:
            with suppress(UnreachableError):
                prefix = f"$JS.{town}.API."
                await call(self.hub_connection, f"STREAM.INFO.{stream}", prefix=prefix, patience=1.0)
                return
            await anyio.sleep(0.02)

    async def restart_hub(self) -> None:
        """As a hub comes back: it copies once its towns are there, or have not come in time."""
        self.configure_hub(copying=False)
        self.hub.start()
        await self.hub_connection.wait_up()
        with anyio.move_on_after(LEAFS_BACK):
            for town in self.towns:
                await self.linked(town)
        self.configure_hub()
        self.hub.reload()

    async def wake_hub(self) -> None:
        """What makes a copy that waits for its town ask it again at once."""
        self.configure_hub(copying=False)
        self.hub.reload()
        await self._until_copying(False)
        self.configure_hub()
        self.hub.reload()
        await self._until_copying(True)

    async def _until_copying(self, copying: bool) -> None:
        while (await self.position(next(iter(self.towns))) >= 0) is not copying:  # noqa: ASYNC110  only it tells
            await anyio.sleep(0.01)

    async def restart_town(self, town: str) -> None:
        """Its server was killed; back, and linked."""
        self.towns[town].server.start()
        await self.towns[town].connection.wait_up()
        await self.linked(town)

    async def end(self) -> None:
        await self._things.aclose()
        for town in self.towns.values():
            town.tap.close()
            town.server.kill()
        self.hub.kill()

    def log(self, town: str) -> JetStreamEventLog:
        return self.towns[town].log

    def copies(self, town: str) -> JetStreamCopies:
        return JetStreamCopies(self.towns[town].connection, patience=1.0)

    def texts(self, town: str) -> JetStreamTexts:
        return JetStreamTexts(self.towns[town].connection, town, INCARNATION)

    def luggage(self, town: str) -> JetStreamLuggage:
        return JetStreamLuggage(self.towns[town].connection, town, INCARNATION)

    async def beside(self, town: str) -> None:
        await ensure_bucket_copies(self.hub_connection, town, INCARNATION)
        for bucket in (texts_bucket(town, INCARNATION), luggage_bucket(town, INCARNATION)):
            while await self._last(town, bucket) != await self._last(town, bucket, HUB_PREFIX):  # noqa: ASYNC110
                await anyio.sleep(0.01)

    async def _last(self, town: str, bucket: str, prefix: str = PREFIX) -> int:
        with suppress(ApiError):
            answer = await call(self.towns[town].connection, f"STREAM.INFO.{stream_of(bucket)}", prefix=prefix)
            return int(msgspec.json.decode(answer)["state"]["last_seq"])
        return -1

    @asynccontextmanager
    async def arrivals(self, town: str) -> AsyncIterator[JetStreamArrivals]:
        async with open_arrivals(self.towns[town].connection, town, INCARNATION) as arrivals:
            yield arrivals

    async def position(self, town: str) -> int:
        """Of the hub's copy, -1 when it does not say."""
        with suppress(UnreachableError):
            facts = {facts.town: facts for facts in await copy_facts(self.hub_connection)}
            return facts[town].position if town in facts else -1
        return -1

    async def level(self, town: str) -> int:
        last = -2
        while last != await self.position(town):
            with suppress(LogUnavailableError):
                last = await self.log(town).last_position()
            await anyio.sleep(0.01)
        return last

    async def cut(self, town: str) -> None:
        self.towns[town].tap.cut()

    async def heal(self, town: str) -> None:
        self.towns[town].tap.heal()
        await self.linked(town)

    async def newcomer(self, town: str) -> None:
        await self._add(town)
        self.configure_hub()
        self.hub.reload()
        await self._open(self.towns[town])


@asynccontextmanager
async def open_real_towns(folder: Path, names: str = "abc") -> AsyncIterator[RealTowns]:
    """Nothing of it is left running afterwards."""
    towns = RealTowns(folder)
    try:
        with anyio.fail_after(30):
            await towns.begin(names)
        async with hub_news(towns.hub_connection) as news, anyio.create_task_group() as tasks:
            tasks.start_soon(news.run)
            yield towns
            tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await towns.end()
