from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio
import pytest

Eventually: TypeAlias = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """`await eventually(lambda: ...)`: returns when the condition holds, fails after 20 s."""

    async def wait(holds: Callable[[], object]) -> None:
        with anyio.fail_after(20):
            while not holds():  # noqa: ASYNC110  the world outside this process tells no event
                await anyio.sleep(0.005)

    return wait
