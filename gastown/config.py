"""A town's folder and its `town.toml`: what must be known before the log can be read.

Settings that decisions depend on are events (`gastown.events.settings`), not here.
"""

import hashlib
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from gastown import durable
from gastown.errors import RefusedError, UnknownThingError, UsageError
from gastown.events.ids import NAME
from gastown.finding import FILE, NoTownError, find_town, known_towns

FILE_SETTINGS = ("nats.url", "containment")
"""Settings kept in the file; all others are events."""


class NatsLogin(msgspec.Struct, frozen=True):
    """How the town's processes reach the log's server. embedded: the town starts it itself."""

    url: str
    user: str
    password: str
    embedded: bool


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Of a folder that is no town, but a host of one on another machine. host: its name there. urls: of the gate.

    slots: how many sessions it takes.
    """

    host: str
    urls: tuple[str, ...]
    slots: int = 1


class TownConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A town as its folder tells it. incarnation: never reused, part of every name outside the folder.

    containment: by what means the processes of workers are held (`gastown.adapters.processes.containment`); "": the
    best there is. restored_from: the incarnation of the town it was in the beginning, "" for itself. home: where the
    town is, of which this is the folder of a host on another machine; None: here.
    """

    path: Path
    name: str
    incarnation: str
    nats_url: str = ""
    containment: str = ""
    restored_from: str = ""
    home: Home | None = None

    @property
    def host(self) -> str:
        """The name of the host that runs in this folder, "" for the town's home."""
        return self.home.host if self.home else ""

    @property
    def mark(self) -> str:
        """What every process that is started here is known by: a machine may have several hosts of one town."""
        return f"{self.incarnation}@{self.host}" if self.home else self.incarnation

    @property
    def lineage(self) -> str:
        """The same for a town and whatever is restored from its backups: of these only one may live."""
        return self.restored_from or self.incarnation

    def lineage_lock(self) -> Path:
        """Held by the daemon of the one that lives on this machine."""
        return _runtime_folder() / f"{self._below(self.lineage)}.lock"

    @property
    def run(self) -> Path:
        """Locks, pids and the address of the socket."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def views(self) -> Path:
        return self.path / "views.sqlite"

    @property
    def snapshot(self) -> Path:
        """What the town remembered a while ago: a cache, as the views are."""
        return self.path / "owners.snapshot"

    def secret(self) -> bytes:
        """What session tokens are made with."""
        return (self.path / "secrets" / "sessions").read_bytes()

    def socket_path(self) -> Path:
        """Where the town answers. Short whatever the town's path is, and private to the user."""
        return _runtime_folder() / f"{self._below(self.incarnation)}.sock"

    def _below(self, incarnation: str) -> str:
        """As long for a host, whose name may be long."""
        own = hashlib.sha256(f"{incarnation}@{self.host}".encode()).hexdigest()[: len(incarnation)]
        return own if self.home else incarnation.lower()

    def gate_file(self) -> Path:
        """What the server of the gate is configured with. Where it is not, there is no gate."""
        return self.path / "secrets" / "gate" / "gate.conf"

    def nats(self) -> NatsLogin:
        """GT_NATS_URL, else town.toml, else the embedded server at the port it was last given.

        Raises UnknownThingError while the embedded server has never been started.
        """
        url = os.environ.get("GT_NATS_URL", "") or self.nats_url
        if url:
            return NatsLogin(url, "", "", embedded=False)
        port = self.run / "nats.port"
        if not port.exists():
            msg = f"the log's server of {self.path} is not running"
            raise UnknownThingError(msg, "start the town: gt up")
        password = (self.path / "secrets" / "nats").read_text()
        return NatsLogin(f"nats://127.0.0.1:{port.read_text().strip()}", "town", password, embedded=True)


_LONGEST_RUNTIME = 60
"""Bytes of a runtime folder: the address of a unix socket has at most 103 on macOS, and ours takes 40 of them."""


def _runtime_folder() -> Path:
    """$XDG_RUNTIME_DIR/gastown, or a folder of the user's own under /tmp. Made with mode 0700 if absent."""
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = base and Path(base).is_dir() and len(os.fsencode(base)) <= _LONGEST_RUNTIME
    folder = Path(base) / "gastown" if usable else Path(f"/tmp/gastown-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if facts.st_uid != os.getuid() or facts.st_mode & 0o077 or not folder.is_dir():
        msg = f"{folder} is not a private folder of this user"
        raise RefusedError(msg, f"remove it, or: chmod 700 {folder}")
    return folder


def name_for(path: Path, wanted: str) -> str:
    """What a town at `path` is called: as wanted, else as its folder. Raises UsageError."""
    name = wanted or re.sub(r"[^A-Za-z0-9_-]", "-", path.name).strip("-_") or "town"
    if not NAME.fullmatch(name):
        msg = f"{name!r} cannot be a town's name"
        raise UsageError(msg, "letters, digits, - and _, at most 63: gt install --name NAME")
    return name


def install(path: Path, name: str, incarnation: str) -> TownConfig:
    """Make a new town's folder. Raises RefusedError when there is something else, UsageError for a bad name."""
    town = lay_out(path, name_for(path, name), incarnation)
    save(town)  # last: a folder without town.toml is no town
    return town


def lay_out(path: Path, name: str, incarnation: str) -> TownConfig:
    """The folder of a town that is none until it is saved. Raises RefusedError when there is something else."""
    if (path / FILE).exists():
        msg = f"{path} is a town already"
        raise RefusedError(msg, f"start it: gt --town {path} up")
    if path.exists() and any(path.iterdir()):
        msg = f"{path} is not empty"
        raise RefusedError(msg, "give a folder that is new or empty: gt install PATH")
    make_folders(path)
    for secret, value in (("sessions", secrets.token_bytes(32)), ("nats", secrets.token_hex(24).encode())):
        durable.write(path / "secrets" / secret, value, mode=0o600)
    return TownConfig(path=path, name=name, incarnation=incarnation)


FOLDERS = ("secrets", "run", "logs", "rigs", "sessions", "bin", "host")

PRIVATE = 0o077
"""The umask of whatever writes a town's own files: they are nobody else's, whatever the user's is."""


def make_folders(path: Path) -> None:
    """Those of a town that are missing. The town's own folder lets nobody else in."""
    for folder in FOLDERS:
        durable.make_folder(path / folder)
    for folder in (path, *(path / name for name in FOLDERS)):
        folder.chmod(0o700)


def with_nats_url(town: TownConfig, url: str) -> TownConfig:
    """url "": the embedded server."""
    return msgspec.structs.replace(town, nats_url=url)


def with_containment(town: TownConfig, means: str) -> TownConfig:
    """means "": the best there is."""
    return msgspec.structs.replace(town, containment=means)


def save(town: TownConfig) -> None:
    lines = [f'name = "{town.name}"', f'incarnation = "{town.incarnation}"']
    if town.restored_from:
        lines.append(f'restored_from = "{town.restored_from}"')
    if town.containment:
        lines.append(f'containment = "{town.containment}"')
    if town.nats_url:
        lines += ["", "[nats]", f"url = {msgspec.json.encode(town.nats_url).decode()}"]
    if town.home:
        urls = msgspec.json.encode(town.home.urls).decode()
        lines += ["", "[home]", f'host = "{town.home.host}"', f"urls = {urls}", f"slots = {town.home.slots}"]
    durable.write(town.path / FILE, ("\n".join(lines) + "\n").encode())


def load(path: Path) -> TownConfig:
    """Raises UnknownThingError where there is no town, UsageError when its file is corrupt."""
    file = path / FILE
    if not file.is_file():
        msg = f"{path} is not a town"
        raise UnknownThingError(msg, f"make one: gt install {path}")
    try:
        content = tomllib.loads(file.read_text())
        name, incarnation, url = content["name"], content["incarnation"], content.get("nats", {}).get("url", "")
        containment = content.get("containment", "")
        before = content.get("restored_from", "")
        home = msgspec.convert(content["home"], Home) if "home" in content else None
        if not all(isinstance(value, str) for value in (name, incarnation, url, containment, before)):
            raise TypeError(file)
    except (tomllib.TOMLDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{file} cannot be read: {error}"
        raise UsageError(msg, 'it holds name = "...", incarnation = "..." and may hold [nats] url = "..."') from error
    return TownConfig(
        path=path.resolve(),
        name=name,
        incarnation=incarnation,
        nats_url=url,
        containment=containment,
        restored_from=before,
        home=home,
    )


def note_down(environment: Mapping[str, str], name: str, path: Path) -> None:
    """So that `--town NAME` finds it; nothing where there is no home."""
    if environment.get("HOME"):
        note = Path(known_towns(dict(environment), name))
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{path}\n")


def find(explicit: str, environment: dict[str, str], cwd: Path) -> Path:
    """The town meant: `--town`, GT_TOWN, the working directory or a parent of it, `~/gt`. Raises UnknownThingError."""
    try:
        return Path(find_town(explicit, environment, str(cwd)))
    except NoTownError as error:
        raise UnknownThingError(error.message, error.hint) from error
