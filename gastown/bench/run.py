"""All figures, one part after another. What one part cannot measure does not keep the others from it."""

import os
import shutil
import signal
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, cast

import anyio
import msgspec
from anyio.abc import TaskGroup, TaskStatus

from gastown.bench import agents, append, calls, crowd, growth, idle, joined, landing, loading, replay, sling, start
from gastown.bench.figure import Figure, NotMeasuredError
from gastown.bench.history import write_history
from gastown.bench.size import FULL, QUICK, Size
from gastown.bus.logs import setup_logs
from gastown.config import TownConfig

Tell: TypeAlias = Callable[[str], None]


class NotMeasured(msgspec.Struct, frozen=True):
    """A part that brought no figures, and why."""

    part: str
    reason: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """not_measured: empty when everything was."""

    figures: tuple[Figure, ...]
    not_measured: tuple[NotMeasured, ...] = ()


class Ground:
    """Where measuring takes place. The town with a past is made once, for the first part that needs it."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder = folder
        self.size = size
        self._past: TownConfig | None = None

    def new_folder(self, name: str) -> Path:
        made = self.folder / name
        made.mkdir()
        return made

    async def town_with_a_past(self) -> TownConfig:
        if self._past is None:
            self._past = await write_history(self.folder / "past", self.size.events)
        return self._past


Part: TypeAlias = Callable[[Ground], Awaitable[list[Figure]]]


async def _replay(ground: Ground) -> list[Figure]:
    return await replay.figures(ground.new_folder("replay"), await ground.town_with_a_past(), ground.size)


async def _idle(ground: Ground) -> list[Figure]:
    return await idle.figures(ground.new_folder("idle"), await ground.town_with_a_past(), ground.size)


async def _joined(ground: Ground) -> list[Figure]:
    return await joined.figures(ground.new_folder("joined"), await ground.town_with_a_past(), ground.size)


async def _start(ground: Ground) -> list[Figure]:
    past = await write_history(ground.folder / "long-past", ground.size.long_events)
    return await start.figures(ground.new_folder("start"), past, ground.size)


PARTS: Mapping[str, Part] = {
    "append": lambda ground: append.figures(ground.new_folder("append"), ground.size),
    "replay": _replay,
    "calls": lambda ground: calls.figures(ground.new_folder("calls"), ground.size),
    "sling": lambda ground: sling.figures(ground.new_folder("sling"), ground.size),
    "agents": lambda ground: agents.figures(ground.new_folder("agents"), ground.size),
    "landing": lambda ground: landing.figures(ground.new_folder("landing"), ground.size),
    "idle": _idle,
    "growth": lambda ground: growth.figures(ground.new_folder("growth"), ground.size),
    "loading": lambda ground: loading.figures(ground.new_folder("loading"), ground.size),
    "start": _start,
    "towns": _joined,
    "hub": lambda ground: crowd.figures(ground.new_folder("hub"), ground.size),
}


def measure(*, quick: bool, tell: Tell, only: Sequence[str] = ()) -> Report:
    """Measure everything, or these parts only. tell: is told which part is being measured.

    Leaves nothing running, and no file. Raises KeyboardInterrupt when it was told to stop.
    """
    setup_logs("bench", level="critical")  # what goes wrong is said in the report
    os.environ.pop("GT_NATS_URL", None)  # towns that are thrown away bring their own server
    folder = Path(tempfile.mkdtemp(prefix="gastown-bench-"))
    try:
        parts = {name: part for name, part in PARTS.items() if not only or name in only}
        return anyio.run(_until_told_to_stop, folder, QUICK if quick else FULL, tell, parts)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _until_told_to_stop(folder: Path, size: Size, tell: Tell, parts: Mapping[str, Part]) -> Report:
    report: Report | None = None
    async with anyio.create_task_group() as tasks:
        await tasks.start(_stop_on_signal, tasks)
        report = await measure_parts(folder, size, tell, parts)
        tasks.cancel_scope.cancel()
    if report is None:
        raise KeyboardInterrupt
    return report


async def _stop_on_signal(tasks: TaskGroup, *, task_status: TaskStatus[None]) -> None:
    """Told again while towns go down, they go down in order all the same."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        task_status.started()
        async for _ in signals:
            tasks.cancel_scope.cancel()


async def measure_parts(folder: Path, size: Size, tell: Tell, parts: Mapping[str, Part] = PARTS) -> Report:
    """These parts, in `folder`."""
    ground, figures, failed = Ground(folder, size), list[Figure](), list[NotMeasured]()
    for name, part in parts.items():
        tell(name)
        try:
            figures += await part(ground)
        except Exception as error:
            failed.append(NotMeasured(name, "; ".join(_reasons(error))))
    return Report(figures=tuple(figures), not_measured=tuple(failed))


def _reasons(error: BaseException) -> Iterator[str]:
    """Those of a task group's tasks each by themselves."""
    if isinstance(error, BaseExceptionGroup):
        for one in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _reasons(one)
    else:
        yield str(error) if isinstance(error, NotMeasuredError) else f"{type(error).__name__}: {error}"
