"""What the doctor says of the hub that a town is a member of: a real server at its door."""

import subprocess  # noqa: TID251  tests start the real server
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import msgspec
import pytest

from gastown import clock, hub_link
from gastown.bus.certificates import Certificate, new_authority, new_server_certificate
from gastown.bus.hub_protocol import Member
from gastown.bus.hub_server import HubPlace, render_hub
from gastown.bus.server import server_command
from gastown.config import TownConfig
from gastown.doctor.finding import Finding
from gastown.doctor.hub import hub
from gastown.finding import HUB_FILE
from gastown.hub_told import Told

AUTHORITY = new_authority("north", clock.now())


class Door:
    """A hub's server; `days` is how long its certificate is valid."""

    def __init__(self, folder: Path, leafs: int, clients: int) -> None:
        self.folder, self.leafs, self.clients = folder, leafs, clients
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, days: float = 365, authority: Certificate = AUTHORITY) -> None:
        made = new_server_certificate(authority, "north", ["127.0.0.1"], clock.now(), days=days)
        (self.folder / "server.pem").write_text(made.certificate)
        (self.folder / "server.key").write_text(made.key)
        place = HubPlace(
            leafs=f"127.0.0.1:{self.leafs}",
            clients=f"127.0.0.1:{self.clients}",
            store=self.folder / "store",
            certificate=self.folder / "server.pem",
            key=self.folder / "server.key",
            password="secret",
        )
        (self.folder / "hub.conf").write_text(render_hub(place, ()))
        with (self.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(server_command(self.folder / "hub.conf"), stderr=log)

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def door(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Door]:
    folder = tmp_path / "hub"
    folder.mkdir()
    made = Door(folder, free_port(), free_port())
    yield made
    made.end()


def join(town: TownConfig, door: Door) -> None:
    link = hub_link.HubLink(hub="north", name="test", urls=(f"tls://127.0.0.1:{door.leafs}",))
    hub_link.write(town, link, AUTHORITY.certificate)


def heard(town: TownConfig, ago: float) -> None:
    known = Told("north", clock.now() - ago, (Member(name="test", incarnation="I", epoch=0, lag=3),))
    (town.run / "towns.json").write_bytes(msgspec.json.encode(known))


async def answered(town: TownConfig, *, up: bool = True) -> Finding:
    """Once the server is there."""
    with anyio.fail_after(20):
        while True:
            (found,) = await hub(town, up=up)
            if "does not answer" not in found.detail:
                return found


async def test_a_town_on_its_own_is_asked_for_no_hub(town: TownConfig) -> None:
    assert await hub(town, up=True) == ()


async def test_a_connected_one_has_its_lag_and_the_certificates_end(town: TownConfig, door: Door) -> None:
    join(town, door)
    heard(town, 2.0)
    door.start()
    found = await answered(town)
    assert found.ok, found
    assert "north, as test: last heard 2 s ago, its copy of this town lacks 3; its certificate is valid until 20" in (
        found.detail
    )


async def test_one_that_is_not_let_in_is_told_what_to_do(town: TownConfig, door: Door) -> None:
    join(town, door)
    door.start()
    for ago in (None, 300.0):
        if ago is not None:
            heard(town, ago)
        found = await answered(town)
        assert (found.ok, "was it revoked?" in found.detail, "new invitation" in found.mend) == (False, True, True)
    assert (await answered(town, up=False)).ok


async def test_a_hub_that_is_away_is_said(town: TownConfig, door: Door) -> None:
    join(town, door)
    (found,) = await hub(town, up=True)
    assert (found.ok, f":{door.leafs} does not answer" in found.detail, bool(found.mend)) == (False, True, True)


@pytest.mark.parametrize(
    ("days", "authority", "said"),
    [
        (-0.1, AUTHORITY, "certificate has expired"),
        (365, new_authority("north", clock.now()), "its certificate at"),
        (5, AUTHORITY, "valid until"),
    ],
)
async def test_what_is_wrong_with_its_certificate_is_said(town, door, days, authority, said) -> None:
    join(town, door)
    heard(town, 2.0)
    door.start(days=days, authority=authority)
    found = await answered(town)
    assert (found.ok, said in found.detail, bool(found.mend)) == (False, True, True), found


async def test_a_file_that_cannot_be_read_is_said(town: TownConfig) -> None:
    (town.path / HUB_FILE).write_text("hub = [")
    (found,) = await hub(town, up=True)
    assert (found.ok, HUB_FILE in found.detail, "gt join" in found.mend) == (False, True, True)
