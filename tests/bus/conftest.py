"""What the suites of the bus share: events to append, and each port on each of its implementations."""

import subprocess  # noqa: TID251  tests mount a small disk
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from joined.ground import open_real_towns
from joined.towns import MemoryTowns, Towns

from gastown.bus.commands import Commands
from gastown.bus.event_log import Append, EventLog
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.memory_commands import MemoryCommands
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import connect
from gastown.bus.streams import ensure_log_stream
from gastown.clock import new_id, now
from gastown.events.bead import BeadCreated, BeadUpdated
from gastown.events.envelope import Envelope
from gastown.events.fact import Fact
from gastown.events.ids import Entity

TOWN, INCARNATION = "testtown", "01JINCARNATION"


def envelope(data: Fact) -> Envelope:
    return Envelope(
        id=new_id(),
        time=now(),
        actor="overseer",
        command=new_id(),
        cause="",
        correlation="4bf92f3577b34da6a3ce929d0e0e4736",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        data=data,
    )


@pytest.fixture
def an_append() -> Callable[..., Append]:
    """Makes the append of one decision on a bead: created the first time, updated later; `events` events."""

    def make(bead: str, expected: int = 0, *, title: str = "A thing to do", events: int = 1) -> Append:
        first: Fact = BeadUpdated(title=title) if expected else BeadCreated(title=title, rig="app")
        others = [BeadUpdated(notes=f"note {number}") for number in range(1, events)]
        return Append(
            entity=Entity("bead", bead),
            expected=expected,
            envelopes=tuple(envelope(data) for data in (first, *others)),
        )

    return make


@pytest.fixture
def open_jetstream(nats_server: Any) -> Callable[..., AbstractAsyncContextManager[JetStreamEventLog]]:
    """Opens the log of a town on the real server; a second call is a second process's view of the same log."""

    @asynccontextmanager
    async def open_it(*, max_bytes: int = -1, patience: float = 15.0) -> AsyncIterator[JetStreamEventLog]:
        credentials = {"user": nats_server.user, "password": nats_server.password}
        async with connect(nats_server.url, name="test", **credentials) as connection:
            await ensure_log_stream(connection, TOWN, INCARNATION, max_bytes=max_bytes)
            yield JetStreamEventLog(connection, TOWN, INCARNATION, patience=patience)

    return open_it


class SmallDisk:
    """A file system of 4 MB, which can be made larger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, options: str) -> int:
        return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "small", self.folder], check=False).returncode

    def grow(self) -> None:
        assert self.mount("remount,size=40m") == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "small")
    disk.folder.mkdir()
    if disk.mount("size=4m") != 0:
        pytest.skip("mounting a small file system takes root")
    yield disk
    subprocess.run(["umount", disk.folder], check=True)


@pytest.fixture
def small_disk_server(small_disk: SmallDisk, make_nats_server: Callable[[Path], Any]) -> Any:
    return make_nats_server(small_disk.folder)


@pytest.fixture(params=["memory", "jetstream"])
def open_log(request: pytest.FixtureRequest) -> Callable[[], AbstractAsyncContextManager[EventLog]]:
    """Opens an empty log, on each implementation."""
    if request.param == "jetstream":
        return request.getfixturevalue("open_jetstream")

    @asynccontextmanager
    async def open_memory() -> AsyncIterator[EventLog]:
        yield MemoryEventLog()

    return open_memory


@pytest.fixture(params=["memory", "nats"])
def open_commands(
    request: pytest.FixtureRequest,
) -> Callable[[], AbstractAsyncContextManager[tuple[Commands, Commands]]]:
    """Opens two ends of the line between the processes of a town: to serve at the one, to ask at the other."""
    server = request.getfixturevalue("nats_server") if request.param == "nats" else None

    @asynccontextmanager
    async def open_memory() -> AsyncIterator[tuple[Commands, Commands]]:
        commands = MemoryCommands()
        yield commands, commands

    @asynccontextmanager
    async def open_nats() -> AsyncIterator[tuple[Commands, Commands]]:
        assert server is not None
        credentials = {"user": server.user, "password": server.password}
        async with (
            connect(server.url, name="host", **credentials) as host,
            connect(server.url, name="town", **credentials) as town,
        ):
            yield NatsCommands(host, TOWN, INCARNATION), NatsCommands(town, TOWN, INCARNATION)

    return open_nats if server else open_memory


@pytest.fixture(params=["memory", "jetstream"])
def open_towns(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], AbstractAsyncContextManager[Towns]]:
    """Opens towns a, b and c at a hub, on each implementation."""
    if request.param == "jetstream":
        return lambda: open_real_towns(tmp_path)

    @asynccontextmanager
    async def open_memory() -> AsyncIterator[Towns]:
        yield MemoryTowns()

    return open_memory
