"""The agents of the simulation that take turns: programs behind the real drivers."""

import signal
from collections.abc import Mapping

import anyio
import msgspec

from gastown.actors.polecat.messages import NOTES_WANTED
from gastown.adapters.agents.dialogue import Call
from gastown.adapters.agents.memory_talks import Pipes
from gastown.adapters.agents.memory_vendor import Cancel, Heard, Permit, Prompt, Steer, Voice
from gastown.adapters.agents.port import Capability, Message, Start
from gastown.adapters.agents.told import (
    ContextTold,
    ConversationOpened,
    MessageRefused,
    MessageTaken,
    PermissionAsked,
    Retrying,
    TextSaid,
    ToolBegan,
    ToolEnded,
    TurnEnded,
)
from gastown.adapters.git.memory_worktree import MemoryWorktree
from gastown.adapters.processes.memory_machine import Process
from gastown.clock import now
from gastown.events.ids import SessionId
from gastown.events.turn import Failure, Usage
from simulated.apis import Apis
from simulated.dice import Dice
from simulated.gates import RED
from simulated.turns import GOOD_TURNS, Speech, TurnHabit
from simulated.workers import Worker, Workers

ONCE: frozenset[Capability] = frozenset({"turns", "cancel", "resume", "usage", "cost", "retries"})
STREAM: frozenset[Capability] = ONCE | {"steer", "permissions"}
CAN: Mapping[Speech, frozenset[Capability]] = {"once": ONCE, "stream": STREAM}

SAFE, FORBIDDEN, DOUBTFUL = "safe", "forbidden", "doubtful"
"""What an agent may want to do."""

FAILURES: Mapping[TurnHabit, Failure] = {
    "wants a login": Failure(kind="auth", message="log in", status=401),
    "is throttled": Failure(kind="rate_limit", message="no more for now", status=429),
    "is throttled until": Failure(kind="rate_limit", message="no more for now", status=429, retry_after=240.0),
    "commits and is throttled": Failure(kind="rate_limit", message="no more", status=429, retry_after=30.0),
    "has no server": Failure(kind="server", message="overloaded", status=529),
    "is not understood": Failure(kind="input", message="no such thing", status=400),
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent was told. id: of the prompt or the message that carried it; "" for a process of one turn.

    within: a turn. acknowledged: it has said that it has it.
    """

    session: SessionId
    id: str
    text: str
    within: bool = False
    acknowledged: bool = True


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent was let do that had asked."""

    session: SessionId
    title: str


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn came to, as its agent knows it. failure: of its API. at: when, seconds since the epoch."""

    failure: Failure | None
    at: float


class Talkers:
    """told: all that their agents were told, as those know it. came: what each session's turns came to, in order.
    allowed: all that they had asked for and were let do. silent: sessions that say nothing any more."""

    def __init__(self, workers: Workers, apis: Apis) -> None:
        self.apis = apis
        self.told: list[Told] = []
        self.came: dict[SessionId, list[Came]] = {}
        self.allowed: list[Allowed] = []
        self.silent: set[SessionId] = set()
        self.workers = workers
        self._turns: dict[SessionId, int] = {}

    async def converse(self, start: Start, call: Call, worktree: MemoryWorktree, process: Process, pipes: Pipes) -> int:
        """The exit code of one process."""
        voice = Voice(pipes)
        worker = await self.workers.begin(start, worktree, process)
        program = Program(self, worker, voice, start)
        await anyio.sleep(worker.dice.between(0.1, 5.0))
        voice.tell(ConversationOpened(id=f"talk-{worker.session}", model="m"))
        if call.stdin:
            code = await program.turn(Message(id="", text=call.stdin))
            return code or 0
        while (heard := await voice.hear()) is not None:
            if isinstance(heard, Prompt):
                code = await program.turn(heard.message)
                if code is not None:
                    return code
        return 0

    def next_turn(self, worker: Worker) -> tuple[TurnHabit, Dice]:
        number = self._turns[worker.session] = self._turns.get(worker.session, 0) + 1
        dice, sessions = worker.dice.of("turn", number), worker.plan.turns
        planned = sessions[worker.number - 1] if worker.number <= len(sessions) else ()
        if "does nothing any more" in planned[:number]:
            return "does nothing any more", dice
        return planned[number - 1] if number <= len(planned) else dice.choice(GOOD_TURNS), dice


class CancelledError(Exception):
    """The turn is to end."""


class Program:
    """One process. A turn gives the exit code with which it ends, None: it goes on."""

    def __init__(self, talkers: Talkers, worker: Worker, voice: Voice, start: Start) -> None:
        self._talkers = talkers
        self._vendor, self._environment = start.agent.vendor, dict(start.environment)
        self._notes_wanted = False
        self._worker = worker
        self._voice = voice
        self._asks = start.asks  # before it uses a tool
        self._answers: dict[str, bool] = {}
        self._dice = worker.dice

    async def turn(self, message: Message) -> int | None:
        habit, self._dice = self._talkers.next_turn(self._worker)
        if habit == "does not take it" and message.id:
            self._voice.tell(MessageRefused(id=message.id, reason="not now"))
            return self._fail(Failure(kind="input", message="not now"))
        says = habit != "does not say that it has it"
        self._talkers.told.append(
            Told(session=self._worker.session, id=message.id, text=message.text, acknowledged=says)
        )
        if says:
            self._voice.tell(MessageTaken(id=message.id))
        if "gt handoff -m NOTES" in message.text and habit in GOOD_TURNS:
            habit = "writes notes"
        refused = self._talkers.apis.ask(self._vendor, self._environment, self._worker.session)
        if refused is not None:
            return self._fail(refused)
        try:
            await self._pass(self._dice.between(0.5, 40.0))
            if self._asks:
                await self._ask(self._dice.choice((SAFE, FORBIDDEN, DOUBTFUL)))
            return await self._work(habit)
        except CancelledError:
            self._over(TurnEnded(end="cancelled"))
            return None

    async def _work(self, habit: TurnHabit) -> int | None:
        worker = self._worker
        if habit in ("goes silent", "crashes", "exits", "exits after it", "destroys its sandbox", "hangs in a tool"):
            self._talkers.silent.add(worker.session)
        match habit:
            case "goes silent":
                await anyio.sleep_forever()
            case "hangs in a tool":
                self._voice.tell(ToolBegan(id="x", tool="sh"))
                await anyio.sleep_forever()
            case "crashes":
                worker.commit("some work")
                return signal.SIGSEGV
            case "exits":
                return 0
            case "destroys its sandbox":
                worker.destroy()
            case "closes its bead":
                await worker.close()
            case "escalates":
                await worker.done("escalated")
            case "says done of nothing":
                await worker.done("completed")
            case "does nothing" | "does nothing any more":
                pass
            case "hands on":
                worker.commit("some of it")
                await worker.hand_on(self._notes())
            case "is full":
                self._voice.tell(ContextTold(used=90, size=100))
                await self._pass(5.0)
                worker.commit("some of it") if self._notes_wanted else worker.leave_changes()
            case "writes notes":
                return self._done(self._notes())
            case _ if habit in FAILURES:
                if habit == "commits and is throttled":
                    worker.commit("some work")
                return self._fail(FAILURES[habit])
            case _:
                await self._commit(habit)
        if self._notes_wanted and habit in (*GOOD_TURNS, "is full") and self._dice.chance(0.5):
            await worker.hand_on(self._notes())
        self._done()
        if habit == "ends it twice":
            self._done()
        return 0 if habit == "exits after it" else None

    async def _ask(self, title: str) -> None:
        """Until it is answered."""
        ask = f"{title}-{self._dice.unit()}"
        self._voice.tell(PermissionAsked(id=ask, tool="lookup", title=title))
        while ask not in self._answers:
            heard = await self._voice.hear()
            if heard is None:
                await anyio.sleep_forever()
            else:
                self._hear(heard)
        if self._answers[ask]:
            self._talkers.allowed.append(Allowed(session=self._worker.session, title=title))

    async def _commit(self, habit: TurnHabit) -> None:
        worker = self._worker
        if habit == "works for long":
            self._voice.tell(ToolBegan(id="x", tool="sh"))
            await self._pass(1200.0)
            self._voice.tell(ToolEnded(id="x", ok=True))
        if habit == "waits for its API":
            self._voice.tell(Retrying(failure=FAILURES["is throttled"], delay=1000.0))
            await self._pass(950.0)
        if habit != "leaves changes":
            worker.commit(RED if habit == "commits what is red" else f"turn {self._dice.unit()}")
        if habit == "commits twice":
            await self._pass(self._dice.between(0.0, 5.0))
            worker.commit(f"more {self._dice.unit()}")
        if habit in ("leaves changes", "commits and leaves changes"):
            worker.leave_changes()
        if habit == "says done":
            await worker.done("completed", ahead=1)

    def _notes(self) -> str:
        return f"what {self._worker.session} knows: {self._dice.unit()}"

    def _done(self, text: str = "so it is") -> None:
        self._voice.tell(TextSaid(text=text))
        self._over(TurnEnded(end="done", text=text))

    def _fail(self, failure: Failure) -> None:
        self._over(TurnEnded(end="failed", failure=failure))

    def _over(self, ended: TurnEnded) -> None:
        came = Came(failure=ended.failure, at=now())
        self._talkers.came.setdefault(self._worker.session, []).append(came)
        cost = self._dice.choice((None, 0.01, 0.5))
        usage = Usage(fresh=100, output=10, cost=cost) if self._dice.chance(0.8) else None
        self._voice.tell(msgspec.structs.replace(ended, usage=usage))

    async def _pass(self, seconds: float) -> None:
        """Time, in which it hears what it is told."""
        with anyio.move_on_after(seconds):
            while (heard := await self._voice.hear()) is not None:
                self._hear(heard)
            await anyio.sleep_forever()

    def _hear(self, heard: Heard) -> None:
        match heard:
            case Cancel():
                raise CancelledError
            case Steer(message=message):
                self._hear_within(message)
            case Permit(ask=ask, allow=allow):
                self._answers[ask] = allow
            case _:
                pass

    def _hear_within(self, message: Message) -> None:
        """It takes most, refuses some, and of some it says nothing, though it has taken half of those."""
        kind = self._dice.unit()
        if kind < 0.15:
            self._voice.tell(MessageRefused(id=message.id, reason="not now"))
            return
        if kind > 0.93:
            return
        session, says = self._worker.session, kind < 0.85
        told = Told(session=session, id=message.id, text=message.text, within=True, acknowledged=says)
        self._notes_wanted = self._notes_wanted or message.id == NOTES_WANTED
        self._talkers.told.append(told)
        if says:
            self._voice.tell(MessageTaken(id=message.id))
