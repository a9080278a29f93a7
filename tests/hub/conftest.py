"""A real hub in a temporary folder, on free ports, and towns that come to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_at_work import HubAtWork, TownServer, granted

from gastown import clock
from gastown.hub import place


@pytest.fixture
def hub(tmp_path: Path, free_port: Any) -> Iterator[HubAtWork]:
    ports = (free_port(), free_port())
    config = place.create(tmp_path / "hub", clock.new_id(), clock.now(), name="main", ports=ports)
    at_work = HubAtWork(config)
    at_work.up()
    yield at_work
    if config.path.exists():  # it may have been lost
        at_work.down()


@pytest.fixture
def new_town(tmp_path: Path, free_port: Any) -> Iterator[Any]:
    made: list[TownServer] = []

    def make(name: str, incarnation: str = "") -> TownServer:
        folder = tmp_path / f"{name}{len(made)}"
        made.append(TownServer(folder, name, incarnation or f"01J{name.upper()}{len(made)}", free_port()))
        return made[-1]

    yield make
    for town in made:
        town.kill()


@pytest.fixture
def join(hub: HubAtWork, new_town: Any) -> Any:
    """A town that is a member, its server connected."""

    async def joined(name: str) -> TownServer:
        town = new_town(name)
        said = granted(await town.ask_to_join(await hub.invite(name)))
        town.start(said["leaf_urls"], said["ca"])
        return town

    return joined
