"""`RigGit` in memory: what one host does with one rig. All that it leaves lies in the store."""

from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from pathlib import Path

from gastown.actors.commands.mayor import FoundLanding
from gastown.actors.errands import CheckStep
from gastown.adapters.git.check import pushed_to
from gastown.adapters.git.landing import Landings
from gastown.adapters.git.memory_bundles import MemoryBundles
from gastown.adapters.git.memory_candidates import MemoryCandidates, MemoryProposals
from gastown.adapters.git.memory_pushes import MemoryPushes
from gastown.adapters.git.memory_questions import MemoryQuestions
from gastown.adapters.git.memory_repositories import MemoryRepositories
from gastown.adapters.git.memory_sandboxes import MemorySandboxes
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.git.memory_target import MemoryTarget
from gastown.adapters.git.port import Build, GitFailedError, Landing, Leftovers, Refused, Sandbox
from gastown.adapters.git.push import checked_out
from gastown.adapters.git.tips import NO_ORIGIN
from gastown.adapters.pause import Pause
from gastown.events.ids import Commit, RigName, SessionId, SubmissionId
from gastown.events.rig import RigConfig
from gastown.events.session import Earlier


class MemoryRig:
    """One rig's repositories. Call `ensure` before anything else. Of the configuration, what names branches counts."""

    def __init__(self, store: MemoryStore, root: Path, name: RigName, config: RigConfig, pause: Pause) -> None:
        self.name = name
        self.config = config
        self._repositories = MemoryRepositories(store, root, config, pause)
        self._target = MemoryTarget(self._repositories)
        self._pushes = MemoryPushes(self._repositories)
        self._candidates = MemoryCandidates(self._repositories, self._target)
        self._sandboxes = MemorySandboxes(self._repositories, self._target)
        self._proposals = MemoryProposals(self._repositories, self._target)
        self._bundles = MemoryBundles(self._repositories)
        self._landings = Landings(config.landing, self._target, self._candidates, self._pushes, self._proposals)
        self.questions = MemoryQuestions(self._repositories, self._target, self._sandboxes)

    async def ensure(self) -> None:
        await self._repositories.ensure()
        await self._pushes.settle()

    async def target(self, *, fetch: bool) -> Commit:
        return (await self._target.fetch() if fetch else await self._target.last_seen()).work

    async def create_sandbox(self, session: SessionId, earlier: Earlier | None, *, alone: bool = False) -> Sandbox:
        return await self._sandboxes.create(session, earlier, alone=alone)

    async def inspect(self, worktree: Path, base: Commit) -> Leftovers:
        return await self._sandboxes.inspect(worktree, base)

    async def pin(self, worktree: Path, ref: str, commit: Commit) -> None:
        pause = self._repositories.pause
        await pause("pin: begin")
        self._repositories.work.demand(f"reading {commit[:12]} from the workers' repository", commit)
        self._repositories.refinery.bring([commit])
        await pause("pin: fetched")
        self._repositories.pinned(ref, commit)
        await pause("pin: done")

    async def save_work(self, worktree: Path, message: str) -> Commit:
        return await self._sandboxes.save_work(worktree, message)

    async def unlock_sandbox(self, session: SessionId) -> None:
        await self._sandboxes.unlock(session)

    async def remove_sandbox(self, session: SessionId) -> None:
        await self._sandboxes.remove(session)

    async def build(
        self,
        submission: SubmissionId,
        commit: Commit,
        base: Commit,
        message: str,
        trailers: tuple[tuple[str, str], ...],
        look_from: Commit | None = None,
    ) -> Build:
        return await self._candidates.build(submission, commit, base, message, trailers, look_from)

    async def checkout(self, commit: Commit, folder: Path) -> None:
        await self._candidates.checkout(commit, folder)

    async def remove_checkout(self, folder: Path) -> None:
        await self._candidates.remove_checkout(folder)

    async def land(self, submission: SubmissionId, expected: Commit, candidate: Commit) -> Landing:
        return await self._landings.land(submission, expected, candidate)

    async def propose(self, branch: str, candidate: Commit) -> Refused | None:
        return await self._landings.propose(branch, candidate)

    async def seen_on_target(self, submission: SubmissionId, base: Commit, commit: Commit) -> Commit:
        return await self._proposals.seen_on_target(submission, base, commit)

    async def landings(self, since: Commit, town: str) -> list[FoundLanding]:
        return await self._target.landings(since, town)

    async def tend(self, limit: int) -> bool:
        return False

    def bundle(self, commit: Commit, basis: Sequence[Commit] = ()) -> AsyncGenerator[bytes]:
        return self._bundles.bundle(commit, basis)

    async def unbundle(self, chunks: AsyncIterable[bytes], commit: Commit, ref: str, *, limit: int) -> None:
        await self._bundles.unbundle(chunks, commit, ref, limit=limit)

    async def check_origin(self) -> list[CheckStep]:
        config = self.config
        if not config.origin:
            return [CheckStep(name="fetch", ok=False, detail=NO_ORIGIN, mend="gt rig set NAME --location URL")]
        try:
            await self._repositories.ensure()
            seen = await self._target.fetch()
        except GitFailedError as error:
            mend = error.hint or f"try: git ls-remote {config.origin}"
            return [CheckStep(name="fetch", ok=False, detail=error.message, mend=mend)]
        detail = f"{config.target} is at {seen.target[:12]}"
        return [CheckStep(name="fetch", ok=True, detail=detail), self._check_push()]

    def _check_push(self) -> CheckStep:
        branch = pushed_to(self.config)
        origin = self._repositories.origin(f"looking at {self.config.origin}")
        if origin.checked_out == branch:
            detail = checked_out(branch, origin.location)
            mend = f"git -C {origin.location} switch another-branch"
            return CheckStep(name="push", ok=False, detail=detail, mend=mend)
        detail = f"a dry run to {branch}: what hooks and protection there would say is not known"
        return CheckStep(name="push", ok=True, detail=detail)
