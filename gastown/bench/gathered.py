"""A hub as `gt hub up` runs it, and the servers of towns that have joined it: over loopback, with nobody in them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import msgspec

from gastown import clock
from gastown.bench.bare_nats import BareNats, bare_nats
from gastown.bench.figure import NotMeasuredError
from gastown.bench.links import INCARNATION, Linked, Member, inbox_of, open_town
from gastown.bus import invitation
from gastown.bus.hub import granted
from gastown.bus.hub_protocol import Hello, Join, Joined
from gastown.bus.hub_server import TOWNS_USER
from gastown.bus.keys import new_user_key
from gastown.bus.nats_connection import NatsConnection, connect
from gastown.bus.nats_hub import NatsHub
from gastown.bus.subjects import stream_name
from gastown.bus.trust import trusting
from gastown.config import NatsLogin
from gastown.daemon.log_server import free_port
from gastown.hub import place, service
from gastown.hub.keeping import Invite
from gastown.hub.place import HubConfig
from gastown.hub.server_child import read_server

_HOLDS = 3600.0  # seconds that an invitation does


class Gathering(msgspec.Struct, frozen=True):
    """hub: as its own process is connected."""

    config: HubConfig
    hub: NatsConnection
    towns: dict[str, Linked]

    def server(self) -> int:
        """The process of the hub's NATS server. Raises NotMeasuredError."""
        found = read_server(self.config)
        if found is None:
            raise NotMeasuredError("the hub has no server")
        return found.pid

    async def up(self) -> None:
        await anyio.to_thread.run_sync(service.start, self.config)

    async def down(self) -> None:
        await anyio.to_thread.run_sync(service.stop, self.config)

    def as_hub(self) -> AbstractAsyncContextManager[BareNats]:
        """nats-py, connected as the hub's own process is."""
        login = NatsLogin(self.config.own_url(), TOWNS_USER, self.config.password(), embedded=True)
        return bare_nats(login, trust=trusting(self.config.authority()))

    def as_town(self, name: str) -> AbstractAsyncContextManager[BareNats]:
        """nats-py, connected to that town's server."""
        return bare_nats(self.towns[name].login, inbox=inbox_of(name))


@asynccontextmanager
async def gathered(folder: Path) -> AsyncGenerator[Gathering]:
    """A hub without towns; `gather` brings them. Nothing is left running."""
    ports = (free_port(), free_port())
    config = place.create(folder / "hub", clock.new_id(), clock.now(), name="bench", ports=ports)
    (folder / "ca.pem").write_text(config.authority())
    trust = trusting(config.authority())
    try:
        await anyio.to_thread.run_sync(service.start, config)
        url, password = config.own_url(), config.password()
        async with connect(url, name="bench", user=TOWNS_USER, password=password, trust=trust) as hub:
            yield Gathering(config, hub, {})
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(service.stop, config)


async def gather(things: AsyncExitStack, gathering: Gathering, names: Sequence[str]) -> None:
    """Have a town of each name join and be copied; their servers run until `things` close."""
    for name in names:
        member = Member(name, INCARNATION + name, gathering.config.path.parent / name, new_user_key())
        let_in = await _let_in(gathering, member)
        folder = gathering.config.path.parent
        town = await open_town(things, folder, member, let_in.leaf_urls, gathering.hub)
        gathering.towns[name] = town
        stream = stream_name(name, town.incarnation)
        hello = Hello(incarnation=town.incarnation, stream=stream, last=0)
        granted(await NatsHub(town.connection, name).ask(hello), dict[str, Any])


async def _let_in(gathering: Gathering, member: Member) -> Joined:
    invited = await anyio.to_thread.run_sync(service.ask, gathering.config, Invite(member.name, _HOLDS))
    given = invitation.decode(invited["invitation"])
    join = Join(
        invitation=given.id,
        secret=given.secret,
        town=member.name,
        incarnation=member.incarnation,
        key=member.key.public,
    )
    return granted(await NatsHub(gathering.hub, member.name).ask_at_door(given.urls, given.ca, join), Joined)
