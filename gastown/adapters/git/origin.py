"""What is at a place a person names as a rig's repository, and how their git reaches it.

The one look at the user's own configuration. Nothing is written to the place, and their checkout is never worked in.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import anyio
import msgspec

from gastown.actors.errands import OriginFacts
from gastown.adapters.git.content import refuse_unsupported
from gastown.adapters.git.environment import NOBODY, Transport, transport_environment, users_environment
from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.program import Call, GitProgram, Output, without_secrets
from gastown.adapters.git.repository import Repository
from gastown.adapters.git.target import git_folder, local_folder
from gastown.adapters.git.user_settings import (
    UserSettings,
    holds_password,
    read_user_settings,
    without_userinfo,
)
from gastown.errors import RefusedError, UnknownThingError

_SCP = re.compile(r"[^/:]+:")  # host:path


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """A repository on this machine. top: its folder."""

    top: Path
    bare: bool


async def inspect_origin(
    program: GitProgram, location: str, branch: str = "", outer: Mapping[str, str] | None = None
) -> OriginFacts:
    """Facts about `location`: a URL, or the absolute path of a repository or a checkout. branch "": its default one.

    outer: the environment in which the user's git would run, this process's own by default. Raises UnknownThingError
    (no repository, no such branch) and RefusedError (empty, unreachable, submodules, LFS, a password in the URL).
    """
    return await _Inspection(program, os.environ if outer is None else outer).facts(location, branch)


class _Inspection:
    def __init__(self, program: GitProgram, outer: Mapping[str, str]) -> None:
        self._program = program
        self._outer = outer

    async def facts(self, location: str, branch: str) -> OriginFacts:
        folder = local_folder(location)
        checkout = None if folder is None else await self._checkout(folder)
        settings = await read_user_settings(self._program, checkout.top if checkout else Path("/"), self._outer)
        origin, notes = self._origin(location, checkout, settings)
        if holds_password(origin):
            hint = "use a credential helper: a rig's origin is written to the town's log, which is kept for ever"
            raise RefusedError(f"the URL {without_userinfo(origin)} carries a password", hint=hint)
        own = checkout is not None and not checkout.bare and not settings.remote
        target = await self._target(origin, branch, settings, own=own)
        if checkout is not None and not checkout.bare:
            notes += await self._warnings(checkout, target, origin, own=own)
        return _facts(origin, target, f"gt/{target}" if own else target, settings, notes)

    async def _ask(self, folder: Path, *arguments: str, ok: tuple[int, ...] | None = (0,)) -> Output:
        settings = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
        environment = users_environment(self._outer)
        step = f"looking at {folder}"
        call = Call(
            arguments=(*settings, *arguments), environment=environment, folder=folder, step=step, ok=ok, exact=True
        )
        return await self._program.run(call)

    async def _checkout(self, folder: Path) -> Checkout:
        if not await anyio.Path(folder).is_dir():
            raise UnknownThingError(f"there is no folder {folder}", hint="give the path or the URL of a repository")
        ask = ("rev-parse", "--is-bare-repository", "--is-shallow-repository", "--absolute-git-dir")
        answer = await self._ask(folder, *ask, ok=None)
        if answer.code != 0:
            raise _no_repository(folder, answer)
        bare, shallow, git_dir = answer.lines
        if shallow == "true":
            raise RefusedError(f"{folder} is a shallow clone", hint=f"git -C {folder} fetch --unshallow")
        top = Path(git_dir)
        if bare != "true":
            shown = await self._ask(folder, "rev-parse", "--show-toplevel", ok=None)
            top = Path(shown.text) if shown.code == 0 else top.parent
        if not await anyio.Path(top).samefile(folder):
            raise UnknownThingError(f"{folder} is inside a repository, not one itself", hint=f"name {top}")
        return Checkout(top=folder, bare=bare == "true")

    def _origin(self, location: str, checkout: Checkout | None, settings: UserSettings) -> tuple[str, tuple[str, ...]]:
        if checkout is None or checkout.bare:
            return location, ()
        if not settings.remote:
            return str(checkout.top), ()
        remote = settings.remote
        if "://" not in remote and not _SCP.match(remote):
            remote = os.path.normpath(checkout.top / Path(remote).expanduser())
        return remote, (f"{checkout.top} is a checkout: its remote {without_userinfo(remote)} is used",)

    async def _target(self, origin: str, branch: str, settings: UserSettings, *, own: bool) -> str:
        """The branch, once it is certain that it is there and can be worked on."""
        repository = self._repository(origin, settings)
        heads, default = await _heads(repository, origin)
        target = branch or default
        if not heads:
            raise RefusedError(f"{without_userinfo(origin)} is empty", hint="commit something to it first")
        if target not in heads:
            known = ", ".join(sorted(heads)[:8])
            missing = f"no branch {target}" if target else "no default branch"
            raise UnknownThingError(f"{without_userinfo(origin)} has {missing}", hint=f"--branch, one of: {known}")
        if own and "gt" in heads:
            message = f"{origin} has a branch gt, so there can be no branch gt/{target}"
            raise RefusedError(message, hint=f"rename it: git -C {origin} branch -m gt other-name")
        await refuse_unsupported(repository, origin, target)
        return target

    def _repository(self, origin: str, settings: UserSettings) -> Repository:
        transport = Transport(settings=settings.transport, ssh_command=settings.ssh_command)
        outward = transport_environment(self._outer, transport)
        if any(key == "safe.directory" for key, _ in settings.transport):
            # git takes that one setting from nowhere but the user's own files.
            outward = {name: value for name, value in outward.items() if name != "GIT_CONFIG_GLOBAL"}
        folder = local_folder(origin)
        return Repository(self._program, git_folder(folder) if folder else Path("/"), outward, outward)

    async def _warnings(self, checkout: Checkout, target: str, origin: str, *, own: bool) -> tuple[str, ...]:
        notes: tuple[str, ...] = ()
        changed = await self._ask(checkout.top, "--no-optional-locks", "status", "--porcelain", "-z", "-uno")
        if changed.raw:
            notes += (f"{checkout.top} has uncommitted changes: workers will not see them",)
        if own:
            merge = f"git -C {checkout.top} merge gt/{target}"
            return (*notes, f"{checkout.top} has no remote: what is proven lands on its branch gt/{target}; {merge}")
        unpushed = await self._ask(
            checkout.top, "rev-list", "--count", f"refs/heads/{target}", "--not", "--remotes=origin", ok=(0, 128)
        )
        if unpushed.code == 0 and unpushed.text != "0":
            count = f"{unpushed.text} commit{'' if unpushed.text == '1' else 's'}"
            notes += (f"warning: {target} in {checkout.top} has {count} that {without_userinfo(origin)} does not have",)
        return notes


async def _heads(repository: Repository, origin: str) -> tuple[set[str], str]:
    """The origin's branches and the default one, "" when there is none."""
    try:
        listed = await repository.reach("ls-remote", "--symref", origin, "HEAD", "refs/heads/*", step="looking")
    except GitFailedError as error:
        message = f"git cannot read {without_userinfo(origin)}: {_last_line(error.stderr)}"
        hint = f"try: git ls-remote {without_userinfo(origin)}"
        if "not a git repository" in error.stderr or "not found" in error.stderr.lower():
            raise UnknownThingError(message, hint=hint) from error
        raise RefusedError(message, hint=hint) from error
    rows = [line.split("\t") for line in listed.lines]
    default = next((ref.removeprefix("ref: refs/heads/") for ref, name in rows if name == "HEAD" and ":" in ref), "")
    return {name.removeprefix("refs/heads/") for _, name in rows if name.startswith("refs/heads/")}, default


def _facts(origin: str, target: str, landing: str, settings: UserSettings, notes: tuple[str, ...]) -> OriginFacts:
    identity = settings.identity
    if not all(identity):
        identity = (identity[0] or NOBODY[0], identity[1] or NOBODY[1])
        notes += (f"git knows no user.name or user.email of yours: commits are made as {identity[0]} <{identity[1]}>",)
    if settings.left_out:
        left_out = ", ".join(settings.left_out)
        notes += (f"not taken over, because it holds a secret: {left_out}; use a credential helper",)
    return OriginFacts(
        origin=origin,
        target=target,
        landing=landing,
        transport=settings.transport,
        identity=identity,
        ssh_command=settings.ssh_command,
        notes=notes,
    )


def _no_repository(folder: Path, answer: Output) -> UnknownThingError | RefusedError:
    if "dubious ownership" in answer.stderr:
        hint = f"git config --global --add safe.directory {folder}"
        return RefusedError(f"{folder} belongs to another user", hint=hint)
    return UnknownThingError(f"{folder} is no git repository", hint=f"git -C {folder} init, and commit something")


def _last_line(stderr: str) -> str:
    """The first thing git complained of; its advice follows it."""
    lines = [line for line in without_secrets(stderr).splitlines() if line.startswith(("fatal:", "error:", "ERROR:"))]
    return (lines or ["no answer"])[0]
