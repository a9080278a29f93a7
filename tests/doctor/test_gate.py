"""What the doctor says of the gate of a town: a real server at its door."""

import subprocess  # noqa: TID251  tests start the real server
from collections.abc import Callable, Iterator

import anyio
import msgspec
import pytest

from gastown import clock, durable
from gastown.bus.certificates import Certificate, new_server_certificate
from gastown.bus.gate_server import render_gate
from gastown.bus.server import server_command
from gastown.config import TownConfig
from gastown.doctor.finding import Finding
from gastown.doctor.gate import gate
from gastown.gate import place
from gastown.projections.host import HOSTS
from gastown.projections.kernel.store import Mark, Store
from gastown.projections.views import VIEWS


class Door:
    def __init__(self, town: TownConfig, port: int) -> None:
        self.town, self.port = town, port
        self.process: subprocess.Popen[bytes] | None = None

    def make(self, *addresses: str) -> None:
        """The gate, of which no server runs yet."""
        made = place.opened(self.town, addresses, clock.now())
        made = msgspec.structs.replace(made, port=self.port)
        durable.write(self.town.gate_file().parent / "gate.json", msgspec.json.encode(made), mode=0o600)

    def start(self) -> None:
        known = place.read(self.town)
        assert known is not None
        self.town.gate_file().write_text(render_gate(place.server_place(self.town, known), ()))
        with (self.town.logs / "gate.log").open("ab") as log:
            self.process = subprocess.Popen(server_command(self.town.gate_file()), stderr=log)

    def shorten(self, days: float) -> None:
        """Its server's certificate."""
        folder = self.town.gate_file().parent
        authority = Certificate(*((folder / f"authority.{kind}").read_text() for kind in ("pem", "key")))
        made = new_server_certificate(authority, "gate", ["127.0.0.1"], clock.now(), days=days)
        (folder / "server.pem").write_text(made.certificate)
        (folder / "server.key").write_text(made.key)

    async def answers(self) -> tuple[Finding, ...]:
        """What is found once the server is there."""
        with anyio.fail_after(20):
            while True:
                found = await gate(self.town, up=True)
                if f"127.0.0.1:{self.port} does not answer" not in found[0].detail:
                    return found


@pytest.fixture
def door(town: TownConfig, free_port: Callable[[], int]) -> Iterator[Door]:
    made = Door(town, free_port())
    yield made
    if made.process is not None:
        made.process.kill()
        made.process.wait()


async def test_a_town_that_never_invited_a_host_is_asked_for_no_gate(town: TownConfig) -> None:
    assert await gate(town, up=True) == ()


async def test_an_open_gate_has_its_addresses_and_the_certificates_ends(town: TownConfig, door: Door) -> None:
    door.make("localhost")
    door.start()
    (found,) = await door.answers()
    assert found.ok, found
    assert f"tls://localhost:{door.port}; its certificate is valid until 20" in found.detail
    assert "its authority for 3650 days" in found.detail


async def test_an_address_that_does_not_lead_here_is_said(door: Door) -> None:
    door.make("gt.invalid")
    door.start()
    (found,) = await door.answers()
    assert (found.ok, f"tls://gt.invalid:{door.port} does not answer" in found.detail) == (False, True)
    assert f"TCP {door.port}" in found.mend


async def test_a_gate_that_is_shut_is_said_while_the_town_is_up(town: TownConfig, door: Door) -> None:
    door.make()
    (found,) = await gate(town, up=True)
    assert (found.ok, "does not answer" in found.detail, "gate.log" in found.mend) == (False, True, True)
    (found,) = await gate(town, up=False)
    assert (found.ok, "closed while the town is not up" in found.detail) == (True, True)


@pytest.mark.parametrize(("days", "said"), [(-0.1, "certificate has expired"), (5, "valid until")])
async def test_a_certificate_that_is_or_will_soon_be_over_is_said(door: Door, days: float, said: str) -> None:
    door.make()
    door.shorten(days)
    door.start()
    (found,) = await door.answers()
    assert (found.ok, said in found.detail, bool(found.mend)) == (False, True, True)


async def test_a_file_that_cannot_be_read_is_said(town: TownConfig, door: Door) -> None:
    door.make()
    (town.gate_file().parent / "gate.json").write_text("{")
    (found,) = await gate(town, up=True)
    assert (found.ok, "gate.json" in found.detail, "backup" in found.mend) == (False, True, True)


async def test_hosts_that_are_missed_are_said(town: TownConfig, door: Door) -> None:
    door.make()
    door.start()
    store = Store(town.views, VIEWS, town.incarnation)
    batch = store.batch()
    batch.apply((HOSTS.put(id="host", state="silent"), HOSTS.put(id="east", state="up", since=1.8e9)))
    store.write(batch, Mark(position=1))
    assert (await door.answers())[1:] == (Finding(check="hosts", ok=True, detail="east up"),)
    batch.apply((HOSTS.put(id="box", state="lost", since=1.8e9),))
    store.write(batch, Mark(position=2))
    store.close()
    (missed,) = (await door.answers())[1:]
    assert (missed.ok, missed.detail) == (False, "box lost since 2027-01-15 08:00 UTC, east up")
    assert "gt host revoke box" in missed.mend
