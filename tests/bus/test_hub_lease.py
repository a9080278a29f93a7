"""The lease of the machine that decides, on a real server: one has it, whatever the others believe."""

import anyio
import pytest

from gastown.bus import hub_lease
from gastown.bus.hub_lease import HubLease
from gastown.bus.nats_connection import connect


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_lease, "RENEW", 0.05)
    monkeypatch.setattr(hub_lease, "HOLD", 1.5)
    monkeypatch.setattr(hub_lease, "TAKE", 2.5)


@pytest.fixture
async def connection(nats_server):
    async with connect(nats_server.url, name="t", user=nats_server.user, password=nats_server.password) as made:
        yield made


async def has_it_within(lease: HubLease, seconds: float) -> bool:
    with anyio.move_on_after(seconds) as scope:
        await lease.acquire()
    return not scope.cancelled_caught


async def test_one_has_it_while_it_renews_and_another_once_it_is_given_back(connection):
    one, other = (HubLease(connection, name, 1) for name in "ab")
    await one.acquire()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one.hold)
        assert not await has_it_within(other, 4.0)
        tasks.cancel_scope.cancel()
    await one.release()
    assert await has_it_within(other, 2.0)


async def test_who_does_not_renew_loses_it_and_is_told(connection):
    one, other = (HubLease(connection, name, 1) for name in "ab")
    await one.acquire()
    assert await has_it_within(other, 10.0)
    with anyio.fail_after(1.0):
        await one.hold()
    await one.release()  # which is refused: it is another's
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other.hold)
        assert not await has_it_within(one, 4.0)
        tasks.cancel_scope.cancel()


async def test_who_cannot_reach_the_others_stops_before_they_begin(nats_server):
    async with connect(nats_server.url, name="t", user=nats_server.user, password=nats_server.password) as made:
        lease = HubLease(made, "a", 1)
        await lease.acquire()
        nats_server.end()
        with anyio.fail_after(hub_lease.TAKE):
            await lease.hold()
        nats_server.start()
        await made.wait_up()
