"""`Git` by the program of that name."""

from pathlib import Path

from gastown.actors.errands import OriginFacts
from gastown.adapters.git.git_rig import GitRig
from gastown.adapters.git.origin import inspect_origin
from gastown.adapters.git.program import GitProgram
from gastown.events.ids import RigName
from gastown.events.rig import RigConfig


class ProgramGit:
    """Every rig shares one program, and so its limit on how many of them run at once."""

    def __init__(self) -> None:
        self._program = GitProgram()

    def rig(self, root: Path, name: RigName, config: RigConfig) -> GitRig:
        return GitRig(root, name, config, self._program)

    async def inspect_origin(self, location: str, branch: str) -> OriginFacts:
        return await inspect_origin(self._program, location, branch)
