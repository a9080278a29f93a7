"""What a host has at work, noted in a file: whoever looks for orphans knows what is none, without asking the host."""

from collections import Counter
from pathlib import Path

import msgspec

from gastown.adapters.processes.census import runs
from gastown.adapters.processes.child import Known
from gastown.adapters.processes.containment import Choice, trial
from gastown.adapters.processes.family import Family, Mark
from gastown.adapters.processes.freezing import Stoppable
from gastown.adapters.processes.program import TERM_PATIENCE, Exit, Launch, Means, Program
from gastown.not_json import NOT_JSON

_NOTE = "host.json"


class Note(msgspec.Struct, frozen=True):
    """host: who wrote it. means: of containment; passed_over: better ones, and why they are not to be had.

    at_work: the values of the marks of what runs. means: None as long as the host tries which it has.
    """

    host: Known
    means: Means | None
    passed_over: tuple[str, ...] = ()
    at_work: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Its writer lives; of what a dead one noted nothing is at work."""
        return runs(self.host.pid, self.host.started)


def read_note(run: Path) -> Note | None:
    """In the town's `run` folder. None: it has never had a host."""
    try:
        return msgspec.json.decode((run / _NOTE).read_bytes(), type=Note)
    except (OSError, *NOT_JSON):
        return None


def note_trials(run: Path, host: Known, mark: Mark) -> None:
    """Before a host of the town with this mark tries its means: what it starts for that is not left over either."""
    _write(run, Note(host, None, at_work=(trial(mark)[1],)))


def _write(run: Path, note: Note) -> None:
    draft = run / f"{_NOTE}.new"
    draft.write_bytes(msgspec.json.encode(note))
    draft.replace(run / _NOTE)


class NotedContainment:
    """The containment that was chosen, whose programs are noted from before their start until all of them is gone."""

    def __init__(self, choice: Choice, run: Path, host: Known) -> None:
        self._containment = choice.containment
        self._passed_over = choice.passed_over
        self._run = run
        self._host = host
        self._marks = Counter[str]()
        self._write()

    @property
    def means(self) -> Means:
        return self._containment.means

    def start(self, launch: Launch) -> "NotedProgram":
        """Raises StartFailedError."""
        mark = launch.mark[1]
        self._marks[mark] += 1
        self._write()
        try:
            return NotedProgram(self._containment.start(launch), mark, self)
        except BaseException:
            self.gone(mark)
            raise

    def close(self) -> None:
        """No more programs."""
        self._containment.close()

    def gone(self, mark: str) -> None:
        """One program of this mark is over."""
        self._marks[mark] -= 1
        self._marks += Counter()  # keeps what is positive
        self._write()

    def _write(self) -> None:
        _write(self._run, Note(self._host, self.means, self._passed_over, tuple(sorted(self._marks))))


class NotedProgram(Stoppable):
    """A program that is noted."""

    def __init__(self, program: Program, mark: str, notes: NotedContainment) -> None:
        self.pid = program.pid
        self.started = program.started
        self._program = program
        self._mark = mark
        self._notes: NotedContainment | None = notes

    async def exited(self) -> None:
        await self._program.exited()

    async def end(self, *, patience: float = TERM_PATIENCE) -> Exit:
        """See `Program`."""
        end = await self._program.end(patience=patience)
        if self._notes is not None:
            self._notes.gone(self._mark)
            self._notes = None
        return end

    def family(self) -> Family:
        return self._program.family()
