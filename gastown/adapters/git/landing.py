"""Landing: the origin's branch is moved by a push with lease, and what is true afterwards is asked of the origin.

The answer of a push is a hint only: it may have been lost, or have come from a push before. Landed is what the fetched
target has on its own line; refused is what the origin said while its branch stayed where it was.
"""

from collections.abc import Container
from typing import Protocol

import anyio

from gastown.adapters.git.line import Line
from gastown.adapters.git.port import GitFailedError, Landed, Landing, Raced, Refused
from gastown.adapters.git.tips import Tips
from gastown.events.ids import Commit, SubmissionId


class Target(Protocol):
    """See `target.Target`."""

    async def last_seen(self) -> Tips: ...

    async def fetch(self) -> Tips: ...

    def moved(self, landing: Commit) -> None: ...

    async def contains(self, tip: Commit, commit: Commit) -> bool: ...

    async def line(self, tip: Commit, *without: str) -> Line: ...

    async def landing_of(self, submission: SubmissionId, commit: Commit, base: Commit, tip: Commit) -> Commit: ...


class Candidates(Protocol):
    """See `candidates.Candidates`."""

    async def grows_from(self, candidate: Commit, expected: Commit) -> bool: ...

    async def submitted(self, candidate: Commit) -> Commit: ...


class Pushed(Protocol):
    """See `push.Pushed`."""

    done: bool

    @property
    def refusal(self) -> Refused | None: ...

    def fault(self) -> GitFailedError: ...


class Pushes(Protocol):
    """See `push.Pushes`."""

    async def push(self, branch: str, commit: Commit, expected: Commit) -> Pushed: ...

    async def tip(self, branch: str) -> Commit: ...


class Proposals(Protocol):
    """See `proposals.Proposals`."""

    async def note(self, branch: str, candidate: Commit) -> None: ...

    async def noted(self, branch: str) -> Container[Commit]: ...


class Landings:
    """Of one rig, whose proven work goes to branch `landing`; one push at a time."""

    def __init__(
        self, landing: str, target: Target, candidates: Candidates, pushes: Pushes, proposals: Proposals
    ) -> None:
        self._landing = landing
        self._target = target
        self._candidates = candidates
        self._pushes = pushes
        self._proposals = proposals
        self._pushing = anyio.Lock()

    @property
    def busy(self) -> bool:
        """Whether a push is on its way."""
        return self._pushing.statistics().locked

    async def land(self, submission: SubmissionId, expected: Commit, candidate: Commit) -> Landing:
        """See RigGit.land."""
        async with self._pushing:
            seen = await self._target.last_seen()
            if seen.work != expected:
                seen = await self._target.fetch()
                known = await self._standing(submission, expected, candidate, seen)
                if known is not None:
                    return known
            if not await self._candidates.grows_from(candidate, expected):
                raise GitFailedError(f"{candidate} does not contain {expected}: landing it would take commits away")
            pushed = await self._pushes.push(self._landing, candidate, seen.landing)
            if pushed.done:
                self._target.moved(candidate)
                return Landed(target_commit=candidate)
            return await self._after_failure(submission, expected, candidate, pushed)

    async def _after_failure(
        self, submission: SubmissionId, expected: Commit, candidate: Commit, pushed: Pushed
    ) -> Landing:
        refusal = pushed.refusal
        try:
            seen = await self._target.fetch()
        except GitFailedError:
            if refusal is not None:
                return refusal
            raise
        known = await self._standing(submission, expected, candidate, seen)
        if known is not None:
            return known
        if refusal is not None:
            return refusal
        raise pushed.fault()

    async def _standing(
        self, submission: SubmissionId, expected: Commit, candidate: Commit, seen: Tips
    ) -> Landed | Raced | None:
        """What the target as just fetched says about this landing; None: it is still where it was expected."""
        if seen.work == expected:
            return None
        if (await self._target.line(seen.work, f"^{expected}")).took(candidate):
            return Landed(target_commit=candidate)
        commit = await self._candidates.submitted(candidate)
        landed = await self._target.landing_of(submission, commit, expected, seen.work)
        if landed:
            return Landed(target_commit=landed)
        return Raced(found=seen.work, rewritten=not await self._target.contains(seen.work, expected))

    async def propose(self, branch: str, candidate: Commit) -> Refused | None:
        """See RigGit.propose. The branch may hold an earlier proposal of ours, nothing else."""
        async with self._pushing:
            # Before the push: after a crash in between, what is there is known to be ours.
            await self._proposals.note(branch, candidate)
            there = await self._pushes.tip(branch)
            if there == candidate:
                return None
            if there and there not in await self._proposals.noted(branch):
                return Refused(reason=f"branch {branch} exists at the origin and is no proposal of this town")
            pushed = await self._pushes.push(branch, candidate, there)
            if pushed.done or pushed.refusal is not None:
                return pushed.refusal
            raise pushed.fault()
