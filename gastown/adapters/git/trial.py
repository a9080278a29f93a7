"""A rig of nobody's, for a moment: its origin has one commit, and its sandboxes are made as all are."""

import os
from pathlib import Path

from gastown.adapters.git.environment import NOBODY, identity_environment, local_environment
from gastown.adapters.git.git_rig import GitRig
from gastown.adapters.git.program import Call, GitProgram
from gastown.events.rig import RigConfig

_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


async def trial_rig(folder: Path) -> GitRig:
    """Below `folder`, which whoever asks removes. Raises GitFailedError, OSError."""
    program, origin = GitProgram(quick=2, slow=1), folder / "origin.git"
    environment = {**local_environment(), **identity_environment(NOBODY), "PATH": os.environ.get("PATH", os.defpath)}

    async def git(*arguments: str, stdin: bytes | None = None) -> str:
        call = Call(
            arguments=("-C", str(origin), *arguments),
            environment=environment,
            folder=origin,
            step="making a throwaway repository",
            stdin=stdin,
        )
        return (await program.run(call)).text

    origin.mkdir(parents=True)
    await git("init", "--quiet", "--bare", "--template=", "--initial-branch=main")
    await git("hash-object", "-t", "tree", "-w", "--stdin", stdin=b"")
    await git("update-ref", "refs/heads/main", await git("commit-tree", _EMPTY_TREE, "-m", "First"))
    rig = GitRig(
        folder / "rig", "check", RigConfig(origin=str(origin), target="main", landing="main", prefix="gt"), program
    )
    await rig.ensure()
    await rig.target(fetch=True)
    return rig
