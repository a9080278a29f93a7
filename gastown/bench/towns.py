"""Towns for a figure: thrown away afterwards, up while a context is open, called as `gt` calls them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import msgspec
from anyio.streams.buffered import BufferedByteReceiveStream

from gastown import config
from gastown.bench.figure import NotMeasuredError
from gastown.clock import monotonic, new_id
from gastown.config import TownConfig
from gastown.daemon import service
from gastown.finding import socket_of

UP_PATIENCE = 120.0  # seconds; a town with a long log reads all of it first
LONGEST_LINE = 8 * 1024 * 1024  # bytes, as the town has it


class TownClient:
    """Calls the town's methods: one connection a call."""

    def __init__(self, town: TownConfig) -> None:
        self.town = town

    async def call(self, method: str, **params: Any) -> Any:
        """The data of the answer. Raises NotMeasuredError for a refusal."""
        _, data = await self.answer(method, **params)
        return data

    async def answer(self, method: str, **params: Any) -> tuple[int, Any]:
        """Position and data. Raises NotMeasuredError for a refusal."""
        async with aclosing(self.stream(method, **params)) as messages:
            async for message in messages:
                if "error" in message:
                    raise NotMeasuredError(f"{method}: {message['error']['data']['message']}")
                if "result" in message:
                    return message["result"]["position"], message["result"]["data"]
        raise NotMeasuredError(f"{method}: the town hung up")

    async def stream(self, method: str, **params: Any) -> AsyncGenerator[dict[str, Any]]:
        """All that comes, until the town ends it or the caller closes."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"command_id": new_id(), **params}}
        async with await anyio.connect_unix(socket_of(str(self.town.path))) as connection:
            await connection.send(msgspec.json.encode(request) + b"\n")
            lines = BufferedByteReceiveStream(connection)
            while True:
                try:
                    line = await lines.receive_until(b"\n", LONGEST_LINE)
                except (anyio.EndOfStream, anyio.IncompleteRead):
                    return
                yield msgspec.json.decode(line)

    async def make_beads(self, count: int, rig: str) -> list[str]:
        """The ids of `count` new beads."""
        made = [await self.call("bead.create", title=f"Bead {number}", rig=rig) for number in range(count)]
        return [bead["id"] for bead in made]


async def seconds_to_ready(town: TownConfig) -> float:
    """Start it; from the call of `gt up` to the first answer. Raises NotMeasuredError."""
    begin = monotonic()
    await anyio.to_thread.run_sync(service.start, town)
    with anyio.move_on_after(UP_PATIENCE) as limit:
        await _answer_of(TownClient(town))
    if limit.cancelled_caught:
        raise NotMeasuredError(f"the town did not answer in {UP_PATIENCE:g} s")
    return monotonic() - begin


async def _answer_of(client: TownClient) -> None:
    """Wait for one. After a kill the old socket is there until the new daemon has bound its own."""
    while True:
        try:
            await client.call("ping")
        except OSError:
            await anyio.sleep(0.005)
        else:
            return


@asynccontextmanager
async def running(town: TownConfig) -> AsyncGenerator[TownClient]:
    """The town is up and answers; none of its processes is left afterwards. Raises NotMeasuredError."""
    try:
        await seconds_to_ready(town)
        yield TownClient(town)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(service.stop, town)


@asynccontextmanager
async def new_town(folder: Path) -> AsyncGenerator[TownClient]:
    """A town without a past, up."""
    async with running(config.install(folder, "bench", new_id())) as client:
        yield client


async def with_workers(client: TownClient, origin: Path, command: str, workers: int) -> None:
    """A rig `app` for `origin`, and room for `workers` agents that run `command`."""
    await client.call("rig.add", rig="app", location=str(origin), branch="main", no_gates=True, no_check=True)
    await client.call("agent.add", name="bench", vendor="shell", command=command, default=True)
    await client.call("config.set", name="max_polecats", value=str(workers))
