"""What a town keeps of the hub that it is a member of: `hub.toml`, its key, and whose servers are the hub's.

The log says that it is a member; this is how its server gets there. Neither goes into a backup.
"""

import hashlib
import tomllib
from pathlib import Path

import msgspec

from gastown import durable
from gastown.bus import server
from gastown.bus.keys import UserKey, kept_user_key
from gastown.bus.server import Leaf
from gastown.config import TownConfig
from gastown.errors import UsageError
from gastown.finding import HUB_FILE


class HubLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """name: of this town there. urls: of the hub, for the town's server. invitation: the id of the one it came by.

    join_urls: where the town asks when its server is not let in any more. authority: the digest of the hub's
    certificate, by which its file is called: a server that was started with another hub's does not go by it.
    """

    hub: str
    name: str
    urls: tuple[str, ...]
    join_urls: tuple[str, ...] = ()
    authority: str = ""
    epoch: int = 0
    invitation: str = ""


def read(town: TownConfig) -> HubLink | None:
    """None: it is a member of none. Raises UsageError when the file cannot be read."""
    file = town.path / HUB_FILE
    try:
        return msgspec.convert(tomllib.loads(file.read_text()), HubLink)
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        msg = f"{file} cannot be read: {error}"
        raise UsageError(msg, "remove it, and join again with a new invitation: gt join INVITATION") from error


def write(town: TownConfig, link: HubLink, authority: str) -> HubLink:
    """-> as it is kept. authority: PEM. The file itself last: where it is, all that it needs is. Raises OSError."""
    link = msgspec.structs.replace(link, authority=hashlib.sha256(authority.encode()).hexdigest()[:12])
    durable.write(ca_file(town, link), authority.encode(), mode=0o600)
    lines = [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in msgspec.structs.asdict(link).items()]
    durable.write(town.path / HUB_FILE, ("\n".join(lines) + "\n").encode(), mode=0o600)
    for earlier in {*_ca_files(town)} - {ca_file(town, link)}:
        earlier.unlink(missing_ok=True)
    return link


def forget(town: TownConfig) -> None:
    """The file itself first. Raises OSError."""
    for place in (town.path / HUB_FILE, key_file(town), *_ca_files(town)):
        place.unlink(missing_ok=True)
        durable.flush_names(place.parent)


def key_file(town: TownConfig) -> Path:
    return town.path / "secrets" / "hub.nk"


def ca_file(town: TownConfig, link: HubLink) -> Path:
    return town.path / "secrets" / (f"hub-ca-{link.authority}.pem" if link.authority else "hub-ca.pem")


def _ca_files(town: TownConfig) -> list[Path]:
    return sorted((town.path / "secrets").glob("hub-ca*.pem"))


def key(town: TownConfig) -> UserKey:
    """The town's key, made when it is first asked for. Raises UsageError, OSError."""
    return kept_user_key(key_file(town))


def leaf(town: TownConfig) -> Leaf | None:
    """How the town's server connects to the hub; None: to none. Raises UsageError, OSError."""
    link = read(town)
    if link is None:
        return None
    return Leaf(domain=link.name, urls=link.urls, seed=key(town).seed, ca_file=ca_file(town, link))


def is_in_force(town: TownConfig) -> bool:
    """Whether the town's server was started with what is kept here. Raises UsageError, OSError."""
    try:
        configured = (town.path / "secrets" / "nats.conf").read_text()
    except FileNotFoundError:
        return False
    wanted = leaf(town)
    return "leafnodes" not in configured if wanted is None else server.leaf_block(wanted) in configured
