import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import TypeAlias

import anyio
import pytest

Eventually: TypeAlias = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture(autouse=True)
def _reaped() -> Iterator[None]:
    """What holds programs together makes this process the parent of their orphans, thousands in some tests: unreaped,
    they would fill the machine's table of processes."""
    yield
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


@pytest.fixture
def eventually() -> Eventually:
    """`await eventually(lambda: ...)`: returns when the condition holds, fails after 20 s."""

    async def wait(holds: Callable[[], object]) -> None:
        with anyio.fail_after(20):
            while not holds():  # noqa: ASYNC110  the world outside this process tells no event
                await anyio.sleep(0.005)

    return wait
