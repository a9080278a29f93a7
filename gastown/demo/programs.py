"""The programs that the demo runs: `gt`, as a person would, and the project's tests."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import msgspec

from gastown.adapters.processes.family import Mark
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.program import Exit, Launch, Program, run
from gastown.clock import new_id
from gastown.demo.place import Place
from gastown.errors import GastownError

Record: TypeAlias = dict[str, Any]

_LIMIT = 180.0  # seconds for one call of gt; the longest waits for all the work
_TESTS_LIMIT = 60.0
_LOOK = 0.05  # seconds between looks at what a program has printed
_TAIL = 2000


class CallFailedError(GastownError):
    """`gt` ended otherwise than it should."""

    code = "unsuccessful"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """How a program ended, and all it printed."""

    code: int
    text: str

    @property
    def data(self) -> Any:
        """What `gt --json` answered. Raises CallFailedError."""
        if "data" not in self._answer:
            raise CallFailedError(f"this is no answer of gt: {self.complaint}")
        return self._answer["data"]

    @property
    def complaint(self) -> str:
        """In one line where `gt --json` made it, otherwise the end of all that was printed."""
        error = self._answer.get("error")
        return f"{error['message']} ({error['hint']})" if error else self.text.strip()[-_TAIL:]

    @property
    def _answer(self) -> Record:
        lines = [line for line in self.text.splitlines() if line.startswith('{"schema"')]
        return msgspec.json.decode(lines[-1]) if lines else {}


class Programs:
    """gt: the command, as words. town: the one that is asked. mark: what all of it carries besides the demo's own."""

    def __init__(self, place: Place, gt: Sequence[str], town: Path | None = None, mark: Mark | None = None) -> None:
        self.town = town or place.town
        self._place = place
        self._gt = tuple(gt)
        self._environment = place.environment(os.environ) | dict([mark] if mark else [])

    async def gt(self, *words: str, ok: tuple[int, ...] = (0,)) -> Answer:
        """Raises CallFailedError when it ends with another code than `ok`."""
        answer = await self._run((*self._gt, *words), self._place.root, _LIMIT)
        if answer.code not in ok:
            raise CallFailedError(f"gt {' '.join(words[:4])} ended with {answer.code}: {answer.complaint}")
        return answer

    async def ask(self, *words: str, ok: tuple[int, ...] = (0,)) -> Any:
        """What the demo's town answers. Raises CallFailedError."""
        return (await self.gt("--town", str(self.town), *words, "--json", ok=ok)).data

    async def tests(self, command: Sequence[str], folder: Path) -> Answer:
        return await self._run(tuple(command), folder, _TESTS_LIMIT)

    async def _run(self, argv: tuple[str, ...], folder: Path, seconds: float) -> Answer:
        launch = self._launch(argv, folder)
        ending = await run(Marks(), launch, seconds=seconds)
        code = _code(ending.exit)
        return Answer(code=code, text=launch.output.read_text(errors="replace") if launch.output.exists() else "")

    def _launch(self, argv: tuple[str, ...], folder: Path) -> Launch:
        """The mark is one that nothing carries: a program that is over must not take along what it left, a town."""
        call = new_id()
        return Launch(
            argv=argv,
            folder=folder,
            environment=self._environment,
            mark=("GASTOWN_DEMO_CALL", call),
            output=self._place.calls / f"{call}.txt",
        )

    @asynccontextmanager
    async def events(self) -> AsyncGenerator[AsyncGenerator[Record]]:
        """The town's log from the first event on, as it grows; ends when the town does."""
        words = ("--town", str(self.town), "events", "--follow", "--json")
        launch = self._launch((*self._gt, *words), self._place.root)
        program = Marks().start(launch)
        try:
            yield _records(program, launch.output)
        finally:
            await program.end(patience=1.0)


async def _records(program: Program, output: Path) -> AsyncGenerator[Record]:
    running, rest = True, ""
    async with await anyio.open_file(output, errors="replace") as lines:
        while running or rest.endswith("\n"):
            with anyio.move_on_after(_LOOK):
                await program.exited()
                running = False
            *whole, rest = (rest + await lines.read()).split("\n")
            for line in whole:
                if line.startswith("{"):
                    yield msgspec.json.decode(line)


def _code(exit_: Exit) -> int:
    """As a shell counts: 128 and the signal."""
    return exit_.code if exit_.code is not None else 128 + (exit_.signal or 0)
