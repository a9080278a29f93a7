"""What a host on another machine, or a guest, tries at the gate beyond what it is for. Nothing of it may work."""

from contextlib import asynccontextmanager

import anyio
import pytest

from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import RefusedLoginError
from gastown.errors import UnreachableError

SERVICE = "svc.gt.01J"


@pytest.fixture
def answering():
    """The town, which answers whatever reaches it with "answer", and has heard it."""

    @asynccontextmanager
    async def answer(connection):
        heard = []
        async with anyio.create_task_group() as tasks:

            def hear(subject, reply, payload, _):
                heard.append((subject.decode(), payload))
                if reply and ".host." not in subject.decode():  # those are the hosts'
                    tasks.start_soon(connection.publish, reply.decode(), b"answer")

            async with connection.subscription(">", hear):
                await connection.round_trip()
                heard.clear()
                yield heard
            tasks.cancel_scope.cancel()

    return answer


def services(heard):
    return [one for one in heard if one[0].startswith("svc.")]


async def refused(connection, subject):
    """Neither carried out nor answered."""
    with pytest.raises(UnreachableError):
        await connection.request(subject, b"forged", patience=0.3)


async def test_a_host_asks_its_services_and_is_asked_its_own(gate, answering):
    async with gate.as_town() as town, gate.as_host("x") as x, answering(town) as heard:
        asks, serves = NatsCommands(x, "gt", "01J"), NatsCommands(town, "gt", "01J")
        for service in ("town.x", "door.x", "texts.x", "luggage.x", "leave.x"):
            assert await asks.request(service, b"mine", patience=5.0) == b"answer"
            assert (f"{SERVICE}.{service}", b"mine") in heard

        async def echo(payload):
            return payload[::-1]

        async with asks.serve("host.x", echo):
            assert await serves.request("host.x", b"ab" * 3_000_000, patience=10.0) == b"ba" * 3_000_000


@pytest.mark.parametrize(
    "subject",
    [
        "ev.gt.bead.x",
        "live.ev.gt.bead.x",
        "$JS.API.INFO",
        "$JS.API.STREAM.PURGE.EV_gt_01J",
        "$SYS.REQ.SERVER.PING.VARZ",
        f"{SERVICE}.town",
        f"{SERVICE}.host",
        f"{SERVICE}.town.y",
        f"{SERVICE}.door.y",
        f"{SERVICE}.luggage.y",
        f"{SERVICE}.host.y",
        f"{SERVICE}.join",
        "ask.hub.gt.leave",
    ],
)
async def test_a_host_reaches_nothing_else(gate, answering, subject):
    async with gate.as_town() as town, gate.as_host("y") as y, gate.as_host("x") as x, answering(town) as heard:

        async def answer(payload):
            heard.append(("at y", payload))
            return b"answer"

        async with NatsCommands(y, "gt", "01J").serve("host.y", answer):
            await refused(x, subject)
        assert not [one for one in heard if one[1] == b"forged"]


async def test_a_host_hears_nothing_that_is_not_for_it(gate, answering):
    heard = []
    async with gate.as_town() as town, gate.as_host("y") as y, gate.as_host("x") as x, answering(town):
        for subject in (">", "svc.>", f"{SERVICE}.host.y", f"{SERVICE}.town.*", "_INBOX.>", "_R_.>"):
            async with x.subscription(subject, lambda *message: heard.append(message)):
                await x.round_trip()
                heard.clear()
                assert await NatsCommands(y, "gt", "01J").request("town.y", b"mine", patience=5.0) == b"answer"
                await refused(town, f"{SERVICE}.host.y")
                await x.round_trip()
        assert not [one for one in heard if b"nobody.there" not in one[0]]


async def test_an_answer_goes_to_whoever_asked_and_nowhere_else(gate, answering):
    """Whatever subject the question names for it."""
    async with gate.as_town() as town, gate.as_host("x") as x, answering(town) as heard:
        for reply in ("ev.gt.bead.x", f"{SERVICE}.town.y", f"{SERVICE}.host.y", "$JS.API.INFO", f"{SERVICE}.join"):
            await x.publish(f"{SERVICE}.town.x", b"abuse", reply=reply)
        await NatsCommands(x, "gt", "01J").request("town.x", b"last", patience=5.0)
        await town.round_trip()
        assert {one for one, _ in services(heard)} == {f"{SERVICE}.town.x"}
        assert not [one for one in heard if one[1] == b"answer" and not one[0].startswith(("_R_.", "_INBOX."))]


async def test_a_guest_may_ask_to_be_let_in_and_no_more(gate, answering):
    async with gate.as_town() as town, gate.as_guest() as guest, answering(town) as heard:
        assert (await guest.request(f"{SERVICE}.join", b"may I", patience=5.0))[0] == b"answer"
        for subject in (f"{SERVICE}.town.x", f"{SERVICE}.host.x", f"{SERVICE}.door.invited", "ev.gt.bead.x"):
            await refused(guest, subject)
        assert services(heard) == [(f"{SERVICE}.join", b"may I")]


async def test_who_is_revoked_is_cut_off_at_once_and_the_others_are_not(gate, eventually):
    async with gate.as_host("y") as y, gate.as_host("x") as x:
        await gate.let_in("y")
        await eventually(lambda: not x.is_up)
        await y.round_trip()
        assert y.is_up
        with pytest.raises(RefusedLoginError):
            async with gate.as_host("x"):
                raise AssertionError
    with pytest.raises(RefusedLoginError):
        async with gate.as_host("y", seed=gate.keys["x"].seed):
            raise AssertionError
