"""host.*: machines other than the town's own."""

import pytest

from gastown import config
from gastown.actors.commands.command import Order
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.hosts import InviteHost
from gastown.api.call import DecidedAgainstError
from gastown.bus import gate_protocol
from gastown.bus.memory_commands import MemoryCommands
from gastown.bus.memory_texts import MemoryTexts
from gastown.clock import new_id, now
from gastown.gate import place
from gastown.gate.hall import Hall
from gastown.gate.warden import Warden


async def invited(town, name):
    """As the gate has it decided."""
    invite = InviteHost(name=name, invitation=new_id(), digest="d", expires=now() + 60, slots=2, at=now())
    await town.runtime.send(Order(id=new_id(), to=DEACON, actor="overseer", command=invite, time=now()))


async def test_an_invitation_is_one_word_that_leads_to_the_gate(open_town):
    async with open_town() as town:
        said = await town.data("host.invite", name="box", slots=3, seconds=60, addresses=["gt.example"])
        given = gate_protocol.decode(said["invitation"])
        assert (given.host, given.urls, given.id) == ("box", ("tls://gt.example:7424",), "3")
        refusal = await town.error("host.invite", name="box")
        assert refusal["message"] == "the gate is closed"


async def test_who_is_revoked_is_cut_off_before_the_answer(open_town):
    async with open_town() as town:
        await invited(town, "box")
        await town.until("host", "box", "host.invited")
        (listed,) = await town.data("host.list")
        assert (listed["name"], listed["state"], listed["slots"]) == ("box", "invited", 2)
        await town.data("host.revoke", name="box")
        assert town.desk.gate.obeyed == 1
        assert [one["state"] for one in await town.data("host.list")] == ["revoked"]
        assert (await town.error("host.revoke", name="nobody"))["code"] == "unknown"


@pytest.mark.parametrize(("name", "slots", "code"), [("host", 2, "usage"), ("a b", 2, "usage"), ("box", 0, "usage")])
async def test_who_cannot_be_invited_opens_no_gate(open_town, tmp_path, name, slots, code):
    async with open_town() as town:
        folder = config.install(tmp_path / "gt", "gt", "01J")
        warden = Warden(folder, town.runtime, Hall(MemoryCommands()), MemoryTexts())
        with pytest.raises(DecidedAgainstError) as refused:
            await warden.invite(name, slots, 60.0, ())
        assert refused.value.code == code
        assert place.read(folder) is None
