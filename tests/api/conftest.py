"""A town on the in-memory log, with its real actors and views, answering on a real unix socket; the host is played."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import anyio.lowlevel
import msgspec
import pytest

from gastown import clock, config, hub_link
from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.polecat import ReportAgentEnded, ReportAgentStarted
from gastown.actors.commands.refinery import ReportLanding, ReportProven
from gastown.actors.effects import Effect
from gastown.actors.errands import OriginFacts, Question, SandboxFacts
from gastown.actors.kernel.answer import Accepted, Answer
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.roles import ROLES, owner_of
from gastown.api.abroad import Abroad
from gastown.api.desk import Desk
from gastown.api.server import serve
from gastown.bus.gate_protocol import HostInvitation
from gastown.bus.hub_protocol import AskTowns, Hello, HubReply, Join, Member, Return, Welcome
from gastown.bus.hub_protocol import Joined as LetIn
from gastown.bus.hub_protocol import Question as HubQuestion
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.memory_hub import MemoryHub
from gastown.bus.memory_texts import MemoryTexts
from gastown.bus.server import render_config
from gastown.errors import RefusedError, UnreachableError
from gastown.events.ids import Entity
from gastown.hearing import Hearing
from gastown.joined import Joined
from gastown.parcels import AtHub, Parcels
from gastown.projections.kernel.runner import Runner
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS
from gastown.tokens import session_token


def commit(number: int) -> str:
    return f"{number:040x}"


class PlayedHost:
    """Takes every errand and does nothing; answers questions as told. `answers`: by the tag of the question."""

    def __init__(self) -> None:
        self.errands: dict[str, tuple[str, str]] = {}
        self.taken = anyio.Event()
        self.asked: list[Question] = []
        self.asked_of: list[str | None] = []
        self.answers: dict[str, Any] = {
            "ask_origin": OriginFacts(origin="/srv/app.git", target="main", landing="main", notes=("a note",)),
            "ask_rig_check": [{"name": "fetch", "ok": True}],
            "ask_sandbox": SandboxFacts(head=commit(7), base=commit(1), ahead=1, untracked=("notes.txt",)),
            "ask_peek": "the last line\n",
            "ask_diff": "diff --git a/x b/x\n",
            "ask_proof": [],
        }

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        self.errands[effect.key] = (cause, traceparent)
        self.taken.set()
        self.taken = anyio.Event()

    async def errand(self, key: str) -> tuple[str, str]:
        """The cause and traceparent of the last errand whose key begins so, once it has been handed over."""
        with anyio.fail_after(10):
            while not (found := [one for one in self.errands if one.startswith(key)]):
                await self.taken.wait()
        return self.errands[found[-1]]

    async def ask(self, question: Question, patience: float, of: str | None = None) -> Any:
        del patience
        self.asked.append(question)
        self.asked_of.append(of)
        answer = self.answers[str(type(question).__struct_config__.tag)]
        if isinstance(answer, Exception):
            raise answer
        return msgspec.to_builtins(answer)


class PlayedRegistrar:
    """Lets in whoever brings an invitation, the first key with each. away: nobody is answered.

    lost: so many of its answers to whoever wants to join get lost. refusal: what it says instead of a welcome.
    """

    def __init__(self) -> None:
        self.away = False
        self.lost = 0
        self.keys: dict[str, str] = {}
        self.asked: list[HubQuestion] = []
        self.welcome = Welcome(hub="north", epoch=0)
        self.refusal: HubReply | None = None
        self.members: tuple[Member, ...] = ()

    async def ask_at_door(self, urls: Sequence[str], authority: str, question: Join | Return) -> HubReply:
        del urls
        self._hear(question)
        if isinstance(question, Return):
            return self.refusal or _granted(self.welcome)
        if self.keys.setdefault(question.invitation, question.key) != question.key:
            return HubReply(ok=False, code="refused", message="the invitation was used already", hint="gt hub invite")
        if self.lost:
            self.lost -= 1
            raise UnreachableError("no answer", "again")
        return _granted(LetIn(hub="north", leaf_urls=("tls://127.0.0.1:7422",), ca=authority, epoch=0))

    async def ask(self, question: HubQuestion) -> HubReply:
        self._hear(question)
        if self.refusal is not None:
            return self.refusal
        if isinstance(question, AskTowns):
            return _granted(self.members)
        return _granted(self.welcome if isinstance(question, Hello) else None)

    def _hear(self, question: HubQuestion) -> None:
        if self.away:
            raise UnreachableError("the hub is not connected just now", "gt doctor")
        self.asked.append(question)


def _granted(data: Any) -> HubReply:
    return HubReply(ok=True, data=msgspec.to_builtins(data))


class PlayedGate:
    """obeyed: how often its server was to do what was decided."""

    def __init__(self) -> None:
        self.obeyed = 0

    async def invite(self, host: str, slots: int, seconds: float, addresses: tuple[str, ...]) -> HostInvitation:
        if not addresses:
            raise RefusedError("the gate is closed", "gt host invite NAME")
        urls = tuple(f"tls://{address}:7424" for address in addresses)
        return HostInvitation(
            town="gt",
            incarnation="01J",
            lineage="01J",
            host=host,
            urls=urls,
            ca="the authority",
            id=f"{slots}",
            secret="s",
            expires=seconds,
        )

    async def obey(self) -> None:
        self.obeyed += 1


class PlayedServer:
    """The daemon's part in a restart: the server's configuration is written as it is to be by then."""

    def __init__(self, town: config.TownConfig) -> None:
        self._town = town
        self.starts = 0

    async def restart(self) -> None:
        self.starts += 1
        rendered = render_config(
            port=4222,
            store_dir=self._town.path / "log",
            user="town",
            password="secret",
            server_name=self._town.name,
            leaf=hub_link.leaf(self._town),
        )
        (self._town.path / "secrets" / "nats.conf").write_text(rendered)


class Caller:
    """One connection."""

    def __init__(self, stream: anyio.abc.SocketStream) -> None:
        self.stream = stream
        self._rest = b""

    async def send(self, **message: Any) -> None:
        await self.stream.send(json.dumps({"jsonrpc": "2.0", "id": 1, **message}, ensure_ascii=False).encode() + b"\n")

    async def line(self) -> dict[str, Any]:
        while b"\n" not in self._rest:
            self._rest += await self.stream.receive()
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    async def answer(self) -> dict[str, Any]:
        """The next message that is no notification."""
        while "method" in (message := await self.line()):
            pass
        return message


class PlayedTown:
    def __init__(
        self,
        town: config.TownConfig,
        desk: Desk,
        runtime: Runtime,
        host: PlayedHost,
        path: Path,
        registrar: PlayedRegistrar,
        server: PlayedServer,
    ) -> None:
        self.town = town
        self.registrar = registrar
        self.server = server
        self.desk = desk
        self.runtime = runtime
        self.host = host
        self.path = path

    @asynccontextmanager
    async def caller(self) -> AsyncIterator[Caller]:
        async with await anyio.connect_unix(self.path) as stream:
            yield Caller(stream)

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The whole answer to one call."""
        async with self.caller() as caller:
            await caller.send(method=method, params=params)
            return await caller.answer()

    async def data(self, method: str, **params: Any) -> Any:
        """The data of an answer that is no error."""
        answer = await self.ask(method, **params)
        assert "result" in answer, answer
        return answer["result"]["data"]

    async def error(self, method: str, **params: Any) -> dict[str, Any]:
        """The data of an error."""
        answer = await self.ask(method, **params)
        assert "error" in answer, answer
        return answer["error"]["data"]

    def as_session(self, session: str) -> dict[str, str]:
        """The params by which this session speaks."""
        return {"session": session, "token": session_token(self.town.secret(), session)}

    async def report(self, role: str, key: str, command: Command, errand: str) -> None:
        """What the host would report of an errand."""
        cause, traceparent = await self.host.errand(errand)
        order = Order(
            id=clock.new_id(),
            to=Owner(role, key),
            actor="host",
            command=command,
            cause=cause,
            traceparent=traceparent,
            time=clock.now(),
        )
        answer = await self.runtime.send(order)
        assert isinstance(answer, Accepted), answer

    async def until(self, kind: str, key: str, tag: str) -> None:
        """Wait until the views hold this event."""
        with anyio.fail_after(20):
            async for chunk in self.desk.log.follow():
                for event in (event for message in chunk for event in message):
                    if event.entity == Entity(kind, key) and event.envelope.data.__struct_config__.tag == tag:
                        await self.desk.runner.wait_for(event.position, 10)
                        return

    async def founded(self) -> None:
        """A rig and an agent."""
        await self.data("rig.add", rig="app", location="/srv/app.git", gates=[("test", "make test")], no_check=True)
        await self.data("agent.add", name="sh", vendor="shell", command="true")

    async def bead(self, title: str = "Fix login", **more: Any) -> str:
        made = await self.data("bead.create", title=title, rig="app", **more)
        return str(made["id"])

    async def started(self, bead: str, number: int = 1) -> str:
        """Sling the bead, and play the host up to its running session. Returns the session."""
        await self.data("sling", words=[bead])
        return await self.begun(bead, number)

    async def begun(self, bead: str, number: int = 1) -> str:
        session = f"{bead}-{number}"
        await self.until("session", session, "session.opened")
        report = ReportAgentStarted(
            session=session, pid=4711, started=1, worktree="/w", branch=f"gt/{session}", base=commit(1)
        )
        await self.report("polecat", session, report, f"run:{session}")
        await self.until("bead", bead, "bead.started")
        return session

    async def submitted(self, session: str) -> str:
        """Play the end of a session that has committed. Returns the submission."""
        ended = ReportAgentEnded(session=session, outcome="submitted", reason="", base=commit(1), commit=commit(7))
        await self.report("polecat", session, ended, f"run:{session}")
        submission = f"app.{session}"
        await self.until("bead", session.rpartition("-")[0], "bead.submitted")
        return submission

    async def ended(self, session: str, outcome: str) -> None:
        """Play the end of a session that comes to nothing."""
        report = ReportAgentEnded(session=session, outcome=outcome, reason="as played", base=commit(1))
        await self.report("polecat", session, report, f"run:{session}")
        await self.until("session", session, "session.settled")

    async def landed(self, submission: str) -> None:
        proven = ReportProven(submission=submission, number=1, base=commit(1), candidate=commit(8), land="push")
        await self.report("refinery", "app", proven, f"prove:{submission}:")
        landing = ReportLanding(submission=submission, target_commit=commit(8))
        await self.report("refinery", "app", landing, f"land:{submission}:")
        session = submission.partition(".")[2]
        await self.until("bead", session.rpartition("-")[0], "bead.landed")


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """`await eventually(lambda: ...)`: returns when the condition holds, fails after 20 s."""

    async def wait(holds: Callable[[], object]) -> None:
        with anyio.fail_after(20):
            while not holds():  # noqa: ASYNC110  the world outside this process tells no event
                await anyio.sleep(0.005)

    return wait


class Listed(msgspec.Struct):
    """What the hub last said to one town."""

    up: bool
    asked: float
    towns: tuple[Member, ...] = ()


class PlayedHub:
    """The hub in memory, and what it says of its members."""

    def __init__(self) -> None:
        self.memory = MemoryHub()
        self.logs: dict[str, MemoryEventLog] = {}
        self.incarnations: dict[str, str] = {}
        self.away: dict[str, float] = {}
        self.asked = 0

    def joins(self, name: str, incarnation: str, log: MemoryEventLog, texts: MemoryTexts | None = None) -> None:
        self.memory.join(name, incarnation, log, texts=texts)
        self.logs[name], self.incarnations[name] = log, incarnation
        self.away.pop(name, None)

    def cut(self, name: str, *, ago: float = 0.0) -> None:
        """ago: seconds since when."""
        self.memory.cut(name)
        self.away[name] = clock.now() - ago

    def heal(self, name: str) -> None:
        self.memory.heal(name)
        self.away.pop(name)

    def members(self) -> tuple[Member, ...]:
        return tuple(
            Member(
                name=name,
                incarnation=incarnation,
                epoch=0,
                stream=f"EV_{name}_{incarnation}",
                position=self.memory.position(name),
                lag=0 if name in self.away else self.logs[name].size - self.memory.position(name),
                connected=name not in self.away,
                seen=self.away.get(name, clock.now()),
                last_at=clock.now() - 600,
            )
            for name, incarnation in self.incarnations.items()
        )

    def register(self, name: str) -> "PlayedRegister":
        return PlayedRegister(self, name)


class PlayedRegister:
    """A Register, as one town has it."""

    def __init__(self, hub: PlayedHub, name: str) -> None:
        self._hub = hub
        self._name = name
        self._last = Listed(up=False, asked=0.0)

    async def look_around(self) -> Listed:
        await anyio.lowlevel.checkpoint()
        self._hub.asked += 1
        if self._name in self._hub.away:
            self._last.up = False
        else:
            self._last = Listed(up=True, asked=clock.now(), towns=self._hub.members())
        return self._last


@pytest.fixture
def hub() -> PlayedHub:
    return PlayedHub()


OpenTown: TypeAlias = Callable[..., AbstractAsyncContextManager[PlayedTown]]


@pytest.fixture
def open_town(tmp_path: Path) -> OpenTown:
    """`async with open_town() as town:`; a member of a hub with `open_town("a", hub)`, which
    hears what others say to it with hears=True."""

    @asynccontextmanager
    async def opened(
        name: str = "springfield", hub: PlayedHub | None = None, *, hears: bool = False
    ) -> AsyncIterator[PlayedTown]:
        folder = tmp_path / name if hub else tmp_path / "town"
        settings = config.install(folder, name, f"01J{name.upper()}")
        log, host, store = MemoryEventLog(), PlayedHost(), Store(settings.views, VIEWS, settings.incarnation)
        runner = Runner(store, log)

        async def views_ready() -> None:
            await runner.wait_for(runtime.position, 20.0)

        async def send(order: Order) -> Answer:
            return await runtime.send(order)

        texts, copies = MemoryTexts(), (hub.memory if hub else MemoryHub()).copies(name, settings.incarnation)
        at_hub = AtHub(copies.texts(name, settings.incarnation), copies.luggage(name, settings.incarnation))
        parcels = Parcels(host, store, texts, at_hub, host.ask, name, views_ready, send, clock)
        runtime = Runtime(log, ROLES, owner_of, parcels, clock)
        abroad = None
        if hub is not None:
            link = hub_link.HubLink(hub="north", name=name, urls=("tls://127.0.0.1:7422",), invitation="i1")
            hub_link.write(settings, link, "the authority")
            hub.joins(name, settings.incarnation, log, texts)
            abroad = Abroad(settings.path / "towns", name, hub.register(name), copies)
        registrar, server = PlayedRegistrar(), PlayedServer(settings)
        await server.restart()
        joined = Joined(settings, log, runtime, registrar, server.restart)
        desk = Desk(
            town=settings,
            log=log,
            texts=texts,
            runtime=runtime,
            runner=runner,
            store=store,
            ask=host.ask,
            abroad=abroad,
            hub=joined,
            gate=PlayedGate(),
        )
        path = tmp_path / f"socket-{name}"
        (settings.run / "socket").write_text(str(path))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen(16)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(runner.run)
                await tasks.start(runtime.run)
                if hub is not None and hears:
                    arrivals = hub.memory.arrivals(name, settings.incarnation)
                    tasks.start_soon(Hearing(arrivals, runtime, runner, store, texts, copies).run)
                if abroad is not None:
                    tasks.start_soon(abroad.run)
                tasks.start_soon(joined.run)
                tasks.start_soon(serve, desk, listener)
                if hub is not None:
                    await joined.connect()
                    await runner.wait_for(runtime.position, 10)
                yield PlayedTown(settings, desk, runtime, host, path, registrar, server)
                tasks.cancel_scope.cancel()
        store.close()

    return opened
