"""What the socket's callers are told once some sessions run on other machines."""

from gastown import clock
from gastown.actors.commands.command import Order
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.hosts import AdmitHost, GreetHost, InviteHost, ReportHostSilent
from gastown.actors.errands import AskFrozen, Frozen
from gastown.bus.keys import new_user_key
from gastown.projections.capacity import capacity


async def tell(town, command):
    await town.runtime.send(Order(id=clock.new_id(), to=DEACON, actor="overseer", command=command))
    await town.desk.runner.wait_for(town.runtime.position, 10)


async def has_host(town, name):
    await tell(town, InviteHost(name=name, invitation="i", digest="d", expires=2.0, slots=2, at=1.0))
    await tell(town, AdmitHost(name=name, invitation="i", digest="d", key=new_user_key().public, at=1.0))
    await tell(town, GreetHost(name=name, host=f"process of {name}", machine="there"))


async def test_an_emergency_stop_counts_what_stands_still_on_every_machine_that_is_there(open_town):
    async with open_town() as town:
        await town.founded()
        await has_host(town, "east")
        await has_host(town, "west")
        await tell(town, ReportHostSilent(name="west", host="process of west", epoch=1, seconds=15))
        town.host.answers["ask_frozen"] = Frozen(programs=2)
        assert (await town.data("estop"))["frozen"] == 4
        asked = zip(town.host.asked, town.host.asked_of, strict=True)
        assert [of for question, of in asked if isinstance(question, AskFrozen)] == ["", "east"]


async def test_the_status_names_the_other_machines_and_the_town_counts_their_places(open_town):
    async with open_town() as town:
        await town.founded()
        await has_host(town, "east")
        (one,) = (await town.data("status"))["hosts"]
        assert (one["name"], one["state"], one["machine"], one["slots"], one["sessions"]) == (
            "east",
            "up",
            "there",
            2,
            0,
        )
        assert capacity(town.desk.store, "a", 0.0).most == 8 + 2
