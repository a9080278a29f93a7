"""What a town keeps of its gate, in `secrets/gate`: where it listens, its certificates, its server's configuration.

A town that never invited a host has no gate.
"""

import secrets
import socket
from pathlib import Path

import msgspec

from gastown import certified, durable
from gastown.bus.gate_server import GatePlace
from gastown.config import TownConfig
from gastown.errors import UsageError
from gastown.not_json import NOT_JSON

PORT = 7426
"""Where it listens, where nobody else does when it is first opened."""


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """addresses: at which other machines reach it; none: for this machine alone. password: of the town's own users."""

    port: int
    addresses: tuple[str, ...] = ()
    password: str

    def urls(self) -> tuple[str, ...]:
        return tuple(f"tls://{certified.in_url(host)}:{self.port}" for host in self.addresses or ("127.0.0.1",))

    def own_url(self) -> str:
        return f"tls://127.0.0.1:{self.port}"


def read(town: TownConfig) -> Gate | None:
    """None: there is none. Raises UsageError when its file cannot be read."""
    file = _folder(town) / "gate.json"
    try:
        return msgspec.json.decode(file.read_bytes(), type=Gate)
    except FileNotFoundError:
        return None
    except NOT_JSON as error:
        msg = f"{file} cannot be read: {error}"
        raise UsageError(msg, "put it back from a backup; without it, every host is to be invited anew") from error


def opened(town: TownConfig, addresses: tuple[str, ...], now: float) -> Gate:
    """The town's gate, to be reached at these addresses too. Made if there is none. Raises UsageError, OSError."""
    known = read(town)
    if known is None:
        gate = Gate(port=_free(PORT), addresses=addresses, password=secrets.token_hex(24))
        certified.make(_folder(town), f"{town.name} gate", addresses, now)
    else:
        together = tuple(dict.fromkeys((*known.addresses, *addresses)))
        gate = msgspec.structs.replace(known, addresses=together)
        renew(town, gate, now)
    if gate != known:
        durable.write(_folder(town) / "gate.json", msgspec.json.encode(gate), mode=0o600)
    return gate


def renew(town: TownConfig, gate: Gate, now: float) -> bool:
    """Make the server's certificate anew if it runs out soon, or is for other addresses. Returns whether it was."""
    return certified.renew(_folder(town), f"{town.name} gate", gate.addresses, now)


def authority(town: TownConfig) -> str:
    """The certificate that travels in invitations (PEM)."""
    return (_folder(town) / "authority.pem").read_text()


def server_place(town: TownConfig, gate: Gate) -> GatePlace:
    host = "0.0.0.0" if certified.is_elsewhere(gate.addresses) else "127.0.0.1"
    return GatePlace(
        listen=f"{host}:{gate.port}",
        certificate=_folder(town) / "server.pem",
        key=_folder(town) / "server.key",
        password=gate.password,
        town=town.name,
        incarnation=town.incarnation,
    )


def _folder(town: TownConfig) -> Path:
    return town.gate_file().parent


def _free(wish: int) -> int:
    with socket.socket() as probe:
        try:
            probe.bind(("", wish))
        except OSError:
            probe.bind(("", 0))
        return int(probe.getsockname()[1])
