"""Walls around a program: what is refused, in words, before anything is started."""

import os
from pathlib import Path

import pytest

from gastown.adapters.processes import bubblewrap
from gastown.adapters.processes.program import Launch, StartFailedError, Walls
from gastown.errors import RefusedError


@pytest.fixture
def bwrap(tmp_path, monkeypatch) -> Path:
    """A PATH with a `bwrap` on it that nobody calls."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "bwrap").write_text("#!/bin/sh\n")
    (folder / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def launch(tmp_path: Path, *argv: str, **walls) -> Launch:
    home = tmp_path / "session" / "home"
    return Launch(
        argv=argv or ("sh", "-c", "true"),
        folder=tmp_path,
        environment={"PATH": os.environ["PATH"], "HOME": "/home/somebody"},
        mark=("M", "1"),
        output=tmp_path / "out",
        walls=Walls(home=home, **walls),
    )


def pairs(argv: tuple[str, ...], flag: str) -> list[str]:
    return [argv[place + 1] for place, word in enumerate(argv) if word == flag]


def test_what_is_within_another_is_put_on_top_of_it(tmp_path, bwrap):
    (inner := tmp_path / "a" / "b").mkdir(parents=True)
    made = bubblewrap.walled(launch(tmp_path, reads=(inner, tmp_path), writes=(tmp_path / "a",), network=False))
    assert made.argv[0] == str(bwrap / "bwrap")
    assert made.argv[-4:] == ("--", made.argv[-3], "-c", "true")
    ours = [place for place in pairs(made.argv, "--ro-bind") + pairs(made.argv, "--bind") if str(tmp_path) in place]
    assert ours == [str(tmp_path), str(inner), str(tmp_path / "session" / "home"), str(tmp_path / "a")]
    order = [place for place, word in enumerate(made.argv) if word in (str(tmp_path), str(tmp_path / "a"), str(inner))]
    assert order == sorted(order)
    assert "--unshare-net" in made.argv
    assert made.walls is None
    assert "--unshare-net" not in bubblewrap.walled(launch(tmp_path)).argv


@pytest.mark.usefixtures("bwrap")
def test_what_cannot_be_seen_from_within_is_said_before_the_start(tmp_path):
    hidden = tmp_path.parent / f"{tmp_path.name}-hidden"
    hidden.write_text("#!/bin/sh\n")
    hidden.chmod(0o755)
    with pytest.raises(StartFailedError, match="--read"):
        bubblewrap.walled(launch(tmp_path, str(hidden)))
    with pytest.raises(StartFailedError, match="no such program"):
        bubblewrap.walled(launch(tmp_path, "no-such-program"))
    with pytest.raises(StartFailedError, match="is not there"):
        bubblewrap.walled(launch(tmp_path, reads=(tmp_path / "gone",)))
    assert bubblewrap.walled(launch(tmp_path, str(hidden), reads=(hidden,))).argv[-1] == str(hidden)


def test_without_bubblewrap_there_are_no_walls(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RefusedError, match="not installed") as refused:
        bubblewrap.demand()
    assert "apt install bubblewrap" in refused.value.hint
    with pytest.raises(StartFailedError, match="not installed"):
        bubblewrap.walled(launch(tmp_path, "/bin/sh"))
