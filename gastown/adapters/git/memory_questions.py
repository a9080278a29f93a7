"""What people ask of a rig's repositories, answered from memory."""

import difflib
import re
from collections.abc import Sequence

from gastown.actors.errands import CommitFacts
from gastown.adapters.git.memory_commits import MemoryCommit, Tree
from gastown.adapters.git.memory_repositories import MemoryRepositories
from gastown.adapters.git.memory_sandboxes import MemorySandboxes
from gastown.adapters.git.memory_target import MemoryTarget
from gastown.adapters.git.questions import Findings, complaints, cut
from gastown.adapters.git.tips import TRAILER
from gastown.errors import UnknownThingError
from gastown.events.ids import Commit, SessionId

_OBJECT_NAME = re.compile("[0-9a-f]{4,40}")


class MemoryQuestions:
    """About one rig."""

    def __init__(self, repositories: MemoryRepositories, target: MemoryTarget, sandboxes: MemorySandboxes) -> None:
        self._repositories = repositories
        self._commits = repositories.commits
        self._target = target
        self._sandboxes = sandboxes

    async def diff(self, base: Commit, commit: Commit) -> str:
        """The changes from base to commit, as a patch. Raises UnknownThingError."""
        before, after = await self._resolve(base), await self._resolve(commit)
        return cut(_patch(self._commits[before].tree, self._commits[after].tree).encode())

    async def diff_sandbox(self, session: SessionId) -> str:
        """The changes in a session's sandbox since its base, committed or not. Raises UnknownThingError."""
        await self._repositories.pause("diff_sandbox: begin")
        sandbox = self._repositories.folder.sandboxes.get(session)
        if sandbox is None:
            raise UnknownThingError(f"there is no sandbox {session}", "gt agents shows who works")
        work = self._sandboxes.at(sandbox.worktree).work
        return cut(_patch(self._commits[sandbox.base].tree, work).encode())

    async def commit(self, name: str) -> CommitFacts:
        """Which landing brought this commit (full or abbreviated) to the target. Raises UnknownThingError."""
        commit = await self._resolve(name)
        tip = (await self._target.last_seen()).work
        landing = await self._oldest_landing(commit, tip)
        if landing is None:
            return CommitFacts(commit=commit)
        said = landing.trailers
        return CommitFacts(
            commit=commit,
            landing=landing.id,
            bead=said.get("Gastown-Bead", ""),
            submission=said[TRAILER],
            trace=said.get("Gastown-Trace", ""),
        )

    async def _oldest_landing(self, commit: Commit, tip: Commit) -> MemoryCommit | None:
        """The first landing that contains the commit, unless the target had it before from elsewhere."""
        later = [one for one in reversed(self._commits.between(commit, tip)) if self._commits.contains(one.id, commit)]
        own = (await self._target.line(tip, *self._commits[commit].parents)).own
        landings = [one for one in (self._commits[commit], *later) if TRAILER in one.trailers and one.id in own]
        if not landings:
            return None
        first = landings[0]
        brought = first.id == commit or not self._commits.contains(first.parents[0], commit)
        return first if brought else None

    async def proof(self, landed: Sequence[Commit], pins: Sequence[tuple[str, Commit]]) -> list[str]:
        """See RigQuestions.proof. Fetches the target first."""
        tip = (await self._target.fetch()).work
        refinery = self._repositories.refinery
        asked = [*landed, *(commit for _, commit in pins)]
        missing = {commit for commit in asked if not refinery.holds(commit)}
        outside = {one for one in landed if one not in missing and not self._commits.contains(tip, one)}
        named = ("refs/gastown/", "refs/heads/gt/")
        refs = {ref: commit for ref, commit in refinery.refs.items() if ref.startswith(named)}
        return complaints(landed, pins, Findings(missing, outside, refs), self._repositories.config.landing)

    async def _resolve(self, name: str) -> Commit:
        await self._repositories.pause("question: begin")
        found = self._find(name)
        if not found:
            await self._target.fetch()  # a person may have just pushed it
            found = self._find(name)
        if not found:
            raise UnknownThingError(f"there is no commit {name} in this rig", "gt report shows what landed")
        return found

    def _find(self, name: str) -> Commit:
        if not _OBJECT_NAME.fullmatch(name):
            return ""
        found = self._repositories.refinery.found(name)
        return found[0] if len(found) == 1 else ""


def _patch(before: Tree, after: Tree) -> str:
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return "".join(_change(path, before.get(path), after.get(path)) for path in changed)


def _change(path: str, before: str | None, after: str | None) -> str:
    old, new = (f"a/{path}" if before is not None else "/dev/null"), (f"b/{path}" if after is not None else "/dev/null")
    lines = difflib.unified_diff(
        (before or "").splitlines(keepends=True), (after or "").splitlines(keepends=True), old, new
    )
    return f"diff --git a/{path} b/{path}\n" + "".join(lines)
