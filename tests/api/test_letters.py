"""mail.* between towns, each hearing the other through the hub in memory."""

from gastown import clock
from gastown.actors.commands.command import Order
from gastown.actors.commands.deacon import DEACON, InstallTown
from gastown.api.letters import heard


async def installed(*towns):
    for town in towns:
        install = InstallTown(name=town.desk.town.name, incarnation=town.desk.town.incarnation)
        await town.runtime.send(Order(id=clock.new_id(), to=DEACON, actor="daemon", command=install))


async def hears(town, hub):
    """Take the next arrival, as a town that is a member does."""
    arrivals = hub.memory.arrivals(town.desk.town.name, town.desk.town.incarnation)
    arrival = await arrivals.next()
    for recorded in arrival.events:
        command = heard(town.desk.store, arrival, recorded.envelope.data)
        order = Order(id=f"heard:{recorded.envelope.id}", to=DEACON, actor=f"town/{arrival.town}", command=command)
        answer = await town.runtime.send(order)
        await town.desk.runner.wait_for(answer.position, 5)
    await arrivals.taken(arrival)


async def test_mail_reaches_a_person_in_another_town_and_the_answer_comes_back(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await installed(a, b)
        sent = await a.data("mail.send", address="b/overseer", subject="Rigs", text="Is app there?")
        assert (sent["to"], sent["state"]) == ("b/overseer", "unread")
        await hears(b, hub)
        (got,) = await b.data("mail.inbox")
        assert (got["sender"], got["text"], got["id"]) == ("a/overseer", "Is app there?", f"a.{sent['id']}")
        await b.data("mail.reply", mail=got["id"], text="It is.")
        await hears(a, hub)
        assert (await a.data("mail.read", mail=sent["id"]))["state"] == "passed on"
        await hears(a, hub)
        (answer,) = await a.data("mail.inbox")
        assert (answer["subject"], answer["reply_to"], answer["sender"]) == ("Re: Rigs", sent["id"], "b/overseer")


async def test_an_address_that_is_wrong_there_brings_the_letter_back_with_the_reason(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await installed(a, b)
        sent = await a.data("mail.send", address="b/app/nux", text="Hello.")
        await hears(b, hub)
        assert await b.data("mail.inbox") == []
        await hears(a, hub)
        assert (await a.data("mail.read", mail=sent["id"]))["state"] == "dead"
        (back,) = await a.data("mail.inbox")
        assert "nobody has the address 'app/nux'" in back["text"]


async def test_mail_waits_for_a_town_that_is_away(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await installed(a, b)
        hub.cut("b", ago=86_400)
        sent = await a.data("mail.send", address="b/overseer", text="When you are back.")
        assert sent["state"] == "unread"
        hub.heal("b")
        await hears(b, hub)
        assert [one["text"] for one in await b.data("mail.inbox")] == ["When you are back."]


async def test_who_is_no_town_is_no_address(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub):
        await installed(a)
        assert (await a.error("mail.send", address="c/overseer", text="Hello."))["code"] == "unknown"
        assert (await a.error("mail.send", address="b", text="Hello."))["hint"] == (
            "to its person: gt mail send b/overseer ..."
        )
        own = await a.data("mail.send", address="a/overseer", text="Note to self.")
        assert own["to"] == "overseer"
    async with open_town() as alone:
        assert (await alone.error("mail.send", address="b/overseer", text="Hello."))["code"] == "unknown"
