"""Sessions run on another host than the town's own: under its lease, and elsewhere once it is lost."""

import os
import signal
import subprocess  # noqa: TID251  stories are told by the real programs
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from gastown import config
from gastown.actors.commands.codec import encode_order
from gastown.actors.commands.command import Command, Order
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.hosts import AdmitHost, InviteHost, RevokeHost
from gastown.actors.reports import TOWN, Receipt, Report
from gastown.adapters.processes.census import environment, pids, start_time
from gastown.bus.keys import new_user_key
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import connect
from gastown.clock import new_id, now
from gastown.errors import EXIT_CODES

SCRIPT = Path(__file__).with_name("outer_host.py")
WORK = "echo 1 > $GT_BEAD.1; git add .; git commit -qm one"


class Outer:
    """The host `east` of a town, and its processes, one after the other."""

    def __init__(self, town: Any) -> None:
        self.town = town
        self.folder = town.folder / "east"
        self.process: subprocess.Popen[bytes] | None = None

    def order(self, command: Command) -> None:
        """As the town's own host reports it."""
        anyio.run(self._order, command)

    async def _order(self, command: Command) -> None:
        place = config.load(self.town.path)
        login = place.nats()
        order = Order(id=new_id(), to=DEACON, actor="overseer", command=command, time=now())
        report = Report(epoch=self.town.ask("status")["host"]["epoch"], order=msgspec.Raw(encode_order(order)))
        async with connect(login.url, name="test", user=login.user, password=login.password) as connection:
            commands = NatsCommands(connection, place.name, place.incarnation)
            reply = await commands.request(TOWN, msgspec.json.encode(report), patience=30)
        assert msgspec.json.decode(reply, type=Receipt).ok, reply

    def join(self) -> None:
        invited = InviteHost(name="east", invitation="i", digest="d", expires=now() + 60, slots=2, at=now())
        self.order(invited)
        self.order(AdmitHost(name="east", invitation="i", digest="d", key=new_user_key().public, at=now()))

    def begin(self, epoch: int) -> None:
        """Returns when it holds the lease of this epoch."""
        words = [sys.executable, str(SCRIPT), str(self.folder), str(self.town.path), "east"]
        self.process = subprocess.Popen(words, env=self.town.environment)
        self.town.until(
            lambda event: event["type"] == "host.arrived" and event["data"]["epoch"] == epoch, "--entity", "host/east"
        )

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)

    def ended(self) -> int:
        assert self.process is not None
        code = self.process.wait(60)
        self.process = None
        return code

    def workers(self) -> list[int]:
        """What it started and did not end."""
        place = config.load(self.town.path)
        mark = f"\0GT_TOWN_MARK={place.incarnation}@east\0".encode()
        return [pid for pid in pids() if mark in environment(pid) and start_time(pid)]


@pytest.fixture
def east(make_town: Any) -> Iterator[Outer]:
    town = make_town().install().up()
    outer = Outer(town)
    outer.join()
    outer.begin(1)
    yield outer
    if outer.process is not None:
        outer.signal(signal.SIGCONT)
        outer.signal(signal.SIGTERM)
        outer.ended()
    assert outer.workers() == []
    town.end()


def where(town: Any, bead: str) -> list[str]:
    """On which host each session of it was, the first one first."""
    opened = [event for event in town.events("--kind", "session") if event["type"] == "session.opened"]
    return [event["data"].get("host", "") for event in opened if event["data"]["bead"] == bead]


def test_one_that_is_lost_is_given_up_and_its_bead_lands_once_from_elsewhere(east, doors):
    town = east.town
    rig = town.rig("far")
    town.ask("config", "set", "max_polecats", "0")
    first = rig.bead("Work far from home", WORK)
    rig.sling(first)
    town.lands(first)

    wait = doors.make("half")
    bead = rig.bead("Survive the loss of a machine", f'test "$GT_SESSION" != "$GT_BEAD-1" || {{ {wait}; }}\n{WORK}')
    rig.sling(bead)
    doors.reached("half")
    (polecat,) = [one for one in town.ask("agents") if one["session"] == f"{bead}-1"]
    assert (polecat["host"], where(town, first), where(town, bead)) == ("east", ["east"], ["east"])
    assert town.answer("peek", bead).exit == 0
    town.ask("config", "set", "host.lost_after", "15")
    east.signal(signal.SIGSTOP)
    town.until_type("host.lost", "host/east")
    town.ask("config", "set", "max_polecats", "1")
    town.lands(bead)
    east.signal(signal.SIGCONT)
    assert east.ended() == EXIT_CODES["taken"]
    assert east.workers() == []
    assert town.sessions(bead) == [("interrupted", "none", "its machine is gone: host east")]
    assert where(town, bead) == ["east", ""]

    east.begin(2)
    town.ask("config", "set", "max_polecats", "0")
    last = rig.bead("Work far from home again", WORK)
    rig.sling(last)
    town.lands(last)
    assert where(town, last) == ["east"]
    assert sorted(rig.landed()) == sorted([first, bead, last])
    assert town.ask("verify")["ok"]
    assert [one["severity"] for one in town.ask("escalations", "--all")] == ["medium"]


@pytest.mark.long
def test_one_that_is_killed_comes_back_and_goes_on_with_what_it_had(east, doors):
    town = east.town
    rig = town.rig("killed")
    town.ask("config", "set", "max_polecats", "0")
    wait = doors.make("half")
    bead = rig.bead("Survive a death", f'test "$GT_SESSION" != "$GT_BEAD-1" || {{ {wait}; }}\n{WORK}')
    rig.sling(bead)
    doors.reached("half")
    east.signal(signal.SIGKILL)
    east.ended()
    east.begin(2)
    town.lands(bead)
    assert [(outcome, charge) for outcome, charge, _ in town.sessions(bead)] == [("interrupted", "none")]
    assert (where(town, bead), rig.landed()) == (["east", "east"], [bead])


def test_one_that_is_revoked_ends_what_it_runs_at_once(east, doors):
    town = east.town
    rig = town.rig("revoked")
    town.ask("config", "set", "max_polecats", "0")
    wait = doors.make("half")
    bead = rig.bead("Survive a revocation", f'test "$GT_SESSION" != "$GT_BEAD-1" || {{ {wait}; }}\n{WORK}')
    rig.sling(bead)
    doors.reached("half")
    east.order(RevokeHost(name="east", by="overseer"))
    assert east.ended() == EXIT_CODES["taken"]
    town.ask("config", "set", "max_polecats", "1")
    town.lands(bead)
    assert (where(town, bead), rig.landed()) == (["east", ""], [bead])
    assert [(outcome, charge) for outcome, charge, _ in town.sessions(bead)] == [("interrupted", "none")]
