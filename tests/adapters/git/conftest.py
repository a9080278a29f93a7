"""An origin, a person's checkouts of it and a worker, all with plain git, and a rig of the town's on top."""

import contextlib
import os
import shutil
import subprocess  # noqa: TID251  what people and workers do with git is done here by git itself
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gastown.adapters.git.git_rig import GitRig
from gastown.adapters.git.port import Git, Sandbox
from gastown.adapters.git.program_git import ProgramGit
from gastown.events.rig import RigConfig

IDENTITY = ("Ada Overseer", "ada@example.org")


class Place:
    """A repository as a person or a worker uses it: `place("commit", "-m", "x")` runs git there, returns its words."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.home = home

    def __call__(self, *arguments: str, check: bool = True) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        ran = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert not check or ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def commit(self, message: str, **files: str) -> str:
        """Write the files (`name__py` stands for name.py), commit everything, return the commit."""
        for name, text in files.items():
            self.write(name.replace("__", "."), text)
        self("add", "--all")
        self("commit", "--quiet", "-m", message)
        return self.head

    def push(self, branch: str = "main") -> str:
        self("push", "--quiet", "origin", f"HEAD:{branch}")
        return self.head

    @property
    def head(self) -> str:
        return self("rev-parse", "--verify", "--quiet", "HEAD", check=False)

    @property
    def branch(self) -> str:
        return self("branch", "--show-current")

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    def add(self, name: str) -> None:
        self("add", name)

    def switch(self, branch: str, *, orphan: bool = False) -> None:
        """To a new branch; "": to none."""
        self("switch", "--quiet", *(("--orphan" if orphan else "--create", branch) if branch else ("--detach",)))

    def merge_origin(self, branch: str) -> None:
        self("fetch", "--quiet", str(self.home.parent / "origin.git"), branch)
        self("merge", "--quiet", "--no-edit", "FETCH_HEAD")

    def merge(self, commit: str, message: str) -> str:
        self("merge", "--quiet", "--no-ff", "-m", message, commit)
        return self.head

    def destroy(self) -> None:
        shutil.rmtree(self.folder)

    def lose(self, commit: str) -> None:
        (self.folder.parents[1] / "work.git" / "objects" / commit[:2] / commit[2:]).unlink()


class World:
    """A home with an identity, a bare origin with one commit on main, and a person's clone of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / ".gitconfig").write_text("[user]\n\tname = Person\n\temail = person@example.org\n")
        self.origin = folder / "origin.git"
        Place(folder, self.home)("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        self.person = self.clone("person")
        self.person("switch", "--quiet", "--create", "main", check=False)
        self.first = self.person.commit("First", readme__md="hello\n", code__py="one\ntwo\nthree\n")
        self.person.push()

    def at(self, folder: Path) -> Place:
        return Place(folder, self.home)

    def clone(self, name: str) -> Place:
        Place(self.folder, self.home)("clone", "--quiet", str(self.origin), name)
        return self.at(self.folder / name)

    def origin_tip(self, branch: str = "main") -> str:
        return self.at(self.origin)("rev-parse", f"refs/heads/{branch}")

    def pull(self) -> str:
        """Bring the person's checkout up to date."""
        self.person("pull", "--quiet", "--ff-only", "origin", "main")
        return self.person.head

    def hook(self, name: str, script: str) -> None:
        file = self.origin / "hooks" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


RigFactory = Callable[..., GitRig]


@pytest.fixture
def make_rig(world: World) -> RigFactory:
    """A rig of `world.origin` in a town's folder; keyword arguments change its configuration."""

    def make(town: str = "rigs", **changes: Any) -> GitRig:
        settings = {"origin": str(world.origin), "target": "main", "landing": "main", "prefix": "ap"}
        return GitRig(world.folder / town / "app", "app", RigConfig(**{**settings, "identity": IDENTITY, **changes}))

    return make


@pytest.fixture
def submit(world: World) -> Callable[..., Awaitable[tuple[str, str]]]:
    """A worker's whole way: a sandbox, one commit, pinned. -> the commit and its base."""

    async def work(rig: GitRig, session: str, **files: str) -> tuple[str, str]:
        sandbox = await rig.create_sandbox(session, None)
        commit = world.at(sandbox.worktree).commit(f"Work of {session}", **files)
        await rig.pin(sandbox.worktree, f"refs/gastown/submitted/app.{session}", commit)
        return commit, sandbox.base

    return work


@pytest.fixture
async def rig(make_rig: RigFactory) -> AsyncIterator[GitRig]:
    made = make_rig()
    await made.ensure()
    yield made


@pytest.fixture
def make_program_stage() -> Callable[[Path], "ProgramStage"]:
    return lambda folder: ProgramStage(World(folder))


class ProgramStage:
    """What happens around rigs in the contract suites: by people, by workers, and to the origin."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.folder = world.folder
        self.first = world.first
        self.git: Git = ProgramGit()
        self._own = False
        self._away = world.folder / "away"

    @property
    def location(self) -> str:
        return str(self.world.person.folder if self._own else self.world.origin)

    @property
    def _origin(self) -> Place:
        return self.world.at(Path(self.location))

    @property
    def _refinery(self) -> Place:
        return self.world.at(self.folder / "rigs" / "app" / "refinery.git")

    def worker(self, sandbox: Sandbox) -> Place:
        return self.world.at(sandbox.worktree)

    def person(self, message: str, branch: str = "main", remove: str = "", **files: str) -> str:
        """A commit of a person's on top of the branch at the origin."""
        person = self.world.person
        if not self._own:
            person("fetch", "--quiet", "origin")
            person("switch", "--quiet", "--detach", f"origin/{branch}")
        if remove:
            person("rm", "--quiet", remove)
        made = person.commit(message, **files)
        if not self._own:
            person.push(branch)
        return made

    def merge(self, commit: str, branch: str = "main", message: str = "Merge") -> str:
        """A person merges what is on another branch of the origin."""
        person = self.world.person
        if not self._own:
            person("fetch", "--quiet", "origin")
            person("switch", "--quiet", "--detach", f"origin/{branch}")
        person("merge", "--quiet", "-m", message, commit)
        return person.head if self._own else person.push(branch)

    def tip(self, branch: str = "main") -> str:
        return self._origin("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False)

    def branches(self) -> list[str]:
        return self._origin("branch", "--format=%(refname:short)").splitlines()

    def reset(self, branch: str, commit: str) -> None:
        self._origin("update-ref", f"refs/heads/{branch}", commit)

    def delete(self, branch: str) -> None:
        self._origin("update-ref", "-d", f"refs/heads/{branch}")

    def arrive(self, commit: str, branch: str = "main") -> None:
        """A commit of the Refinery's comes to the origin, and nobody tells it."""
        self._refinery("push", "--quiet", self.location, f"+{commit}:refs/heads/{branch}")

    def refuse(self, words: str) -> None:
        """The origin refuses pushes with these words, "": no longer."""
        if words:
            self.world.hook("pre-receive", f"echo '{words}' >&2; exit 1")
        else:
            (self.world.origin / "hooks" / "pre-receive").unlink(missing_ok=True)

    @contextlib.contextmanager
    def unreachable(self) -> Any:
        self.world.origin.rename(self._away)
        try:
            yield
        finally:
            self._away.rename(self.world.origin)

    def own_checkout(self) -> None:
        """The origin is the person's checkout, which has no remote; main is checked out there."""
        self._own = True
        self.world.person("remote", "remove", "origin")

    def check_out(self, branch: str) -> None:
        self.world.person("switch", "--quiet", branch)

    def empty_origin(self) -> str:
        place = self.folder / "empty.git"
        self.world.at(self.folder)("init", "--quiet", "--bare", str(place))
        return str(place)

    def foreign_origin(self) -> str:
        """Where a repository is that shares no history with the origin."""
        folder = self.folder / "foreign"
        self.world.at(self.folder)("init", "--quiet", "--initial-branch=main", str(folder))
        self.world.at(folder).commit("Theirs", theirs__txt="x\n")
        return str(folder)

    def pinned(self, ref: str, town: str = "rigs") -> str:
        refinery = self.world.at(self.folder / town / "app" / "refinery.git")
        return refinery("rev-parse", "--verify", "--quiet", ref, check=False)

    def unpin(self, ref: str) -> None:
        self._refinery("update-ref", "-d", ref)

    def stray(self) -> str:
        return self._refinery("commit-tree", "-p", self.first, "-m", "Stray", f"{self.first}^{{tree}}")

    def tree(self, commit: str) -> dict[str, str]:
        names = self._refinery("ls-tree", "-r", "--name-only", commit).splitlines()
        return {name: self._refinery("show", f"{commit}:{name}") + "\n" for name in names}

    def origin_tree(self, commit: str) -> list[str]:
        """The names of the files in a commit that the origin has."""
        return self._origin("ls-tree", "-r", "--name-only", commit).splitlines()

    def parents(self, commit: str) -> list[str]:
        return self._refinery("log", "-1", "--format=%P", commit).split()

    def message(self, commit: str) -> str:
        return self._refinery("log", "-1", "--format=%B", commit)

    def subjects(self, base: str, tip: str) -> list[str]:
        work = self.world.at(self.folder / "rigs" / "app" / "work.git")
        return work("log", "--topo-order", "--format=%s", f"{base}..{tip}").splitlines()

    def files(self, folder: Path) -> dict[str, str]:
        found = (file for file in folder.rglob("*") if file.is_file() and ".git" not in file.parts)
        return {str(file.relative_to(folder)): file.read_text() for file in found}

    def is_there(self, folder: Path) -> bool:
        return folder.exists()

    def forget_record(self, session: str) -> None:
        """As a host that was killed before it had written that the sandbox is whole."""
        (self.folder / "rigs" / "app" / "sandboxes" / f"{session}.json").unlink()
