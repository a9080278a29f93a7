"""One push to the origin, and what its answer means."""

import contextlib
import os
import re
from pathlib import Path

import anyio.to_thread

from gastown import durable
from gastown.adapters.git.interrupted_push import InterruptedPush
from gastown.adapters.git.port import GitFailedError, Refused
from gastown.adapters.git.program import Output, without_secrets
from gastown.adapters.git.repositories import Repositories
from gastown.adapters.git.target import commits_by_ref, git_folder, local_folder
from gastown.adapters.git.tips import NO_ORIGIN
from gastown.events.ids import Commit

_FAULTS = ("failed to update ref", "unpacker error", "internal", "remote unpack failed", "cannot lock ref")
"""Rejections that are no decision: a lock, a full disk, another push at the same moment."""
_DENIED = re.compile(
    r"(permission (to \S+ )?denied|access denied|authentication failed|could not read (username|password)"
    r"|write access .*not granted|not allowed to push|protected|read.?only|insufficient permission"
    r"|denied to|returned error: 40[13]|publickey)",
    re.IGNORECASE,
)
_VERDICT = re.compile(r"^!\t[^\t]*\t\[remote rejected\] \((.*)\)$", re.MULTILINE)
_LOCKED = re.compile(r"Unable to create '([^']+\.lock)': File exists")
_CHECKED_OUT = "branch is currently checked out"
_PUSH = ("push", "--porcelain", "--no-verify", "--no-recurse-submodules")
_DURABLY = "--receive-pack=git -c core.fsync=all receive-pack"
"""By default git leaves what it stores to the system's memory: a power cut lost a landing that had been reported, and
broke the branch. An origin elsewhere sees to that itself."""
_ADVICE = ("hint:", "error: failed to push", "To ", "remote:")
_LONGEST = 2000  # characters of an origin's words that are kept


class Pushed:
    """How a push ended."""

    def __init__(self, output: Output, origin: str, branch: str) -> None:
        self._output = output
        self._origin = origin
        self._branch = branch
        self.done = output.code == 0

    @property
    def refusal(self) -> Refused | None:
        """The origin's decision against it; None when it failed for another reason, or did not fail."""
        verdict = _VERDICT.search(self._output.text)
        said = _words(self._output.stderr)
        if verdict is None or verdict[1].startswith(_FAULTS):
            return Refused(reason=said) if not self.done and _DENIED.search(self._output.stderr) else None
        if verdict[1] == _CHECKED_OUT:
            return Refused(reason=checked_out(self._branch, self._origin))
        return Refused(reason=": ".join(part for part in (verdict[1], said) if part))

    def fault(self) -> GitFailedError:
        """What to raise when it failed and nobody refused it."""
        stderr = self._output.stderr
        lock = _LOCKED.search(stderr)
        if lock is not None:
            file = os.path.normpath(lock[1])
            hint = f"no push of this town left it; if no git runs there, remove {file}"
            return GitFailedError(f"{file} is in the way of every push", stderr=stderr, hint=hint)
        said = _words(stderr) or without_secrets(self._output.text)
        return GitFailedError(f"pushing to {self._origin} failed: {said}", stderr=stderr)


class Pushes:
    """Of one rig. The caller sees to it that there is one at a time."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories
        self._origin = repositories.config.origin
        self._interrupted = InterruptedPush(repositories.root)
        self._common_folder: Path | None = None

    async def settle(self) -> None:
        """Clean up after a push that was killed. Raises GitFailedError when it still runs."""
        await self._interrupted.settle()

    async def push(self, branch: str, commit: Commit, expected: Commit) -> Pushed:
        """Move `branch` of the origin from `expected` ("": it must not exist) to `commit`."""
        self._demand_origin()
        ref = f"refs/heads/{branch}"
        await self._interrupted.settle()
        mark = await self._intend(ref, commit)
        here = () if self._common_folder is None else (_DURABLY,)
        words = (*_PUSH, *here, f"--force-with-lease={ref}:{expected}", "origin", f"{commit}:{ref}")
        step = f"pushing to {self._origin}"
        output = await self._repositories.refinery.reach(*words, step=step, ok=None, environment=mark)
        if output.code >= 0:  # ended by itself, and took its locks along
            self._interrupted.end()
        if output.code == 0 and self._common_folder is not None:
            await anyio.to_thread.run_sync(_flush_name, self._common_folder / ref)
        return Pushed(output, self._origin, branch)

    async def tip(self, branch: str) -> Commit:
        """Where `branch` of the origin is, "" when there is none."""
        self._demand_origin()
        ref = f"refs/heads/{branch}"
        step = f"looking at {self._origin}"
        listed = await self._repositories.refinery.reach("ls-remote", "origin", ref, step=step)
        return commits_by_ref(listed).get(ref, "")

    async def rehearse(self, branch: str, commit: Commit) -> Pushed:
        """Everything of a push but the push."""
        self._demand_origin()
        words = (*_PUSH, "--dry-run", "--force", "origin", f"{commit}:refs/heads/{branch}")
        step = f"rehearsing a push to {self._origin}"
        return Pushed(await self._repositories.refinery.reach(*words, step=step, ok=None), self._origin, branch)

    def _demand_origin(self) -> None:
        """Git takes an origin without a URL for a folder of that name."""
        if not self._origin:
            raise GitFailedError(NO_ORIGIN, hint="gt rig set NAME --location URL")

    async def _intend(self, ref: str, commit: Commit) -> dict[str, str]:
        folder = local_folder(self._origin)
        if folder is None:
            return {}
        if self._common_folder is None:
            ask = ("rev-parse", "--path-format=absolute", "--git-common-dir")
            there = self._repositories.at(git_folder(folder))
            self._common_folder = Path((await there.reach(*ask, step=f"looking at {self._origin}")).text)
        return await self._interrupted.begin(self._common_folder, ref, commit)


def _flush_name(ref: Path) -> None:
    """git flushes a ref, and not its name. Where refs are no files there is nothing to do."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        durable.flush_names(ref.parent)


def checked_out(branch: str, origin: str) -> str:
    return f"branch {branch} is checked out in {origin}, and git does not move it there: switch to another branch"


def _words(stderr: str) -> str:
    """What the origin itself said, if it did, else what git said; without the advice."""
    lines = [line.strip() for line in without_secrets(stderr).splitlines()]
    remote = [line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:")]
    own = [line for line in lines if not line.startswith(_ADVICE)]
    return "\n".join(line for line in remote or own if line)[-_LONGEST:]
