"""A copy of a rig's target on a machine that has no way to its origin: what sandboxes there are made from.

A bare repository with one branch, filled by bundles. For the repositories of the rig it is the origin.
"""

from pathlib import Path

import anyio
import msgspec

from gastown.adapters.git.environment import local_environment
from gastown.adapters.git.program import GitProgram
from gastown.adapters.git.repositories import remove_tree
from gastown.adapters.git.repository import Repository
from gastown.events.ids import Commit
from gastown.events.rig import RigConfig


class HomeCopy:
    """Of one rig, below its folder."""

    def __init__(self, root: Path, branch: str, program: GitProgram | None = None) -> None:
        self.path = root / "home.git"
        self._ref = f"refs/heads/{branch}"
        self._program = program or GitProgram()

    def seen_from_here(self, config: RigConfig) -> RigConfig:
        """The rig, with this as its origin. What reaches the origin at home is of no use here."""
        return msgspec.structs.replace(
            config, origin=str(self.path), landing=config.target, transport=(), ssh_command="", filter=""
        )

    async def tip(self) -> Commit:
        """Of the branch; "" while there is none."""
        if not self.path.exists():
            return ""
        found = await self._at(self.path).run(
            "rev-parse", "--verify", "--quiet", self._ref, step="looking at the copy of the target", ok=(0, 1)
        )
        return found.text

    async def take(self, bundle: Path, commit: Commit) -> None:
        """Bring the branch to `commit`, of a bundle that goes on from its tip. Raises GitFailedError."""
        if not self.path.exists():
            await self._make(commit)
        here = self._at(self.path)
        step = f"taking {commit[:12]} into the copy of the target"
        await here.run("bundle", "unbundle", str(bundle), step=step)
        await here.run("update-ref", self._ref, commit, step=step)

    async def _make(self, commit: Commit) -> None:
        making = self.path.with_suffix(".making")
        await remove_tree(making)
        await anyio.Path(making).mkdir(parents=True)
        kind = "sha256" if len(commit) == 64 else "sha1"
        make = ("init", "--quiet", "--bare", "--template=", f"--object-format={kind}")
        await self._at(making).run(*make, step="making a copy of the target")
        await self._at(making).configure({"core.fsync": "all"})
        await anyio.Path(making).rename(self.path)

    def _at(self, git_dir: Path) -> Repository:
        return Repository(self._program, git_dir, local_environment(), local_environment(), None, ())
