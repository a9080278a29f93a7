"""What waits for one actor, first come first served. Costs nothing while it is empty, and needs no closing."""

from collections import deque

import anyio

from gastown.actors.kernel.actor import Request


class Inbox:
    def __init__(self) -> None:
        self._requests: deque[Request] = deque()
        self._filled: anyio.Event | None = None

    def put(self, request: Request) -> None:
        self._requests.append(request)
        if self._filled is not None:
            self._filled.set()

    async def next(self) -> Request:
        """The oldest request, as soon as there is one. For one reader."""
        while not self._requests:
            self._filled = anyio.Event()
            await self._filled.wait()
        return self._requests.popleft()

    def is_empty(self) -> bool:
        return not self._requests
