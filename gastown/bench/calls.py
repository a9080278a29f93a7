"""Cold calls of `gt`, beside an empty Python program."""

import sys
from pathlib import Path

from gastown.bench.figure import Budget, Figure, NotMeasuredError, figure, median
from gastown.bench.programs import plain_environment, timed
from gastown.bench.size import Size
from gastown.bench.towns import TownClient, new_town

FLOOR = "python -I -c pass"
BEADS = 20
"""How many `gt ready` has to show."""


async def figures(folder: Path, size: Size) -> list[Figure]:
    async with new_town(folder / "town") as client:
        bead = (await client.make_beads(BEADS, ""))[0]
        gt, workers_gt = _gt(), str(client.town.path / "bin" / "gt")
        calls = {
            "gt ready": (gt, "ready"),
            "gt bead show": (gt, "bead", "show", bead),
            "gt ready of a worker": (workers_gt, "ready"),
        }
        samples = await _turns(folder, client, calls, size)
    floor = median(samples.pop(FLOOR)) * 1000
    return [
        figure(f"cold {name}, p50", "ms", value=median(seconds) * 1000, floor=floor, floor_is=FLOOR, budget=Budget(2.5))
        for name, seconds in samples.items()
    ]


def _gt() -> str:
    """The command as a person calls it. Raises NotMeasuredError."""
    gt = Path(sys.executable).with_name("gt")
    if not gt.exists():
        raise NotMeasuredError(f"there is no {gt}", "install it: uv sync")
    return str(gt)


async def _turns(
    folder: Path, client: TownClient, calls: dict[str, tuple[str, ...]], size: Size
) -> dict[str, list[float]]:
    """Seconds of each program, called in turn. Raises NotMeasuredError when one does not show a bead."""
    environment = plain_environment() | {"GT_TOWN": str(client.town.path)}
    programs = {FLOOR: (sys.executable, "-I", "-c", "pass")} | calls
    samples: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(size.calls + 1):
        for name, argv in programs.items():
            seconds, said = await timed(argv, folder, environment)
            if name in calls and "hq-" not in said:
                raise NotMeasuredError(f"{name} shows no bead: {said}")
            if number:  # the first call of each may have to compile it
                samples[name].append(seconds)
    return samples
