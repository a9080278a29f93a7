"""Which towns are taken for lost, and what comes of having one go on here."""

import msgspec
import pytest
from anyio import create_task_group

from gastown import clock, config
from gastown.actors.commands.adoption import ReportAdoption
from gastown.actors.commands.command import Order
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.mayor import MAYOR, ChangeSetting
from gastown.actors.effects import TakeOver
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.roles import ROLES, owner_of
from gastown.api.hub_side import Standing
from gastown.bus.event_log import Append
from gastown.bus.hub_protocol import Member
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.memory_hub import MemoryHub
from gastown.events.envelope import Envelope
from gastown.events.ids import Entity
from gastown.events.town import TownWanted
from gastown.hub_link import HubLink
from gastown.succession import TakingOver, Told, Watch, report

LOST = Member(name="south", incarnation="01JLOST", epoch=0, position=1, quiet=700.0)
LINK = HubLink(hub="h", name="north", urls=("tls://127.0.0.1:1",), invitation="i1")


class Begun:
    """A Performer that keeps what it is given."""

    def __init__(self):
        self.effects = []

    async def perform(self, effect, *, cause, traceparent):
        self.effects.append(effect)


class Heard:
    """What the hub says."""

    def __init__(self, *towns, up=True):
        self.said = Standing(link=LINK, up=up, asked=clock.now(), towns=towns)
        self.asked = 0

    def standing(self):
        return self.said

    async def look_around(self):
        self.asked += 1
        return self.said


async def wanted(log, state):
    entity = Entity("town", "town")
    envelope = Envelope(
        id=clock.new_id(),
        time=clock.now(),
        actor="daemon",
        command=clock.new_id(),
        cause="",
        correlation="t",
        traceparent="",
        data=TownWanted(state=state),
    )
    earlier = await log.read_entity(entity)
    await log.append([Append(entity=entity, expected=earlier[-1].position if earlier else 0, envelopes=(envelope,))])


class Helper:
    """A town whose hub says what a test likes; the lost one's copy says that it is wanted up."""

    def __init__(self):
        self.begun = Begun()
        self.runtime = Runtime(MemoryEventLog(), ROLES, owner_of, self.begun, clock)
        self.lost = MemoryEventLog()
        hub = MemoryHub()
        hub.join("north", "01JNORTH", MemoryEventLog())
        hub.join("south", "01JLOST", self.lost)
        self.copies = hub.copies("north", "01JNORTH")

    def watch(self, *towns, up=True):
        self.heard = Heard(*towns, up=up)
        return Watch(self.runtime, self.heard, self.copies)

    async def order(self, to, command):
        await self.runtime.send(Order(id=clock.new_id(), to=to, actor="overseer", command=command, time=clock.now()))

    async def adopts_after(self, seconds):
        await self.order(MAYOR, ChangeSetting(name="adopt.after", value=seconds))

    @property
    def adopting(self):
        return {of: one.number for of, one in self.runtime.state_of(DEACON).adoptions.items() if not one.outcome}


@pytest.fixture
async def play():
    """`await play(act)` with a helper at work."""

    async def played(act):
        helper = Helper()
        async with create_task_group() as tasks:
            await tasks.start(helper.runtime.run)
            await wanted(helper.lost, "up")
            await act(helper)
            tasks.cancel_scope.cancel()

    return played


async def test_one_that_nobody_saw_for_long_is_to_go_on_here(play, eventually):
    async def act(helper):
        await helper.watch(LOST).look()
        assert helper.adopting == {}
        await helper.adopts_after(700)
        await helper.watch(LOST).look()
        assert helper.adopting == {"01JLOST": 1}
        await eventually(lambda: any(isinstance(effect, TakeOver) for effect in helper.begun.effects))

    await play(act)


@pytest.mark.parametrize(
    "said",
    [
        {"quiet": 699.0},
        {"quiet": 0.0},
        {"connected": True},
        {"gone": "left"},
        {"gone": "revoked"},
        {"position": 0},
        {"name": "north"},
    ],
    ids=str,
)
async def test_nobody_else_is_taken_for_lost(play, said):
    async def act(helper):
        await helper.adopts_after(700)
        await helper.watch(msgspec.structs.replace(LOST, **said)).look()
        assert helper.adopting == {}

    await play(act)


async def test_one_that_was_stopped_on_purpose_is_not_lost_and_its_log_is_read_once(play):
    async def act(helper):
        await helper.adopts_after(700)
        await wanted(helper.lost, "down")
        watch = helper.watch(LOST)
        await watch.look()
        await watch.look()
        assert (helper.adopting, helper.heard.asked) == ({}, 1)
        await wanted(helper.lost, "up")
        await helper.watch(msgspec.structs.replace(LOST, position=3)).look()
        assert helper.adopting == {"01JLOST": 1}

    await play(act)


async def test_an_heir_of_whom_the_hub_has_nothing_yet_may_be_lost_too(play):
    async def act(helper):
        await helper.adopts_after(700)
        heir = msgspec.structs.replace(LOST, incarnation="01JHEIR", position=0, heir_of="01JLOST")
        await helper.watch(heir).look()
        assert helper.adopting == {"01JHEIR": 1}

    await play(act)


async def test_who_cannot_ask_the_hub_takes_nobody_for_lost(play):
    async def act(helper):
        await helper.adopts_after(700)
        await helper.watch(LOST, up=False).look()
        assert helper.adopting == {}

    await play(act)


async def test_the_hub_is_asked_only_once_somebody_may_be_lost(play):
    async def act(helper):
        await helper.adopts_after(700)
        watch = helper.watch(msgspec.structs.replace(LOST, quiet=10.0))
        await watch.look()
        assert helper.heard.asked == 0
        helper.heard.said = msgspec.structs.replace(helper.heard.said, asked=clock.now() - 690)
        await watch.look()
        assert (helper.heard.asked, helper.adopting) == (1, {})

    await play(act)


EFFECT = TakeOver(key="adopt:01JLOST:1", about=Entity("adoption", "01JLOST"), town="south", of="01JLOST", number=1)


async def test_it_is_done_by_a_program_of_its_own_that_says_what_came_of_it(tmp_path):
    """Here: that this town is a member of no hub."""
    helper = config.install(tmp_path / "north", "north", clock.new_id())
    sent = []

    async def send(order):
        sent.append(order)

    await TakingOver(Begun(), helper, send, clock).perform(EFFECT, cause="c1", traceparent="")
    (order,) = sent
    assert (order.id, order.to, order.command.outcome) == (EFFECT.key, DEACON, "failed")
    assert order.command.reason == "north is a member of no hub"
    assert not (tmp_path / "south").exists()


async def test_all_other_effects_are_somebody_else_s(tmp_path):
    others = Begun()
    await TakingOver(others, config.install(tmp_path / "north", "north", "01J"), None, clock).perform(
        "an effect", cause="c1", traceparent=""
    )
    assert others.effects == ["an effect"]


def test_what_came_of_it_in_words(tmp_path):
    folder = tmp_path / "south"
    spared = report(EFFECT, folder, Told(code="taken", message="south is alive: it has been away for 0 s", hint="wait"))
    assert spared == ReportAdoption(
        of="01JLOST", number=1, outcome="spared", reason="south is alive: it has been away for 0 s", hint="wait"
    )
    failed = report(EFFECT, folder, Told(code="refused", message=f"{folder} is not empty"))
    assert (failed.outcome, failed.hint) == ("failed", "gt adopt south")
    adopted = report(EFFECT, folder, Told(epoch=2, position=40, texts=3, secrets={"work": ("KEY", "TOKEN")}))
    assert (adopted.outcome, adopted.folder, adopted.epoch) == ("adopted", str(folder), 2)
    assert adopted.remark == (
        "What it did after position 40 of its log, which the hub never heard, is lost. 3 long texts are lost, too."
        f" It lacks secrets: gt --town {folder} account set work --env KEY=... --env TOKEN=..."
    )
