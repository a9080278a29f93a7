"""The stage on which real git and the one in memory are asked the same, and that in memory."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gastown.adapters.git.memory_git import MemoryGit
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.git.port import Git, RigGit, Sandbox
from gastown.events.rig import RigConfig

FIRST = {"readme__md": "hello\n", "code__py": "one\ntwo\nthree\n"}


class MemoryWorker:
    """Somebody at work in a sandbox in memory."""

    def __init__(self, stage: "MemoryStage", sandbox: Sandbox) -> None:
        self._stage = stage
        self._tree = stage.store.worktree(sandbox.worktree)
        self.folder = sandbox.worktree
        self.commit = self._tree.commit
        self.add = self._tree.add
        self.switch = self._tree.switch
        self.merge = self._tree.merge
        self.destroy = self._tree.destroy

    @property
    def head(self) -> str:
        return self._tree.head

    @property
    def branch(self) -> str:
        return self._tree.branch

    def write(self, name: str, text: str) -> None:
        self._tree.files[name] = text

    def read(self, name: str) -> str:
        return self._tree.files[name]

    def remove(self, name: str) -> None:
        del self._tree.files[name]

    def merge_origin(self, branch: str) -> None:
        self._tree.merge(self._stage.tip(branch))

    def lose(self, commit: str) -> None:
        work = self._stage.store.rig(self._stage.folder / "rigs" / "app").work
        assert work is not None
        work.drop(commit)


class MemoryStage:
    """In memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = MemoryStore()
        self.git: Git = MemoryGit(self.store)
        self.location = str(folder / "origin.git")
        self._origin = self.store.origin(self.location)
        self.first = self._origin.commit("First", **FIRST)

    @property
    def _refinery(self) -> Any:
        return self.store.rig(self.folder / "rigs" / "app").refinery

    def worker(self, sandbox: Sandbox) -> MemoryWorker:
        return MemoryWorker(self, sandbox)

    def person(self, message: str, branch: str = "main", remove: str = "", **files: str) -> str:
        return self._origin.commit(message, branch=branch, remove=(remove,) if remove else (), **files)

    def merge(self, commit: str, branch: str = "main", message: str = "Merge") -> str:
        return self._origin.merge(commit, branch=branch, message=message)

    def tip(self, branch: str = "main") -> str:
        return self._origin.branches.get(branch, "")

    def branches(self) -> list[str]:
        return sorted(self._origin.branches)

    def reset(self, branch: str, commit: str) -> None:
        self._origin.branches[branch] = commit

    def delete(self, branch: str) -> None:
        del self._origin.branches[branch]

    def arrive(self, commit: str, branch: str = "main") -> None:
        self._origin.branches[branch] = commit

    def refuse(self, words: str) -> None:
        self._origin.refusal = words

    @contextlib.contextmanager
    def unreachable(self) -> Any:
        self._origin.unreachable = True
        try:
            yield
        finally:
            self._origin.unreachable = False

    def own_checkout(self) -> None:
        self._origin.checkout = True
        self._origin.checked_out = "main"

    def check_out(self, branch: str) -> None:
        self._origin.checked_out = branch

    def empty_origin(self) -> str:
        return self.store.origin(str(self.folder / "empty.git")).location

    def foreign_origin(self) -> str:
        foreign = self.store.origin(str(self.folder / "foreign.git"))
        foreign.commit("Theirs", theirs__txt="x\n")
        return foreign.location

    def pinned(self, ref: str, town: str = "rigs") -> str:
        return self.store.refs(self.folder / town / "app").get(ref, "")

    def unpin(self, ref: str) -> None:
        del self._refinery.refs[ref]

    def stray(self) -> str:
        return self._refinery.make(self.store.commits[self.first].tree, (self.first,), "Stray")

    def tree(self, commit: str) -> dict[str, str]:
        return dict(self.store.commits[commit].tree)

    origin_tree = tree

    def parents(self, commit: str) -> list[str]:
        return list(self.store.commits[commit].parents)

    def message(self, commit: str) -> str:
        return self.store.commits[commit].message.strip()

    def subjects(self, base: str, tip: str) -> list[str]:
        return [commit.subject for commit in self.store.commits.between(base, tip)]

    def files(self, folder: Path) -> dict[str, str]:
        return dict(self.store.files(folder))

    def is_there(self, folder: Path) -> bool:
        try:
            self.store.files(folder)
        except FileNotFoundError:
            return False
        return True

    def forget_record(self, session: str) -> None:
        del self.store.rig(self.folder / "rigs" / "app").sandboxes[session]


@pytest.fixture(params=["program", "memory"])
def stage(request: pytest.FixtureRequest, make_program_stage: Callable[[Path], Any], tmp_path: Path) -> Any:
    """See the program's, which says what each of its methods does."""
    return make_program_stage(tmp_path) if request.param == "program" else MemoryStage(tmp_path)


@pytest.fixture
def make_stages(make_program_stage: Callable[[Path], Any]) -> Callable[[Path], tuple[Any, Any]]:
    """Both in folders of their own below the one given."""

    def make(folder: Path) -> tuple[Any, Any]:
        for name in ("program", "memory"):
            (folder / name).mkdir()
        return make_program_stage(folder / "program"), MemoryStage(folder / "memory")

    return make


@pytest.fixture
def make_rig(stage: Any) -> Callable[..., RigGit]:
    """A rig of the stage's origin, as a host that has just begun sees it. Keywords change its configuration."""

    def make(town: str = "rigs", **changes: Any) -> RigGit:
        settings = {"origin": stage.location, "target": "main", "landing": "main", "prefix": "ap"}
        config = RigConfig(**{**settings, "identity": ("Ada Overseer", "ada@example.org"), **changes})
        return stage.git.rig(stage.folder / town / "app", "app", config)

    return make


@pytest.fixture
async def rig(make_rig: Callable[..., RigGit]) -> AsyncIterator[RigGit]:
    made = make_rig()
    await made.ensure()
    yield made


@pytest.fixture
def submit(stage: Any) -> Callable[..., Awaitable[tuple[str, str]]]:
    """A worker's whole way: a sandbox, one commit, pinned. -> the commit and its base."""

    async def work(rig: RigGit, session: str, **files: str) -> tuple[str, str]:
        sandbox = await rig.create_sandbox(session, None)
        commit = stage.worker(sandbox).commit(f"Work of {session}", **files)
        await rig.pin(sandbox.worktree, f"refs/gastown/submitted/app.{session}", commit)
        return commit, sandbox.base

    return work
