"""Sandboxes: worktrees of `work.git`, one for each session, on a branch of its own.

What runs in them can write the configuration that all of them share. So files are checked out with the Refinery's
repository as git directory, and what reads a sandbox overrides what a worker's configuration could make git run.
"""

import os
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec

from gastown import durable
from gastown.adapters.git.port import GitFailedError, Sandbox
from gastown.adapters.git.replay import Replayed, find, is_elsewhere, replay
from gastown.adapters.git.repositories import Repositories, make_folders, remove_tree
from gastown.adapters.git.sparse import sparse_patterns
from gastown.adapters.git.target import Target
from gastown.adapters.git.worker_view import UNBORN, checked_out
from gastown.adapters.git.worktree_files import connect, connect_alone
from gastown.events.ids import Commit, SessionId
from gastown.events.session import Earlier
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

MOST_AT_ONCE = (os.cpu_count() or 1) + 1
"""Sandboxes being made: more only make each other wait (20 asked for at once, two processors: half of them stood after
85 ms with 3 places, after 130 ms with 8, and all of them at the same time)."""


class Record(msgspec.Struct, frozen=True):
    """Beside the sandbox: it is whole, and was made like this. See Sandbox."""

    base: Commit
    reapplied: int
    left: int
    conflict: str
    missing: bool = False


class Sandboxes:
    """Of one rig."""

    def __init__(self, repositories: Repositories, target: Target) -> None:
        self._repositories = repositories
        self._target = target
        self._places = anyio.CapacityLimiter(MOST_AT_ONCE)

    async def create(self, session: SessionId, earlier: Earlier | None, *, alone: bool = False) -> Sandbox:
        """See RigGit.create_sandbox. The record is written last: where it is missing, the sandbox is made anew."""
        record = self._recorded(session)
        if record is not None:
            return self._sandbox(session, record)
        async with self._places:
            if self._repositories.worktree(session).exists() or self._repositories.admin(session).exists():
                await self._remove(session)
            base = (await self._target.last_seen()).work
            replayed = await self._replayed(earlier, base)
            await self._make(session, replayed.tip, alone=alone)
            record = Record(base, replayed.reapplied, replayed.left, replayed.conflict, replayed.missing)
            await anyio.to_thread.run_sync(durable.write, self._file(session), msgspec.json.encode(record))
            return self._sandbox(session, record)

    async def _replayed(self, earlier: Earlier | None, base: Commit) -> Replayed:
        refinery = self._repositories.refinery
        if earlier is None:
            return Replayed(base, 0, 0)
        if is_elsewhere(earlier) and not await find(refinery, earlier):
            return Replayed(base, 0, 0, missing=True)
        return await replay(refinery, earlier, base)

    async def unlock(self, session: SessionId) -> None:
        """See RigGit.unlock_sandbox."""
        await anyio.to_thread.run_sync(self._unlock, session)

    async def remove(self, session: SessionId) -> None:
        """See RigGit.remove_sandbox."""
        self._file(session).unlink(missing_ok=True)
        await self._remove(session)

    def base(self, session: SessionId) -> Commit:
        """What the sandbox was made from, "" when there is none."""
        record = self._recorded(session)
        return record.base if record is not None else ""

    def _unlock(self, session: SessionId) -> None:
        """Blocks."""
        admin, store = self._repositories.admin(session), self._repositories.store(session)
        refs = {f"refs/heads/{branch_of(session)}", checked_out(admin)} - {"", UNBORN}
        for lock in (*admin.glob("*.lock"), *(store / f"{ref}.lock" for ref in refs)):
            if lock.exists():
                lock.unlink()
                _log.warning("sandbox.unlocked", file=str(lock))

    async def _make(self, session: SessionId, tip: Commit, *, alone: bool) -> None:
        worktree, step = self._repositories.worktree(session), f"making the worktree of {session}"
        try:
            await (self._connect_alone if alone else self._connect)(session, tip, step)
        except FileExistsError as error:
            msg = f"{step}: another host is there already"
            raise GitFailedError(msg) from error
        admin = self._repositories.admin(session)
        if self._repositories.config.sparse:
            make_folders(admin / "info")
            (admin / "info" / "sparse-checkout").write_text(sparse_patterns(self._repositories.config.sparse))
        files = self._repositories.at(self._repositories.refinery_dir, worktree)
        index = {"GIT_INDEX_FILE": str(admin / "index")}
        await files.run("-c", "core.fsync=none", "read-tree", "-m", "-u", tip, step=step, environment=index)

    async def _connect(self, session: SessionId, tip: Commit, step: str) -> None:
        worktree, admin = self._repositories.worktree(session), self._repositories.admin(session)
        connect(worktree, admin, branch_of(session), self._repositories.worktree_settings())
        await self._repositories.in_work("update-ref", f"refs/heads/{branch_of(session)}", tip, step=step)

    async def _connect_alone(self, session: SessionId, tip: Commit, step: str) -> None:
        del step
        repositories, own = self._repositories, self._repositories.own(session)
        worktree, settings = repositories.worktree(session), repositories.own_settings()
        connect_alone(worktree, own, branch_of(session), settings, tip, repositories.refinery_dir / "objects")
        repositories.copy_tags(own)

    def _sandbox(self, session: SessionId, record: Record) -> Sandbox:
        return Sandbox(
            worktree=self._repositories.worktree(session),
            branch=branch_of(session),
            base=record.base,
            reapplied=record.reapplied,
            left=record.left,
            conflict=record.conflict,
            missing=record.missing,
            repository=self._repositories.store(session),
            own=self._repositories.admin(session),
            borrows=self._repositories.refinery_dir / "objects",
        )

    async def _remove(self, session: SessionId) -> None:
        admin, alone = self._repositories.admin(session), self._repositories.own(session)
        if admin == alone:
            await remove_tree(self._repositories.worktree(session))
            await remove_tree(alone)
            return
        # The branch a worker itself switched to goes too: names are shared by all worktrees, it would block the next.
        branches = {f"refs/heads/{branch_of(session)}", checked_out(admin)} - {"", UNBORN}
        await remove_tree(self._repositories.worktree(session))
        await remove_tree(admin)
        deletions = "".join(f"delete {ref}\n" for ref in sorted(branches)).encode(errors="surrogateescape")
        step = f"removing the branch of {session}"
        await self._repositories.in_work("update-ref", "--stdin", step=step, stdin=deletions)

    def _recorded(self, session: SessionId) -> Record | None:
        file = self._file(session)
        return msgspec.json.decode(file.read_bytes(), type=Record) if file.exists() else None

    def _file(self, session: SessionId) -> Path:
        return self._repositories.sandboxes / f"{session}.json"


def branch_of(session: SessionId) -> str:
    return f"gt/{session}"
