"""The town's side of its gate: the server obeys what the town decided about its hosts, and who comes is answered."""

import secrets
import signal
from contextlib import AbstractAsyncContextManager

import anyio
import msgspec

from gastown import clock, durable
from gastown.actors.commands.command import Command, Order
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.hosts import AdmitHost, DismissHost, InviteHost
from gastown.actors.deacon.hosts import let_in
from gastown.actors.kernel.answer import Answer
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.api.call import DecidedAgainstError
from gastown.bus import gate_protocol
from gastown.bus.gate_protocol import JOIN, LEAVE, PROTOCOL, TEXTS, GateReply, HostInvitation, Join
from gastown.bus.gate_server import SYSTEM_USER, TOWN_USER, HostLogin, render_gate
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import NatsConnection, connect
from gastown.bus.texts import Texts
from gastown.bus.trust import trusting
from gastown.config import TownConfig
from gastown.daemon.children import read_children
from gastown.daemon.reloading import reload
from gastown.errors import GastownError, UnreachableError
from gastown.events.ids import HostName
from gastown.gate import place
from gastown.gate.hall import Hall
from gastown.gate.place import Gate
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

LOOK = 5.0
"""Seconds between two looks whether the server still does what was decided."""
OPENING = 15.0
"""Seconds for a gate to open: the daemon starts its server within two."""
_AGAIN = 1.0  # seconds

_log = get_logger("gastown.town")


class Warden:
    """Enter `run` in a task group."""

    def __init__(self, town: TownConfig, runtime: Runtime, hall: Hall, texts: Texts) -> None:
        self._town = town
        self._runtime = runtime
        self._hall = hall
        self._texts = texts
        self._system: NatsConnection | None = None
        self._obeys = False  # in this process
        self._lock = anyio.Lock()
        self._wanted, self._open = anyio.Event(), anyio.Event()

    # what the town's API asks

    async def invite(self, host: HostName, slots: int, seconds: float, addresses: tuple[str, ...]) -> HostInvitation:
        """Have a host invited, and the gate opened, if it is not. Raises GastownError."""
        now, key, secret = clock.now(), clock.new_id(), secrets.token_urlsafe(24)
        invite = InviteHost(
            name=host,
            invitation=key,
            digest=gate_protocol.digest_of(secret),
            expires=now + seconds,
            slots=slots,
            at=now,
        )
        answer = await self._decided(invite, "overseer")
        if isinstance(answer, Rejected):
            raise DecidedAgainstError(answer)
        gate = await self._opened(addresses)
        await self.obey()
        return HostInvitation(
            town=self._town.name,
            incarnation=self._town.incarnation,
            lineage=self._town.lineage,
            host=host,
            urls=gate.urls(),
            ca=place.authority(self._town),
            id=key,
            secret=secret,
            expires=now + seconds,
        )

    async def _opened(self, addresses: tuple[str, ...]) -> Gate:
        before = place.read(self._town)
        gate = place.opened(self._town, addresses, clock.now())
        if gate != before:
            self._obeys = False
        self._wanted.set()
        with anyio.move_on_after(OPENING):
            await self._open.wait()
        if not self._open.is_set():
            raise UnreachableError("the gate does not open", f"see {self._town.logs / 'gate.log'}")
        return gate

    async def obey(self) -> None:
        """Returns when the server does what the town decided, where it has a gate. Raises UnreachableError."""
        async with self._lock:
            gate = place.read(self._town)
            if gate is None or self._system is None:
                return
            before, text = _read(self._town), self._text(gate)
            if text == before and self._obeys:
                return
            self._write(text)
            server = read_children(self._town).get("gate")
            if _listens(before) != _listens(text) and server is not None:
                await self._start_anew(self._system, server)
            else:
                await reload(self._system, server, self._town.logs / "gate.log")
            self._obeys = True

    async def _start_anew(self, system: NatsConnection, server: Known) -> None:
        """Where it listens a server takes at its start only. The daemon starts the next, which has read it all."""
        gone = anyio.Event()
        with anyio.move_on_after(OPENING), system.on_loss(gone.set):
            child.send(server, signal.SIGTERM)
            await gone.wait()
            await system.wait_up()
        if not system.is_up:
            raise UnreachableError("the gate does not open again", f"see {self._town.logs / 'gate.log'}")

    # what goes on by itself

    async def run(self) -> None:
        """Keep the gate, if there is one, until cancelled."""
        while True:
            try:
                gate = place.read(self._town)
                if gate is None:
                    await self._wanted.wait()
                    continue
                await self._keep(gate)
            except GastownError as error:
                _log.warning("the gate is not open", error=error.message)
                await anyio.sleep(_AGAIN)

    async def _keep(self, gate: Gate) -> None:
        if not self._town.gate_file().exists():
            self._write(self._text(gate))  # the daemon starts it
        async with self._connected(gate, TOWN_USER) as connection, self._connected(gate, SYSTEM_USER) as system:
            commands = NatsCommands(connection, self._town.name, self._town.incarnation)
            async with (
                commands.serve(JOIN, self._join),
                commands.serve_each(LEAVE, self._leave),
                commands.serve_each(TEXTS, self._text_of),
                self._hall.through(commands),
            ):
                await self._stay(system)

    async def _stay(self, system: NatsConnection) -> None:
        self._system = system
        try:
            while True:
                await self._look()
                self._open.set()
                await anyio.sleep(LOOK)
        finally:
            self._system, self._open = None, anyio.Event()

    async def _look(self) -> None:
        gate = place.read(self._town)
        if gate is not None and place.renew(self._town, gate, clock.now()):
            self._obeys = False
        try:
            await self.obey()
        except UnreachableError as error:
            _log.warning("the gate's server does not obey yet", error=error.message)

    def _connected(self, gate: Gate, user: str) -> AbstractAsyncContextManager[NatsConnection]:
        trust = trusting(place.authority(self._town))
        return connect(gate.own_url(), name=f"town {user}", user=user, password=gate.password, trust=trust)

    async def _join(self, payload: bytes) -> bytes:
        try:
            join = msgspec.json.decode(payload, type=Join)
        except NOT_JSON as error:
            return _said(GateReply(ok=False, code="usage", message=f"this is no question: {error}"))
        if join.protocol != PROTOCOL:
            return _said(_other_version(self._town.name, join.protocol))
        admit = AdmitHost(
            name=join.host,
            invitation=join.invitation,
            digest=gate_protocol.digest_of(join.secret),
            key=join.key,
            at=clock.now(),
        )
        return _said(await self._carried_out(admit, f"host.{join.host}"))

    async def _leave(self, host: HostName, _: bytes) -> bytes:
        """It is cut off at the next look: the answer is to reach it before."""
        return _said(_reply(await self._decided(DismissHost(name=host), f"host.{host}")))

    async def _text_of(self, _: HostName, digest: bytes) -> bytes:
        """As msgpack: the text, or what keeps it from being had."""
        try:
            return msgspec.msgpack.encode(await self._texts.text(digest.decode(errors="replace")))
        except GastownError as error:
            return msgspec.msgpack.encode(GateReply(ok=False, code=error.code, message=error.message))

    async def _carried_out(self, command: Command, actor: str) -> GateReply:
        try:
            answer = await self._decided(command, actor)
            await self.obey()
        except GastownError as error:
            return GateReply(ok=False, code=error.code, message=error.message, hint=error.hint)
        return _reply(answer)

    async def _decided(self, command: Command, actor: str) -> Answer:
        return await self._runtime.send(
            Order(id=clock.new_id(), to=DEACON, actor=actor, command=command, time=clock.now())
        )

    def _text(self, gate: Gate) -> str:
        known = let_in(self._runtime.state_of(DEACON))
        logins = [HostLogin(host=host, key=key) for host, key in known.items()]
        return render_gate(place.server_place(self._town, gate), logins)

    def _write(self, text: str) -> None:
        durable.write(self._town.gate_file(), text.encode(), mode=0o600)


def _reply(answer: Answer) -> GateReply:
    if isinstance(answer, Rejected):
        return GateReply(ok=False, code=answer.code, message=answer.reason, hint=answer.hint)
    return GateReply(ok=True)


def _other_version(town: str, theirs: int) -> GateReply:
    """The town may have been upgraded since it gave the invitation."""
    older = "town" if theirs > PROTOCOL else "host"
    message = f"the town {town} speaks version {PROTOCOL} to its hosts, and this is {theirs}"
    hint = f"install a newer Gas Town on the machine of the {older}"
    return GateReply(ok=False, code="refused", message=message, hint=hint)


def _said(reply: GateReply) -> bytes:
    return msgspec.json.encode(reply)


def _read(town: TownConfig) -> str:
    return town.gate_file().read_text() if town.gate_file().exists() else ""


def _listens(config: str) -> str:
    return next((line for line in config.splitlines() if line.startswith("listen:")), "")
