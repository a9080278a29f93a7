"""Plans of several towns run in processes of their own, as those of one town do."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from simulated.running import output, shares
from simulated.several.plan import TownsPlan
from simulated.several.verdict import TownsVerdict

MODULE = "simulated.several"
MOST = 20
"""Seeds of one process."""


def run_seeds(first: int, count: int, *, house: Path | None = None, stormy: bool = False) -> list[TownsVerdict]:
    """The verdicts on the seeds from `first` on. house: where the `gastown` to be tested lies; None: the installed."""
    cores = os.cpu_count() or 1
    name = ("storms",) if stormy else ()
    return _run([(*name, *share) for share in shares(first, count, most=MOST, cores=cores)], house, cores)


def run_plans(plans: Sequence[TownsPlan]) -> list[TownsVerdict]:
    """The verdicts on the plans, in their order."""
    with tempfile.TemporaryDirectory() as folder:
        return _run([("plans", _file(folder, plans))], None, 1)


def log_of(plan: TownsPlan) -> str:
    """Every event of all towns, a line each."""
    with tempfile.TemporaryDirectory() as folder:
        return output(("plans", _file(folder, [plan]), "--log"), None, MODULE).decode()


def _file(folder: str, plans: Sequence[TownsPlan]) -> str:
    file = Path(folder) / "plans.json"
    file.write_bytes(msgspec.json.encode(plans))
    return str(file)


def _run(parts: Iterable[tuple[str, ...]], house: Path | None, cores: int) -> list[TownsVerdict]:
    def verdicts(part: tuple[str, ...]) -> list[TownsVerdict]:
        return [msgspec.json.decode(line, type=TownsVerdict) for line in output(part, house, MODULE).splitlines()]

    with ThreadPoolExecutor(cores) as pool:
        return [verdict for share in pool.map(verdicts, parts) for verdict in share]
