"""What a town's owner wrote into its folder goes along with its log; what is secret stays, and that is said."""

import json
import os
import subprocess  # noqa: TID251  a person's command
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gastown.errors import RefusedError
from gastown.moving import own_files

WRITTEN = {
    "prices.toml": "date = 2026-11-01\n",
    "directives/polecat.md": "Use tabs.\n",
    "directives/app/polecat.md": "Use \N{LATIN SMALL LETTER E WITH ACUTE}.\n",
}
SECRET = "sk-of-the-account"


@pytest.fixture
def gt(tmp_path: Path) -> Callable[..., Any]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("GT_", "XDG_RUNTIME"))}
    environment = {**outer, "HOME": str(tmp_path / "home")}
    (tmp_path / "home").mkdir()

    def gt(*words: str) -> Any:
        command = [sys.executable, "-m", "gastown_cli", *words]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["data"] if "--json" in words else done.stdout

    return gt


def held(town: Path) -> dict[str, str]:
    return {name: (town / name).read_text() for name in WRITTEN}


def test_they_go_along_and_what_a_moved_town_lacks_is_said(gt: Callable[..., Any], tmp_path: Path) -> None:
    town = tmp_path / "town"
    here = ("--town", str(town))
    gt("install", str(town))
    gt(*here, "up")
    gt(*here, "account", "add", "work", "--vendor", "claude", "--env", f"ANTHROPIC_API_KEY={SECRET}")
    gt(*here, "down")
    for name, text in WRITTEN.items():
        (town / name).parent.mkdir(parents=True, exist_ok=True)
        (town / name).write_text(text)
    (town / "directives" / "notes.txt").write_text("nobody reads it")

    forked = gt(*here, "fork", str(tmp_path / "fork"), "--json")
    gt(*here, "backup", str(tmp_path / "b"))
    town.rename(tmp_path / "old")
    page = gt("restore", str(tmp_path / "b"), str(tmp_path / "again"), "--name", "again")

    assert held(tmp_path / "fork") == held(tmp_path / "again") == WRITTEN
    assert not (tmp_path / "again" / "directives" / "notes.txt").exists()
    assert forked["lacks"] == {"work": ["ANTHROPIC_API_KEY"]}
    assert "it lacks the secrets of account work: gt account set work --env ANTHROPIC_API_KEY=..." in page
    assert SECRET.encode() not in (tmp_path / "b").read_bytes()
    assert not list((tmp_path / "again" / "secrets").glob("accounts/*"))


@pytest.mark.parametrize(
    "path", ["town.toml", "../prices.toml", "directives/../../x.md", "directives/../x.md", "/x/directives/a.md", ""]
)
def test_a_backup_puts_no_file_anywhere_else(tmp_path: Path, path: str) -> None:
    town, parts = tmp_path / "in" / "town", tmp_path / "parts"
    town.mkdir(parents=True)
    parts.mkdir()
    (parts / "own-0").write_text("x")
    with pytest.raises(RefusedError, match="none of the files that go along"):
        own_files.put(town, (path,), parts)
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [parts / "own-0"]


def test_what_is_no_plain_file_stays(tmp_path: Path) -> None:
    (tmp_path / "directives" / "polecat.md").mkdir(parents=True)
    os.mkfifo(tmp_path / "prices.toml")
    assert own_files.gather(tmp_path, tmp_path) == ()
