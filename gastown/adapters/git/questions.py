"""What people ask of a rig's repositories: what changed, who brought a commit, whether all is there."""

import re
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from gastown.actors.errands import CommitFacts
from gastown.adapters.git.leftovers import SandboxReader
from gastown.adapters.git.repositories import Repositories
from gastown.adapters.git.sandboxes import Sandboxes
from gastown.adapters.git.target import Target
from gastown.adapters.git.tips import BEAD_TRAILER, TRAILER
from gastown.errors import UnknownThingError
from gastown.events.ids import Commit, SessionId

LONGEST_PATCH = 500_000
"""Bytes of a patch that are handed out: an answer is one message between processes."""

_OBJECT_NAME = re.compile("[0-9a-f]{4,64}")
_KEYS = (BEAD_TRAILER, TRAILER, "Gastown-Trace")
_FORMAT = "%x09".join(("%H", *(f"%(trailers:key={key},valueonly,separator=%x20)" for key in _KEYS)))


class Findings(NamedTuple):
    """What a proof finds: commits that are nowhere, landed ones that are not on the branch, and where each ref is."""

    missing: Container[Commit]
    outside: Container[Commit]
    refs: Mapping[str, Commit]


class Questions:
    """About one rig."""

    def __init__(self, repositories: Repositories, target: Target, sandboxes: Sandboxes, reader: SandboxReader) -> None:
        self._repositories = repositories
        self._refinery = repositories.refinery
        self._target = target
        self._sandboxes = sandboxes
        self._reader = reader

    async def diff(self, base: Commit, commit: Commit) -> str:
        """The changes from base to commit, as a patch. Raises UnknownThingError."""
        for name in (base, commit):
            await self._resolve(name)
        compare = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", base, commit)
        return cut((await self._refinery.run(*compare, step=f"comparing {base[:12]} with {commit[:12]}")).raw)

    async def diff_sandbox(self, session: SessionId) -> str:
        """The changes in a session's sandbox since its base, committed or not. Raises UnknownThingError."""
        base = self._sandboxes.base(session)
        if not base:
            raise UnknownThingError(f"there is no sandbox {session}", "gt agents shows who works")
        return cut((await self._reader.diff(self._repositories.worktree(session), base)).raw)

    async def commit(self, name: str) -> CommitFacts:
        """Which landing brought this commit (full or abbreviated) to the target. Raises UnknownThingError."""
        commit = await self._resolve(name)
        tip = (await self._target.last_seen()).work
        landing = await self._oldest_landing(commit, tip)
        if landing is None:
            return CommitFacts(commit=commit)
        found, bead, submission, trace = landing
        return CommitFacts(commit=commit, landing=found, bead=bead, submission=submission, trace=trace)

    async def _oldest_landing(self, commit: Commit, tip: Commit) -> tuple[str, str, str, str] | None:
        """The first landing that contains the commit, unless the target had it before from elsewhere."""
        step = f"looking for the landing of {commit[:12]}"
        log = ("log", "--topo-order", "--reverse", f"--format={_FORMAT}", f"--grep=^{TRAILER}: ")
        itself = await self._refinery.run(*log, "--no-walk", commit, step=step)
        later = await self._refinery.run(*log, "--ancestry-path", f"{commit}..{tip}", step=step)
        rows = [line.split("\t") for line in (*itself.lines, *later.lines)]
        landings = [(row[0], row[1], row[2], row[3]) for row in rows if len(row) == 4 and row[2]]
        if not landings:
            return None
        own = (await self._target.line(tip, f"^{commit}^@")).own
        first = next((landing for landing in landings if landing[0] in own), None)
        if first is None:
            return None
        return None if first[0] != commit and await self._target.contains(f"{first[0]}^1", commit) else first

    async def proof(self, landed: Sequence[Commit], pins: Sequence[tuple[str, Commit]]) -> list[str]:
        """Complaints, one a line: landed commits the target does not contain, pins that are missing or elsewhere.

        Fetches the target first.
        """
        tip = (await self._target.fetch()).work
        missing = await self._missing([*landed, *(commit for _, commit in pins)])
        outside = await self._outside([commit for commit in landed if commit not in missing], tip)
        findings = Findings(missing, outside, await self._refs())
        return complaints(landed, pins, findings, self._repositories.config.landing)

    async def _missing(self, commits: Sequence[Commit]) -> set[Commit]:
        asked = "".join(f"{commit}\n" for commit in dict.fromkeys(commits)).encode()
        answered = await self._refinery.run("cat-file", "--batch-check", step="looking for commits", stdin=asked)
        return {line.split(" ")[0] for line in answered.lines if " commit " not in line}

    async def _outside(self, commits: Sequence[Commit], tip: Commit) -> set[Commit]:
        """Those that are no ancestors of `tip`, in one walk."""
        asked = "".join(f"{line}\n" for line in (*commits, f"^{tip}")).encode()
        step = "looking for landed commits on the target"
        listed = await self._refinery.run("rev-list", "--stdin", step=step, stdin=asked)
        return set(commits) & set(listed.lines)

    async def _refs(self) -> dict[str, Commit]:
        listing = ("for-each-ref", "--format=%(refname)%09%(objectname)", "refs/gastown/", "refs/heads/gt/")
        listed = await self._refinery.run(*listing, step="listing pins")
        return {ref: commit for ref, _, commit in (line.partition("\t") for line in listed.lines)}

    async def _resolve(self, name: str) -> Commit:
        found = await self._find(name)
        if not found:
            await self._target.fetch()  # a person may have just pushed it
            found = await self._find(name)
        if not found:
            raise UnknownThingError(f"there is no commit {name} in this rig", "gt report shows what landed")
        return found

    async def _find(self, name: str) -> Commit:
        if not _OBJECT_NAME.fullmatch(name):
            return ""
        ask = ("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return (await self._refinery.run(*ask, step=f"looking for {name}", ok=(0, 1, 128))).text


def complaints(landed: Sequence[Commit], pins: Sequence[tuple[str, Commit]], found: Findings, branch: str) -> list[str]:
    """See RigQuestions.proof."""
    moved = [(ref, commit) for ref, commit in pins if found.refs.get(ref) != commit]
    return [
        *(f"landed commit {commit} is nowhere in the repository" for commit in landed if commit in found.missing),
        *(f"landed commit {commit} is not on {branch}" for commit in landed if commit in found.outside),
        *(f"{ref} should be at {commit}: it is {found.refs.get(ref, 'gone')}" for ref, commit in moved),
        *(f"the commit at {ref} is gone: {commit}" for ref, commit in pins if commit in found.missing),
    ]


def cut(patch: bytes) -> str:
    """As text, no longer than is handed out."""
    text = patch[:LONGEST_PATCH].decode(errors="replace")
    whole = len(patch) <= LONGEST_PATCH
    return text if whole else f"{text}\n(cut here: the whole patch has {len(patch)} bytes)\n"
