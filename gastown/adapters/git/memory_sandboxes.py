"""Sandboxes in memory: made, looked into, saved and taken away in the steps in which that is done on disk."""

from pathlib import Path

from gastown.adapters.git.memory_commits import merge_trees
from gastown.adapters.git.memory_repositories import MemoryRepositories
from gastown.adapters.git.memory_target import MemoryTarget
from gastown.adapters.git.memory_worktree import MemoryWorktree
from gastown.adapters.git.port import GitFailedError, Leftovers, Sandbox, SandboxGoneError
from gastown.adapters.git.replay import Replayed, is_elsewhere
from gastown.adapters.git.sandboxes import branch_of
from gastown.events.ids import Commit, SessionId
from gastown.events.session import Earlier


class MemorySandboxes:
    """Of one rig."""

    def __init__(self, repositories: MemoryRepositories, target: MemoryTarget) -> None:
        self._repositories = repositories
        self._folder = repositories.folder
        self._pause = repositories.pause
        self._target = target

    async def create(self, session: SessionId, earlier: Earlier | None, *, alone: bool = False) -> Sandbox:
        """See RigGit.create_sandbox. The record is written last: where it is missing, the sandbox is made anew."""
        del alone  # here, all are
        await self._pause("sandbox: begin")
        known = self._folder.sandboxes.get(session)
        if known is not None:
            return known
        if session in self._folder.worktrees:
            self._remove(session)
            await self._pause("sandbox: half-made one removed")
        base = (await self._target.last_seen()).work
        replayed = Replayed(base, 0, 0) if earlier is None else self._replay(earlier, base)
        await self._pause("sandbox: earlier commits applied")
        made = self._make(session, base, replayed)
        await self._pause("sandbox: checked out")
        self._folder.sandboxes[session] = made
        await self._pause("sandbox: made")
        return made

    async def unlock(self, session: SessionId) -> None:
        """See RigGit.unlock_sandbox. In memory nobody holds a lock."""
        await self._pause("unlock_sandbox: begin")

    async def remove(self, session: SessionId) -> None:
        """See RigGit.remove_sandbox."""
        await self._pause("remove_sandbox: begin")
        self._folder.sandboxes.pop(session, None)
        await self._pause("remove_sandbox: forgotten")
        self._remove(session)
        await self._pause("remove_sandbox: done")

    async def inspect(self, worktree: Path, base: Commit) -> Leftovers:
        """See RigGit.inspect."""
        await self._pause("inspect: begin")
        sandbox = self.at(worktree)
        ahead = 0
        if sandbox.head not in ("", base):
            self._repositories.work.demand(f"counting commits in {worktree.name}", base, sandbox.head)
            ahead = len(self._repositories.commits.between(base, sandbox.head))
        return Leftovers(
            head=sandbox.head if ahead else "", ahead=ahead, changed=sandbox.changed, untracked=sandbox.untracked
        )

    async def save_work(self, worktree: Path, message: str) -> Commit:
        """See RigGit.save_work."""
        await self._pause("save_work: begin")
        sandbox = self.at(worktree)
        if not sandbox.changed and not sandbox.untracked:
            return sandbox.head
        parents = (sandbox.head,) if sandbox.head else ()
        made = self._repositories.work.make(sandbox.work, parents, message)
        await self._pause("save_work: done")
        return made

    def at(self, worktree: Path) -> MemoryWorktree:
        """Raises SandboxGoneError."""
        found = self._folder.worktrees.get(worktree.name)
        if found is None or found.gone:
            raise SandboxGoneError(f"there is no sandbox {worktree.name}")
        return found

    def _make(self, session: SessionId, base: Commit, replayed: Replayed) -> Sandbox:
        if session in self._folder.worktrees:
            raise GitFailedError(f"making the worktree of {session}: another host is there already")
        path, branch = self._folder.path(session), branch_of(session)
        root, work = self._repositories.root, self._repositories.work
        work.refs[f"refs/heads/{branch}"] = replayed.tip
        self._folder.worktrees[session] = MemoryWorktree(path, work, branch, replayed.tip)
        return Sandbox(
            worktree=path,
            branch=branch,
            base=base,
            reapplied=replayed.reapplied,
            left=replayed.left,
            conflict=replayed.conflict,
            missing=replayed.missing,
            repository=root / "work.git",
            own=root / "work.git" / "worktrees" / session,
            borrows=root / "refinery.git" / "objects",
        )

    def _remove(self, session: SessionId) -> None:
        worktree = self._folder.worktrees.pop(session, None)
        branches = {branch_of(session), worktree.branch if worktree is not None else ""}
        for branch in branches:
            self._repositories.work.refs.pop(f"refs/heads/{branch}", None)
        if worktree is not None:
            worktree.destroy()

    def _replay(self, earlier: Earlier, onto: Commit) -> Replayed:
        commits, refinery = self._repositories.commits, self._repositories.refinery
        if is_elsewhere(earlier) and not (refinery.holds(earlier.commit) and refinery.holds(earlier.base)):
            return Replayed(onto, 0, 0, missing=True)
        refinery.demand("reading the earlier attempt", earlier.base, earlier.commit, onto)
        if earlier.base == onto:
            return Replayed(earlier.commit, len(commits.between(onto, earlier.commit)), 0)
        listed = commits.history([earlier.commit], [earlier.base, onto])
        picks = [commit for commit in reversed(listed) if len(commit.parents) < 2]
        tip, reapplied = onto, 0
        for number, pick in enumerate(picks):
            applied = self._apply(pick.id, tip)
            if not applied:
                return Replayed(tip, reapplied, len(picks) - number, pick.subject)
            reapplied += applied != tip
            tip = applied
        return Replayed(tip, reapplied, 0)

    def _apply(self, pick: Commit, tip: Commit) -> Commit:
        """`pick` on top of `tip`: `tip` where it changes nothing, "" where it does not apply."""
        commits = self._repositories.commits
        parents = commits[pick].parents
        if not parents:
            return ""
        tree, conflicts = merge_trees(commits[parents[0]].tree, commits[tip].tree, commits[pick].tree)
        if conflicts:
            return ""
        if tree == commits[tip].tree:
            return tip
        return self._repositories.refinery.make(tree, (tip,), commits[pick].message)
