"""What the effects of one host share: where they are carried out, and how what came of them is reported."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import anyio
import msgspec

from gastown.actors.commands.codec import tag_of
from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.errands import Errand
from gastown.adapters.effects.check_agent import AgentChecks
from gastown.adapters.effects.holds import Holds
from gastown.adapters.effects.homeward import AtHome, Homeward
from gastown.adapters.files.port import Files
from gastown.adapters.gates.port import Checks
from gastown.adapters.git.port import Git, GitFailedError, RigGit
from gastown.adapters.lease import Lease
from gastown.adapters.outbox import Outbox
from gastown.adapters.processes.family import Mark
from gastown.bus.copies import Copies
from gastown.bus.luggage import Luggage
from gastown.bus.texts import Texts
from gastown.clock import monotonic, now
from gastown.errors import UnknownThingError
from gastown.events.ids import RigName
from gastown.events.rig import RigConfig
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

_log = get_logger("gastown.host")


_CONFIG = "config.json"

FRESH = 30.0
"""Seconds for which a new sandbox takes the target as it was last fetched."""


Seen: TypeAlias = Callable[[Path, RigConfig], RigConfig]


class Rigs:
    """Every rig's repositories, made ready once for each configuration in the life of this host.

    seen: a rig's configuration, given its folder, as it holds on this machine. fresh: see FRESH.
    """

    def __init__(
        self, folder: Path, git: Git, files: Files, seen: Seen = lambda _, config: config, fresh: float = FRESH
    ) -> None:
        self.folder = folder
        self.git = git
        self._files = files
        self._seen = seen
        self._fresh = fresh
        self._ready: dict[RigName, RigGit] = {}
        self._locks: dict[RigName, anyio.Lock] = {}
        self._fetched: dict[RigName, float] = {}

    async def ready(self, rig: RigName, config: RigConfig | None) -> RigGit:
        """config: None, where who asks has none, means the one it was last made ready with, also by an earlier host.

        Raises GitFailedError, and UnknownThingError for a rig that was never made ready.
        """
        async with self._lock(rig):
            known, folder = self._ready.get(rig), self.folder / rig
            here = self._seen(folder, config) if config else None
            if known is not None and here in (None, known.config):
                return known
            git = self.git.rig(folder, rig, here or self._last_config(rig))
            await git.ensure()
            await self._files.write_durably(self.folder / rig / _CONFIG, msgspec.json.encode(git.config))
            self._ready[rig] = git
            return git

    def _last_config(self, rig: RigName) -> RigConfig:
        try:
            return msgspec.json.decode(self._files.read(self.folder / rig / _CONFIG), type=RigConfig)
        except (OSError, *NOT_JSON) as error:
            msg = f"nothing has been done in rig {rig} on this machine"
            raise UnknownThingError(msg) from error

    async def refresh(self, rig: RigName, git: RigGit) -> None:
        """See to it that the target was fetched in the last seconds. Without a way to the origin it stays as it is."""
        async with self._lock(rig):
            if rig in self._fetched and monotonic() - self._fetched[rig] < self._fresh:
                return
            try:
                await git.target(fetch=True)
            except GitFailedError as error:
                _log.warning("rig.not_fetched", rig=rig, error=error.message)
            self._fetched[rig] = monotonic()

    def at_hand(self) -> list[tuple[RigName, RigGit]]:
        """Those that were made ready by this host."""
        return list(self._ready.items())

    def _lock(self, rig: RigName) -> anyio.Lock:
        return self._locks.setdefault(rig, anyio.Lock())


Sweep: TypeAlias = Callable[[Mark], Awaitable[tuple[int, ...]]]
"""End every process that carries the mark, and what it started. -> their pids."""


class Carriage(msgspec.Struct, frozen=True):
    """own: what this town sends. copies: what others have sent."""

    own: Luggage
    copies: Copies


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """town: its folder. incarnation: what this host's processes are marked with. lineage: of the town and of those it
    goes on for, which a landing is known by. environment: the host's own. homeward: the way to the town's repositories.

    holds: what must not go on, as the town said last. agent_checks: None where agents are no programs of this machine.
    carriage: None where nothing is carried, and what came of an
    earlier attempt stays where it is.
    """

    town: Path
    incarnation: str
    lineage: str
    environment: Mapping[str, str]
    rigs: Rigs
    outbox: Outbox
    lease: Lease
    texts: Texts
    files: Files
    checks: Checks
    sweep: Sweep
    homeward: Homeward = msgspec.field(default_factory=AtHome)
    holds: Holds = msgspec.field(default_factory=Holds)
    agent_checks: AgentChecks | None = None
    carriage: Carriage | None = None

    @property
    def town_mark(self) -> Mark:
        """What every process that this town's hosts start is known by."""
        return ("GT_TOWN_MARK", self.incarnation)

    def mark(self, work: str) -> Mark:
        """What every process of one session or one proof is known by: unmistakable among all towns of the machine."""
        return ("GT_MARK", f"{self.incarnation}/{work}")


class Job(msgspec.Struct, frozen=True):
    """One errand being carried out. traceparent: of the span it is carried out in."""

    site: Site
    errand: Errand
    traceparent: str

    def report(self, to: Owner, command: Command, *, part: str = "", final: bool = True) -> None:
        """Bring `command` to its owner, sooner or later. final: nothing more comes of this errand.

        The id says what was asked, on whose account, and what is answered: the same thing reported twice is one order.
        part: which of several such things this is.
        """
        key, cause = self.errand.effect.key, self.errand.cause
        order = Order(
            id=":".join(name for name in (key, tag_of(command), part, cause) if name),
            to=to,
            actor="host",
            command=command,
            cause=cause,
            traceparent=self.traceparent,
            time=now(),
        )
        self.site.outbox.post(key, order, final=final)
