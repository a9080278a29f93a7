"""How a machine becomes a host of a town: with an invitation, a key made here, and a folder that is a host's."""

import socket
from pathlib import Path

import msgspec

from gastown import config, durable
from gastown.bus.gate_protocol import JOIN, LEAVE, GateReply, HostInvitation, Join, check, decode
from gastown.bus.gate_server import INVITED_INBOX, INVITED_PASSWORD, INVITED_USER
from gastown.bus.keys import kept_user_key
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import RELOADING, UntrustedServerError, connect
from gastown.bus.trust import trusting
from gastown.clock import now
from gastown.config import Home, TownConfig
from gastown.errors import Code, GastownError, RefusedError, UnreachableError
from gastown.gate.approach import ca_file, key_file, reached

_PATIENCE = 10.0  # seconds, for the connection and for the answer each


class TownSaysNoError(GastownError):
    """In the town's own words."""

    def __init__(self, reply: GateReply) -> None:
        super().__init__(reply.message, reply.hint)
        self.code: Code = msgspec.convert(reply.code, Code)


async def join(text: str, path: Path, slots: int) -> TownConfig:
    """Be let in; the folder is a host's when this returns. Repeated, it does the same. slots: sessions that it takes.

    Raises GastownError, OSError.
    """
    given = decode(text)
    check(given, now())
    host = _laid_out(given, path, slots)
    key = kept_user_key(key_file(host))
    asked = Join(
        invitation=given.id, secret=given.secret, host=given.host, key=key.public, machine=socket.gethostname()
    )
    await _let_in(given, asked)
    durable.write(ca_file(host), given.ca.encode(), mode=0o600)
    config.save(host)  # last: a folder without town.toml is nobody's
    return host


def _laid_out(given: HostInvitation, path: Path, slots: int) -> TownConfig:
    if (path / config.FILE).exists():
        there = config.load(path)
        if (there.incarnation, there.host) != (given.incarnation, given.host):
            what = f"host {there.host} of {there.name}" if there.home else f"the town {there.name}"
            raise RefusedError(f"{path} is {what} already", "give a folder that is new: gt host join INVITATION DIR")
    elif path.exists() and any(path.iterdir()) and not (path / "secrets" / "gate.nk").exists():
        raise RefusedError(f"{path} is not empty", "give a folder that is new or empty: gt host join INVITATION DIR")
    config.make_folders(path)
    return TownConfig(
        path=path.resolve(),
        name=given.town,
        incarnation=given.incarnation,
        restored_from=given.lineage if given.lineage != given.incarnation else "",
        home=Home(host=given.host, urls=given.urls, slots=slots),
    )


async def _let_in(given: HostInvitation, asked: Join) -> None:
    """At each of the gate's addresses, until one answers."""
    trouble = UnreachableError(f"the invitation names no address of {given.town}")
    for url in given.urls:
        try:
            async with connect(
                url,
                name=f"host {given.host} joins",
                user=INVITED_USER,
                password=INVITED_PASSWORD,
                trust=trusting(given.ca),
                inbox=INVITED_INBOX,
                patience=_PATIENCE,
                disbelief=RELOADING,
            ) as connection:
                commands = NatsCommands(connection, given.town, given.incarnation)
                return _granted(await commands.request(JOIN, msgspec.json.encode(asked), patience=_PATIENCE))
        except UntrustedServerError:
            raise
        except UnreachableError as error:
            trouble = error
    msg = f"the town {given.town} cannot be reached at {', '.join(given.urls)}: {trouble.message}"
    raise UnreachableError(msg, "see that it is up, there: gt status; then the same gt host join again") from trouble


async def leave(host: TownConfig) -> None:
    """Say good-bye to the town. Raises GastownError."""
    async with reached(host, patience=_PATIENCE) as connection:
        commands = NatsCommands(connection, host.name, host.incarnation)
        _granted(await commands.request(f"{LEAVE}.{host.host}", b"", patience=_PATIENCE))


def _granted(payload: bytes) -> None:
    reply = msgspec.json.decode(payload, type=GateReply)
    if not reply.ok:
        raise TownSaysNoError(reply)
