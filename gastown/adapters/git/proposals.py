"""Proposals: what was pushed where, and how a person's merge of it is recognised, however the forge made it."""

from gastown.adapters.git.repositories import Repositories
from gastown.adapters.git.target import Target
from gastown.events.ids import Commit, SubmissionId


class Proposals:
    """Of one rig."""

    def __init__(self, repositories: Repositories, target: Target) -> None:
        self._repositories = repositories
        self._refinery = repositories.refinery
        self._target = target

    async def note(self, branch: str, candidate: Commit) -> None:
        """It is about to be pushed to `branch`: what is found there later is known to be ours."""
        await self._repositories.pinned(f"{_ours(branch)}{candidate}", candidate, f"proposing {candidate[:12]}")

    async def noted(self, branch: str) -> list[Commit]:
        """All that this rig ever pushed to `branch`, or was about to."""
        listing = ("for-each-ref", "--format=%(objectname)", _ours(branch))
        return (await self._refinery.run(*listing, step=f"looking for proposals on {branch}")).lines

    async def seen_on_target(self, submission: SubmissionId, base: Commit, commit: Commit) -> Commit:
        """See RigGit.seen_on_target. By trailer, by the commit itself, or by the same changes (squashed, rebased)."""
        tip = (await self._target.fetch()).target
        landed = await self._target.landing_of(submission, base, tip, merged=False)
        if landed:
            return landed
        if await self._target.contains(tip, commit):
            return commit
        return await self._same_changes(base, commit, tip)

    async def _same_changes(self, base: Commit, commit: Commit, tip: Commit) -> Commit:
        """The target's commit that makes the submission's changes: all in one, or each by its own, the last of them."""
        there = await self._patch_ids("log", "--patch", "--no-merges", f"{base}..{tip}")
        if not there:
            return ""
        whole = await self._patch_ids("diff", f"{base}...{commit}")
        if whole and set(whole) <= set(there):
            return there[next(iter(whole))]
        each = await self._patch_ids("log", "--patch", "--no-merges", "--reverse", f"{base}..{commit}")
        return there[list(each)[-1]] if each and set(each) <= set(there) else ""

    async def _patch_ids(self, *command: str) -> dict[str, Commit]:
        """Names of changes, with the commit that made each (zeros for a plain diff)."""
        step = "looking for a proposal's changes on the target"
        plain = ("--no-ext-diff", "--no-textconv", "--no-color", "--full-index")
        patches = await self._refinery.run(command[0], *plain, *command[1:], step=step)
        listed = await self._refinery.run("patch-id", "--stable", step=step, stdin=patches.raw)
        return dict(line.split(" ", 1) for line in listed.lines)


def _ours(branch: str) -> str:
    return f"refs/gastown/proposed/{branch}/"
