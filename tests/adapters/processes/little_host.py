"""A host of one program, which then waits: `python little_host.py MEANS TOWN OUTPUT COMMAND`."""

import os
import sys
from pathlib import Path

import anyio

from gastown.adapters.processes.containment import MEANS, tried
from gastown.adapters.processes.program import Launch


async def main(means: str, town: str, output: str, command: str) -> None:
    containment = await tried(MEANS[means], ("GT_TOWN_MARK", town))
    marks = {"GT_TOWN_MARK": town, "GT_MARK": f"{town}/1"}
    containment.start(
        Launch(
            argv=("/bin/sh", "-c", command),
            folder=Path("/"),
            environment={"PATH": os.environ["PATH"], **marks},
            mark=("GT_MARK", marks["GT_MARK"]),
            output=Path(output),
        )
    )
    await anyio.sleep_forever()


anyio.run(main, *sys.argv[1:])
