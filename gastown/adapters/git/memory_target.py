"""Where the target is, in memory: what the origin says, what was seen of it last, and what it holds."""

import re
from collections.abc import Sequence

import anyio

from gastown.actors.commands.mayor import FoundLanding
from gastown.adapters.git.line import Line, Pinned, line
from gastown.adapters.git.memory_repositories import MemoryRepositories
from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.tips import (
    BEAD_TRAILER,
    CANDIDATES,
    NO_ORIGIN,
    PROPOSED,
    SUBMITTED,
    TOWN_TRAILER,
    TRAILER,
    Tips,
)
from gastown.events.ids import BeadId, Commit, SubmissionId

_NAMED = re.compile(f"^{TRAILER}: ", re.MULTILINE)


class MemoryTarget:
    """One rig's target branch, as the Refinery's repository knows it."""

    def __init__(self, repositories: MemoryRepositories) -> None:
        self._repositories = repositories
        self._commits = repositories.commits
        self._tracking = {
            repositories.config.target: repositories.tracking,
            repositories.config.landing: repositories.tracking_landing,
        }
        self._fetching = anyio.Lock()
        self._seen: Tips | None = None

    async def last_seen(self) -> Tips:
        """Without asking the origin, unless the target was never seen."""
        if self._seen is None:
            self._seen = self._tracked()
        return self._seen or await self.fetch()

    async def fetch(self) -> Tips:
        """As the origin has it now; of a rig without one, as last seen. Raises GitFailedError: unreachable, or gone."""
        config, pause = self._repositories.config, self._repositories.pause
        async with self._fetching:
            await pause("fetch: begin")
            if not config.origin:
                return self._of_no_origin()
            there = self._at_origin(f"looking at {config.origin}")
            if config.target not in there:
                message = f"{config.origin} has no branch {config.target} any more"
                raise GitFailedError(message, hint="gt rig set NAME --branch BRANCH")
            if self._seen is None:
                self._seen = self._tracked()
            pair = (there[config.target], there.get(config.landing, ""))
            if self._seen is None or (self._seen.target, self._seen.landing) != pair:
                await pause("fetch: asked")
                self._seen = self._fetch(there)
                await pause("fetch: fetched")
            return self._seen

    def _of_no_origin(self) -> Tips:
        self._seen = self._seen or self._tracked()
        if self._seen is None:
            raise GitFailedError(NO_ORIGIN, hint="gt rig set NAME --location URL")
        return self._seen

    def _fetch(self, wanted: dict[str, Commit]) -> Tips:
        step = f"fetching from {self._repositories.config.origin}"
        there = self._at_origin(step)
        refinery = self._repositories.refinery
        for branch, ref in self._tracking.items():
            if branch not in wanted:
                refinery.refs.pop(ref, None)
            elif branch not in there:
                raise GitFailedError(f"{step}: couldn't find remote ref refs/heads/{branch}")
            else:
                refinery.bring([there[branch]])
                refinery.refs[ref] = there[branch]
        tips = self._tracked()
        if tips is None:
            raise GitFailedError(f"{self._repositories.config.target} was fetched and is not there")
        return tips

    def _at_origin(self, step: str) -> dict[str, Commit]:
        found = self._repositories.origin(step).branches
        return {branch: found[branch] for branch in self._tracking if branch in found}

    def _tracked(self) -> Tips | None:
        refs = self._repositories.refinery.refs
        target = refs.get(self._repositories.tracking, "")
        landing = refs.get(self._repositories.tracking_landing, "")
        if not target:
            return None
        merged = landing in ("", target) or self._commits.contains(target, landing)
        return Tips(target=target, landing=landing, work=target if merged else landing)

    def moved(self, landing: Commit) -> None:
        """We pushed: the landing branch is at `landing` now, built on what was last seen."""
        seen, config = self._seen, self._repositories.config
        if seen is not None:
            target = landing if config.target == config.landing else seen.target
            self._seen = Tips(target=target, landing=landing, work=landing)

    async def contains(self, tip: Commit, commit: Commit) -> bool:
        """Whether `commit` is `tip` or an ancestor of it. Raises GitFailedError when one of them is not here."""
        self._repositories.refinery.demand("looking for a commit on the target", commit, tip)
        return self._commits.contains(tip, commit)

    async def landing_of(self, submission: SubmissionId, commit: Commit, base: Commit, tip: Commit) -> Commit:
        """The newest commit in base..tip that landed the submission, or "": a merge of what was submitted, `commit`,
        with the submission's trailer, on the target's own line."""
        self._repositories.refinery.demand(f"looking for a landing of {submission}", base, tip)
        own = self._line(tip, [base]).own
        named = re.compile(f"^{TRAILER}: {re.escape(submission)}$", re.MULTILINE)
        later = (one for one in self._commits.between(base, tip) if one.id in own and commit in one.parents[1:])
        return next((one.id for one in later if named.search(one.message)), "")

    async def line(self, tip: Commit, *without: Commit) -> Line:
        """The target's own commits at `tip`. without: commits behind which nobody looks."""
        self._repositories.refinery.demand("looking at the target's own commits", tip)
        return self._line(tip, [name.removeprefix("^") for name in without])

    def _line(self, tip: Commit, without: Sequence[Commit]) -> Line:
        later = self._commits.history([tip], without)
        named = {one.id for one in later if _NAMED.search(one.message)}
        refs = self._repositories.refinery.refs.items()
        submitted = {commit for ref, commit in refs if ref.startswith(SUBMITTED)}
        candidates = {commit for ref, commit in refs if ref.startswith((CANDIDATES, PROPOSED))}
        return line(tip, {one.id: one.parents for one in later}, named, Pinned(submitted, candidates))

    async def landings(self, since: Commit, town: str) -> list[FoundLanding]:
        """See RigGit.landings."""
        tip = (await self.fetch()).work
        known = self._repositories.refinery.holds(since) and self._commits.contains(tip, since)
        without = [since] if known else []
        return [one for one, by in self._named(tip, without) if by in (town, "")]

    async def part(self, commit: Commit, tip: Commit, otherwise: Commit) -> Commit:
        """See `target.Target.part`."""
        known = self._repositories.refinery.holds(commit) and self._commits.contains(tip, commit)
        return commit if not commit or known else otherwise

    async def landing_of_bead(
        self, bead: BeadId, town: str, but: SubmissionId, base: Commit, tip: Commit
    ) -> FoundLanding | None:
        """See `target.Target.landing_of_bead`."""
        found = self._named(tip, [base] if base else []) if bead and town else []
        return next((one for one, by in found if (one.bead, by) == (bead, town) and one.submission != but), None)

    def _named(self, tip: Commit, without: Sequence[Commit]) -> list[tuple[FoundLanding, str]]:
        own = self._line(tip, without).own
        merges = [one for one in reversed(self._commits.history([tip], without)) if len(one.parents) > 1]
        return [
            (
                FoundLanding(bead=bead, submission=submission, commit=one.parents[-1], target_commit=one.id),
                one.trailers.get(TOWN_TRAILER, ""),
            )
            for one in merges
            if one.id in own
            and (bead := one.trailers.get(BEAD_TRAILER, ""))
            and (submission := one.trailers.get(TRAILER, ""))
        ]
