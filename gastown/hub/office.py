"""What the registrar decided, carried out: the server obeys before anybody is answered."""

import anyio

from gastown import clock
from gastown.actors.commands.command import Command, Order
from gastown.actors.commands.registrar import REGISTRAR
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.registrar.standing import Copied, copied, logins
from gastown.actors.registrar.state import Hub, Member
from gastown.bus.hub_protocol import HubReply
from gastown.bus.hub_streams import ensure_bucket_copies, ensure_copy, let_another_lead
from gastown.bus.subjects import stream_name
from gastown.errors import UnreachableError
from gastown.hub.lines import Lines
from gastown.hub.place import HubConfig
from gastown.hub.server_child import ServerChild
from gastown.hub.sights import Sights
from gastown.loggers import get_logger

FLUSHED = 0.25
"""Seconds after which what was appended is on the disk: the server flushes every 0.1 s."""
RETURN = 3.0
"""Seconds that towns have to come back to a server that starts, before copying begins without those that did not."""
_AGAIN = 0.1  # seconds between two looks at who is back

_log = get_logger("gastown.hub")


class Office:
    """lines: to the machine's own server. hub: on how many machines the copies are kept together, and how many bytes
    one may take where nothing else is said of its town."""

    def __init__(self, runtime: Runtime, server: ServerChild, lines: Lines, hub: HubConfig) -> None:
        self._machines = max(1, len(hub.machines))
        self._quota = hub.quota
        self._runtime = runtime
        self._server = server
        self._system = lines.system
        self._towns = lines.towns
        self.sights = Sights(lines.towns)
        self._waking = False

    @property
    def state(self) -> Hub:
        return self._runtime.state_of(REGISTRAR)

    @property
    def is_copying(self) -> bool:
        return self._server.copying

    def member(self, town: str) -> Member | None:
        return self.state.members.get(town)

    async def decide(self, command: Command, actor: str, *, enforce: bool = True) -> HubReply | None:
        """None: it is so, and will be after a power cut. Raises what the log and the server do."""
        order = Order(id=clock.new_id(), to=REGISTRAR, actor=actor, command=command, time=clock.now())
        answer = await self._runtime.send(order)
        if isinstance(answer, Rejected):
            return HubReply(ok=False, code=answer.code, message=answer.reason, hint=answer.hint)
        if enforce:
            await self.enforce()
        if answer.events:
            await anyio.sleep(FLUSHED)
        return None

    async def enforce(self, *, copying: bool | None = None) -> None:
        """copying None: as it is."""
        on = self._server.copying if copying is None else copying
        await self._server.enforce(self._system, logins(self.state), copying=on)

    async def revive(self) -> None:
        """The server has started: wait for the towns, then begin to copy. Those that do not come are not waited for."""
        if not self._server.copying:
            await self.enforce(copying=False)
            with anyio.move_on_after(RETURN):
                while not await self._all_are_back():  # noqa: ASYNC110  nobody tells us
                    await anyio.sleep(_AGAIN)
        await self.enforce(copying=True)
        _log.info("copying", towns=len(copied(self.state)))

    async def _all_are_back(self) -> bool:
        await self.sights.look(copied(self.state), copying=False)
        return all(self._is_there(town) for town in copied(self.state))

    async def tend(self) -> None:
        """Look at everybody; begin copies that are missing, wake those that sleep."""
        towns = copied(self.state)
        await self.enforce()  # who has left is cut off
        if self._waking:
            await self._wake_all()
        await self.sights.look(towns, copying=self.is_copying)
        if not self.is_copying:
            return
        stood = self.sights.full.copy()
        for town in towns:
            copy = self.sights.copies.get(stream_name(town.town, town.incarnation))
            if self._is_there(town) and (copy is None or copy.limit != self._most(town)):
                await self.copy(town)
        to_wake = {*self.sights.asleep(towns), *(stood - self.sights.full)}  # with room again, it does not see that
        if to_wake:
            _log.info("copies are woken", streams=sorted(to_wake))
            await self._wake(to_wake)

    async def _wake(self, streams: set[str]) -> None:
        """Where several servers keep them, each alone; where one does, all together."""
        if self._machines == 1:
            return await self._wake_all()
        for stream in streams:
            await let_another_lead(self._towns, stream)
        return None

    async def _wake_all(self) -> None:
        """Off, and on again. What fails in between is done again at the next look: nothing is copied meanwhile."""
        self._waking = True
        await self.enforce(copying=False)
        await self.enforce(copying=True)
        self._waking = False

    async def copy(self, town: Copied) -> None:
        """Begin to copy its log, and what it has beside it, once the server does that at all."""
        if not self.is_copying:
            return  # whoever tends begins it
        try:
            most, machines = self._most(town), self._machines
            await ensure_copy(
                self._towns,
                town.town,
                town.incarnation,
                heard_from=town.after,
                max_bytes=most,
                replicas=machines,
            )
            await self.sights.look_at(town)  # so that the others see it at once
            known = self.sights.copies
            await ensure_bucket_copies(
                self._towns, town.town, town.incarnation, known=known, max_bytes=most, replicas=machines
            )
        except UnreachableError as error:
            _log.warning("a copy could not be begun", town=town.town, error=error.message)

    def _most(self, town: Copied) -> int:
        """Bytes that the copy of its log may take."""
        return town.quota or self._quota

    def _is_there(self, town: Copied) -> bool:
        return self.sights.of(stream_name(town.town, town.incarnation)).connected
