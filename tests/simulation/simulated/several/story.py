"""What people do in several towns: they join the hub, make beads, sling them about, write to each other, interfere."""

import anyio

from gastown import clock
from gastown.actors.commands import accounts
from gastown.actors.commands import mayor as told
from gastown.actors.commands.abroad import RecallBead
from gastown.actors.commands.command import Command
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.mail import SendMail
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.kernel.answer import Accepted, Answer
from gastown.actors.mayor.phases import Open
from gastown.events.bead import BeadCreated
from gastown.events.ids import BeadId, abroad, at_home
from gastown.events.mail import OVERSEER, town_address
from simulated.plan import BeadPlan
from simulated.several.placing import any_that_can
from simulated.several.plan import ANY, Deed, Letter, Route
from simulated.several.station import Station
from simulated.several.towns import Towns
from simulated.story import AGENT, CONFIG
from simulated.world import RIG


class Story:
    """names: of the beads abroad, by number. under_way: deeds that have begun and not ended."""

    def __init__(self, towns: Towns) -> None:
        self._towns = towns
        self._dice = towns.dice.of("story")
        self.names: dict[int, BeadId] = {}
        self._plans: dict[BeadId, BeadPlan] = {}

    async def begin(self) -> None:
        towns = self._towns
        towns.tasks.start_soon(towns.hub.run)
        for station in list(towns.now.values()):
            await towns.hub.admit(station.name, station.world.incarnation, towns.key(station.world.incarnation).public)
            station.joins(epoch=0)
            station.start()
        for station in list(towns.now.values()):
            await self._set_up(station)
        for route in towns.plan.routes:
            await self._create(route)
        for number, town in enumerate(towns.plan.towns):
            born = [one.bead.number for one in towns.plan.routes if one.born == number]
            beads = tuple(at_home(town.name, self.names[one]) for one in born)
            if beads:
                await self._mayor(town.name, told.OpenConvoy(convoy="cv-all", title="All", beads=beads))
        for station in towns.now.values():
            station.began = station.world.log.size

    async def _set_up(self, station: Station) -> None:
        name, town = station.name, station.town
        await self._mayor(name, told.AddRig(rig=RIG, config=CONFIG))
        await self._mayor(name, accounts.AddAgent(spec=AGENT, default=True))
        await self._mayor(name, told.ChangeSetting(name="max_polecats", value=town.plan.places))
        await self._mayor(name, told.ChangeSetting(name="towns.patience", value=town.patience))
        while not station.observer.mayor.membership.hub:
            await anyio.sleep(0.2)
            await station.observer.look()

    async def _create(self, route: Route) -> None:
        bead, town = route.bead, self._towns.name(route.born)
        command = told.CreateBead(
            title=f"Bead {bead.number}",
            priority=bead.priority,
            rig=RIG,
            needs=tuple(at_home(town, self.names[need]) for need in bead.needs if need in self.names),
            created_ns=bead.number,
        )
        answer = await self._mayor(town, command)
        assert isinstance(answer, Accepted), answer
        (made,) = (one.entity.id for one in answer.events if isinstance(one.envelope.data, BeadCreated))
        self.names[bead.number] = name = abroad(town, made)
        self._plans[name] = bead
        for station in self._towns.all:
            station.workers.knows(at_home(station.name, name), bead)

    def teach(self, station: Station) -> None:
        """The workers of a machine that was not there when the beads were made."""
        for name, bead in self._plans.items():
            station.workers.knows(at_home(station.name, name), bead)

    async def deeds(self) -> None:
        plan = self._towns.plan
        async with anyio.create_task_group() as tasks:
            for route in plan.routes:
                tasks.start_soon(self._sling, route)
            for deed in plan.deeds:
                if deed.bead in self.names and deed.town < len(plan.towns):
                    tasks.start_soon(self._do, deed)
            for number, letter in enumerate(plan.letters):
                tasks.start_soon(self._write, f"letter-{number}", letter)

    async def _sling(self, route: Route) -> None:
        await anyio.sleep(route.at)
        town = self._towns.name(route.born)
        await self._send(town, at_home(town, self.names[route.bead.number]), route.to)

    async def _send(self, town: str, key: BeadId, to: tuple[str, ...]) -> None:
        if to == (ANY,):
            to = await any_that_can(self._towns, town)
        convoy = f"cv-{self._dice.bytes(4).hex()}"
        await self._mayor(town, told.SlingBeads(beads=(key,), rig=RIG, convoy=convoy, to=to))

    async def _write(self, key: str, letter: Letter) -> None:
        await anyio.sleep(letter.at)
        sender, receiver = self._towns.name(letter.sender), self._towns.name(letter.receiver)
        name = self.names.get(letter.to)
        written = OVERSEER if letter.to == 0 else at_home(receiver, name) if name else "nobody-at-all"
        mail = SendMail(
            mail=key,
            sender=OVERSEER,
            reply=OVERSEER,
            to=town_address(receiver, written),
            subject="A word",
            text="a word",
            at=clock.now(),
        )
        await self._towns.people[sender].order(DEACON, mail)

    async def _do(self, deed: Deed) -> None:
        await anyio.sleep(deed.at)
        name, town = self.names[deed.bead], self._towns.name(deed.town)
        born = name.partition(".")[0]
        match deed.doing:
            case "recall":
                await self._mayor(born, RecallBead(bead=at_home(born, name)))
            case "reopen":
                await self._mayor(born, told.ReopenBead(bead=at_home(born, name)))
            case "need":
                await self._need(deed.bead, born)
            case "accept nothing":
                await self._mayor(town, told.ChangeTextSetting(name="towns.accept", text="none"))
                await anyio.sleep(60.0)
                await self._mayor(town, told.ChangeTextSetting(name="towns.accept", text="all"))
            case "pause":
                await self._mayor(town, told.PlaceHold(cause="pause", rig=RIG, reason="wait"))
            case "close" | "unsling" | "send on":
                await self._at_home(deed, name)

    async def _need(self, number: int, born: str) -> None:
        """Of one with a lower number: nothing waits for itself."""
        if number > 1:
            need = at_home(born, self.names[1 + self._dice.below(number - 1)])
            await self._mayor(born, told.UpdateBead(bead=at_home(born, self.names[number]), add_needs=(need,)))

    async def _at_home(self, deed: Deed, name: BeadId) -> None:
        """Wherever that is."""
        await self._towns.look()
        town, key = self._towns.home(name) or ("", "")
        if not town:
            return
        if deed.doing == "close":
            await self._mayor(town, told.CloseBead(bead=key, reason="done by hand"))
            return
        await self._mayor(town, told.UnslingBead(bead=key, reason="changed my mind"))
        to = ()
        if deed.doing == "send on":
            to = (self._dice.choice([one for one in self._towns.now if one != town]),)
        for _ in range(40):
            await anyio.sleep(2.0)
            await self._towns.look()
            one = self._towns.now[town].observer.mayor.beads.get(key)
            if one is not None and isinstance(one.phase, Open):
                await self._send(town, key, to)
                return

    async def _mayor(self, town: str, command: Command) -> Answer:
        return await self._towns.people[town].order(MAYOR, command)
