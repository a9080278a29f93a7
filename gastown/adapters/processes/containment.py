"""Which means of containment this machine has: each is tried once, the best that works is taken."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from gastown.adapters.processes.cgroup import Cgroups
from gastown.adapters.processes.family import Mark
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.namespace import Namespaces
from gastown.adapters.processes.program import Containment, Exit, Launch, run
from gastown.adapters.processes.subreaper import Subreapers
from gastown.errors import GastownError, RefusedError

_TRIAL = 10.0  # seconds

Make = Callable[[Mark], Containment]

MEANS: Mapping[str, Make] = (
    {
        "cgroup": Cgroups,
        "namespace": lambda mark: Namespaces(mark, user=os.geteuid() != 0),
        "subreaper": Subreapers,
    }
    if sys.platform == "linux"
    else {"marks": lambda _: Marks()}
)
"""The best first: a cgroup holds as much as a namespace, and programs do not notice it."""


class Choice(msgspec.Struct, frozen=True):
    """passed_over: better ones, and why each is not to be had here."""

    containment: Containment
    passed_over: tuple[str, ...]


async def choose(mark: Mark, wanted: str = "") -> Choice:
    """The best there is; or that which is `wanted` by name. Raises RefusedError when that is not to be had.

    mark: the town's, which the processes of the containment itself carry.
    """
    reasons: list[str] = []
    for name, make in MEANS.items():
        if wanted in ("", name):
            try:
                return Choice(await tried(make, mark), tuple(reasons))
            except (GastownError, OSError) as error:
                reasons.append(f"{name}: {error}")
    if wanted and wanted not in MEANS:
        reasons = [f"there are: {', '.join(MEANS)}"]
    msg = f"containment by {wanted or 'any means'} is not to be had: {'; '.join(reasons)}"
    raise RefusedError(msg, 'take what there is: gt config set containment ""')


def trial(mark: Mark) -> Mark:
    """What the trial of a means is marked with, in the town with this mark."""
    return ("GT_MARK", f"{mark[1]}/trial")


async def tried(make: Make, mark: Mark) -> Containment:
    """One that works here. Raises OSError, GastownError."""
    made = make(mark)
    try:
        own = trial(mark)
        launch = Launch(
            argv=("/bin/sh", "-c", "exit 7"),
            folder=Path("/"),
            environment=dict((mark, own)),
            mark=own,
            output=Path(os.devnull),
        )
        ending = await run(made, launch, seconds=_TRIAL)
        if ending.exit != Exit(7, None):
            msg = f"a trial ended with {ending.exit}"
            raise OSError(msg)
    except BaseException:
        made.close()
        raise
    return made
