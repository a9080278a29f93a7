"""Candidates: the target with one submission merged in, built without a checkout; and plain checkouts of them."""

import re
from pathlib import Path

import anyio

from gastown.adapters.git.port import AlreadyLanded, Build, Built, Conflicted, Overtaken
from gastown.adapters.git.program import readable
from gastown.adapters.git.repositories import Repositories, make_folders
from gastown.adapters.git.sparse import sparse_patterns
from gastown.adapters.git.target import Target
from gastown.adapters.git.tips import BEAD_TRAILER, CANDIDATES, TOWN_TRAILER, TRAILER
from gastown.events.ids import Commit, SubmissionId

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""A commit takes no NUL, and whoever reads its message in a terminal none of the others."""
STRANGERS = "(the branch shares no history with the target)"


class Candidates:
    """Of one rig, in the Refinery's repository."""

    def __init__(self, repositories: Repositories, target: Target) -> None:
        self._repositories = repositories
        self._refinery = repositories.refinery
        self._target = target
        self._parents: dict[Commit, Commit] = {}

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
        merged = await self._merge(submission, tip, commit)
        if isinstance(merged, Conflicted):
            return merged
        text = candidate_message(message, submission, trailers).encode(errors="surrogateescape")
        make = ("commit-tree", merged, "-p", tip, "-p", commit, "-F", "-", "--no-gpg-sign")
        made = (await self._refinery.run(*make, step=f"committing {submission}", stdin=text)).text
        await self._repositories.pinned(f"{CANDIDATES}{submission}", made, f"pinning {submission}")
        self._parents[made] = tip
        return Built(base=tip, candidate=made)

    async def _merge(self, submission: SubmissionId, tip: Commit, commit: Commit) -> str | Conflicted:
        """The merged tree."""
        merge = ("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", tip, commit)
        step = f"merging {submission}"
        merged = await self._refinery.run(*merge, step=step, ok=(0, 1, 128))
        if "unrelated histories" in merged.stderr:
            return Conflicted(base=tip, files=(STRANGERS,))
        tree, *files = merged.fields
        merged.demand(step, *((0, 1) if tree else (0,)))  # older gits end with 1 also where a commit is not there
        if merged.code == 0:
            return tree
        return Conflicted(base=tip, files=tuple(dict.fromkeys(readable(name) for name in files if name)))

    async def grows_from(self, candidate: Commit, expected: Commit) -> bool:
        """Whether `candidate` was built on `expected`: a landing never takes anything away."""
        return self._parents.get(candidate) == expected or await self._target.contains(candidate, expected)

    async def submitted(self, candidate: Commit) -> Commit:
        """What was merged to make `candidate`, "" when it is no merge."""
        asked = ("rev-list", "--max-count=1", "--parents", candidate)
        shown = await self._refinery.run(*asked, step=f"looking at {candidate[:12]}")
        _, *parents = shown.text.split()
        return parents[1] if len(parents) > 1 else ""

    async def checkout(self, commit: Commit, folder: Path) -> None:
        """See RigGit.checkout."""
        form = f"--object-format={'sha256' if len(commit) == 64 else 'sha1'}"
        await anyio.Path(folder).mkdir(parents=True)
        throwaway = self._repositories.at(folder / ".git", folder)
        await throwaway.run("init", "--quiet", "--template=", form, step="making a throwaway repository")
        make_folders(folder / ".git" / "objects" / "info", folder / ".git" / "info")
        alternates = folder / ".git" / "objects" / "info" / "alternates"
        alternates.write_text(f"{self._repositories.refinery_dir / 'objects'}\n")
        self._repositories.copy_tags(folder / ".git")
        sparse = self._repositories.config.sparse
        if sparse:
            (folder / ".git" / "info" / "sparse-checkout").write_text(sparse_patterns(sparse))
            await throwaway.configure({"core.sparsecheckout": "true", "core.sparsecheckoutcone": "true"})
        await throwaway.run("checkout", "--quiet", "--detach", commit, step=f"checking out {commit[:12]}")


def candidate_message(message: str, submission: SubmissionId, trailers: tuple[tuple[str, str], ...]) -> str:
    """`message`, then the trailers as git reads them: a last paragraph, one line each; the submission's always."""
    lines = [(key, re.sub(r"\s+", " ", value).strip()) for key, value in trailers]
    if TRAILER not in dict(lines):
        lines.append((TRAILER, submission))
    block = "".join(f"{key}: {value}\n" for key, value in lines if value)
    return f"{_UNSEEN.sub(chr(0xFFFD), message).rstrip()}\n\n{block}"
