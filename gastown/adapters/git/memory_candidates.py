"""Candidates in memory, their checkouts, and the proposals made of them."""

from collections.abc import Sequence
from pathlib import Path

from gastown.adapters.git.candidates import STRANGERS, candidate_message
from gastown.adapters.git.line import Line
from gastown.adapters.git.memory_commits import MemoryCommit, merge_trees
from gastown.adapters.git.memory_repositories import MemoryRepositories
from gastown.adapters.git.memory_target import MemoryTarget
from gastown.adapters.git.port import AlreadyLanded, Build, Built, Conflicted, GitFailedError, Overtaken
from gastown.adapters.git.tips import BEAD_TRAILER, CANDIDATES, PROPOSED, TOWN_TRAILER
from gastown.events.ids import Commit, SubmissionId


class MemoryCandidates:
    """Of one rig, in the Refinery's repository."""

    def __init__(self, repositories: MemoryRepositories, target: MemoryTarget) -> None:
        self._repositories = repositories
        self._commits = repositories.commits
        self._pause = repositories.pause
        self._target = target

    async def build(
        self,
        submission: SubmissionId,
        commit: Commit,
        base: Commit,
        message: str,
        trailers: tuple[tuple[str, str], ...],
        look_from: Commit | None = None,
    ) -> Build:
        """See RigGit.build."""
        tip = (await self._target.fetch()).work
        landed = await self._target.landing_of(submission, commit, base, tip)
        if landed:
            return AlreadyLanded(base=tip, target_commit=landed)
        named = dict(trailers)
        bead, town = named.get(BEAD_TRAILER, ""), named.get(TOWN_TRAILER, "")
        begin = base if look_from is None else await self._target.part(look_from, tip, base)
        by = await self._target.landing_of_bead(bead, town, submission, begin, tip)
        if by is not None:
            return Overtaken(base=tip, by=by)
        await self._pause("build: begin")
        tree, conflicts = self._merge(submission, tip, commit)
        if conflicts:
            return Conflicted(base=tip, files=conflicts)
        text = candidate_message(message, submission, trailers)
        made = self._repositories.refinery.make(tree, (tip, commit), text)
        await self._pause("build: merged")
        self._repositories.pinned(f"{CANDIDATES}{submission}", made)
        await self._pause("build: pinned")
        return Built(base=tip, candidate=made)

    def _merge(self, submission: SubmissionId, tip: Commit, commit: Commit) -> tuple[dict[str, str], tuple[str, ...]]:
        self._repositories.refinery.demand(f"merging {submission}", tip, commit)
        base = self._commits.merge_base(tip, commit)
        if not base:
            return {}, (STRANGERS,)
        return merge_trees(self._commits[base].tree, self._commits[tip].tree, self._commits[commit].tree)

    async def grows_from(self, candidate: Commit, expected: Commit) -> bool:
        """Whether `candidate` was built on `expected`: a landing never takes anything away."""
        return await self._target.contains(candidate, expected)

    async def submitted(self, candidate: Commit) -> Commit:
        """What was merged to make `candidate`, "" when it is no merge."""
        return next(iter(self._commits[candidate].parents[1:]), "")

    async def checkout(self, commit: Commit, folder: Path) -> None:
        """See RigGit.checkout."""
        await self._pause("checkout: begin")
        checkouts = self._repositories.store.checkouts
        if folder in checkouts:
            raise FileExistsError(folder)
        checkouts[folder] = {}
        await self._pause("checkout: folder made")
        if not self._repositories.refinery.holds(commit):
            raise GitFailedError(f"checking out {commit[:12]}: there is no such commit")
        if folder not in checkouts:  # somebody else has removed it meanwhile
            raise GitFailedError(f"checking out {commit[:12]}: {folder} is not there")
        checkouts[folder].update(self._commits[commit].tree)
        await self._pause("checkout: done")

    async def remove_checkout(self, folder: Path) -> None:
        """See RigGit.remove_checkout."""
        await self._pause("remove_checkout: begin")
        self._repositories.store.checkouts.pop(folder, None)
        await self._pause("remove_checkout: done")


class MemoryProposals:
    """Of one rig."""

    def __init__(self, repositories: MemoryRepositories, target: MemoryTarget) -> None:
        self._repositories = repositories
        self._commits = repositories.commits
        self._target = target

    async def note(self, branch: str, candidate: Commit) -> None:
        """It is about to be pushed to `branch`: what is found there later is known to be ours."""
        await self._repositories.pause("propose: begin")
        self._repositories.pinned(f"{_ours(branch)}{candidate}", candidate)
        await self._repositories.pause("propose: noted")

    async def noted(self, branch: str) -> list[Commit]:
        """All that this rig ever pushed to `branch`, or was about to."""
        return [commit for ref, commit in self._repositories.refinery.refs.items() if ref.startswith(_ours(branch))]

    async def seen_on_target(self, submission: SubmissionId, base: Commit, commit: Commit) -> Commit:
        """See RigGit.seen_on_target."""
        tip = (await self._target.fetch()).target
        landed = await self._target.landing_of(submission, commit, base, tip)
        if landed:
            return landed
        own = await self._target.line(tip, base)
        return commit if own.took(commit) else self._same_changes(submission, base, commit, own)

    def _same_changes(self, submission: SubmissionId, base: Commit, commit: Commit, own: Line) -> Commit:
        there = {changes: name for name, changes in self._each([self._commits[one] for one in own.own])}
        if not there:
            return ""
        fork = self._commits.merge_base(base, commit)
        if not fork:
            raise GitFailedError("looking for a proposal's changes on the target: no merge base")
        wholes = [self._commits.changes(fork, commit)]
        made = self._repositories.refinery.refs.get(f"{CANDIDATES}{submission}", "")
        if made:
            wholes.append(self._commits.changes(self._commits[made].parents[0], made))
        whole = next((one for one in wholes if one and one in there), None)
        if whole is not None:
            return there[whole]
        each = self._each(self._commits.between(base, commit))
        return there[each[0][1]] if each and all(changes in there for _, changes in each) else ""

    def _each(
        self, commits: Sequence[MemoryCommit]
    ) -> list[tuple[Commit, frozenset[tuple[str, str | None, str | None]]]]:
        """What each of these changes; merges and empty ones left out."""
        plain = [commit for commit in commits if len(commit.parents) == 1]
        listed = [(commit.id, self._commits.changes(commit.parents[0], commit.id)) for commit in plain]
        return [(name, changes) for name, changes in listed if changes]


def _ours(branch: str) -> str:
    return f"{PROPOSED}{branch}/"
