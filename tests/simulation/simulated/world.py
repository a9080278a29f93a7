"""One machine with a town on it: what outlives every process. `lives.py` has the processes."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import msgspec
from anyio.abc import TaskGroup

from gastown import clock
from gastown.adapters.files.memory import MemoryFiles
from gastown.adapters.git.memory_origin import MemoryOrigin, Push
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.processes.memory_machine import MemoryMachine
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.memory_luggage import MemoryLuggage
from gastown.bus.memory_texts import MemoryTexts
from gastown.events.ids import Commit, EventId, SessionId
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS
from gastown.town import Town
from simulated.apis import Apis
from simulated.dice import Dice, SimulatedSource
from simulated.fence import Fence
from simulated.outside import Nowhere, Outside
from simulated.plan import Plan
from simulated.process import Process, time_as_seen
from simulated.wire import Wire

INCARNATION, FOLDER = "01SIMULATED", Path("/town")
RIG = "app"
ORIGIN = "/origin"


class Tasks:
    """Everything that runs. The first bug ends the run at once: a group would wait for those that are held for good."""

    def __init__(self, group: TaskGroup, failed: Callable[[Exception], None]) -> None:
        self._group = group
        self._failed = failed

    def start_soon(self, function: Callable[..., Awaitable[object]], *arguments: object) -> None:
        self._group.start_soon(self._guarded, function, arguments)

    async def _guarded(self, function: Callable[..., Awaitable[object]], arguments: tuple[object, ...]) -> None:
        try:
            await function(*arguments)
        except Exception as error:
            self._failed(error)


class Switch:
    """Something that is there or away, and can be waited for; away as long as anything keeps it so."""

    def __init__(self) -> None:
        self._kept_off = 0
        self._on = anyio.Event()
        self._off = anyio.Event()
        self._on.set()

    @property
    def is_on(self) -> bool:
        return self._on.is_set()

    def off(self) -> None:
        self._kept_off += 1
        if self._kept_off == 1:
            self._on = anyio.Event()
            self._off.set()

    def on(self) -> None:
        self._kept_off -= 1
        if not self._kept_off:
            self._off = anyio.Event()
            self._on.set()

    async def wait_on(self) -> None:
        await self._on.wait()

    async def wait_off(self) -> None:
        await self._off.wait()


class WatchedOrigin(MemoryOrigin):
    """pushed: the folders of the rigs that ever pushed to it."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(ORIGIN, store.commits)
        self.pushed: set[Path] = set()

    def send(self, root: Path, branch: str, expected: Commit, commit: Commit) -> Push:
        self.pushed.add(root)
        return super().send(root, branch, expected, commit)


class Ground:
    """What all machines of a run have in common: the time, and one rig's origin with all of git."""

    def __init__(self, dice: Dice) -> None:
        clock.use(SimulatedSource(dice.of("clock"), time_as_seen))
        self.git = MemoryStore()
        self.origin = WatchedOrigin(self.git)
        self.git.origins[ORIGIN] = self.origin
        self.origin.commit("First", readme="hello\n")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """name: of the town. lineage: of which its landings are. skew: seconds by which the clock there is ahead."""

    name: str = "simulated"
    incarnation: str = INCARNATION
    lineage: str = INCARNATION
    folder: Path = FOLDER
    skew: float = 0.0


class World:
    """server: of the log. daemon: while it is away nothing is started again, nor while the town is not at_home.

    full: the disk is. short: there is less room on it than the town wants. snapshot: the newest, as it was written.
    outside: how its processes reach other towns.
    """

    def __init__(self, plan: Plan, tasks: Tasks, dice: Dice, ground: Ground, place: Place) -> None:
        self.plan = plan
        self.tasks = tasks
        self.dice = dice
        self.name, self.lineage, self.skew = place.name, place.lineage, place.skew
        self.weather = plan.weather
        self.log = MemoryEventLog()
        self.texts = MemoryTexts()
        self.luggage = MemoryLuggage()
        self.outside: Outside = Nowhere()
        self.files = MemoryFiles()
        self.git, self.origin = ground.git, ground.origin
        self.machine = MemoryMachine()
        self.apis = Apis(plan.accounts)
        self.wire = Wire(self, self.dice.of("wire"))
        self.fence = Fence()
        self.server = Switch()
        self.daemon = Switch()
        self.at_home = Switch()
        self.full = self.short = False
        self.restored = False
        self.lost: dict[str, str] = {}
        """Submissions that were on the target when the town was restored, unknown to its log; with their beads."""
        self.incarnation, self.folder = place.incarnation, place.folder
        self.views = Store(None, VIEWS, place.incarnation)
        self.snapshot: bytes | None = None
        self.processes: list[Process] = []
        self.town: Town | None = None
        self.town_process: Process | None = None
        self.host_process: Process | None = None
        self.epochs = 0
        self.of_the_superseded: set[int] = set()
        """Processes that a host started which another had followed and which did not know it yet: it ends them."""
        self.killed: set[SessionId] = set()
        """Sessions of whose processes somebody killed one."""
        self.acknowledged: list[EventId] = []
        """Events that somebody was told of as stored."""

    def free(self) -> tuple[int, str]:
        """Of the disk: its room in bytes, and where it is."""
        return (0 if self.full else 10**8 if self.short else 10**12), str(self.folder)

    def moves(self, log: MemoryEventLog, views: Store, folder: Path) -> None:
        """The town of this log goes on there, under an incarnation of its own; nobody works for it yet."""
        self.log, self.views = log, views
        self.incarnation, self.folder = views.incarnation, folder
        self.wire, self.fence = Wire(self, self.dice.of("wire", self.incarnation)), Fence()
        self.snapshot = None
        self.town = self.town_process = self.host_process = None
        self.epochs = 0
        self.processes = []

    @property
    def is_up(self) -> bool:
        """Whether the log's server is, which also carries requests."""
        return self.server.is_on
