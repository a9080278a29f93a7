"""What a town's folder grows by: for each bead that lands, and in a day on which nothing happens."""

from collections.abc import Iterable
from pathlib import Path

import anyio
import msgspec

from gastown.adapters.git.program_git import ProgramGit
from gastown.bench.figure import Budget, Figure, figure
from gastown.bench.landing import sling_and_wait
from gastown.bench.origin import WORKER, land_by_hand, make_origin
from gastown.bench.size import Size
from gastown.bench.towns import TownClient, new_town, with_workers
from gastown.clock import monotonic
from gastown.events.rig import RigConfig

FLOOR = "the git objects and refs of the same work, by a script"
WARM_UP = 2
"""Beads that land before: by then everything is there that is made only once."""
SETTLING = 3.0  # seconds
_DAY = 86_400.0
_BOUNDED = ("views.sqlite-wal", "views.sqlite-shm")
"""They take their few megabytes once, and no more."""


async def figures(folder: Path, size: Size) -> list[Figure]:
    floor = await _by_hand(folder / "by-hand", size.beads)
    origin = await make_origin(folder / "rig")
    async with new_town(folder / "town") as client:
        await with_workers(client, origin, WORKER, size.workers)
        await _land(client, WARM_UP)
        await _tend(client.town.path)
        before = _parts(client.town.path)
        await _land(client, size.beads)
        await anyio.sleep(SETTLING)
        after = _parts(client.town.path)
        await _tend(client.town.path)
        packed = disk_usage(client.town.path / "rigs")
        a_day = await _while_idle(client.town.path, size.idle_seconds)
    grown = {name: (after[name] - before.get(name, 0)) / size.beads / 1000 for name in after}
    rigs = (packed - before["rigs"]) / size.beads / 1000
    budget = Budget(150.0, of="value")
    return [
        figure("a landed bead takes", "kB", value=sum(grown.values()), floor=floor, floor_is=FLOOR, budget=budget),
        figure("of it the rigs' git", "kB", value=grown["rigs"], floor=floor, floor_is=FLOOR),
        figure("the rigs' git once packed", "kB", value=rigs, floor=floor, floor_is=FLOOR),
        figure("of it the log", "kB", value=grown["log"], floor=floor, floor_is=FLOOR),
        figure("of it output, kept some days", "kB", value=grown["sessions"], floor=floor, floor_is=FLOOR),
        figure(
            "an idle day takes", "MB", value=a_day, floor=0, floor_is="nothing happens", budget=Budget(1.0, of="value")
        ),
    ]


async def _by_hand(folder: Path, beads: int) -> float:
    """Kilobytes a bead in the repositories of the script."""
    origin = await make_origin(folder)
    repositories = (origin, folder / "clone" / ".git")
    await land_by_hand(folder, 1, WARM_UP)
    before = sum(map(disk_usage, repositories))
    await land_by_hand(folder, WARM_UP + 1, WARM_UP + beads)
    return (sum(map(disk_usage, repositories)) - before) / beads / 1000


async def _land(client: TownClient, count: int) -> None:
    await sling_and_wait(client, await client.make_beads(count, "app"))


async def _tend(town: Path) -> None:
    """What the host does within an hour."""
    for folder in (town / "rigs").iterdir():
        config = msgspec.json.decode((folder / "config.json").read_bytes(), type=RigConfig)
        await ProgramGit().rig(folder, folder.name, config).tend(0)


async def _while_idle(town: Path, seconds: float) -> float:
    """Megabytes a day, told from `seconds` of it."""
    before, begin = _lengths(town), monotonic()
    await anyio.sleep(seconds)
    return (_lengths(town) - before) * _DAY / (monotonic() - begin) / 1_000_000


def _parts(town: Path) -> dict[str, int]:
    """Bytes of each file and folder in the town's."""
    return {path.name: disk_usage(path) for path in town.iterdir() if path.name not in _BOUNDED}


def disk_usage(path: Path) -> int:
    """Bytes on disk, of a folder with all that is in it."""
    return sum(512 * file.lstat().st_blocks for file in _files(path))


def _lengths(path: Path) -> int:
    """Bytes written, to the last one, which blocks on disk do not tell."""
    return sum(file.lstat().st_size for file in _files(path))


def _files(path: Path) -> Iterable[Path]:
    return [path, *path.rglob("*")]
