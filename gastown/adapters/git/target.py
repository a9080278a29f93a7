"""Where the target is: what the origin says, what was seen of it last, and what it holds.

Where the rig lands on a branch of its own (`gt/main` of a checkout without a remote), work goes on from that branch
until a person has merged it: then the target contains it, and work goes on from the target.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import anyio

from gastown.actors.commands.mayor import FoundLanding
from gastown.adapters.git.line import Line, Pinned, line
from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.program import Output
from gastown.adapters.git.repositories import Repositories
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

_VALUES = (f"%(trailers:key={key},valueonly,separator=%x20)" for key in (BEAD_TRAILER, TRAILER, TOWN_TRAILER))
_LANDING = "%x09".join(("%H", "%P", *_VALUES))


class Target:
    """One rig's target branch, as the Refinery's repository knows it."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories
        self._refinery = repositories.refinery
        config = repositories.config
        self._origin = config.origin
        self._target_ref = f"refs/heads/{config.target}"
        self._landing_ref = f"refs/heads/{config.landing}"
        self._tracking = {self._target_ref: repositories.tracking, self._landing_ref: repositories.tracking_landing}
        self._fetching = anyio.Lock()
        self._seen: Tips | None = None

    async def last_seen(self) -> Tips:
        """Without asking the origin, unless the target was never seen."""
        if self._seen is None:
            self._seen = await self._tracked()
        return self._seen or await self.fetch()

    async def fetch(self) -> Tips:
        """As the origin has it now; of a rig without one, as last seen. Raises GitFailedError: unreachable, or gone."""
        async with self._fetching:
            if not self._origin:
                return await self._of_no_origin()
            there = await self._at_origin()
            if self._target_ref not in there:
                message = f"{self._origin} has no branch {self._repositories.config.target} any more"
                raise GitFailedError(message, hint="gt rig set NAME --branch BRANCH")
            if self._seen is None:
                self._seen = await self._tracked()
            if self._seen is None or _pair(self._seen) != (there[self._target_ref], there.get(self._landing_ref, "")):
                self._seen = await self._fetch(there)
            return self._seen

    async def _of_no_origin(self) -> Tips:
        self._seen = self._seen or await self._tracked()
        if self._seen is None:
            raise GitFailedError(NO_ORIGIN, hint="gt rig set NAME --location URL")
        return self._seen

    async def _fetch(self, there: dict[str, Commit]) -> Tips:
        refspecs = [f"+{ref}:{self._tracking[ref]}" for ref in there]
        fetch = ("fetch", "--quiet", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules")
        await self._refinery.reach(*fetch, "origin", *refspecs, step=f"fetching from {self._origin}")
        if self._landing_ref not in there:
            gone = ("update-ref", "-d", self._tracking[self._landing_ref])
            await self._refinery.run(*gone, step="forgetting the landing branch")
        tips = await self._tracked()
        if tips is None:
            raise GitFailedError(f"{self._target_ref} was fetched and is not there")
        return tips

    async def _at_origin(self) -> dict[str, Commit]:
        folder = local_folder(self._origin)
        step = f"looking at {self._origin}"
        if folder is None:
            listed = await self._refinery.reach("ls-remote", "origin", *self._tracking, step=step)
        else:
            # A third of the time of ls-remote, and asked at every landing.
            listing = ("for-each-ref", "--format=%(objectname)%09%(refname)", *self._tracking)
            listed = await self._repositories.at(git_folder(folder)).reach(*listing, step=step)
        found = commits_by_ref(listed)
        return {ref: found[ref] for ref in self._tracking if ref in found}

    async def _tracked(self) -> Tips | None:
        listing = ("for-each-ref", "--format=%(objectname)%09%(refname)", *self._tracking.values())
        listed = await self._refinery.run(*listing, step="reading the target as last seen")
        found = commits_by_ref(listed)
        target = found.get(self._tracking[self._target_ref], "")
        return await self._tips(target, found.get(self._tracking[self._landing_ref], "")) if target else None

    async def _tips(self, target: Commit, landing: Commit) -> Tips:
        merged = landing in ("", target) or await self.contains(target, landing)
        return Tips(target=target, landing=landing, work=target if merged else landing)

    def moved(self, landing: Commit) -> None:
        """We pushed: the landing branch is at `landing` now, built on what was last seen."""
        seen = self._seen
        if seen is not None:
            target = landing if self._target_ref == self._landing_ref else seen.target
            self._seen = Tips(target=target, landing=landing, work=landing)

    async def contains(self, tip: Commit, commit: Commit) -> bool:
        """Whether `commit` is `tip` or an ancestor of it. Raises GitFailedError when one of them is not here."""
        asked = ("merge-base", "--is-ancestor", commit, tip)
        answer = await self._refinery.run(*asked, step="looking for a commit on the target", ok=(0, 1))
        return answer.code == 0

    async def landing_of(self, submission: SubmissionId, commit: Commit, base: Commit, tip: Commit) -> Commit:
        """The newest commit in base..tip that landed the submission, or "": a merge of what was submitted, `commit`,
        with the submission's trailer, on the target's own line."""
        if base == tip:
            return ""
        pattern = f"--grep=^{TRAILER}: {submission.replace('.', '[.]')}$"
        search = ("log", "--merges", "--format=%H %P", pattern, f"{base}..{tip}")
        found = await self._refinery.run(*search, step=f"looking for a landing of {submission}")
        merges = [merge for merge, _, *merged in map(str.split, found.lines) if commit in merged]
        if not merges:
            return ""
        own = (await self.line(tip, f"^{base}")).own
        return next((merge for merge in merges if merge in own), "")

    async def line(self, tip: Commit, *without: str) -> Line:
        """The target's own commits at `tip`. without: revisions, as git names them, behind which nobody looks."""
        step = "looking at the target's own commits"
        listed = await self._refinery.run("rev-list", "--parents", tip, *without, step=step)
        named = await self._refinery.run("log", "--format=%H", f"--grep=^{TRAILER}: ", tip, *without, step=step)
        rows = map(str.split, listed.lines)
        return line(tip, {commit: parents for commit, *parents in rows}, set(named.lines), await self._pinned())

    async def _pinned(self) -> Pinned:
        listing = ("for-each-ref", "--format=%(objectname)%09%(refname)", SUBMITTED, CANDIDATES, PROPOSED)
        listed = await self._refinery.run(*listing, step="listing what was submitted")
        rows = [entry.split("\t") for entry in listed.lines]
        submitted = {commit for commit, ref in rows if ref.startswith(SUBMITTED)}
        return Pinned(submitted, {commit for commit, ref in rows if not ref.startswith(SUBMITTED)})

    async def landings(self, since: Commit, town: str) -> list[FoundLanding]:
        """See RigGit.landings."""
        tip = (await self.fetch()).work
        known = since != "" and await self._is_part(since, tip)
        found = await self._named(f"^{TRAILER}: ", tip, *((f"^{since}",) if known else ()))
        return [one for one, by in found if by in (town, "")]

    async def part(self, commit: Commit, tip: Commit, otherwise: Commit) -> Commit:
        """`commit`, if it is part of what `tip` holds, or ""."""
        return commit if not commit or await self._is_part(commit, tip) else otherwise

    async def landing_of_bead(
        self, bead: BeadId, town: str, but: SubmissionId, base: Commit, tip: Commit
    ) -> FoundLanding | None:
        """The first landing of this bead in base..tip, on the target's own line, that says it is this town's and is of
        another submission than `but`. base "": anywhere."""
        if base == tip or not (bead and town):
            return None
        without = (f"^{base}",) if base else ()
        found = await self._named(f"^{BEAD_TRAILER}: {bead.replace('.', '[.]')}$", tip, *without)
        return next((one for one, by in found if (one.bead, by) == (bead, town) and one.submission != but), None)

    async def _named(self, pattern: str, tip: Commit, *without: str) -> list[tuple[FoundLanding, str]]:
        """The landings on the target's own line whose message has a line like `pattern`, oldest first, and whose each
        says it is."""
        words = ("log", "--topo-order", "--reverse", "--merges", f"--format={_LANDING}", f"--grep={pattern}")
        listed = await self._refinery.run(*words, tip, *without, step="looking for landings")
        rows = [row for row in (entry.split("\t") for entry in listed.lines) if len(row) == 5 and row[2] and row[3]]
        if not rows:
            return []
        own = (await self.line(tip, *without)).own
        return [
            (FoundLanding(bead=bead, submission=submission, commit=parents.split(" ")[-1], target_commit=commit), by)
            for commit, parents, bead, submission, by in rows
            if commit in own
        ]

    async def _is_part(self, commit: Commit, tip: Commit) -> bool:
        asked = ("merge-base", "--is-ancestor", commit, tip)
        answer = await self._refinery.run(*asked, step="looking for a commit on the target", ok=(0, 1, 128))
        return answer.code == 0


def _pair(tips: Tips) -> tuple[Commit, Commit]:
    return tips.target, tips.landing


def commits_by_ref(listed: Output) -> dict[str, Commit]:
    """Lines of "commit TAB ref", as ls-remote prints them."""
    return {ref: commit for commit, _, ref in (line.partition("\t") for line in listed.lines)}


def local_folder(origin: str) -> Path | None:
    """The folder that `origin` names on this machine, None when it is elsewhere."""
    if origin.startswith("file://"):
        return Path(unquote(urlsplit(origin).path))
    return Path(origin) if origin.startswith("/") else None


def git_folder(folder: Path) -> Path:
    """What to name as the git directory of the repository at `folder`, bare or not."""
    inside = folder / ".git"
    return inside if inside.exists() else folder
