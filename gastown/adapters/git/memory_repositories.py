"""A rig's two repositories in memory, and how they are made: as `repositories.py` does it on disk."""

from pathlib import Path

from gastown.adapters.git.memory_origin import MemoryOrigin
from gastown.adapters.git.memory_repository import MemoryRepository
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.git.port import GitFailedError
from gastown.adapters.pause import Pause
from gastown.events.rig import RigConfig


class MemoryRepositories:
    """Of the rig at `root`, as one host sees them."""

    def __init__(self, store: MemoryStore, root: Path, config: RigConfig, pause: Pause) -> None:
        self.store = store
        self.commits = store.commits
        self.root = root
        self.config = config
        self.pause = pause
        self.folder = store.rig(root)
        self.tracking = f"refs/remotes/origin/{config.target}"
        self.tracking_landing = f"refs/remotes/origin/{config.landing}"

    @property
    def refinery(self) -> MemoryRepository:
        """Raises GitFailedError before `ensure`."""
        return _made(self.folder.refinery, self.root / "refinery.git")

    @property
    def work(self) -> MemoryRepository:
        """Raises GitFailedError before `ensure`."""
        return _made(self.folder.work, self.root / "work.git")

    def origin(self, step: str) -> MemoryOrigin:
        """Raises GitFailedError when it is not there or cannot be reached."""
        found = self.store.origins.get(self.config.origin)
        if found is None:
            raise GitFailedError(f"{step}: there is no repository {self.config.origin}")
        found.reach(step)
        return found

    async def ensure(self) -> None:
        """Make what is missing."""
        await self.pause("ensure: begin")
        if self.folder.refinery is None:
            await self._make_refinery()
        if self.folder.work is None:
            self.folder.work = MemoryRepository(self.commits, alternate=self.refinery)
            await self.pause("ensure: workers' repository made")

    def pinned(self, ref: str, commit: str) -> None:
        """Point `ref` of the Refinery's repository at `commit`. Raises GitFailedError when it is not there."""
        self.refinery.demand(f"pinning {commit[:12]} at {ref}", commit)
        self.refinery.refs[ref] = commit

    async def _make_refinery(self) -> None:
        config = self.config
        step = f"fetching {config.origin} for the first time"
        tip = self.origin(f"looking at {config.origin}").branches.get(config.target)
        if tip is None:
            message = f"{config.origin} has no branch {config.target}"
            raise GitFailedError(message, hint="gt rig set NAME --branch BRANCH")
        await self.pause("ensure: origin seen")
        tip = self.origin(step).branches.get(config.target)
        if tip is None:
            raise GitFailedError(f"{step}: couldn't find remote ref refs/heads/{config.target}")
        if self.folder.refinery is None:  # another host, should this one have been frozen here, has made it since
            self.folder.refinery = made = MemoryRepository(self.commits)
            made.bring([tip])
            made.refs[self.tracking] = tip
        await self.pause("ensure: Refinery's repository made")


def _made(repository: MemoryRepository | None, place: Path) -> MemoryRepository:
    if repository is None:
        raise GitFailedError(f"there is no repository {place}")
    return repository
