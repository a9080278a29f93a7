import pytest

from live.bench import LiveBench
from live.cases import CASES


@pytest.mark.timeout(600)
async def test_a_real_program(bench: LiveBench, case: str) -> None:
    does, needs = CASES[case]
    if missing := set(needs) - bench.agent.can:
        pytest.skip(f"it cannot: {', '.join(sorted(missing))}")
    await does(bench)
    assert bench.api.strays == []
