"""The port to a rig's repositories: sandboxes for workers, candidates for the Refinery, the target.

Two bare repositories per rig: `work.git`, whose worktrees are the sandboxes and which workers can write, and
`refinery.git`, which no worker can write and in which everything that must not be lost is pinned.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from gastown.actors.commands.mayor import FoundLanding
from gastown.actors.errands import CheckStep, CommitFacts, OriginFacts
from gastown.errors import GastownError
from gastown.events.ids import Commit, RigName, SessionId, SubmissionId
from gastown.events.rig import RigConfig
from gastown.events.session import Earlier

OWN_REFS = "refs/gastown/"
"""What the town names itself. No branch of anybody's is there."""
KEPT = "refs/heads/gt/kept/"
"""Branches of what sessions left, so that people find it."""
BUNDLE_CHUNK = 1 << 20


class GitFailedError(GastownError):
    """git did not do it. `stderr` is what it said, its end. The message names the step."""

    def __init__(self, message: str, stderr: str = "", hint: str = "") -> None:
        super().__init__(message, hint)
        self.stderr = stderr


class SandboxGoneError(GitFailedError):
    """Its worker has destroyed it: no time mends that."""


class BasisMissingError(GitFailedError):
    """A bundle goes on from a commit that is not here."""


class Sandbox(msgspec.Struct, frozen=True, kw_only=True):
    """A worktree on a branch of its own, made from `base`. reapplied/left: commits of the earlier attempt (see
    SessionStarted). conflict: the subject of the first commit that did not apply, "" for none. missing: another
    town made them, and they are not here.

    repository: where git writes what is committed in it; own: the part of that which is this worktree's alone.
    borrows: a folder of objects that git only reads.
    """

    worktree: Path
    branch: str
    base: Commit
    repository: Path = Path()
    own: Path = Path()
    borrows: Path = Path()
    reapplied: int = 0
    left: int = 0
    conflict: str = ""
    missing: bool = False


class Leftovers(msgspec.Struct, frozen=True, kw_only=True):
    """What a sandbox holds. head: its HEAD if ahead of base, else "". Paths relative to the worktree."""

    head: Commit
    ahead: int
    changed: tuple[str, ...]
    untracked: tuple[str, ...]


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A merge of the submission onto `base`, pinned; `candidate` carries the trailers."""

    base: Commit
    candidate: Commit


class Conflicted(msgspec.Struct, frozen=True, kw_only=True):
    base: Commit
    files: tuple[str, ...]


class AlreadyLanded(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate of the submission landed before: it is on the target's own line, with what was submitted."""

    base: Commit
    target_commit: Commit


class Overtaken(msgspec.Struct, frozen=True, kw_only=True):
    """Another submission of the same bead and the same town is on the target's own line: it was made by a town of
    the same past that works elsewhere. by: that one, and what it brought."""

    base: Commit
    by: FoundLanding


class Landed(msgspec.Struct, frozen=True, kw_only=True):
    target_commit: Commit


class Raced(msgspec.Struct, frozen=True, kw_only=True):
    """Someone else moved the target; it is at `found` and holds no candidate of this submission.

    rewritten: it does not contain what was expected any more.
    """

    found: Commit
    rewritten: bool = False


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The origin does not take it. reason: its words."""

    reason: str


Build: TypeAlias = Built | Conflicted | AlreadyLanded | Overtaken
Landing: TypeAlias = Landed | Raced | Refused


class RigQuestions(Protocol):
    """What can be asked about one rig. All raise UnknownThingError and GitFailedError."""

    async def diff(self, base: Commit, commit: Commit) -> str:
        """The changes from base to commit, as a patch."""
        ...

    async def diff_sandbox(self, session: SessionId) -> str:
        """The changes in a session's sandbox since its base, committed or not."""
        ...

    async def commit(self, name: str) -> CommitFacts:
        """Which landing brought this commit (full or abbreviated) to the target."""
        ...

    async def proof(self, landed: Sequence[Commit], pins: Sequence[tuple[str, Commit]]) -> list[str]:
        """See AskProof."""
        ...


class RigGit(Protocol):
    """One rig's repositories on this machine. Every method is safe to repeat; all raise GitFailedError."""

    @property
    def config(self) -> RigConfig: ...

    @property
    def questions(self) -> RigQuestions: ...

    async def ensure(self) -> None:
        """Make both repositories if they are not there (clone of the origin); clear locks a killed git left."""
        ...

    async def target(self, *, fetch: bool) -> Commit:
        """The target's commit: as last seen, or fetched from the origin just now."""
        ...

    async def create_sandbox(self, session: SessionId, earlier: Earlier | None, *, alone: bool = False) -> Sandbox:
        """A worktree for this session from the target as last seen, the earlier attempt's commits re-applied as far
        as they apply, in order, stopping at the first that does not. Called twice: the same sandbox.

        alone: in a repository of its own, which holds nothing of other sessions."""
        ...

    async def inspect(self, worktree: Path, base: Commit) -> Leftovers:
        """What is in the sandbox, by git with the worker's hooks and fsmonitor disabled.

        Raises SandboxGoneError where there is no worktree any more.
        """
        ...

    async def pin(self, worktree: Path, ref: str, commit: Commit) -> None:
        """Bring `commit` by object id from the sandbox's repository into the Refinery's, flushed to disk, at `ref`."""
        ...

    async def save_work(self, worktree: Path, message: str) -> Commit:
        """A commit of everything uncommitted (untracked files too, ignored ones not) on top of HEAD; touches neither
        index nor branch. Returns HEAD when there is nothing uncommitted."""
        ...

    async def unlock_sandbox(self, session: SessionId) -> None:
        """Take away the locks that git of the worker's left when it was killed: on its index, its HEAD, its branch.

        Only when nothing of the session runs.
        """
        ...

    async def remove_sandbox(self, session: SessionId) -> None:
        """The worktree and its branch, if there. Only after everything in it is pinned."""
        ...

    async def build(
        self,
        submission: SubmissionId,
        commit: Commit,
        base: Commit,
        message: str,
        trailers: tuple[tuple[str, str], ...],
        look_from: Commit | None = None,
    ) -> Build:
        """Merge `commit` onto the target as fetched just now, as one --no-ff commit with `message` and `trailers`;
        pinned at refs/gastown/candidates/<submission>. First looks from `base` on for a landing of this submission, and
        for one of another submission of the same bead and town, as `trailers` name them: that from `look_from` on, if
        that is given and part of the target ("": from its beginning), as another machine may have landed it before the
        work on this one began."""
        ...

    async def checkout(self, commit: Commit, folder: Path) -> None:
        """A plain checkout of `commit` in `folder` (made, must not exist) in a throwaway repository of its own, which
        cannot write the Refinery's."""
        ...

    async def remove_checkout(self, folder: Path) -> None:
        """The folder and all in it, if it is there. Raises OSError."""
        ...

    async def land(self, submission: SubmissionId, expected: Commit, candidate: Commit) -> Landing:
        """Move the landing branch of the origin from `expected` to `candidate` by a push with lease, then say what is
        true after a fetch. GitFailedError when the origin cannot be reached: nothing is known then."""
        ...

    async def propose(self, branch: str, candidate: Commit) -> Refused | None:
        """Push `candidate` to `branch` of the origin. None when it is there."""
        ...

    async def seen_on_target(self, submission: SubmissionId, base: Commit, commit: Commit) -> Commit:
        """Fetch, then the target's commit that brought the submission, or "": a merge of ours, `commit` itself, or the
        same changes (squashed, rebased). Words prove nothing: a squash carries those of everyone in it."""
        ...

    async def landings(self, since: Commit, town: str) -> list[FoundLanding]:
        """Fetch, then every landing of this town's on the target beyond `since`, oldest first; all there are where
        `since` is "" or no part of it. Merges only: one that a forge squashed is seen as the proposal it was.

        town: its lineage. A landing that says no town, as none once did, is its own, too.
        """
        ...

    async def tend(self, limit: int) -> bool:
        """Pack the repositories that hold more than `limit` objects as files of their own; whether there was any.
        Nothing that is there is lost by it, whenever it is broken off. Does nothing while a landing is under way."""
        ...

    def bundle(self, commit: Commit, basis: Sequence[Commit] = ()) -> AsyncGenerator[bytes]:
        """What is pinned and travels: `commit` with all its history but that of `basis`, which whoever gets it has.
        In chunks of at most BUNDLE_CHUNK bytes; together a file that `git bundle` reads. Of `basis`, what is not here
        counts for nothing. The chunks of one call come of one file, which goes when they are closed."""
        ...

    async def unbundle(self, chunks: AsyncIterable[bytes], commit: Commit, ref: str, *, limit: int) -> None:
        """Store what others bundled, flushed to disk, and pin `commit`, which it must lead to, at `ref`.

        ref: below OWN_REFS or KEPT; no other moves. limit: bytes, beyond which it is refused. What is in it is not
        trusted: before anything is stored every object is checked, and that none is missing. Raises
        BasisMissingError."""
        ...

    async def check_origin(self) -> list[CheckStep]:
        """The steps "fetch" and "push" of a rig's check; makes the repositories."""
        ...


class Git(Protocol):
    """All of a machine's git."""

    def rig(self, root: Path, name: RigName, config: RigConfig) -> RigGit:
        """The repositories of one rig under `root`. Nothing is made before `ensure`."""
        ...

    async def inspect_origin(self, location: str, branch: str) -> OriginFacts:
        """See AskOrigin. Raises GastownError."""
        ...
