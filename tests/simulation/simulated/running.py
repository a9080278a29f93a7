"""Plans run in processes of their own, one for each core: the town's clock is simulated in there."""

import os
import subprocess  # noqa: TID251  a simulation needs a process of its own, with a hash seed that is known
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from simulated.plan import Plan
from simulated.verdict import Verdict

HOUSE = Path(__file__).parents[1]


def run_seeds(first: int, count: int, *, house: Path | None = None, workers: int = 0) -> list[Verdict]:
    """The verdicts on the seeds from `first` on. house: where the `gastown` to be tested lies; None: the installed."""
    cores = workers or os.cpu_count() or 1
    return _run(shares(first, count, most=50, cores=cores), house, cores)


def run_storms(first: int, count: int, *, house: Path | None = None) -> list[Verdict]:
    """The same for the stormy plans of these seeds."""
    return _run_named("storms", first, count, house)


def run_days(first: int, count: int) -> list[Verdict]:
    """The same for their long days."""
    return _run_named("days", first, count, None)


def _run_named(name: str, first: int, count: int, house: Path | None) -> list[Verdict]:
    cores = os.cpu_count() or 1
    return _run([(name, *share) for share in shares(first, count, most=count, cores=cores)], house, cores)


def shares(first: int, count: int, *, most: int, cores: int) -> list[tuple[str, str]]:
    """The seeds from `first` on, for so many cores: each share's first and how many they are, `most` at most."""
    step = max(1, min(most, -(-count // cores)))
    return [(str(at), str(min(step, first + count - at))) for at in range(first, first + count, step)]


def run_plans(plans: Sequence[Plan], *, house: Path | None = None, workers: int = 0) -> list[Verdict]:
    """The verdicts on the plans, in their order."""
    cores = workers or os.cpu_count() or 1
    step = max(1, min(50, -(-len(plans) // cores)))
    with tempfile.TemporaryDirectory() as folder:
        parts: list[tuple[str, ...]] = []
        for at in range(0, len(plans), step):
            file = Path(folder) / f"{at}.json"
            file.write_bytes(msgspec.json.encode(plans[at : at + step]))
            parts.append(("plans", str(file)))
        return _run(parts, house, cores)


def log_of(plan: Plan) -> str:
    """Every event of a plan, a line each."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        file.write_bytes(msgspec.json.encode([plan]))
        return output(("plans", str(file), "--log"), None).decode()


def _run(parts: Iterable[tuple[str, ...]], house: Path | None, cores: int) -> list[Verdict]:
    with ThreadPoolExecutor(cores) as pool:
        return [verdict for share in pool.map(lambda one: _worker(one, house), parts) for verdict in share]


def _worker(share: tuple[str, ...], house: Path | None) -> list[Verdict]:
    return [msgspec.json.decode(line, type=Verdict) for line in output(share, house).splitlines()]


def output(arguments: tuple[str, ...], house: Path | None, module: str = "simulated") -> bytes:
    """What a process of its own says that runs this module."""
    paths = [str(HOUSE)] if house is None else [str(house), str(HOUSE)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-P", "-m", module, *arguments]
    ran = subprocess.run(command, env=environment, capture_output=True, check=False)
    if ran.returncode != 0:
        raise RuntimeError(f"the simulation of {arguments} failed:\n{ran.stderr.decode()}")
    return ran.stdout
