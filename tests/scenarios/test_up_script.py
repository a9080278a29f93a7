"""`infra/nats/up.sh`: what it brings up from nothing is there, and `down` leaves none of it."""

import os
import shutil
import subprocess  # noqa: TID251  a script for people is run as people run it
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

SCRIPT = Path(__file__).parents[2] / "infra" / "nats" / "up.sh"
PATIENCE = 120.0  # seconds


class Script:
    def __init__(self, folder: Path, runtime: Path) -> None:
        self.folder = folder / "made"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GT_", "GIT_", "OTEL_"))}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = kept | {"HOME": str(folder), "XDG_RUNTIME_DIR": str(runtime), "PATH": path}

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return self._run((str(SCRIPT), *words))

    def gt(self, *words: str) -> dict:
        done = self._run(("gt", *words, "--json"))
        assert done.returncode == 0, done.stderr
        return msgspec.json.decode(done.stdout)["data"]

    def running(self) -> list[str]:
        lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
        return [line for line in lines if str(self.folder) in line]

    def _run(self, words: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=False, timeout=PATIENCE
        )


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Script]:
    runtime = Path(tempfile.mkdtemp(prefix="gt-", dir="/tmp"))  # the path of a socket is short
    made = Script(tmp_path, runtime)
    yield made
    made.run("down", str(made.folder))
    shutil.rmtree(runtime)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("what", ["town", "hub", pytest.param("cluster", marks=pytest.mark.long)])
def test_what_it_brings_up_is_there_and_goes_down_whole(script: Script, what: str):
    if what == "cluster" and not sys.platform.startswith("linux"):
        pytest.skip("needs the addresses 127.0.0.2 and 127.0.0.3")
    done = script.run(what, str(script.folder))
    assert done.returncode == 0, done.stdout + done.stderr
    town = str(script.folder / "home")
    if what == "town":
        assert script.gt("status", "--town", town)
    else:
        assert [one["name"] for one in script.gt("towns", "--town", town)["towns"] if one["connected"]] == ["home"]
    assert script.running()
    assert script.run("down", str(script.folder)).returncode == 0
    assert not script.running()


def test_it_says_what_it_can_do(script: Script):
    for words in ((), ("all", str(script.folder))):
        done = script.run(*words)
        assert done.returncode == 2
        assert "up.sh cluster FOLDER" in done.stderr
