"""A machine is lost, and its town goes on elsewhere from the hub's copy, as `gastown.moving.adoption` has it."""

from typing import NamedTuple

import anyio

from gastown.actors.commands.deacon import RestoreTown
from gastown.bus.hub import granted
from gastown.bus.hub_protocol import AskAdoption, Joined
from gastown.config import TownConfig
from gastown.errors import GastownError, UnreachableError
from gastown.moving.backup import mark_of
from gastown.moving.settling import Move, Settling
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS
from simulated.moves import MOVED, end, gather
from simulated.process import Process
from simulated.several.line import Line, LineCopies, LineHub
from simulated.several.plan import Loss
from simulated.several.station import Past, Station, adopter_of, undisturbed
from simulated.several.story import Story
from simulated.several.towns import Towns, Undisturbed
from simulated.world import RIG

AGAIN = 5.0
"""Seconds until it is tried again, which repeats what was tried before."""


class Adopted(NamedTuple):
    """until: the position of the lost one's log up to which the other has it."""

    lost: Station
    by: Station
    until: int


class Adoptions:
    """done: those that have been. under_way: losses that have begun, and are not yet over."""

    def __init__(self, towns: Towns, story: Story) -> None:
        self._towns = towns
        self._story = story
        self.done: list[Adopted] = []
        self.under_way = 0

    def start(self) -> None:
        for loss in self._towns.plan.losses:
            if loss.town < len(self._towns.plan.towns):
                self._towns.tasks.start_soon(self._befall, loss)

    async def _befall(self, loss: Loss) -> None:
        self.under_way += 1
        await anyio.sleep(loss.at)
        lost = self._towns.now[self._towns.name(loss.town)]
        await lost.line.until_copied(lost.began)
        lost.line.up.off()
        lost.line.down.off()
        if not loss.alone:
            lost.world.at_home.off()
            end(lost.world)
            lost.world.origin.forget(lost.world.folder / "rigs" / RIG)
        await anyio.sleep(loss.seconds)
        await self._adopt(lost)
        if loss.back is not None:
            await anyio.sleep(loss.back)
            if not loss.alone:
                lost.world.at_home.on()
            lost.line.up.on()
            lost.line.down.on()
        self.under_way -= 1

    async def _adopt(self, lost: Station) -> None:
        place = adopter_of(lost, self._towns.dice.between(-60.0, 60.0) if lost.world.skew else 0.0)
        claim: int | None = None
        while True:
            helper = self._helper(lost)
            try:
                if helper is None:
                    raise UnreachableError("nobody reaches the hub")
                log = LineCopies(*helper).log(lost.name, lost.world.incarnation)
                if claim is None:
                    claim = await log.last_position()
                epoch = await self._ask(LineHub(*helper), lost.name, place.incarnation, claim)
                until = await log.last_position()  # the lost one is fenced: nothing comes any more
                break
            except GastownError:
                await anyio.sleep(AGAIN)
        lost.fenced = True
        town = TownConfig(path=place.folder, name=lost.name, incarnation=place.incarnation)
        past = await self._settled(lost, until, town)
        by = Station(
            undisturbed(lost.town),
            place,
            self._towns.hub,
            self._towns.ground,
            self._towns.tasks,
            self._towns.dice,
            past,
        )
        self._story.teach(by)
        by.joins(epoch)
        self._towns.add(by)
        self.done.append(Adopted(lost, by, until))
        by.start()

    def _helper(self, lost: Station) -> tuple[Line, Process] | None:
        """Any other town's line."""
        for station in self._towns.now.values():
            if station is not lost and station.line.is_open:
                dice = self._towns.dice.of("adopt", anyio.current_time())
                return station.line, Process("gt adopt", 0, dice, Undisturbed(), station.world.skew)
        return None

    async def _ask(self, hub: LineHub, name: str, incarnation: str, position: int) -> int:
        """The epoch."""
        key = self._towns.key(incarnation).public
        asked = AskAdoption(town=name, incarnation=incarnation, key=key, position=position)
        return granted(await hub.ask(asked), Joined).epoch

    async def _settled(self, lost: Station, until: int, town: TownConfig) -> Past:
        parts = await gather(lost.world, until)
        views = Store(None, VIEWS, town.incarnation)
        restored = RestoreTown(
            name=town.name,
            incarnation=town.incarnation,
            of=lost.world.incarnation,
            position=until,
            at=0.0,
            bare=True,
        )
        move = Move(to=restored, mark=mark_of(town), why=MOVED, hint="none for {rig}", forsake=True)
        await Settling(parts.log, views, move).settle((parts.rig,) if parts.rig else ())
        return Past(parts.log, views)
