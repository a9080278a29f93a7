"""Every version opens what every earlier version wrote. A store is made by `make_store.py`, and then never changed."""

import importlib.util
import json
import os
import subprocess  # noqa: TID251  a kept town is brought up by the real command
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest

from gastown import clock, config
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.event_log import Append
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.jetstream_texts import JetStreamTexts
from gastown.bus.nats_connection import connect
from gastown.bus.server import render_config
from gastown.events.envelope import Envelope
from gastown.events.ids import Entity
from gastown.events.unreadable import Unreadable

HERE = Path(__file__).parent
STORES = sorted(HERE.glob("stores/*.tar.xz"))


@pytest.fixture(params=STORES, ids=lambda path: path.name.removesuffix(".tar.xz"))
def kept(request, tmp_path) -> tuple[Path, dict[str, Any]]:
    """A town's folder as that version left it, and what it meant then."""
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path / "town", filter="data")
    return tmp_path / "town", json.loads(Path(str(request.param).replace(".tar.xz", ".json")).read_text())


@pytest.fixture
def serve(make_nats_server, kept):
    """A real server on the kept store."""
    folder, _ = kept
    known = config.load(folder)
    server = make_nats_server(folder)
    server.end()
    settings = {"port": server.port, "store_dir": folder / "log", "server_name": known.name}
    (folder / "nats.conf").write_text(render_config(user=server.user, password=server.password, **settings))
    server.start()

    def open_it():
        return connect(server.url, name="test", user=server.user, password=server.password)

    return known, open_it


def _account() -> ModuleType:
    spec = importlib.util.spec_from_file_location("account", HERE / "account.py")
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    assert spec.loader is not None
    spec.loader.exec_module(module)
    return module


def missing(then: Any, now: Any, where: str = "") -> list[str]:
    """What was said then and is not said now. A later version may say more."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [one for name in then for one in missing(then[name], now.get(name), f"{where}.{name}")]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [one for number, old in enumerate(then) for one in missing(old, now[number], f"{where}[{number}]")]
    return [] if then == now else [f"{where}: {then!r} is now {now!r}"]


def test_there_is_a_store_and_each_is_small():
    assert STORES
    assert all(store.stat().st_size < 1_000_000 for store in STORES)


async def test_a_kept_log_means_what_it_meant(kept, serve):
    (_, then), (known, open_it) = kept, serve
    async with open_it() as connection:
        log = JetStreamEventLog(connection, known.name, known.incarnation)
        texts = JetStreamTexts(connection, known.name, known.incarnation)
        now = await _account().account(log, texts, then["position"])
    assert missing(then, now) == []
    assert now["texts"], "no long text was kept"
    assert all(digest == found for digest, found in now["texts"].items())


def test_a_kept_town_comes_up_and_works(kept, tmp_path):
    folder, then = kept
    (tmp_path / "home").mkdir()
    inherited = ("GT_", "GIT_", "XDG_", "OTEL_")
    outer = {name: value for name, value in os.environ.items() if not name.startswith(inherited)}
    environment = {**outer, "HOME": str(tmp_path / "home"), "GT_TOWN": str(folder)}

    def gt(*words: str) -> Any:
        command = [sys.executable, "-m", "gastown_cli", *words, "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=90)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["data"]

    try:
        assert gt("up")["state"] == "up"
        status = gt("status")
        assert status["events"] >= len(then["events"])
        assert status["parked"] == []
        assert missing(then["views"]["beads"], gt("bead", "list")) == []
        made = gt("bead", "create", "By this version")["id"]
        assert gt("bead", "close", made)["state"] == "closed"
        assert gt("rebuild")["events"] > len(then["events"])
    finally:
        gt("down")


async def test_what_a_newer_version_adds_to_a_kept_log_parks_only_what_it_is_about(kept, serve):
    (_, then), (known, open_it) = kept, serve
    one = then["views"]["beads"][0]["id"]
    async with open_it() as connection:
        log = JetStreamEventLog(connection, known.name, known.incarnation)
        for entity in (Entity("bead", one), Entity("formula", "unheard-of")):
            events = await log.read_entity(entity)
            envelope = Envelope(
                id=clock.new_id(),
                time=clock.now(),
                actor="overseer",
                command=clock.new_id(),
                cause="",
                correlation="",
                traceparent="",
                data=Unreadable(name=f"{entity.kind}.frozen", schema=3, raw=b'{"type":"x.frozen"}', why=""),
            )
            expected = events[-1].position if events else 0
            await log.append([Append(entity=entity, expected=expected, envelopes=(envelope,))])
        now = await _account().account(log, JetStreamTexts(connection, known.name, known.incarnation))
        runtime = Runtime(log, ROLES, owner_of, _Nobody(), clock)
        async with anyio.create_task_group() as tasks:
            await tasks.start(runtime.run)
            assert runtime.parking.entities == {Entity("bead", one), Entity("formula", "unheard-of")}
            tasks.cancel_scope.cancel()
    (parked,) = [bead for bead in now["views"]["beads"] if bead["id"] == one]
    assert (parked["state"], parked["status"]) == ("parked", "blocked")
    others = [bead for bead in then["views"]["beads"] if bead["id"] != one]
    assert missing(others, [bead for bead in now["views"]["beads"] if bead["id"] != one]) == []


class _Nobody:
    """A host that takes everything and does nothing."""

    async def perform(self, effect: object, *, cause: str, traceparent: str) -> None:
        del effect, cause, traceparent
