"""Proposals: what was pushed where, and how a person's merge of it is recognised, however the forge made it."""

from gastown.adapters.git.line import Line
from gastown.adapters.git.repositories import Repositories
from gastown.adapters.git.target import Target
from gastown.adapters.git.tips import CANDIDATES, PROPOSED
from gastown.events.ids import Commit, SubmissionId

_STEP = "looking for a proposal's changes on the target"


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
        """See RigGit.seen_on_target."""
        tip = (await self._target.fetch()).target
        landed = await self._target.landing_of(submission, commit, base, tip)
        if landed:
            return landed
        own = await self._target.line(tip, f"^{base}")
        return commit if own.took(commit) else await self._same_changes(submission, base, commit, own)

    async def _same_changes(self, submission: SubmissionId, base: Commit, commit: Commit, own: Line) -> Commit:
        """The target's commit that makes the submission's changes: all in one, or each by its own, the last of them."""
        plain = "".join(f"{one}\n" for one, parents in own.own.items() if len(parents) == 1).encode()
        there = await self._patch_ids("log", "--patch", "--no-walk=unsorted", "--stdin", stdin=plain) if plain else {}
        if not there:
            return ""
        made = (
            await self._refinery.run("for-each-ref", "--format=%(objectname)", f"{CANDIDATES}{submission}", step=_STEP)
        ).text
        for whole in (f"{base}...{commit}", *([f"{made}^1..{made}"] if made else [])):
            changes = await self._patch_ids("diff", whole)
            if changes and set(changes) <= set(there):
                return there[next(iter(changes))]
        each = await self._patch_ids("log", "--patch", "--no-merges", "--reverse", f"{base}..{commit}")
        return there[list(each)[-1]] if each and set(each) <= set(there) else ""

    async def _patch_ids(self, *command: str, stdin: bytes | None = None) -> dict[str, Commit]:
        """Names of changes, with the commit that made each (zeros for a plain diff)."""
        plain = ("--no-ext-diff", "--no-textconv", "--no-color", "--full-index")
        patches = await self._refinery.run(command[0], *plain, *command[1:], step=_STEP, stdin=stdin)
        listed = await self._refinery.run("patch-id", "--stable", step=_STEP, stdin=patches.raw)
        return dict(entry.split(" ", 1) for entry in listed.lines)


def _ours(branch: str) -> str:
    return f"{PROPOSED}{branch}/"
