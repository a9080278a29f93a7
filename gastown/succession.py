"""A town that looks after the others of its hub: one that nobody saw for long goes on here (`adopt.after`).

`Watch` reports it to the Deacon; `TakingOver` carries out what the Deacon decides, in a program of its own: reading a
long log must not hold up a town. Of several towns that want to, the hub lets one.
"""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import anyio
import anyio.to_thread
import msgspec

from gastown.actors.commands.adoption import ReportAdoption, ReportTownLost
from gastown.actors.commands.command import Order
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import Effect, TakeOver
from gastown.actors.kernel.answer import Answer
from gastown.actors.kernel.ports import Clock, Performer
from gastown.actors.kernel.runtime import Runtime
from gastown.adapters.processes import child
from gastown.adapters.processes.lifelong_lock import to_hand_on
from gastown.api.hub_side import HubSide, Standing
from gastown.bus.copies import Copies
from gastown.bus.hub_protocol import Member
from gastown.config import TownConfig
from gastown.daemon.children import scrubbed
from gastown.daemon.replacing import gone
from gastown.errors import GastownError
from gastown.events import town
from gastown.events.ids import AccountName, Entity
from gastown.events.town import TownForked, TownRestored, TownWanted
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

LOOK = 5.0
"""Seconds between two looks at the others."""
AGAIN = 5.0
"""Seconds until it is tried again where the hub was away."""
_GRACE = 5.0  # seconds

_log = get_logger("gastown.town")

Send: TypeAlias = Callable[[Order], Awaitable[Answer]]


class Watch:
    """Enter `run` in a task group."""

    def __init__(self, runtime: Runtime, hub: HubSide, copies: Copies) -> None:
        self._runtime = runtime
        self._hub = hub
        self._copies = copies
        self._stopped: dict[str, int] = {}  # by incarnation: at which position of its log it was found wanted down

    async def run(self) -> None:
        while True:
            await anyio.sleep(LOOK)
            try:
                await self.look()
            except GastownError as error:
                _log.info("nobody can say who is lost", reason=error.message)

    async def look(self) -> None:
        """Report one that is lost. Raises what the log and the hub's copies do."""
        mayor = self._runtime.state_of(MAYOR)
        after = mayor.setting("adopt.after")
        if not after or mayor.holds.now or not self._lost(self._hub.standing(), after):
            return
        for member in self._lost(await self._hub.look_around(), after):
            if member.quiet < after:
                continue
            if await self._is_wanted_up(member):
                await self._report(member)
                return
            self._stopped[member.incarnation] = member.position

    def _lost(self, standing: Standing, after: float) -> list[Member]:
        """Those that may be by now, as far as was heard, and of which nothing is decided yet."""
        own = standing.link.name if standing.link is not None else ""
        passed = max(0.0, self._runtime.clock.now() - standing.asked)
        known = self._runtime.state_of(DEACON).adoptions
        return [
            member
            for member in standing.towns
            if standing.up and member.name != own and not member.gone and not member.connected
            if member.position or member.heir_of
            if member.quiet and member.quiet + passed >= after
            if member.incarnation not in known or known[member.incarnation].outcome == "spared"
            if self._stopped.get(member.incarnation) != member.position
        ]

    async def _is_wanted_up(self, member: Member) -> bool:
        """By the last word in its log, or in that which it is heir of: one that was stopped on purpose is not lost."""
        log = self._copies.log(member.name, member.heir_of or member.incarnation)
        said = ""
        for recorded in await log.read_entity(Entity(town.KIND, "town")):
            match recorded.envelope.data:
                case TownWanted(state=state):
                    said = state
                case TownRestored() | TownForked():
                    said = ""
                case _:
                    pass
        return said == "up"

    async def _report(self, member: Member) -> None:
        command = ReportTownLost(town=member.name, of=member.incarnation, quiet=member.quiet)
        ours = self._runtime.clock
        await self._runtime.send(Order(id=ours.new_id(), to=DEACON, actor="town", command=command, time=ours.now()))


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, as `gastown/moving/taking_over.py` says. code: "" where the town goes on here, else the error's.

    position: up to which the hub knew its log. texts: how many long texts of it are lost. secrets: the names of those
    that each account lacks.
    """

    code: str = ""
    message: str = ""
    hint: str = ""
    epoch: int = 0
    position: int = 0
    texts: int = 0
    secrets: dict[AccountName, tuple[str, ...]] = {}


class TakingOver:
    """A Performer that has lost towns go on here, and hands all else on. helper: this town."""

    def __init__(self, others: Performer, helper: TownConfig, send: Send, clock: Clock) -> None:
        self._others = others
        self._helper = helper
        self._send = send
        self._clock = clock

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        if not isinstance(effect, TakeOver):
            return await self._others.perform(effect, cause=cause, traceparent=traceparent)
        folder = self._helper.path.with_name(effect.town)
        told = await self._run(effect.town, folder)
        while told is None or told.code == "unreachable":
            _log.warning("a lost town cannot be adopted yet", town=effect.town, reason=told.message if told else "")
            await anyio.sleep(AGAIN)
            told = await self._run(effect.town, folder)
        order = Order(
            id=effect.key,
            to=DEACON,
            actor=str(DEACON),
            command=report(effect, folder, told),
            cause=cause,
            traceparent=traceparent,
            time=self._clock.now(),
        )
        await self._send(order)
        return None

    async def _run(self, name: str, folder: Path) -> Told | None:
        """None: the program said nothing."""
        file = self._helper.run / "adoption.json"
        file.unlink(missing_ok=True)
        process = await anyio.to_thread.run_sync(self._start, name, folder, file)
        try:
            await gone(process)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(child.end, process, _GRACE)
        try:
            return msgspec.json.decode(file.read_bytes(), type=Told)
        except (FileNotFoundError, *NOT_JSON):
            return None

    def _start(self, name: str, folder: Path, file: Path) -> child.Known:
        """There is never a second one, also where a killed town left one."""
        command = (sys.executable, "-P", "-m", "gastown.moving.taking_over")
        with to_hand_on(self._helper.run / "adoption.lock", _GRACE) as lock:
            return child.start(
                (*command, str(self._helper.path), name, str(folder), str(file)),
                environment=scrubbed(os.environ),
                log=self._helper.logs / "adoption.log",
                cwd=self._helper.path,
                keep_fds=(lock,),
            )


def report(effect: TakeOver, folder: Path, told: Told) -> ReportAdoption:
    """What the Deacon is told of what came of it."""
    if told.code:
        return ReportAdoption(
            of=effect.of,
            number=effect.number,
            outcome="spared" if told.code == "taken" else "failed",
            reason=told.message,
            hint=told.hint or f"gt adopt {effect.town}",
        )
    remark = f"What it did after position {told.position} of its log, which the hub never heard, is lost."
    if told.texts:
        remark += f" {told.texts} long texts are lost, too."
    for account, names in told.secrets.items():
        given = " ".join(f"--env {one}=..." for one in names)
        remark += f" It lacks secrets: gt --town {folder} account set {account} {given}"
    return ReportAdoption(
        of=effect.of,
        number=effect.number,
        outcome="adopted",
        folder=str(folder),
        epoch=told.epoch,
        remark=remark,
        hint=f"gt --town {folder} status",
    )
