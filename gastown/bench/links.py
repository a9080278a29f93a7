"""A hub and towns for figures: servers of their own, linked as in earnest, over loopback."""

import os
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec

from gastown import clock
from gastown.adapters.processes import child
from gastown.bus.certificates import new_authority, new_server_certificate
from gastown.bus.hub_server import TOWNS_USER, HubPlace, Login, render_hub
from gastown.bus.jetstream_api import call
from gastown.bus.keys import UserKey, new_user_key
from gastown.bus.nats_connection import NatsConnection, connect
from gastown.bus.server import Leaf, render_config, server_command
from gastown.bus.streams import ensure_log_stream
from gastown.bus.subjects import stream_name
from gastown.bus.trust import trusting
from gastown.config import NatsLogin, TownConfig
from gastown.daemon.log_server import free_port
from gastown.errors import UnreachableError

_USER = "town"
_GRACE = 5.0  # seconds
INCARNATION = "A"


class Linked(msgspec.Struct, frozen=True):
    """A town's server. incarnation: of its log. login: to it, as its processes log in."""

    name: str
    incarnation: str
    login: NatsLogin
    connection: NatsConnection


class Links(msgspec.Struct, frozen=True):
    """hub: as its own process is connected. trust, login: how to connect as that again."""

    hub: NatsConnection
    login: NatsLogin
    trust: ssl.SSLContext
    towns: Mapping[str, Linked]


class Member(msgspec.Struct, frozen=True):
    """A town that is to have a server. store: of its log."""

    name: str
    incarnation: str
    store: Path
    key: UserKey


@asynccontextmanager
async def linked(folder: Path, names: Sequence[str], past: TownConfig | None = None) -> AsyncGenerator[Links]:
    """A hub, a town of each name and one that has a past, ended with the context. Nothing is copied yet."""
    members = [Member(name, INCARNATION, folder / name, new_user_key()) for name in names]
    if past is not None:
        members.append(Member(past.name, past.incarnation, past.path / "log", new_user_key()))
    password, leafs, clients = clock.new_id(), free_port(), free_port()
    trust = _write_hub(folder, members, password, leafs, clients)
    async with AsyncExitStack() as things:
        await _run(things, folder / "hub.conf", folder)
        login = NatsLogin(f"tls://127.0.0.1:{clients}", TOWNS_USER, password, embedded=True)
        hub = await things.enter_async_context(
            connect(login.url, name="hub", user=login.user, password=password, trust=trust)
        )
        urls = (f"tls://127.0.0.1:{leafs}",)
        towns = {member.name: await open_town(things, folder, member, urls, hub) for member in members}
        yield Links(hub, login, trust, towns)


def _write_hub(folder: Path, members: list[Member], password: str, leafs: int, clients: int) -> ssl.SSLContext:
    authority = new_authority("hub", clock.now())
    certificate = new_server_certificate(authority, "hub", ["127.0.0.1"], clock.now())
    files = {"ca.pem": authority.certificate, "hub.pem": certificate.certificate, "hub.key": certificate.key}
    for name, text in files.items():
        (folder / name).write_text(text)
    place = HubPlace(
        leafs=f"127.0.0.1:{leafs}",
        clients=f"127.0.0.1:{clients}",
        store=folder / "hub",
        certificate=folder / "hub.pem",
        key=folder / "hub.key",
        password=password,
    )
    logins = [Login(town=one.name, incarnation=one.incarnation, key=one.key.public) for one in members]
    (folder / "hub.conf").write_text(render_hub(place, logins))
    return trusting(authority.certificate)


async def open_town(
    things: AsyncExitStack, folder: Path, member: Member, urls: tuple[str, ...], hub: NatsConnection
) -> Linked:
    """Its server, connected to the hub at `urls`, whose authority is in `folder`; until `things` close."""
    login = NatsLogin(f"nats://127.0.0.1:{free_port()}", _USER, clock.new_id(), embedded=True)
    leaf = Leaf(
        domain=member.name,
        urls=urls,
        seed=member.key.seed,
        ca_file=folder / "ca.pem",
    )
    config = folder / f"{member.name}.conf"
    config.write_text(
        render_config(
            server_name=member.name,
            port=int(login.url.rpartition(":")[2]),
            store_dir=member.store,
            user=login.user,
            password=login.password,
            leaf=leaf,
        )
    )
    await _run(things, config, folder)
    connection = await things.enter_async_context(
        connect(login.url, name="gt", user=login.user, password=login.password, inbox=inbox_of(member.name))
    )
    await ensure_log_stream(connection, member.name, member.incarnation)
    await _reached(hub, member)
    return Linked(member.name, member.incarnation, login, connection)


def inbox_of(town: str) -> str:
    """Where the hub's server lets answers to this town go."""
    return f"_INBOX.{town}"


async def _reached(hub: NatsConnection, member: Member) -> None:
    """Return when the hub reaches the town's server."""
    question = f"STREAM.INFO.{stream_name(member.name, member.incarnation)}"
    while True:
        with suppress(UnreachableError):
            await call(hub, question, prefix=f"$JS.{member.name}.API.", patience=1.0)
            return
        await anyio.sleep(0.02)


async def _run(things: AsyncExitStack, config: Path, folder: Path) -> None:
    log = config.with_suffix(".log")
    process = child.start(server_command(config), environment=os.environ, log=log, cwd=folder)
    things.push_async_callback(_end, process)


async def _end(process: child.Known) -> None:
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(child.end, process, _GRACE)
