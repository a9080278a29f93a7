import os
import shutil
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import pytest

from gastown.adapters.processes.census import HAS_PROC, Seen, pids, see
from gastown.adapters.processes.containment import MEANS, tried
from gastown.adapters.processes.family import Mark
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.namespace import Namespaces
from gastown.adapters.processes.own_children import reap_adopted
from gastown.adapters.processes.program import Containment, Launch
from gastown.clock import new_id
from gastown.errors import GastownError

LaunchOf = Callable[..., Launch]

ALL_MEANS = {
    **MEANS,
    "user namespace": lambda mark: Namespaces(mark, user=True),
    "marks": lambda _: Marks(),
}
"""By the names of the tests' parameters: those this machine may have, and what it falls back to elsewhere."""


@pytest.fixture
def launch(tmp_path: Path) -> LaunchOf:
    """A launch of `sh -c COMMAND` in tmp_path with a mark of its own; its output goes to tmp_path/output."""

    def make(command: str, *, stdin: Path | None = None, **environment: str) -> Launch:
        mark = ("GT_MARK", new_id())
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return Launch(
            argv=("/bin/sh", "-c", command),
            folder=tmp_path,
            environment={"PATH": path, mark[0]: mark[1], **environment},
            mark=mark,
            output=tmp_path / "output",
            stdin=stdin,
        )

    return make


@pytest.fixture
def town_mark() -> Mark:
    """Of a town that only this test knows."""
    return ("GT_TOWN_MARK", new_id())


@pytest.fixture(params=ALL_MEANS)
async def containment(request: pytest.FixtureRequest, town_mark: Mark) -> AsyncGenerator[Containment]:
    """Each means in its turn; a machine that does not have one skips."""
    try:
        made = await tried(ALL_MEANS[request.param], town_mark)
    except (GastownError, OSError) as error:
        pytest.skip(f"no {request.param} here: {error}")
    yield made
    made.close()


class Copies:
    """Copies of a program for one test: whatever runs one is found by it, however it hides (the kernel knows)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def make(self, name: str) -> Path:
        place = self._folder / name
        shutil.copy(shutil.which(name) or name, place)
        return place

    def running(self) -> list[Seen]:
        """Everything alive that runs any of them."""
        found: list[Seen] = []
        for pid in pids():
            try:
                mine = os.readlink(f"/proc/{pid}/exe").startswith(f"{self._folder}/")
            except OSError:
                continue
            seen = see(pid) if mine else None
            if seen and not seen.zombie:
                found.append(seen)
        return found


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    if not HAS_PROC:
        pytest.skip("asks /proc")
    return Copies(tmp_path / "copies")


@pytest.fixture(autouse=True)
def _reaping() -> Iterator[None]:
    """As the host does while it lives: a program that goes on by starting its successor leaves its dead to us."""
    over = threading.Event()
    thread = threading.Thread(target=_reap_until, args=(over,), daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


def _reap_until(over: threading.Event) -> None:
    while not over.wait(0.1):
        reap_adopted()
