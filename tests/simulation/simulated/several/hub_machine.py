"""The machine of the hub: a server that copies the towns' logs, and a process that decides who is a member."""

import anyio
from anyio.abc import TaskStatus

from gastown import clock
from gastown.actors import registrar
from gastown.actors.commands.registrar import REGISTRAR, AdmitTown, InviteTown
from gastown.actors.effects import Effect
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.registrar.role import owner_of
from gastown.actors.registrar.standing import Copied, copied, logins
from gastown.bus.hub_protocol import PROTOCOL, HubReply, Question
from gastown.bus.hub_streams import CopyFacts
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.memory_hub import MemoryHub
from gastown.bus.subjects import stream_name
from gastown.errors import GastownError
from gastown.hub.hub_process import LOOK
from gastown.hub.office import Office
from gastown.hub.questions import Questions, digest_of
from gastown.hub.sights import Sight, Sights
from simulated.dice import Dice
from simulated.process import Points, Process, acting
from simulated.records import ProcessLog
from simulated.several.line import Line
from simulated.wire import Weather
from simulated.world import Switch, Tasks

NAME = "hub"
PAUSE = 1.0
"""Seconds until a hub that was killed is started again."""


class _Nobody:
    """The registrar asks for nothing."""

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        del cause, traceparent
        raise NotImplementedError(effect)


class MachineSights(Sights):
    """Whom the hub sees: those whose line lets an answer come back."""

    def __init__(self, machine: "HubMachine") -> None:
        super().__init__(None)  # it asks nobody
        self._machine = machine

    async def look(self, towns: tuple[Copied, ...], *, copying: bool) -> None:
        for town in towns:
            stream = stream_name(town.town, town.incarnation)
            line, before = self._machine.lines.get(stream), self.of(stream)
            since = before.since or clock.monotonic()
            if line is not None and line.is_open:
                self._sights[stream] = Sight(True, clock.now(), line.log.size, since, clock.monotonic())
            else:
                self._sights[stream] = Sight(False, before.seen, before.last, since, before.heard)
            if copying and stream in self._machine.copying:
                self.copies[stream] = _facts(town, stream, self._machine.copies.position(town.town))


def _facts(town: Copied, stream: str, position: int) -> CopyFacts:
    return CopyFacts(town=town.town, stream=stream, position=position, last_at=0.0, lag=0, silent=None, size=0)


class MachineOffice(Office):
    """Obeyed by this machine's server."""

    def __init__(self, machine: "HubMachine", runtime: Runtime) -> None:
        self._machine = machine
        self._runtime = runtime
        self.sights = MachineSights(machine)

    async def enforce(self, *, copying: bool | None = None) -> None:
        del copying
        fenced = [stream_name(one.town, one.incarnation) for one in logins(self.state) if one.fenced]
        self._machine.cut_off(fenced)

    async def copy(self, town: Copied) -> None:
        self._machine.copy(town)

    async def keep(self, *, task_status: TaskStatus[None]) -> None:
        await self.enforce()
        await self.sights.look(copied(self.state), copying=True)
        task_status.started()
        while True:
            await anyio.sleep(LOOK)
            await self.sights.look(copied(self.state), copying=True)


class HubMachine:
    """on: its server. lines: of all machines that ever had a town, by the stream of its log."""

    name = NAME
    full = False
    weather = Weather()

    def __init__(self, tasks: Tasks, dice: Dice, points: Points, skew: float) -> None:
        self.on = Switch()
        self.log = MemoryEventLog()
        self.copies = MemoryHub()
        self.copying: dict[str, Copied] = {}
        self.over: set[str] = set()
        """Streams that are copied no more: other towns go on in the place of those whose they are."""
        self.lines: dict[str, Line] = {}
        self.process: Process | None = None
        self._tasks = tasks
        self._dice = dice
        self._points = points
        self._skew = skew
        self._questions: Questions | None = None
        self._office: MachineOffice | None = None
        self._ready = anyio.Event()

    @property
    def is_up(self) -> bool:
        return self.on.is_on

    # what HubConfig has

    def leaf_urls(self) -> tuple[str, ...]:
        return ("tls://hub:1",)

    def join_urls(self) -> tuple[str, ...]:
        return ("tls://hub:2",)

    def authority(self) -> str:
        return "the hub's"

    def password(self) -> str:
        return "the hub's own"

    # its process

    async def run(self) -> None:
        """Started again whenever it has ended, once the server is there."""
        number = 0
        while True:
            await self.on.wait_on()
            number += 1
            process = self.process = Process(NAME, number, self._dice.of(number), self._points, self._skew)
            self._tasks.start_soon(self._live, process)
            await process.ended.wait()
            self._questions = self._office = None
            await anyio.sleep(PAUSE)

    async def _live(self, process: Process) -> None:
        with acting(process):
            try:
                await self._work(process)
            except* GastownError:
                process.kill()

    async def _work(self, process: Process) -> None:
        kept = ProcessLog(process, self.log, self, self._dice.of("log", process.number))
        runtime = Runtime(kept, {REGISTRAR.role: registrar.ROLE}, owner_of, _Nobody(), clock)
        async with anyio.create_task_group() as tasks:
            await tasks.start(runtime.run)
            runtime.attend(REGISTRAR)
            office = MachineOffice(self, runtime)
            await tasks.start(office.keep)
            await process.held()
            self._office, self._questions = office, Questions(self, office)
            self._ready.set()

    async def admit(self, town: str, incarnation: str, key: str) -> None:
        """As a person invites a town, which joins at once, before anything befalls the hub."""
        await self._ready.wait()
        now = clock.now()
        digest = digest_of(town)
        invite = InviteTown(invitation=f"inv-{town}", town=town, digest=digest, expires=now + 60.0, at=now)
        admit = AdmitTown(
            invitation=f"inv-{town}",
            digest=digest,
            town=town,
            incarnation=incarnation,
            key=key,
            protocol=PROTOCOL,
            at=now,
        )
        for command in (invite, admit):
            refused = await self._office.decide(command, "overseer")
            assert refused is None, refused

    # what its server does

    async def answer(self, asker: str, question: Question) -> HubReply | None:
        """None: nobody answers."""
        process, questions = self.process, self._questions
        if process is None or questions is None or not process.alive or not self.is_up:
            return None
        await process.held()
        with acting(process):
            try:
                return await questions.answer(asker, question)
            except GastownError as error:
                return HubReply(ok=False, code=error.code, message=error.message, hint=error.hint)

    def copy(self, town: Copied) -> None:
        """From now on."""
        stream = stream_name(town.town, town.incarnation)
        if stream in self.copying or stream in self.over:
            return
        self.copying[stream] = town
        line = self.lines[stream]
        self._join(town, stream)
        self.copies.hold(town.town, 0)
        self._tasks.start_soon(line.carry, self)

    def _join(self, town: Copied, stream: str) -> None:
        world = self.lines[stream].world
        beside = {"texts": world.texts, "luggage": world.luggage}
        self.copies.join(town.town, town.incarnation, world.log, heard_from=town.after, **beside)

    def cut_off(self, streams: list[str]) -> None:
        for stream in streams:
            if stream in self.copying and stream not in self.over:
                self.copies.cut(self.copying[stream].town)
            self.over.add(stream)

    def advance(self, stream: str, position: int) -> None:
        """The copy of this log is as far as that."""
        if stream not in self.over:
            self.copies.hold(self.copying[stream].town, position)

    def lose(self) -> None:
        """All copies; the list of members is put back from elsewhere. Towns keep how far they have heard."""
        lost, self.copies = self.copies, MemoryHub()
        self.copies._taken = lost._taken
        for stream, town in self.copying.items():
            self.lines[stream].copies_are_lost()
            self._join(town, stream)
            self.copies.hold(town.town, 0)
        lost.wake()
