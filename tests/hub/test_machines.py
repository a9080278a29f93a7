"""A hub on three machines: one is lost, and towns, copies and whoever decides go on."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from hub_at_work import HubAtWork, TownServer, granted, level

from gastown import clock
from gastown.adapters.processes import child
from gastown.bus.hub_server import TOWNS_USER
from gastown.bus.jetstream_api import call
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.nats_connection import NatsConnection, connect
from gastown.bus.subjects import stream_name
from gastown.bus.trust import trusting
from gastown.errors import GastownError, UsageError
from gastown.hub import place, service
from gastown.hub.keeping import Look, Revoke

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the addresses 127.0.0.2 and .3")
HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
GOES_ON = 60.0
"""Seconds until another machine decides; on a machine with nothing else to do it takes about ten."""


class Machine(HubAtWork):
    def lose(self) -> None:
        """All that runs there, at once."""
        server = service.read_server(self.config)
        assert server is not None
        running = service.running(self.config)
        assert running is not None
        for pid in (running.pid, server.pid):
            os.kill(pid, signal.SIGKILL)
        for known in (running, server):
            assert child.wait(known, 5.0)

    def server_says(self) -> str:
        return self.config.server_file.read_text()


@pytest.fixture
def machines(tmp_path: Path, free_port: Any) -> Iterator[list[Machine]]:
    ports = (free_port(), free_port(), free_port())
    made = place.create_machines(tmp_path / "hub", clock.new_id(), clock.now(), name="main", hosts=HOSTS, ports=ports)
    found = [Machine(place.load(one.path)) for one in made]
    yield found
    for machine in found:
        machine.down()


async def up(machines: list[Machine]) -> None:
    async with anyio.create_task_group() as tasks:
        for machine in machines:
            tasks.start_soon(anyio.to_thread.run_sync, machine.up)


async def insisting(machine: Machine, wish: Any) -> dict[str, Any]:
    with anyio.fail_after(GOES_ON):
        while True:
            try:
                return await anyio.to_thread.run_sync(partial(service.ask, machine.config, wish, patience=1.0))
            except GastownError:
                await anyio.sleep(0.1)


async def decider(machine: Machine) -> str:
    return (await insisting(machine, Look()))["decides"]


async def joined(machine: Machine, new_town: Any, name: str) -> TownServer:
    town = new_town(name)
    given = msgspec.structs.replace(await machine.invite(name), urls=(machine.config.own_url(),))
    said = granted(await town.ask_to_join(given))
    assert len(said["leaf_urls"]) == 3
    town.start(said["leaf_urls"], said["ca"])
    return town


def as_hub(machine: Machine) -> Any:
    hub = machine.config
    trust = trusting(hub.authority())
    return connect(hub.own_url(), name="test", user=TOWNS_USER, password=hub.password(), trust=trust)


async def until_server_says(machines: list[Machine], words: str, *, there: bool = True) -> None:
    with anyio.fail_after(GOES_ON):
        while any((words in machine.server_says()) != there for machine in machines):  # noqa: ASYNC110  a file
            await anyio.sleep(0.05)


@pytest.mark.timeout(300)
@pytest.mark.long
async def test_a_machine_is_lost_and_nothing_else(machines: list[Machine], new_town: Any):
    await up(machines)
    first = await decider(machines[0])
    assert {await decider(machine) for machine in machines} == {first}
    a = await joined(machines[0], new_town, "a")
    await until_server_says(machines, "TOWN_a_")
    async with a.at_work() as own:
        await a.write(own, count=50)
        await level(a, own)
        lost = next(machine for machine in machines if machine.config.hosts[0] == first)
        left = [machine for machine in machines if machine is not lost]
        lost.lose()
        shutil.rmtree(lost.config.store)  # what comes back is a machine with a new disk
        await a.write(own, count=50)  # no town waits for its hub
        assert await decider(left[0]) != first
        await level(a, own)
        await joined(left[1], new_town, "b")
        await until_server_says(left, "TOWN_b_")
        await up([lost])
        await until_server_says(machines, "TOWN_b_")
        await a.write(own, count=50)
        await level(a, own)
        await same_everywhere(machines, a, own)
    await insisting(lost, Revoke("b"))
    await until_server_says(machines, "TOWN_b_", there=False)


async def same_everywhere(machines: list[Machine], town: TownServer, own: NatsConnection) -> None:
    stream = stream_name(town.name, town.incarnation)
    log = await messages(own, town)
    assert len(log) == 150
    for machine in machines:
        async with as_hub(machine) as hub:
            assert await messages(hub, town) == log
            info = msgspec.json.decode(await call(hub, f"STREAM.INFO.{stream}"))
            assert info["config"]["num_replicas"] == 3


async def messages(connection: NatsConnection, town: TownServer) -> list[Any]:
    log = JetStreamEventLog(connection, town.name, town.incarnation)
    return [message async for chunk in log.read_raw(until=await log.last_position()) for message in chunk]


@pytest.mark.long
async def test_a_machine_that_was_frozen_while_it_decided_obeys_when_it_wakes(machines: list[Machine], new_town: Any):
    await up(machines)
    first = await decider(machines[0])
    frozen = next(machine for machine in machines if machine.config.hosts[0] == first)
    left = [machine for machine in machines if machine is not frozen]
    running = service.running(frozen.config)
    assert running is not None
    os.kill(running.pid, signal.SIGSTOP)
    try:
        with anyio.fail_after(GOES_ON):
            while await decider(left[0]) == first:  # noqa: ASYNC110  it tells nobody
                await anyio.sleep(0.1)
        await joined(left[0], new_town, "a")
    finally:
        os.kill(running.pid, signal.SIGCONT)
    await until_server_says(machines, "TOWN_a_")
    assert await decider(frozen) != first


@pytest.mark.parametrize("hosts", [("a", "b"), ("a", "b", "b"), ("a", "b", "c", "d"), ("a", "b", "../c")])
def test_what_is_no_set_of_machines_makes_nothing(tmp_path: Path, hosts: tuple[str, ...]):
    with pytest.raises(UsageError, match="3 or 5 machines"):
        place.create_machines(tmp_path / "hub", clock.new_id(), clock.now(), hosts=hosts, ports=(1, 2, 3))
    assert not (tmp_path / "hub").exists()
