"""What every agent promises that takes turns, asked of our drivers with a program of our own behind them, on real
processes and in memory.
"""

from pathlib import Path
from typing import Any

import pytest
from fake_bench import FakeBench
from memory_bench import MemoryBench
from turns_contract import CASES

from gastown.adapters.processes.marks import Marks


@pytest.mark.parametrize("vendor", ["claude", "codex", "pi", "once", "acp"])
@pytest.mark.parametrize(("case", "needs"), CASES, ids=lambda one: getattr(one, "__name__", ""))
async def test_it_keeps_what_it_promises(case: Any, needs: tuple[str, ...], vendor: str, tmp_path: Path) -> None:
    bench = FakeBench(vendor, tmp_path, Marks())
    if missing := set(needs) - bench.agent.can:
        pytest.skip(f"{vendor} says that it cannot: {', '.join(sorted(missing))}")
    await case(bench)


@pytest.mark.parametrize("vendor", ["stream", "once"])
@pytest.mark.parametrize(("case", "needs"), CASES, ids=lambda one: getattr(one, "__name__", ""))
async def test_so_does_what_simulations_put_in_its_place(
    case: Any, needs: tuple[str, ...], vendor: str, tmp_path: Path
) -> None:
    bench = MemoryBench(vendor, tmp_path)
    if missing := set(needs) - bench.agent.can:
        pytest.skip(f"{vendor} says that it cannot: {', '.join(sorted(missing))}")
    async with bench.open():
        await case(bench)
