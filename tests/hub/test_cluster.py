"""A hub that is three servers: what is stored at three of them is there when one is lost."""

import subprocess  # noqa: TID251  tests start the real server

import anyio
import msgspec
import pytest

from gastown import clock
from gastown.bus.certificates import new_authority, new_server_certificate
from gastown.bus.hub_server import TOWNS_USER, HubPlace, Node, render_hub
from gastown.bus.jetstream_api import call
from gastown.bus.nats_connection import connect
from gastown.bus.server import server_command
from gastown.bus.trust import trusting
from gastown.errors import UnreachableError


@pytest.fixture
def cluster(tmp_path, free_port):
    """Three servers, and how to reach each."""
    authority = new_authority("main", clock.now())
    (tmp_path / "authority.pem").write_text(authority.certificate)
    routes = [free_port() for _ in range(3)]
    started, urls = [], []
    for number, port in enumerate(routes):
        folder = tmp_path / str(number)
        folder.mkdir()
        made = new_server_certificate(authority, "main", ["127.0.0.1"], clock.now())
        (folder / "server.pem").write_text(made.certificate)
        (folder / "server.key").write_text(made.key)
        clients = free_port()
        node = Node(
            name=f"hub-{number}",
            listen=f"127.0.0.1:{port}",
            routes=tuple(f"tls://127.0.0.1:{one}" for one in routes),
            authority=tmp_path / "authority.pem",
        )
        place = HubPlace(
            leafs=f"127.0.0.1:{free_port()}",
            clients=f"127.0.0.1:{clients}",
            store=folder / "log",
            certificate=folder / "server.pem",
            key=folder / "server.key",
            password="p",
            node=node,
        )
        (folder / "hub.conf").write_text(render_hub(place, ()))
        with (folder / "nats.log").open("ab") as log:
            started.append(subprocess.Popen(server_command(folder / "hub.conf"), stderr=log))
        urls.append(f"tls://127.0.0.1:{clients}")
    yield started, urls, trusting(authority.certificate)
    for process in started:
        process.kill()
        process.wait()


async def insisting(connection, method, request=None):
    """A cluster chooses a leader first, and answers nothing before."""
    with anyio.fail_after(40):
        while True:
            try:
                return msgspec.json.decode(await call(connection, method, request, patience=2.0))
            except UnreachableError:
                await anyio.sleep(0.1)


async def test_what_three_servers_hold_outlives_one(cluster):
    started, urls, trust = cluster
    login = {"user": TOWNS_USER, "password": "p", "trust": trust}
    async with connect(urls[0], name="t", **login) as first, connect(urls[1], name="t", **login) as second:
        config = {"name": "KEPT", "subjects": ["kept.>"], "storage": "file", "num_replicas": 3}
        made = await insisting(first, "STREAM.CREATE.KEPT", config)
        assert made["config"]["num_replicas"] == 3
        for _ in range(20):
            await first.request("kept.x", b"fact", patience=5.0)
        started[0].kill()
        assert (await insisting(second, "STREAM.INFO.KEPT"))["state"]["last_seq"] == 20
