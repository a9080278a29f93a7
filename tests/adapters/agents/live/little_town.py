"""A town's socket that answers every call with the same, and remembers who asked for what: for the real `gt mcp`."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from gastown.adapters.agents.port import Server

CALL = "import sys; from gastown_cli.main import main; sys.exit(main())"


class LittleTown:
    """asked: the requests, as they came."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[dict[str, Any]] = []
        self._folder = folder

    @asynccontextmanager
    async def open(self, data: Any) -> AsyncIterator[Server]:
        """The server that speaks to it for session ap-1-1."""
        run = self._folder / "run"
        run.mkdir(parents=True)
        (self._folder / "town.toml").touch()
        (run / "socket").write_text(str(self._folder / "s"))
        listener = await anyio.create_unix_listener(self._folder / "s")
        async with listener, anyio.create_task_group() as tasks:

            async def answer(stream: anyio.abc.SocketStream) -> None:
                async with stream:
                    line = b""
                    while not line.endswith(b"\n"):
                        line += await stream.receive()
                    self.asked.append(json.loads(line))
                    said = {"jsonrpc": "2.0", "id": 1, "result": {"position": 1, "data": data}}
                    await stream.send(json.dumps(said).encode() + b"\n")

            tasks.start_soon(listener.serve, answer)
            speaks = {"GT_TOWN": str(self._folder), "GT_SESSION": "ap-1-1", "GT_TOKEN": "t0ken"}
            yield Server(name="gastown", command=(sys.executable, "-c", CALL, "mcp"), environment=speaks)
            tasks.cancel_scope.cancel()
