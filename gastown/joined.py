"""The town's side of a hub: it joins one, says hello after every connection, and leaves.

A town works for any length of time without its hub; nothing here is waited for by anything else.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio

from gastown import hub_link, joining
from gastown.actors.commands.command import Command, Order
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.membership import FenceTown, JoinHub, LeaveHub
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.mayor.state import Membership
from gastown.api.hub_side import Standing
from gastown.bus import hub_protocol, invitation
from gastown.bus.event_log import EventLog
from gastown.bus.hub import Hub, HubRefusedError, granted
from gastown.bus.hub_protocol import AskLeave, AskTowns, Hello, Member, Return, Sealed, SwapRegister, Welcome
from gastown.bus.nats_connection import UntrustedServerError
from gastown.bus.subjects import stream_name
from gastown.config import TownConfig
from gastown.errors import GastownError, RefusedError, UnreachableError, UsageError
from gastown.finding import HUB_FILE
from gastown.hub_link import HubLink
from gastown.hub_told import HubTold
from gastown.loggers import get_logger

_log = get_logger("gastown.town")

UP_PAUSE, AWAY_PAUSE, SOON = 5.0, 1.0, 0.1
"""Seconds between words to a hub that is there, that is away, and that the town's server is just connecting to."""
TOWNS_PAUSE, PAUSE_PER_TOWN = 60.0, 0.6
"""Seconds after which the list of towns is asked for again, so that something is known of them when the hub is away:
at least, and for each town of a long list, which otherwise the hub would be busy with telling to all."""
CONNECT_PATIENCE = 10.0
"""Seconds a call waits for the town's server to be connected: it restarts in one, and the hub lets it in at once."""
RETURN_AFTER, RETURN_PAUSE = 3.0, 10.0
"""Seconds that the hub is away until the town asks at its door, and between two such questions."""


Restart: TypeAlias = Callable[[], Awaitable[None]]


class Joined:
    """restart: has the town's own server started again, with what is kept of the hub by then; None: it has none."""

    def __init__(self, town: TownConfig, log: EventLog, runtime: Runtime, hub: Hub, restart: Restart | None) -> None:
        self._town = town
        self._log = log
        self._runtime = runtime
        self._hub = hub
        self._restart = restart
        self._clock = runtime.clock
        self._changed = anyio.Event()
        self._greeting, self._restarting = anyio.Lock(), anyio.Lock()
        self._told = HubTold(town)
        self._link: HubLink | None = None
        self._up = False
        self._register = ""  # the digest of the hub's
        self._since = self._clock.now()
        self._trouble = ""
        self._shut = ""  # why the hub does not let it in, where it says so

    # what the town's API asks

    def standing(self) -> Standing:
        """How it stands, without asking anybody."""
        told = self._told.of(self._link.hub if self._link is not None else "")
        return Standing(
            link=self._link,
            up=self._up,
            since=self._since,
            trouble=self._trouble,
            asked=told.asked,
            towns=told.towns,
        )

    async def look_around(self) -> Standing:
        """With the list of towns as the hub has it now, or, where it is away, as it had it last."""
        if self._link is not None:
            await self._greet(self._link)
            if self._up:
                await self._ask_for_towns(self._link)
        return self.standing()

    async def join(self, text: str) -> HubLink:
        """Be let in; what is needed for that is kept when this returns. Raises GastownError: nothing has changed.

        Repeated with the same invitation, it gets the same answer. Nothing is a member before `connect`. A hub that
        does not let the town in any more is left for another without a word.
        """
        given = invitation.decode(text)
        kept = hub_link.read(self._town)
        if kept is not None and kept.invitation == given.id:
            return kept
        member_of = kept.hub if kept is not None and self._up else ""
        own_server = self._restart is not None
        joining.refuse(self._town, given, self._clock.now(), own_server=own_server, member_of=member_of)
        return await joining.let_in(self._town, self._hub, given, self._membership)

    async def connect(self) -> Standing:
        """Have the town's server connected as it is to be by now; returns when it is, or does not get there soon."""
        await self._put_in_force()
        self._changed.set()
        link = hub_link.read(self._town)
        self._link = link
        if link is not None:
            with anyio.move_on_after(CONNECT_PATIENCE):
                await self._get_through(link)
        return self.standing()

    async def _put_in_force(self) -> None:
        """Have the server restarted if it was started with something else; returns when another has been."""
        async with self._restarting:
            if self._restart is None or hub_link.is_in_force(self._town):
                return
            await self._restart()
            with anyio.move_on_after(CONNECT_PATIENCE):
                while not hub_link.is_in_force(self._town):  # noqa: ASYNC110  what the daemon does tells no event
                    await anyio.sleep(SOON / 10)

    async def _get_through(self, link: HubLink) -> None:
        while True:
            if await self._greet(link):
                return await self._ask_for_towns(link)
            await anyio.sleep(SOON)

    async def leave(self) -> bool:
        """Have the hub told, and keep nothing of it. -> whether it was told. Raises RefusedError, OSError."""
        try:
            link = hub_link.read(self._town)
        except UsageError:  # what cannot be read is nothing to say good-bye to
            link = self._link
        else:
            if link is None and not self._membership.hub:
                raise RefusedError("the town is a member of no hub", "gt join INVITATION makes it one")
        told = link is not None and await self._say_goodbye()
        hub_link.forget(self._town)
        self._told.forget()
        return told

    async def _say_goodbye(self) -> bool:
        try:
            return (await self._hub.ask(AskLeave())).ok
        except UnreachableError:
            return False

    # what goes on by itself

    async def run(self) -> None:
        """Keep in touch with the hub, if there is one, until cancelled."""
        while True:
            self._changed = anyio.Event()
            self._link = self._read_link()
            self._shut = ""
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._keep_in_touch, self._link)
                if self._link is not None:
                    tasks.start_soon(self._keep_knocking, self._link)
                await self._changed.wait()
                tasks.cancel_scope.cancel()

    def _read_link(self) -> HubLink | None:
        try:
            return hub_link.read(self._town)
        except UsageError as error:
            self._note(up=False, trouble=error.message)
            return None

    async def _keep_in_touch(self, link: HubLink | None) -> None:
        await self._agree(link)
        while link is not None:
            await self._greet(link)
            told = self._told.of(link.hub)
            pause = max(TOWNS_PAUSE, PAUSE_PER_TOWN * len(told.towns))
            if self._up and not 0.0 <= self._clock.now() - told.asked <= pause:  # it may have been set back since
                await self._ask_for_towns(link)
            if self._up and self._told.lacks(self._register):
                await self._swap_registers()
            await anyio.sleep(UP_PAUSE if self._up else AWAY_PAUSE)

    async def _agree(self, link: HubLink | None) -> None:
        """What a killed process had begun is brought to its end: the server and the log follow what is kept."""
        while True:
            if await self._agreed(link):
                return
            await anyio.sleep(AWAY_PAUSE)

    async def _agreed(self, link: HubLink | None) -> bool:
        try:
            await self._put_in_force()
            if link is None and self._membership.hub and hub_link.read(self._town) is None:
                await self._tell(LeaveHub(reason=f"{HUB_FILE} is gone"))
            if link is not None and self._membership != _membership(link):
                await self._tell(JoinHub(hub=link.hub, name=link.name, epoch=link.epoch))
        except GastownError as error:
            self._note(up=False, trouble=error.message)
            return isinstance(error, UsageError | RefusedError)  # what is wrong or refused waits for a person
        return True

    @property
    def _membership(self) -> Membership:
        return self._runtime.state_of(MAYOR).membership

    async def _greet(self, link: HubLink) -> bool:
        """Say hello. -> whether the hub is there."""
        async with self._greeting:
            try:
                last = await self._log.last_position()
                incarnation, stream = self._town.incarnation, stream_name(self._town.name, self._town.incarnation)
                reply = await self._hub.ask(Hello(incarnation=incarnation, stream=stream, last=last))
                welcome = granted(reply, Welcome)
                await self._obey(welcome)
            except GastownError as error:
                there = isinstance(error, HubRefusedError)
                self._note(up=False, trouble=f"{link.hub} says: {error.message}" if there else self._shut)
                return False
            self._register, self._shut = "" if welcome.fenced_by else welcome.register, ""
            self._note(up=True, trouble=_fenced(welcome))
            return True

    async def _obey(self, welcome: Welcome) -> None:
        if welcome.fenced_by:
            await self._tell(FenceTown(by=welcome.fenced_by, adopted_at=welcome.adopted_at))

    async def _keep_knocking(self, link: HubLink) -> None:
        """A hub that has lost its log knows nobody: it is shown what it once said of this town, and lets it in."""
        await anyio.sleep(RETURN_AFTER)
        while True:
            if not self._up and self._told.last.register and not self._is_fenced():
                await self._knock(link)
            await anyio.sleep(RETURN_PAUSE)

    async def _knock(self, link: HubLink) -> None:
        known = self._told.last.register
        asked = Return(town=link.name, incarnation=self._town.incarnation, known=known)
        try:
            authority = hub_link.ca_file(self._town, link).read_text()
            welcome = granted(await self._hub.ask_at_door(link.join_urls, authority, asked), Welcome)
            await self._obey(welcome)
        except HubRefusedError as error:
            self._shut = f"{link.hub} says: {error.message}; {error.hint}"
        except UntrustedServerError as error:
            self._shut = f"another hub is where {link.hub} was, or its certificate has expired: {error.message}"
        except (GastownError, OSError) as error:
            _log.info("nobody at the hub's door", error=str(error))
        else:
            self._shut = _fenced(welcome)

    def _is_fenced(self) -> bool:
        return "fenced" in self._runtime.state_of(MAYOR).holds.now

    async def _ask_for_towns(self, link: HubLink) -> None:
        try:
            towns = granted(await self._hub.ask(AskTowns()), tuple[Member, ...])
        except GastownError as error:
            _log.warning("the hub does not tell which towns there are", error=error.message)
            return
        now = self._clock.now()
        self._told.keep_towns(link.hub, now, tuple(hub_protocol.by_clock_of(now, member) for member in towns))

    async def _swap_registers(self) -> None:
        try:
            told = granted(await self._hub.ask(SwapRegister(known=self._told.last.register)), tuple[Sealed, ...])
        except GastownError as error:
            _log.warning("the hub does not tell its register", error=error.message)
            return
        self._told.keep_register(told)

    def _note(self, *, up: bool, trouble: str) -> None:
        if up != self._up:
            self._since = self._clock.now()
            _log.info("the hub is there" if up else "the hub is away", trouble=trouble)
        self._up, self._trouble = up, trouble

    async def _tell(self, command: Command) -> None:
        order = Order(id=self._clock.new_id(), to=MAYOR, actor="town", command=command, time=self._clock.now())
        answer = await self._runtime.send(order)
        if isinstance(answer, Rejected):
            raise RefusedError(answer.reason, answer.hint)


def _fenced(welcome: Welcome) -> str:
    return f"another town goes on in this one's place, epoch {welcome.fenced_by}" if welcome.fenced_by else ""


def _membership(link: HubLink) -> Membership:
    return Membership(hub=link.hub, name=link.name, epoch=link.epoch)
