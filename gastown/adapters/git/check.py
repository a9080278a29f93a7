"""Whether a rig's origin can be fetched from and pushed to, and what to mend. Setup and gates are run elsewhere."""

import os
from pathlib import Path

from gastown.actors.errands import CheckStep
from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.push import Pushes, checked_out
from gastown.adapters.git.repositories import Repositories
from gastown.adapters.git.target import Target, git_folder, local_folder
from gastown.adapters.git.tips import NO_ORIGIN, Tips
from gastown.events.rig import RigConfig

_MOVABLE = ("ignore", "warn", "updateInstead")  # values of receive.denyCurrentBranch that let a push through
_REHEARSAL = "gt-check"  # a branch that is only ever pushed in a dry run


class OriginCheck:
    """Of one rig."""

    def __init__(self, repositories: Repositories, target: Target, pushes: Pushes) -> None:
        self._repositories = repositories
        self._target = target
        self._pushes = pushes

    async def steps(self) -> list[CheckStep]:
        """The steps "fetch", which makes the rig's repositories, and, if that went well, "push", a dry run."""
        origin = self._repositories.config.origin
        if not origin:
            return [CheckStep(name="fetch", ok=False, detail=NO_ORIGIN, mend="gt rig set NAME --location URL")]
        try:
            await self._repositories.ensure()
            seen = await self._target.fetch()
        except GitFailedError as error:
            mend = error.hint or f"try: git ls-remote {origin}"
            return [CheckStep(name="fetch", ok=False, detail=error.message, mend=mend)]
        detail = f"{self._repositories.config.target} is at {seen.target[:12]}"
        return [CheckStep(name="fetch", ok=True, detail=detail), await self._push(seen)]

    async def _push(self, seen: Tips) -> CheckStep:
        branch = pushed_to(self._repositories.config)
        try:
            trouble, mend = await self._trouble(branch)
            pushed = await self._pushes.rehearse(branch, seen.work)
        except GitFailedError as error:
            return CheckStep(name="push", ok=False, detail=error.message, mend=error.hint)
        if trouble:
            return CheckStep(name="push", ok=False, detail=trouble, mend=mend)
        if not pushed.done:
            detail = pushed.refusal.reason if pushed.refusal else pushed.fault().message
            return CheckStep(name="push", ok=False, detail=detail, mend="give this user the right to push there")
        detail = f"a dry run to {branch}: what hooks and protection there would say is not known"
        return CheckStep(name="push", ok=True, detail=detail)

    async def _trouble(self, branch: str) -> tuple[str, str]:
        """What a dry run does not find in an origin on this machine: it writes nothing there."""
        folder = local_folder(self._repositories.config.origin)
        if folder is None:
            return "", ""
        there = self._repositories.at(git_folder(folder))
        ask = ("rev-parse", "--path-format=absolute", "--git-common-dir")
        common = Path((await there.reach(*ask, step=f"looking at {folder}")).text)
        if not os.access(common / "objects", os.W_OK) or not os.access(common / "refs" / "heads", os.W_OK):
            return f"{common} cannot be written", f"give this user the right to write {common}"
        listed = await there.reach("worktree", "list", "--porcelain", "-z", step=f"looking at {folder}")
        policy = await there.reach("config", "receive.denyCurrentBranch", step=f"looking at {folder}", ok=(0, 1))
        if f"branch refs/heads/{branch}" not in listed.fields or policy.text in _MOVABLE:
            return "", ""
        return checked_out(branch, str(folder)), f"git -C {folder} switch another-branch"


def pushed_to(config: RigConfig) -> str:
    """The branch that a dry run pushes to."""
    return config.landing if config.land != "branch" else _REHEARSAL
