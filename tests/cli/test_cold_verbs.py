"""What is done without the town's help: install, up, down, the settings of its file."""

import json
import shutil
import tempfile
import tomllib
from collections.abc import Iterator

import psutil
import pytest

from gastown import config


def _runs(pid: int) -> bool:
    """One that has ended may wait for its parent, who is not the town, to notice."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def runtime() -> Iterator[dict[str, str]]:
    """An environment with a runtime folder of its own, short enough for a socket."""
    folder = tempfile.mkdtemp(prefix="gt-")
    yield {"XDG_RUNTIME_DIR": folder}
    shutil.rmtree(folder)


async def test_install_makes_a_town_that_is_found_by_its_name(gt, tmp_path):
    installed = await gt("install", str(tmp_path / "My Town"), "--json")
    assert (installed.data["town"], installed.data["path"]) == ("My-Town", str(tmp_path / "My Town"))
    assert (tmp_path / "home/.config/gastown/towns/My-Town").read_text().strip() == str(tmp_path / "My Town")
    down = await gt("--town", "My-Town", "ready")
    assert (down.code, "is not running" in down.err) == (6, True)


async def test_install_without_a_path_is_in_the_home_folder(gt, tmp_path):
    assert (await gt("install", "--json")).data["path"] == str(tmp_path / "home/gt")
    assert (await gt("ready")).code == 6


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("taken",), 3),
        (("full",), 3),
        (("file",), 3),
        (("new", "--name", "no spaces"), 2),
        (("new", "--name", "first"), 5),
    ],
)
async def test_install_refuses_what_would_not_work(gt, tmp_path, words, code):
    assert (await gt("install", str(tmp_path / "taken"), "--name", "first")).code == 0
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    (tmp_path / "file").touch()
    end = await gt("install", str(tmp_path / words[0]), *words[1:], "--json")
    assert (end.code, bool(end.error["message"])) == (code, True)
    assert not (tmp_path / "new").exists()


async def test_a_name_whose_town_is_gone_is_free(gt, tmp_path):
    assert (await gt("install", str(tmp_path / "one"), "--name", "first")).code == 0
    shutil.rmtree(tmp_path / "one")
    assert (await gt("install", str(tmp_path / "two"), "--name", "first")).code == 0


async def test_the_logs_server_is_set_in_the_towns_file(gt, tmp_path):
    town = config.install(tmp_path / "town", "springfield", "01JTOWN")
    env = {"GT_TOWN": str(town.path)}
    said = await gt("config", "set", "nats.url", 'nats://127.0.0.1:4222/"x', "--json", env=env)
    assert said.data == {"nats.url": 'nats://127.0.0.1:4222/"x'}
    assert tomllib.loads((town.path / "town.toml").read_text())["nats"]["url"] == 'nats://127.0.0.1:4222/"x'
    assert (await gt("config", "set", "nats.url", "", env=env)).code == 0
    assert config.load(town.path) == town
    session = {**env, "GT_SESSION": "ap-1-1"}
    assert (await gt("config", "set", "nats.url", "nats://x:1", env=session)).code == 3


async def test_a_town_is_up_when_gt_up_says_so_and_gone_when_gt_down_does(gt, tmp_path, runtime):
    env = {**runtime, "GT_TOWN": str(tmp_path / "town")}
    assert (await gt("install", env["GT_TOWN"])).code == 0
    try:
        up = await gt("up", "--json", env=env)
        assert (up.data["town"], up.data["state"]) == ("town", "up")
        assert (await gt("ready", "--json", env=env)).data == []
        status = (await gt("status", "--json", env=env)).data
        processes = {one["name"]: one["pid"] for one in status["processes"]}
        assert processes.keys() == {"daemon", "nats", "town", "host"}
        assert status["state"] == "up"
        assert (await gt("up", env=env)).code == 0
        again = (await gt("status", "--json", env=env)).data["processes"]
        assert {one["name"]: one["pid"] for one in again} == processes
    finally:
        down = await gt("down", "--json", env=env)
    assert down.data["state"] == "down"
    assert not [pid for pid in processes.values() if _runs(pid)]
    assert (await gt("ready", env=env)).code == 6
    assert (await gt("down", env=env)).code == 0
    assert json.loads(down.out)["position"] > json.loads(up.out)["position"]
