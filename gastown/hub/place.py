"""A hub's folder and its `hub.toml`; the keys and certificates in it."""

import secrets
import socket
import tomllib
from pathlib import Path

import msgspec

from gastown import certified, durable
from gastown.bus.hub_server import HubPlace, Node
from gastown.config import name_for
from gastown.errors import RefusedError, UnknownThingError, UsageError

FILE = "hub.toml"
LEAF_PORT, JOIN_PORT, CLUSTER_PORT = 7422, 7423, 7424
MACHINES = (3, 5)
"""How many a hub may be on, besides one: of four, two are no majority either."""
QUOTA = 20 * 1024**3
"""Bytes: some 50 million events."""
_FOLDERS = ("secrets", "run", "logs")


class HubConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A hub as its folder tells it. incarnation: of its own log.

    hosts: names and addresses at which towns reach it. listen: the address that it listens on. quota: bytes
    that the copy of a town's log may take, and that of its long texts, where nothing else is said of it.

    machines: of a hub that is on several, the names of all, one of which is this one's host; they speak to each other
    at cluster_port.
    """

    path: Path
    name: str
    incarnation: str
    hosts: tuple[str, ...]
    listen: str
    leaf_port: int
    join_port: int
    quota: int = QUOTA
    machines: tuple[str, ...] = ()
    cluster_port: int = 0

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def store(self) -> Path:
        return self.path / "log"

    @property
    def server_file(self) -> Path:
        """The configuration that its server runs with."""
        return self.path / "secrets" / "hub.conf"

    def password(self) -> str:
        """Of the hub's own users at its server."""
        return (self.path / "secrets" / "password").read_text()

    def authority(self) -> str:
        """The certificate that travels in invitations."""
        return (self.path / "secrets" / "authority.pem").read_text()

    def certificate(self) -> str:
        """The server's."""
        return (self.path / "secrets" / "server.pem").read_text()

    def leaf_urls(self) -> tuple[str, ...]:
        return tuple(f"tls://{certified.in_url(host)}:{self.leaf_port}" for host in self.machines or self.hosts)

    def join_urls(self) -> tuple[str, ...]:
        return tuple(f"tls://{certified.in_url(host)}:{self.join_port}" for host in self.machines or self.hosts)

    def own_url(self) -> str:
        """Of the server on this machine."""
        return f"tls://{'127.0.0.1' if self.listen == '0.0.0.0' else self.listen}:{self.join_port}"

    def server_place(self) -> HubPlace:
        return HubPlace(
            leafs=f"{certified.in_url(self.listen)}:{self.leaf_port}",
            clients=f"{certified.in_url(self.listen)}:{self.join_port}",
            store=self.store,
            certificate=self.path / "secrets" / "server.pem",
            key=self.path / "secrets" / "server.key",
            password=self.password(),
            node=self._node() if self.machines else None,
        )

    def _node(self) -> Node:
        return Node(
            name=f"hub-{self.machines.index(self.hosts[0]) + 1}",
            listen=f"{certified.in_url(self.listen)}:{self.cluster_port}",
            routes=tuple(f"tls://{certified.in_url(host)}:{self.cluster_port}" for host in self.machines),
            authority=self.path / "secrets" / "authority.pem",
        )


def create(
    path: Path,
    incarnation: str,
    now: float,
    *,
    name: str = "",
    hosts: tuple[str, ...] = (),
    ports: tuple[int, int],
    quota: int = QUOTA,
) -> HubConfig:
    """Make a hub's folder. hosts none: this machine alone. ports: for towns, and for joining.

    Raises RefusedError when there is something else, UsageError for a bad name or host.
    """
    _refuse_used(path)
    hub = HubConfig(
        path=path,
        name=name_for(path, name),
        incarnation=incarnation,
        hosts=hosts or ("127.0.0.1",),
        listen="0.0.0.0" if certified.is_elsewhere(hosts) else "127.0.0.1",
        leaf_port=ports[0],
        join_port=ports[1],
        quota=quota,
    )
    prepare(hub)
    certified.make(path / "secrets", hub.name, hub.hosts, now)
    _found(hub, secrets.token_hex(24))
    return hub


def create_machines(
    path: Path,
    incarnation: str,
    now: float,
    *,
    name: str = "",
    hosts: tuple[str, ...],
    ports: tuple[int, int, int],
    quota: int = QUOTA,
) -> tuple[HubConfig, ...]:
    """Make a folder in `path` for each machine of a hub that outlives the loss of one. ports: for towns, for joining,
    and between the machines; the same on all. Raises RefusedError, UsageError.
    """
    _refuse_used(path)
    if len(hosts) not in MACHINES or len(set(hosts)) < len(hosts) or any("/" in host for host in hosts):
        msg = f"a hub is on 3 or 5 machines of different names, not on {', '.join(hosts)}"
        raise UsageError(msg, "what more than half of them hold is kept: 3 outlive the loss of one, 5 that of two")
    hubs = tuple(
        HubConfig(
            path=path / host,
            name=name_for(path, name),
            incarnation=incarnation,
            hosts=(host,),
            listen=host if host.startswith("127.") else "0.0.0.0",
            leaf_port=ports[0],
            join_port=ports[1],
            quota=quota,
            machines=hosts,
            cluster_port=ports[2],
        )
        for host in hosts
    )
    password = secrets.token_hex(24)
    for hub in hubs:
        prepare(hub)
    certified.make(hubs[0].path / "secrets", hubs[0].name, hubs[0].hosts, now)
    for hub in hubs[1:]:
        certified.make_another(hubs[0].path / "secrets", hub.path / "secrets", hub.name, hub.hosts, now)
    for hub in hubs:
        _found(hub, password)
    return hubs


def _refuse_used(path: Path) -> None:
    if path.exists() and any(path.iterdir()):
        what = "is a hub already" if (path / FILE).exists() else "is not empty"
        msg = f"{path} {what}"
        raise RefusedError(msg, "give a folder that is new or empty: gt hub init DIR")


def _found(hub: HubConfig, password: str) -> None:
    durable.write(hub.path / "secrets" / "password", password.encode(), mode=0o600)
    _save(hub)  # last: a folder without it is no hub


def prepare(hub: HubConfig) -> None:
    """Make the folders that it needs, where they are missing: of a lost hub `hub.toml` and `secrets` were kept."""
    for folder in _FOLDERS:
        durable.make_folder(hub.path / folder)
        (hub.path / folder).chmod(0o700)
    hub.path.chmod(0o700)


def renew(hub: HubConfig, now: float) -> bool:
    """Make the server's certificate anew if it runs out soon, or is for other hosts. Returns whether it was."""
    return certified.renew(hub.path / "secrets", hub.name, hub.hosts, now)


def load(path: Path) -> HubConfig:
    """Raises UnknownThingError where there is no hub, UsageError when its file is corrupt."""
    file = path / FILE
    if not file.is_file():
        msg = f"{path} is not a hub"
        raise UnknownThingError(msg, f"make one: gt hub init {path}")
    try:
        content = tomllib.loads(file.read_text())
        return msgspec.convert({**content, "path": path.resolve()}, HubConfig)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        msg = f"{file} cannot be read: {error}"
        raise UsageError(msg, "it holds name, incarnation, hosts, listen, leaf_port, join_port and quota") from error


def free_ports() -> tuple[int, int, int]:
    """The usual ones where nobody has them, else others: for towns, for joining, between machines."""
    with socket.socket() as one, socket.socket() as other, socket.socket() as third:
        return _free(one, LEAF_PORT), _free(other, JOIN_PORT), _free(third, CLUSTER_PORT)


def _free(probe: socket.socket, wish: int) -> int:
    try:
        probe.bind(("", wish))
    except OSError:
        probe.bind(("", 0))
    return int(probe.getsockname()[1])


def _save(hub: HubConfig) -> None:
    said = {"name": hub.name, "incarnation": hub.incarnation, "hosts": hub.hosts, "listen": hub.listen}
    said |= {"leaf_port": hub.leaf_port, "join_port": hub.join_port, "quota": hub.quota}
    if hub.machines:
        said |= {"machines": hub.machines, "cluster_port": hub.cluster_port}
    lines = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in said.items()]
    durable.write(hub.path / FILE, ("\n".join(lines) + "\n").encode())
