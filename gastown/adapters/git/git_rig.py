"""`RigGit` on real git (2.38 or newer): each part of the work lies in a file of its own."""

from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from pathlib import Path

from gastown.actors.commands.mayor import FoundLanding
from gastown.actors.errands import CheckStep
from gastown.adapters.git.bundles import Bundles
from gastown.adapters.git.candidates import Candidates
from gastown.adapters.git.check import OriginCheck
from gastown.adapters.git.landing import Landings
from gastown.adapters.git.leftovers import SandboxReader
from gastown.adapters.git.pins import Pins
from gastown.adapters.git.port import Build, Landing, Leftovers, Refused, Sandbox
from gastown.adapters.git.program import GitProgram
from gastown.adapters.git.proposals import Proposals
from gastown.adapters.git.push import Pushes
from gastown.adapters.git.questions import Questions
from gastown.adapters.git.repositories import Repositories, remove_tree
from gastown.adapters.git.sandboxes import Sandboxes
from gastown.adapters.git.target import Target
from gastown.adapters.git.upkeep import Upkeep
from gastown.events.ids import Commit, RigName, SessionId, SubmissionId
from gastown.events.rig import RigConfig
from gastown.events.session import Earlier


class GitRig:
    """One rig's repositories under `root` (`<town>/rigs/<name>`). Call `ensure` before anything else."""

    def __init__(self, root: Path, name: RigName, config: RigConfig, program: GitProgram | None = None) -> None:
        self.name = name
        self.config = config
        self._repositories = Repositories(root, config, program or GitProgram())
        self._target = Target(self._repositories)
        self._pushes = Pushes(self._repositories)
        self._candidates = Candidates(self._repositories, self._target)
        self._sandboxes = Sandboxes(self._repositories, self._target)
        self._reader = SandboxReader(self._repositories)
        self._pins = Pins(self._repositories, self._target)
        self._proposals = Proposals(self._repositories, self._target)
        self._bundles = Bundles(self._repositories)
        self._landings = Landings(config.landing, self._target, self._candidates, self._pushes, self._proposals)
        self._upkeep = Upkeep(self._repositories)
        self._check = OriginCheck(self._repositories, self._target, self._pushes)
        self.questions = Questions(self._repositories, self._target, self._sandboxes, self._reader)

    async def ensure(self) -> None:
        await self._repositories.ensure()
        await self._pushes.settle()

    async def target(self, *, fetch: bool) -> Commit:
        return (await self._target.fetch() if fetch else await self._target.last_seen()).work

    async def create_sandbox(self, session: SessionId, earlier: Earlier | None, *, alone: bool = False) -> Sandbox:
        return await self._sandboxes.create(session, earlier, alone=alone)

    async def inspect(self, worktree: Path, base: Commit) -> Leftovers:
        return await self._reader.inspect(worktree, base)

    async def pin(self, worktree: Path, ref: str, commit: Commit) -> None:
        await self._pins.pin(worktree.name, ref, commit)

    async def save_work(self, worktree: Path, message: str) -> Commit:
        return await self._reader.save_work(worktree, message)

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
        await remove_tree(folder)

    async def land(self, submission: SubmissionId, expected: Commit, candidate: Commit) -> Landing:
        return await self._landings.land(submission, expected, candidate)

    async def propose(self, branch: str, candidate: Commit) -> Refused | None:
        return await self._landings.propose(branch, candidate)

    async def seen_on_target(self, submission: SubmissionId, base: Commit, commit: Commit) -> Commit:
        return await self._proposals.seen_on_target(submission, base, commit)

    async def landings(self, since: Commit, town: str) -> list[FoundLanding]:
        return await self._target.landings(since, town)

    async def tend(self, limit: int) -> bool:
        return not self._landings.busy and await self._upkeep.tend(limit)

    def bundle(self, commit: Commit, basis: Sequence[Commit] = ()) -> AsyncGenerator[bytes]:
        return self._bundles.bundle(commit, basis)

    async def unbundle(self, chunks: AsyncIterable[bytes], commit: Commit, ref: str, *, limit: int) -> None:
        await self._bundles.unbundle(chunks, commit, ref, limit=limit)

    async def check_origin(self) -> list[CheckStep]:
        return await self._check.steps()
