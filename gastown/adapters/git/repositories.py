"""The two repositories of a rig, where they lie and how they are made.

`refinery.git` is the town's alone: its configuration is what we wrote, every object and ref in it is flushed to disk.
`work.git` sees its objects through `objects/info/alternates`, so a new base needs no fetch there; workers can write it.
A repository is made beside its place and renamed into it, so one that is there is whole.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread

from gastown.adapters.git.environment import (
    NOBODY,
    Transport,
    identity_environment,
    local_environment,
    transport_environment,
)
from gastown.adapters.git.locks import RUN, Locks
from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.program import GitProgram
from gastown.adapters.git.repository import Repository
from gastown.adapters.git.sparse import sparse_patterns
from gastown.clock import new_id
from gastown.events.ids import SessionId
from gastown.events.rig import RigConfig

_CLOSED = {"GIT_ALLOW_PROTOCOL": "", "GIT_NO_LAZY_FETCH": "1"}
"""Where git opens a configuration that a worker can write: nothing that is missing is fetched from anywhere."""

PACK_REFS_EVERY = 500
"""New pins until the loose refs are packed: each git that looks at all refs opens each loose one."""


class Repositories:
    """Layout of one rig's folder, and its two repositories."""

    def __init__(self, root: Path, config: RigConfig, program: GitProgram) -> None:
        self.root = root
        self.config = config
        self.program = program
        self.locks = Locks(root)
        self.refinery_dir = root / "refinery.git"
        self.work_dir = root / "work.git"
        self.sandboxes = root / "sandboxes"
        self.tracking = f"refs/remotes/origin/{config.target}"
        self.tracking_landing = f"refs/remotes/origin/{config.landing}"
        self.identity = (config.identity[0] or NOBODY[0], config.identity[1] or NOBODY[1])
        self._pins = 0
        self.refinery = self.at(self.refinery_dir)
        self._work = replace(self.at(self.work_dir), environment=local_environment() | _CLOSED | self.locks.mark)

    def at(self, git_dir: Path, work_tree: Path | None = None, settings: tuple[str, ...] = ()) -> Repository:
        """A repository in which git runs as this rig's identity."""
        who = identity_environment(self.identity) | self.locks.mark
        outward = transport_environment(os.environ, self.transport()) | who
        # A partial clone may have to ask the origin in the middle of anything.
        inward = outward if self.config.filter else local_environment() | who
        return Repository(self.program, git_dir, inward, outward, work_tree, settings)

    def transport(self) -> Transport:
        trusted = any(key == "safe.directory" for key, _ in self.config.transport)
        return Transport(
            settings=self.config.transport,
            ssh_command=self.config.ssh_command,
            configuration=self._trust_file() if trusted else None,
        )

    def _trust_file(self) -> Path:
        return self.root / "trusted-folders"

    def worktree(self, session: SessionId) -> Path:
        return self.sandboxes / session

    def own(self, session: SessionId) -> Path:
        """The repository of a session that has one of its own."""
        return self.root / "alone" / session

    def admin(self, session: SessionId) -> Path:
        """Where git keeps what belongs to one worktree: its HEAD, its index."""
        return own if (own := self.own(session)).is_dir() else self.work_dir / "worktrees" / session

    def store(self, session: SessionId) -> Path:
        """The repository that this session's objects and refs are in."""
        return own if (own := self.own(session)).is_dir() else self.work_dir

    def scratch(self) -> Path:
        """A name of its own for something that is gone in a moment."""
        return self.root / f"incoming-{RUN}-{new_id()}"

    async def ensure(self) -> None:
        """Make what is missing, end what a killed host left running, clear the locks it left."""
        await self.program.check_version()
        self.sandboxes.mkdir(parents=True, exist_ok=True)
        self._write_trust_file()
        await anyio.to_thread.run_sync(self.locks.clear)
        for unfinished in self.root.glob("incoming-*"):
            if not unfinished.name.startswith(f"incoming-{RUN}"):  # in use, where a rig is made ready once more
                await remove_tree(unfinished)
        if not self.refinery_dir.exists():
            await self._make_refinery()
        await self.refinery.configure(self._refinery_settings())
        self._write_sparse(self.refinery_dir)
        await self._list_tags()
        if not self.work_dir.exists():
            await self._make_work()
        await self._configure_work()
        await self.refinery.run("pack-refs", "--all", step="packing refs")

    async def in_work(self, *arguments: str, step: str, stdin: bytes | None = None) -> None:
        """Run git in the repository that all workers share; where one of them spoilt its configuration, made anew."""
        try:
            await self._work.run(*arguments, step=step, stdin=stdin)
        except GitFailedError:
            await self._configure_work()
            await self._work.run(*arguments, step=step, stdin=stdin)

    async def _configure_work(self) -> None:
        try:
            await self._work.configure(self._work_settings())
        except GitFailedError:
            await remove_tree(self.work_dir / "config")
            await self._work.run("init", "--quiet", "--bare", "--template=", step="making a configuration anew")
            await self._work.configure(self._work_settings())

    async def pinned(self, ref: str, commit: str, step: str) -> None:
        """Point `ref` of the Refinery's repository at `commit`, which is there."""
        await self.refinery.run("update-ref", ref, commit, step=step)
        self._pins += 1
        if self._pins % PACK_REFS_EVERY == 0:
            await self.refinery.run("pack-refs", "--all", step="packing refs")

    async def _make_refinery(self) -> None:
        making = self.root / "refinery.git.making"
        refspec = f"+refs/heads/{self.config.target}:{self.tracking}"
        repository = self.at(making)
        await self._init(making, await self._object_format())
        await repository.configure(self._refinery_settings())
        wanted = (f"--filter={self.config.filter}",) if self.config.filter else ()
        fetch = ("fetch", "--quiet", "--no-write-fetch-head", "--no-auto-maintenance", *wanted, "origin", refspec)
        await repository.reach(*fetch, step=f"fetching {self.config.origin} for the first time")
        await self._into_place(making, self.refinery_dir)

    async def adopt(self, object_format: str, packed: Path, refs: Iterable[tuple[str, str]]) -> None:
        """Make the Refinery's repository of a pack instead of the origin."""
        making = self.root / "refinery.git.making"
        await self._init(making, object_format)
        repository = self.at(making)
        await repository.configure({"core.fsync": "all"})
        await repository.run("index-pack", "--stdin", "--strict", step="unpacking what was taken along", stdin=packed)
        told = "".join(f"create {ref} {commit}\n" for ref, commit in refs).encode()
        await repository.run("update-ref", "--stdin", step="making the refs that were taken along", stdin=told)
        await repository.run("pack-refs", "--all", step="packing refs")
        await self._into_place(making, self.refinery_dir)

    async def _object_format(self) -> str:
        """The kind of object ids the origin uses, told by their length. Raises GitFailedError: no such branch."""
        ref = f"refs/heads/{self.config.target}"
        outside = self.at(self.root)
        listed = await outside.reach("ls-remote", self.config.origin, ref, step=f"looking at {self.config.origin}")
        found = next((line.split("\t")[0] for line in listed.lines if line.endswith(f"\t{ref}")), "")
        if not found:
            message = f"{self.config.origin} has no branch {self.config.target}"
            raise GitFailedError(message, hint="gt rig set NAME --branch BRANCH")
        return "sha256" if len(found) == 64 else "sha1"

    async def _make_work(self) -> None:
        making = self.root / "work.git.making"
        asked = await self.refinery.run("rev-parse", "--show-object-format", step="asking for the object format")
        await self._init(making, asked.text)
        (making / "objects" / "info" / "alternates").write_text(f"{self.refinery_dir / 'objects'}\n")
        self.copy_tags(making)
        await self._into_place(making, self.work_dir)

    async def _init(self, folder: Path, object_format: str) -> None:
        await remove_tree(folder)
        # Refs as files: worktrees are made by hand, and a worker's HEAD is read.
        make = ("-c", "init.defaultRefFormat=files", "init", "--quiet", "--bare", "--template=")
        make_folders(folder)
        await self.at(folder).run(*make, f"--object-format={object_format}", step=f"making {folder.name}")
        make_folders(folder / "objects" / "info", folder / "info")

    async def _into_place(self, making: Path, place: Path) -> None:
        await anyio.to_thread.run_sync(os.sync)  # its plain files are not flushed by git
        await anyio.Path(making).rename(place)

    async def _list_tags(self) -> None:
        listing = ("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags/")
        tags = await self.refinery.run(*listing, step="listing tags")
        (self.root / "tags").write_bytes(tags.raw)

    def copy_tags(self, git_dir: Path) -> None:
        """Give a fresh repository the tags the Refinery's had at the start: versions are often made from them."""
        shutil.copyfile(self.root / "tags", git_dir / "packed-refs")

    def _refinery_settings(self) -> dict[str, str]:
        landing = f"+refs/heads/{self.config.landing}:{self.tracking_landing}"
        origin = {"remote.origin.url": self.config.origin, "remote.origin.fetch": landing}
        return {"core.fsync": "all", **origin, **self._promisor(), **self._sparse_settings()}

    def _work_settings(self) -> dict[str, str]:
        name, email = self.identity
        own = {"user.name": name, "user.email": email, "gc.auto": "0", "maintenance.auto": "false"}
        # An object that a power cut leaves empty breaks every worker who makes the same one again.
        own |= {"core.fsync": "loose-object,reference", "core.fsyncmethod": "batch"}
        own["extensions.worktreeConfig"] = "true"  # each sandbox has settings of its own: see `worktree_settings`
        # A partial clone's worktrees fetch what they miss; that they do not push is said here too.
        origin = {"remote.origin.url": self.config.origin, "remote.origin.pushurl": "workers-do-not-push"}
        lazy = {**origin, **self._promisor()} if self.config.filter else {}
        return {**own, "core.logallrefupdates": "true", **lazy, **self._sparse_settings()}

    def view_settings(self) -> str:
        """Of a git folder of our own through which a sandbox is looked at."""
        sha256 = "sha256" in (self.refinery_dir / "config").read_text()
        version = "1" if sha256 or self.config.filter else "0"
        lines = ["[core]", f"\trepositoryformatversion = {version}", "\tbare = false"]
        if self.config.sparse:
            lines += ["\tsparsecheckout = true", "\tsparsecheckoutcone = true"]
        if sha256:
            lines += ["[extensions]", "\tobjectformat = sha256"]
        if self.config.filter:
            lines += ['[remote "origin"]', f"\turl = {_quoted(self.config.origin)}", "\tpromisor = true"]
            lines += [f"\tpartialclonefilter = {_quoted(self.config.filter)}"]
        return "\n".join((*lines, ""))

    def worktree_settings(self) -> str:
        """A sandbox's own configuration: whose its commits are is not for a worker next door to change."""
        name, email = self.identity
        return f"[core]\n\tbare = false\n[user]\n\tname = {_quoted(name)}\n\temail = {_quoted(email)}\n"

    def own_settings(self) -> str:
        """Of a repository that is one session's alone: what all others share, and what is a worktree's own."""
        name, email = self.identity
        settings = self._work_settings() | {"user.name": name, "user.email": email, "core.bare": "false"}
        del settings["extensions.worktreeConfig"]
        lines = [self.view_settings()]
        for key, value in settings.items():
            *section, last = key.split(".")
            named = f"{section[0]} {_quoted('.'.join(section[1:]))}" if section[1:] else section[0]
            lines.append(f"[{named}]\n\t{last} = {_quoted(value)}")
        return "\n".join((*lines, ""))

    def _promisor(self) -> dict[str, str]:
        if not self.config.filter:
            return {}
        return {"remote.origin.promisor": "true", "remote.origin.partialclonefilter": self.config.filter}

    def _sparse_settings(self) -> dict[str, str]:
        on = "true" if self.config.sparse else "false"
        return {"core.sparsecheckout": on, "core.sparsecheckoutcone": on}

    def _write_sparse(self, git_dir: Path) -> None:
        if self.config.sparse:
            (git_dir / "info").mkdir(exist_ok=True)
            (git_dir / "info" / "sparse-checkout").write_text(sparse_patterns(self.config.sparse))

    def _write_trust_file(self) -> None:
        folders = [value for key, value in self.config.transport if key == "safe.directory"]
        if folders:
            lines = "".join(f"\tdirectory = {_quoted(folder)}\n" for folder in folders)
            self._trust_file().write_text(f"[safe]\n{lines}")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def make_folders(*folders: Path) -> None:
    """Make these folders, and those that lead there."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)


async def remove_tree(folder: Path) -> None:
    """Remove a folder and all in it, if there, also what a program made unwritable. Follows no link."""
    await anyio.to_thread.run_sync(_remove_tree, folder)


def _remove_tree(folder: Path) -> None:
    if not folder.is_dir() or folder.is_symlink():
        folder.unlink(missing_ok=True)
        return
    for here, names, _ in os.walk(folder):
        for place in (here, *(os.path.join(here, name) for name in names)):
            if not os.path.islink(place) and not os.access(place, os.W_OK | os.X_OK):
                os.chmod(place, 0o700)
    shutil.rmtree(folder)
