"""Requests between processes: they take time, and get lost, late, or there twice; so do their answers."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import anyio
import msgspec

from gastown.bus.commands import Answer, AnswerTo
from gastown.errors import UnreachableError
from simulated.dice import Dice
from simulated.fence import Fence
from simulated.process import Process, acting


class Weather(msgspec.Struct, frozen=True, kw_only=True):
    """Probabilities, for each message: of being lost, of coming twice, of coming up to `late` seconds late."""

    lost: float = 0.0
    twice: float = 0.0
    slow: float = 0.0
    late: float = 30.0


class Tasks(Protocol):
    def start_soon(self, function: Callable[..., Awaitable[object]], *arguments: object) -> None: ...


class Network(Protocol):
    tasks: Tasks
    weather: Weather
    fence: Fence

    @property
    def is_up(self) -> bool:
        """Whether the server that carries requests is there."""
        ...


class Wire:
    """All services of one town. What is under way when a process dies still arrives."""

    def __init__(self, network: Network, dice: Dice) -> None:
        self._network = network
        self._dice = dice
        self._services: dict[str, list[tuple[Process, AnswerTo]]] = {}

    def of(self, process: Process) -> "WireCommands":
        return WireCommands(self, process)

    def offer(self, service: str, process: Process, answer: AnswerTo) -> None:
        if process.alive:
            self._services.setdefault(service, []).append((process, answer))

    def withdraw(self, process: Process) -> None:
        """A process is gone, and what it served with it."""
        for name, ones in self._services.items():
            self._services[name] = [one for one in ones if one[0] is not process]

    def _server(self, service: str) -> tuple[Process, AnswerTo] | None:
        offered = self._services.get(service) or self._services.get(f"{service.rpartition('.')[0]}.*", [])
        alive = [one for one in offered if one[0].alive]
        return alive[-1] if alive else None

    def send(self, service: str, payload: bytes, back: Callable[[bytes], None]) -> bool:
        """False: nobody serves it, which is said at once."""
        if not self._network.is_up or self._server(service) is None:
            return False
        for _ in range(2 if self._dice.chance(self._network.weather.twice) else 1):
            self._network.tasks.start_soon(self._carry, service, payload, back)
        return True

    async def _carry(self, service: str, payload: bytes, back: Callable[[bytes], None]) -> None:
        if not await self._travels() or (server := self._server(service)) is None:
            return
        process, answer = server
        await process.held()
        granted = self._network.fence.granted
        with acting(process):
            reply = await answer(service.rpartition(".")[2], payload)
        self._network.fence.heard(service, payload, reply, granted)
        await process.cross(f"answer {service}")
        if await self._travels():
            back(reply)

    async def _travels(self) -> bool:
        weather = self._network.weather
        if self._dice.chance(weather.lost):
            return False
        slow = self._dice.chance(weather.slow)
        await anyio.sleep(self._dice.between(1e-6, weather.late if slow else 0.005))
        return self._network.is_up


class WireCommands:
    """The `Commands` of one process."""

    def __init__(self, wire: Wire, process: Process) -> None:
        self._wire = wire
        self._process = process

    async def request(self, service: str, payload: bytes, *, patience: float) -> bytes:
        await self._process.cross(f"request {service}")
        replies: list[bytes] = []
        answered = anyio.Event()

        def back(reply: bytes) -> None:
            replies.append(reply)
            answered.set()

        if not self._wire.send(service, payload, back):
            raise UnreachableError(f"nobody serves {service!r}")
        with anyio.move_on_after(patience):
            await answered.wait()
        await self._process.cross(f"reply of {service}")
        if not replies:
            raise UnreachableError(f"{service!r} did not answer within {patience:g} s")
        return replies[0]

    def serve(self, service: str, answer: Answer) -> AbstractAsyncContextManager[None]:
        async def answer_it(_: str, payload: bytes) -> bytes:
            return await answer(payload)

        return self._serve(service, answer_it)

    def serve_each(self, service: str, answer: AnswerTo) -> AbstractAsyncContextManager[None]:
        return self._serve(f"{service}.*", answer)

    @asynccontextmanager
    async def _serve(self, service: str, answer: AnswerTo) -> AsyncGenerator[None]:
        self._wire.offer(service, self._process, answer)
        try:
            yield
        finally:
            if self._process.alive:
                self._wire.withdraw(self._process)
