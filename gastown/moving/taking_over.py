"""Has a lost town go on here, and starts it: what the town's own process has done when nobody is there to type it.

`python -m gastown.moving.taking_over TOWN NAME FOLDER TOLD`, by the folder of the town that helps, the name of the lost
one, the folder that it is to have, and the file to write in what came of it (`Told`). Repeated, it goes on where an
earlier one was killed. It ends with the process that started it, and the new town does not.
"""

import os
import sys
from pathlib import Path

import anyio
import msgspec

from gastown import config, durable
from gastown.bus.logs import setup_logs
from gastown.config import TownConfig
from gastown.daemon import service
from gastown.errors import GastownError
from gastown.moving.adoption import adopt, goes_on_in
from gastown.succession import Told

LOOK = 0.5
"""Seconds between two looks at who started us."""


async def take_over(helper: TownConfig, name: str, folder: Path) -> Told:
    """Raises what `adopt` and `service.start` do."""
    there = await goes_on_in(helper, name, folder)
    if there is not None:
        told = Told(epoch=there.epoch, position=there.position)
    else:
        made = await adopt(helper, name, folder, force=False)
        manifest = made.manifest
        told = Told(epoch=made.epoch, position=manifest.position, texts=made.texts, secrets=manifest.secrets)
    config.note_down(os.environ, name, folder)
    service.start(config.load(folder))
    return told


async def _while_wanted(helper: TownConfig, name: str, folder: Path, parent: int) -> Told | None:
    """None: whoever wanted it is gone."""
    told: list[Told] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_end_with, parent, tasks.cancel_scope)
        try:
            told.append(await take_over(helper, name, folder))
        except GastownError as error:
            told.append(Told(code=error.code, message=error.message, hint=error.hint))
        except OSError as error:
            told.append(Told(code="refused", message=f"{error.filename}: {error.strerror}"))
        tasks.cancel_scope.cancel()
    return told[0] if told else None


async def _end_with(parent: int, scope: anyio.CancelScope) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110  nothing tells us
        await anyio.sleep(LOOK)
    scope.cancel()


def main(helper: str, name: str, folder: str, file: str) -> None:
    parent = os.getppid()
    os.umask(config.PRIVATE)
    setup_logs("adoption")
    told = anyio.run(_while_wanted, config.load(Path(helper)), name, Path(folder), parent)
    if told is not None:
        durable.write(Path(file), msgspec.json.encode(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
