"""What survives the death of a host: every commit, the origins, and each rig's folder."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from gastown.adapters.git.memory_commits import Commits
from gastown.adapters.git.memory_origin import MemoryOrigin
from gastown.adapters.git.memory_repository import MemoryRepository
from gastown.adapters.git.memory_worktree import MemoryWorktree
from gastown.adapters.git.port import Sandbox
from gastown.events.ids import Commit, SessionId


class RigFolder(msgspec.Struct):
    """One rig's. refinery, work: None before they are made. sandboxes: the whole ones, and how they were made."""

    root: Path
    refinery: MemoryRepository | None = None
    work: MemoryRepository | None = None
    worktrees: dict[SessionId, MemoryWorktree] = {}
    sandboxes: dict[SessionId, Sandbox] = {}

    def path(self, session: SessionId) -> Path:
        return self.root / "sandboxes" / session


class MemoryStore:
    """identity: name and e-mail that a person's git knows. checkouts: folder to the files in it."""

    def __init__(self) -> None:
        self.commits = Commits()
        self.origins: dict[str, MemoryOrigin] = {}
        self.rigs: dict[Path, RigFolder] = {}
        self.checkouts: dict[Path, dict[str, str]] = {}
        self.identity = ("Person", "person@example.org")

    def origin(self, location: str) -> MemoryOrigin:
        """The origin there; an empty one is made where there was none."""
        return self.origins.setdefault(location, MemoryOrigin(location, self.commits))

    def rig(self, root: Path) -> RigFolder:
        """The folder of a rig, empty at first."""
        return self.rigs.setdefault(root, RigFolder(root))

    def worktree(self, path: Path) -> MemoryWorktree:
        """Raises FileNotFoundError where there is none, or its worker removed it."""
        found = self.rig(path.parents[1]).worktrees.get(path.name)
        if found is None or found.gone:
            raise FileNotFoundError(path)
        return found

    def files(self, folder: Path) -> dict[str, str]:
        """Of a checkout or a worktree, to be changed. Raises FileNotFoundError."""
        checkout = self.checkouts.get(folder)
        return self.worktree(folder).files if checkout is None else checkout

    def refs(self, root: Path) -> Mapping[str, Commit]:
        """All that the Refinery of a rig has pinned, by the name of the ref."""
        refinery = self.rig(root).refinery
        return {} if refinery is None else dict(sorted(refinery.refs.items()))
