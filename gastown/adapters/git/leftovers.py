"""What a worker left in its sandbox: looked at, and kept as a commit of its own.

Git runs here on files that a worker can write, so it only reads them and adds objects, touches neither index nor
branch, and reads no configuration but ours (`worker_view.py`).
"""

import os
from pathlib import Path

import anyio.to_thread

from gastown.adapters.git.port import Leftovers
from gastown.adapters.git.program import Output, readable
from gastown.adapters.git.repositories import Repositories
from gastown.adapters.git.repository import Repository
from gastown.adapters.git.sandboxes import branch_of
from gastown.adapters.git.worker_view import view
from gastown.events.ids import Commit


class Status:
    """What `git status` said, taken apart. head: "" on a branch without commits. nested: repositories of their own
    inside the worktree, of which git tracks nothing."""

    def __init__(self, output: Output) -> None:
        self.head: Commit = ""
        self.changed: list[str] = []
        self.untracked: list[str] = []
        for entry in output.fields:
            if entry.startswith("# branch.oid ") and "(initial)" not in entry:
                self.head = entry.removeprefix("# branch.oid ")
            elif entry.startswith(("1 ", "u ")):
                self.changed.append(entry.split(" ", 8 if entry.startswith("1") else 10)[-1])
            elif entry.startswith("? "):
                self.untracked.append(entry[2:])

    @property
    def nested(self) -> list[str]:
        return [name for name in self.untracked if name.endswith("/")]

    @property
    def clean(self) -> bool:
        return not self.changed and not self.untracked


class SandboxReader:
    """Of one rig's sandboxes. A worktree is named after its session."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    async def inspect(self, worktree: Path, base: Commit) -> Leftovers:
        """See RigGit.inspect."""
        async with view(self._repositories, worktree, branch_of(worktree.name)) as repository:
            status = await self._status(repository, "normal")
            ahead = 0
            if status.head not in ("", base):
                counting = ("rev-list", "--count", f"{base}..{status.head}")
                ahead = int((await repository.run(*counting, step=f"counting commits in {worktree.name}")).text)
        return Leftovers(
            head=status.head if ahead else "",
            ahead=ahead,
            changed=tuple(readable(name) for name in status.changed),
            untracked=tuple(readable(name) for name in status.untracked),
        )

    async def save_work(self, worktree: Path, message: str) -> Commit:
        """See RigGit.save_work."""
        async with view(self._repositories, worktree, branch_of(worktree.name)) as repository:
            status = await self._status(repository, "all")
            if status.clean:
                return status.head
            tree = await self._tree(repository, worktree, status)
            parent = ("-p", status.head) if status.head else ()
            commit = ("commit-tree", tree, *parent, "-F", "-", "--no-gpg-sign")
            step = f"keeping the work of {worktree.name}"
            return (await repository.run(*commit, step=step, stdin=message.encode(errors="surrogateescape"))).text

    async def diff(self, worktree: Path, base: Commit) -> Output:
        """What the sandbox has changed since `base`, committed or not, new files too."""
        async with view(self._repositories, worktree, branch_of(worktree.name)) as repository:
            tree = await self._tree(repository, worktree, await self._status(repository, "all"))
            compare = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", base, tree)
            return await repository.run(*compare, "--ignore-submodules=dirty", step=f"comparing {worktree.name}")

    async def _status(self, repository: Repository, untracked: str) -> Status:
        # "dirty": a repository inside the worktree is not entered, its configuration is a worker's too.
        ask = ("status", "--porcelain=v2", "--branch", "--no-renames", "-z", f"--untracked-files={untracked}")
        return Status(await repository.run(*ask, "--ignore-submodules=dirty", step="looking into a sandbox"))

    async def _tree(self, repository: Repository, worktree: Path, status: Status) -> str:
        """All of the worktree as a tree, by way of the view's own index."""
        step = "keeping a sandbox's files"
        if status.head and not (repository.git_dir / "index").exists():
            await repository.run("read-tree", status.head, step=step)
        names = await anyio.to_thread.run_sync(_names, worktree, status)
        # Not `git add`: that runs git inside every repository a worker put into this one.
        await repository.run("update-index", "--add", "--remove", "-z", "--stdin", step=step, stdin=names)
        return (await repository.run("write-tree", step=step)).text


def _names(worktree: Path, status: Status) -> bytes:
    """Every file that is not as the index has it, those of nested repositories too, each ended by a NUL."""
    names = [os.fsencode(name) for name in (*status.changed, *status.untracked) if not name.endswith("/")]
    top = os.fsencode(worktree)
    for folder in status.nested:
        for here, inner, files in os.walk(os.path.join(top, os.fsencode(folder))):
            inner[:] = [name for name in inner if name != b".git"]
            links = [name for name in inner if os.path.islink(os.path.join(here, name))]
            names += [os.path.relpath(os.path.join(here, name), top) for name in (*files, *links) if name != b".git"]
    return b"".join(name + b"\0" for name in names)
