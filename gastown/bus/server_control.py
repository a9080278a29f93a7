"""What a hub's server is asked and told on its system account: the one at the other end, where a hub has several."""

from collections.abc import Iterable

import msgspec

from gastown.bus.hub_server import Login, account_of
from gastown.bus.nats_connection import NatsConnection

_PATIENCE = 5.0  # seconds


class _Server(msgspec.Struct, frozen=True):
    id: str


class _Varz(msgspec.Struct, frozen=True):
    config_load_time: str


class _AboutItself(msgspec.Struct, frozen=True):
    data: _Varz


class _Leaf(msgspec.Struct, frozen=True):
    id: int
    account: str


class _Leafz(msgspec.Struct, frozen=True):
    leafs: tuple[_Leaf, ...] = ()


class _AboutLeafs(msgspec.Struct, frozen=True):
    server: _Server
    data: _Leafz


async def loaded(system: NatsConnection) -> str:
    """When the server last read its configuration, as it says. Raises UnreachableError."""
    answer, _ = await system.request(f"$SYS.REQ.SERVER.{system.server_id}.VARZ", patience=_PATIENCE)
    return msgspec.json.decode(answer, type=_AboutItself).data.config_load_time


async def cut_others(system: NatsConnection, stay: Iterable[Login]) -> None:
    """End the connections of all towns but these. Raises UnreachableError.

    A reload ends those of users who are gone where they are clients; a leaf whose account is gone stays (2.15.1).
    """
    accounts = {account_of(login) for login in stay}
    answer, _ = await system.request(f"$SYS.REQ.SERVER.{system.server_id}.LEAFZ", patience=_PATIENCE)
    found = msgspec.json.decode(answer, type=_AboutLeafs)
    for leaf in found.data.leafs:
        if leaf.account not in accounts:
            await system.request(
                f"$SYS.REQ.SERVER.{found.server.id}.KICK", msgspec.json.encode({"cid": leaf.id}), patience=_PATIENCE
            )
