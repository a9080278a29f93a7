"""What the people of a plan do: they set the town up, sling the beads, and interfere."""

import anyio
from msgspec.structs import replace

from gastown import clock
from gastown.actors.commands import accounts
from gastown.actors.commands import mayor as told
from gastown.actors.commands.budget import SetBudget
from gastown.actors.commands.command import Owner
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.handoff import HandOn
from gastown.actors.commands.mail import SendMail
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.polecat import TellAgent
from gastown.actors.commands.policy import SetPolicy
from gastown.actors.kernel.answer import Accepted
from gastown.actors.mayor.phases import Working
from gastown.events.agent import AgentSpec
from gastown.events.bead import BeadCreated
from gastown.events.ids import BeadId, SessionId
from gastown.events.mail import bead_address
from gastown.events.policy import Policy, Rule
from gastown.events.rig import Gate, RigConfig
from simulated import apis
from simulated.observer import Observer
from simulated.people import Person
from simulated.plan import TIMEOUT, BeadPlan, Deed
from simulated.talkers import CAN, FORBIDDEN, SAFE
from simulated.turns import BudgetPlan, Handing, Nudge, Speech
from simulated.workers import Workers
from simulated.world import ORIGIN, RIG, World

CONFIG = RigConfig(
    origin=ORIGIN,
    target="main",
    landing="main",
    prefix="ap",
    gates=(Gate(name="unit", command="check", timeout=300.0),),
    identity=("Ada", "ada@example.org"),
)
AGENT = AgentSpec(name="sh", vendor="shell", command="work", timeout=TIMEOUT)
SPEAKING = {speech: AgentSpec(name=speech, vendor=speech, timeout=TIMEOUT, tells_usage=True) for speech in CAN}

POLICY = Policy(rules=(Rule(decide="allow", title=SAFE), Rule(decide="deny", title=FORBIDDEN)))


class Story:
    def __init__(self, world: World, workers: Workers) -> None:
        self._world = world
        self._plan = world.plan
        self._workers = workers
        self._person = Person(world, world.dice.of("person"))
        self._ids: dict[int, BeadId] = {}

    async def begin(self) -> None:
        """A rig, an agent, the beads, all of them slung."""
        await self._person.order(MAYOR, told.AddRig(rig=RIG, config=CONFIG))
        spec = replace(AGENT, turn_cost=0.0) if self._plan.budgets else AGENT
        await self._person.order(MAYOR, accounts.AddAgent(spec=spec, default=True))
        await self._person.order(MAYOR, told.ChangeSetting(name="max_polecats", value=self._plan.places))
        for bead in self._plan.beads:
            self._ids[bead.number] = await self._create(bead)
        if any(bead.speech for bead in self._plan.beads):  # how long their output is would be looked at all the time
            await self._person.order(MAYOR, told.ChangeSetting(name="output.max", value=0))
        for budget in self._plan.budgets:
            if not budget.at:
                await self._set(budget)
        if self._plan.policy:
            await self._person.order(MAYOR, SetPolicy(policy=POLICY))
        await self._sling()

    async def _sling(self) -> None:
        """Each to the agent of the plan."""
        by_agent: dict[str, list[BeadId]] = {}
        for bead in self._plan.beads:
            by_agent.setdefault(bead.speech or "", []).append(self._ids[bead.number])
        for account in self._plan.accounts:
            await self._person.order(MAYOR, accounts.AddAccount(account=apis.spec(account)))
        wanted = {one.agent for one in self._plan.handings} | ({"once"} if self._plan.fallback else set())
        for speech in SPEAKING:  # who is a fallback comes first
            if speech in by_agent or speech in wanted:
                spec = self._speaking(speech)
                await self._person.order(MAYOR, accounts.AddAgent(spec=spec, default=self._plan.policy))
        for number, (agent, beads) in enumerate(by_agent.items(), 1):
            sling = told.SlingBeads(beads=tuple(beads), rig=RIG, convoy=f"cv-{number}", agent=agent)
            await self._person.order(MAYOR, sling)

    def _speaking(self, speech: Speech) -> AgentSpec:
        spec = SPEAKING[speech]
        if speech != apis.VENDOR:
            return spec
        fallbacks = ("once",) if self._plan.fallback else ()
        return replace(spec, accounts=tuple(one.name for one in self._plan.accounts), fallbacks=fallbacks)

    async def _create(self, bead: BeadPlan) -> BeadId:
        command = told.CreateBead(
            title=f"Bead {bead.number}",
            priority=bead.priority,
            rig=RIG,
            needs=tuple(self._ids[number] for number in bead.needs if number in self._ids),
            created_ns=bead.number,
        )
        answer = await self._person.order(MAYOR, command)
        assert isinstance(answer, Accepted), answer
        (made,) = (one.entity.id for one in answer.events if isinstance(one.envelope.data, BeadCreated))
        self._workers.knows(made, bead)
        return made

    async def deeds(self) -> None:
        async with anyio.create_task_group() as tasks:
            for deed in self._plan.deeds:
                if deed.bead in self._ids:
                    tasks.start_soon(self._do, deed, self._ids[deed.bead])
            for budget in self._plan.budgets:
                if budget.at:
                    tasks.start_soon(self._set, budget)
            for handing in self._plan.handings:
                if handing.bead in self._ids:
                    tasks.start_soon(self._hand_on, handing, self._ids[handing.bead])
            for number, nudge in enumerate(self._plan.nudges):
                if nudge.bead in self._ids:
                    tasks.start_soon(self._nudge, nudge, f"m{number}", self._ids[nudge.bead])

    async def _set(self, budget: BudgetPlan) -> None:
        await anyio.sleep(budget.at)
        scope = f"bead:{self._ids[budget.bead]}" if budget.bead in self._ids else f"rig:{RIG}" if budget.rig else "town"
        await self._person.order(MAYOR, SetBudget(scope=scope, amount=budget.amount, at=clock.now()))

    async def _nudge(self, nudge: Nudge, message: str, bead: BeadId) -> None:
        await anyio.sleep(nudge.at)
        if nudge.letter:
            await self._person.order(DEACON, _letter(nudge, f"letter-{message}", bead))
            return
        session = await self._at_work_on(bead)
        if session:
            tell = TellAgent(session=session, message=message, text="a word", sender="a person", urgent=nudge.urgent)
            await self._person.order(Owner("polecat", session), tell)

    async def _hand_on(self, handing: Handing, bead: BeadId) -> None:
        """Whether it is at work or not; in that case a session of its own accord, too."""
        await anyio.sleep(handing.at)
        if handing.agent:
            sling = told.SlingBeads(beads=(bead,), convoy=f"cv-hand-{handing.at}", agent=handing.agent)
            await self._person.order(MAYOR, sling)
            return
        session = await self._at_work_on(bead)
        if session:
            notes = f"what a person knows at {handing.at}"
            hand_on = HandOn(session=session, sender="a person", by_worker=False, notes=notes)
            await self._person.order(Owner("polecat", session), hand_on)

    async def _at_work_on(self, bead: BeadId) -> SessionId:
        """ "" for none."""
        observer = Observer(self._world)
        await observer.look()
        one = observer.mayor.beads.get(bead)
        return one.phase.session if one is not None and isinstance(one.phase, Working) else ""

    async def _do(self, deed: Deed, bead: BeadId) -> None:
        await anyio.sleep(deed.at)
        origin = self._world.git.origin(ORIGIN)
        match deed.doing:
            case "push":
                origin.commit("By a person", **{f"person{deed.bead}": str(deed.at)})
            case "push into the way":
                origin.commit("By a person", shared=f"{deed.at}")
            case "refuse pushes":
                origin.refusal = "protected"
                await anyio.sleep(30.0)
                origin.refusal = ""
            case "unsling":
                await self._person.order(MAYOR, told.UnslingBead(bead=bead, reason="changed my mind"))
                await anyio.sleep(20.0)
                await self._person.order(MAYOR, told.SlingBeads(beads=(bead,), rig=RIG, convoy=f"cv-{deed.at}"))
            case "retry":
                await self._person.order(MAYOR, told.RetryBead(bead=bead))
            case "close":
                await self._person.order(MAYOR, told.CloseBead(bead=bead, reason="done by hand"))
            case "reopen":
                await self._person.order(MAYOR, told.ReopenBead(bead=bead))
            case "raise priority":
                await self._person.order(MAYOR, told.UpdateBead(bead=bead, priority=0))
            case "stop everything":
                await self._person.order(MAYOR, told.PlaceHold(cause="estop", reason="stop"))
                await anyio.sleep(45.0)
                await self._person.order(MAYOR, told.LiftHold(cause="estop"))
            case "pause":
                await self._person.order(MAYOR, told.PlaceHold(cause="pause", rig=RIG, reason="wait"))


def _letter(nudge: Nudge, key: str, bead: BeadId) -> SendMail:
    return SendMail(
        mail=key,
        sender="overseer",
        reply="overseer",
        to=bead_address(bead),
        subject="A word",
        text="a word",
        urgent=nudge.urgent,
        at=clock.now(),
    )
