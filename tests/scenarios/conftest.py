"""A real town as a person has it: the command `gt` as it is typed, real git, a real log, workers that are scripts.

Each bead of a story brings the script its worker runs; what the worker was told on standard input is kept beside it.
"""

import json
import os
import shlex
import signal
import subprocess  # noqa: TID251  stories are told by the real programs: gt and git
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gastown.adapters.processes.census import environment, pids, runs, start_time
from gastown.daemon.log_server import free_port

PATIENCE = 90.0  # seconds that any command or wait of a story may take

GIT = ("git", "-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "init.defaultBranch=main")

WORKER = 'cat > "$STORY/$GT_SESSION.brief"; exec sh -eu "$STORY/$GT_BEAD.sh"'


class Answer(NamedTuple):
    """exit: the command's. data, position: of an answer; error: {code, message, hint} of a refusal."""

    exit: int
    data: Any
    position: int
    error: dict[str, str]


def run(words: list[str], cwd: Path, env: Mapping[str, str], stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words, cwd=cwd, env=env, input=stdin, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


class Town:
    """One town in a folder of its own, with a home of its own. Its processes are known by the home's path."""

    def __init__(self, folder: Path, place: str = "town", **extra: str) -> None:
        self.home, self.path, self.story = folder / "home", folder / place, folder / "story"
        for made in (self.home, self.story):
            made.mkdir(parents=True)
        inherited = ("XDG_RUNTIME_DIR", "OTEL_", "GT_", "GIT_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(inherited)}
        self.environment = {**kept, "HOME": str(self.home), **extra}
        self.folder = folder

    def run(
        self, *words: str, stdin: str = "", cwd: Path | None = None, **extra: str
    ) -> "subprocess.CompletedProcess[str]":
        """`gt WORDS` as a person sees it."""
        command = [sys.executable, "-m", "gastown_cli", *words]
        env = {"GT_TOWN": str(self.path), **self.environment, **extra}
        return run(command, cwd or self.folder, {name: value for name, value in env.items() if value}, stdin)

    def answer(self, *words: str, stdin: str = "", cwd: Path | None = None, **extra: str) -> Answer:
        """`gt WORDS --json`, whatever comes of it."""
        done = self.run(*words, "--json", stdin=stdin, cwd=cwd, **extra)
        assert "Traceback" not in done.stderr, done.stderr
        said = json.loads(done.stdout) if done.stdout else {}
        error = json.loads(done.stderr)["error"] if done.stderr else {}
        assert not error or error["hint"], f"{words}: no next step in {error}"
        return Answer(done.returncode, said.get("data"), said.get("position", 0), error)

    def ask(self, *words: str, stdin: str = "", **extra: str) -> Any:
        """The data of an answer that succeeds."""
        found = self.answer(*words, stdin=stdin, **extra)
        assert found.exit == 0, f"gt {shlex.join(words)}: exit {found.exit} {found.error or found.data}"
        return found.data

    def refused(self, code: int, *words: str, cwd: Path | None = None, **extra: str) -> str:
        """The message of a refusal with this exit code; it says what to do next."""
        found = self.answer(*words, cwd=cwd, **extra)
        assert found.exit == code, f"gt {shlex.join(words)}: exit {found.exit} {found.error or found.data}"
        assert found.error, f"gt {shlex.join(words)}: exit {found.exit} without a word"
        return found.error["message"]

    def events(self, *words: str) -> list[dict[str, Any]]:
        """What the log holds; `words` choose."""
        return [json.loads(line) for line in self.run("events", "--json", *words).stdout.splitlines()]

    def until(self, wanted: Callable[[dict[str, Any]], object], *words: str) -> dict[str, Any]:
        """The first event that is wanted, of those there are and those to come."""
        command = [sys.executable, "-m", "gastown_cli", "events", "--follow", "--json", *words]
        env = {**self.environment, "GT_TOWN": str(self.path)}
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as following:
            limit = threading.Timer(PATIENCE, following.kill)
            limit.start()
            try:
                assert following.stdout is not None
                return next(filter(wanted, map(json.loads, following.stdout)))
            except StopIteration:
                pytest.fail(f"no such event: {words}, {self.events(*words)}")
            finally:
                limit.cancel()
                following.kill()

    def until_type(self, tag: str, entity: str, *words: str) -> dict[str, Any]:
        return self.until(lambda event: event["type"] == tag, "--entity", entity, *words)

    def install(self, *words: str) -> "Town":
        self.ask("install", str(self.path), *words)
        return self

    def up(self) -> "Town":
        self.ask("up")
        if not self.ask("agent", "list"):
            self.agent("script", "--default")
        return self

    def agent(self, name: str, *flags: str) -> None:
        """One whose workers run their bead's script."""
        command = ("--vendor", "shell", "--command", WORKER, "--env", f"STORY={self.story}")
        self.ask("agent", "add", name, *command, *flags)

    def rig(self, name: str, *flags: str, files: Mapping[str, str] | None = None, gate: str = "true") -> "Rig":
        """A bare repository of this name with `files` on main, and a rig for it."""
        made = Rig(self, name, self.folder / "origins" / f"{name}.git")
        made.fill(files or {"README": "what it is\n"})
        gates = () if "--no-gates" in flags else ("--gate", f"test={gate}")
        self.ask("rig", "add", name, str(made.origin), *gates, *flags)
        return made

    def bead(self, title: str, script: str, *flags: str) -> str:
        """A bead, and what its worker does."""
        bead = str(self.ask("bead", "create", title, *flags)["id"])
        (self.story / f"{bead}.sh").write_text(script)
        return bead

    def brief(self, session: str) -> str:
        """What this session's worker was told."""
        return (self.story / f"{session}.brief").read_text()

    def show(self, bead: str) -> dict[str, Any]:
        return self.ask("bead", "show", bead)

    def lands(self, *beads: str) -> None:
        """Returns when all of these are done; fails as soon as they cannot be without a person."""
        found = self.answer("wait", *beads, "--timeout", str(PATIENCE - 10))
        assert found.exit == 0, (found.data, [self.run("log", bead).stdout for bead in beads])

    def sticks(self, *beads: str) -> dict[str, dict[str, str]]:
        """Returns when only a person can move these: what they wait for, by bead."""
        found = self.answer("wait", *beads, "--timeout", str(PATIENCE - 10))
        assert found.exit == 7, found
        assert not found.data["timed_out"], (found.data, [self.run("log", bead).stdout for bead in beads])
        return {one["bead"]: one for one in found.data["needs_you"]}

    def sessions(self, bead: str) -> list[tuple[str, str, str]]:
        """How each session of a bead ended: outcome, what it was charged as, reason."""
        returned = [event["data"] for event in self.events("--entity", bead) if event["type"] == "bead.returned"]
        return [(one["outcome"], one["charge"], one["reason"]) for one in returned]

    def running(self) -> list[int]:
        """Every process that it started, workers too."""
        mark = f"\0HOME={self.home}\0".encode()
        return [pid for pid in pids() if mark in environment(pid) and start_time(pid)]

    def pids(self) -> dict[str, int]:
        """Of the town's own processes, by name."""
        named = json.loads((self.path / "run/children.json").read_text())
        daemon = json.loads((self.path / "run/daemon.lock").read_text())
        return {name: one["pid"] for name, one in (*named.items(), ("daemon", daemon))}

    def end(self) -> None:
        """Stop it as a person does, and see that it left nothing."""
        before = {pid: start_time(pid) for pid in self.pids().values()}
        incarnation = _incarnation(self.path)
        self.ask("down")
        mark = f"\0GT_TOWN_MARK={incarnation}\0".encode()
        assert [pid for pid, started in before.items() if runs(pid, started)] == []
        assert [pid for pid in pids() if mark in environment(pid) and start_time(pid)] == []
        assert self.running() == []


def _incarnation(path: Path) -> str:
    return (path / "town.toml").read_text().split('incarnation = "')[1].split('"')[0]


class Rig:
    """A rig and its origin."""

    def __init__(self, town: Town, name: str, origin: Path) -> None:
        self.town, self.name, self.origin = town, name, origin
        self.side = origin.with_suffix(".side")

    def git(self, *words: str, cwd: Path | None = None) -> str:
        done = run([*GIT, *words], cwd or self.origin, self.town.environment)
        assert done.returncode == 0, f"git {shlex.join(words)}: {done.stderr}"
        return done.stdout.strip()

    def fill(self, files: Mapping[str, str]) -> None:
        """Make the origin, and a clone of somebody's."""
        self.origin.mkdir(parents=True)
        self.git("init", "-q", "--bare")
        self.side.mkdir()
        self.git("init", "-q", cwd=self.side)
        self.git("remote", "add", "origin", str(self.origin), cwd=self.side)
        self.push("begin", files)

    def push(self, message: str, files: Mapping[str, str], branch: str = "main") -> str:
        """Somebody else commits `files` and pushes. -> the commit"""
        for name, content in files.items():
            (self.side / name).write_text(content)
        self.git("add", "-A", cwd=self.side)
        self.git("commit", "-qm", message, cwd=self.side)
        self.git("push", "-q", "origin", f"HEAD:{branch}", cwd=self.side)
        return self.git("rev-parse", "HEAD", cwd=self.side)

    def bead(self, title: str, script: str, *flags: str) -> str:
        return self.town.bead(title, script, "--rig", self.name, *flags)

    def sling(self, *beads: str) -> None:
        self.town.ask("sling", *beads)

    def landed(self, branch: str = "main") -> list[str]:
        """The beads that landed there, oldest first, by their trailers."""
        trailers = self.git(
            "log", "--first-parent", "--reverse", "--format=%(trailers:key=Gastown-Bead,valueonly)", branch
        )
        return trailers.split()

    def subjects(self, branch: str = "main") -> list[str]:
        """Of all commits, newest first."""
        return self.git("log", "--topo-order", "--format=%s", branch).splitlines()

    def content(self, path: str, branch: str = "main") -> str:
        return self.git("show", f"{branch}:{path}")


class Doors:
    """Where workers wait until the story lets them go on: named pipes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, name: str) -> str:
        """Words of a script: say that one is there, and wait."""
        folder = self._folder / name
        folder.mkdir(parents=True)
        for pipe in ("here", "go"):
            os.mkfifo(folder / pipe)
        return f"echo here > {folder}/here; cat {folder}/go > /dev/null"

    def reached(self, name: str) -> None:
        """Returns when a worker waits there."""
        assert (self._folder / name / "here").read_text() == "here\n"

    def open(self, name: str) -> None:
        (self._folder / name / "go").write_text("go\n")


@pytest.fixture
def doors(tmp_path: Path) -> Doors:
    return Doors(tmp_path / "doors")


@pytest.fixture(scope="module")
def make_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Town]]:
    """A town that is not yet installed. Whatever a story forgot to end is killed."""
    towns: list[Town] = []

    def make(place: str = "town", **extra: str) -> Town:
        towns.append(Town(tmp_path_factory.mktemp("story"), place, **extra))
        return towns[-1]

    yield make
    for town in towns:
        for pid in town.running():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def town(make_town: Callable[..., Town]) -> Iterator[Town]:
    """The town of all stories of a module. At the end log, views and git agree, and nothing is left running."""
    made = make_town().install().up()
    yield made
    assert made.ask("verify")["complaints"] == []
    made.end()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, make_town: Callable[..., Town]) -> Iterator[Callable[..., Any]]:
    """A hub on this machine; what it is asked is asked through a town's environment."""
    folder, keeper = tmp_path_factory.mktemp("hub") / "hub", make_town("keeper")

    def ask(*words: str) -> Any:
        found = keeper.answer("hub", *words)
        assert found.exit == 0, found
        return found.data

    ports = [word for flag in ("--port", "--join-port") for word in (flag, str(free_port()))]
    ask("init", str(folder), *ports)
    ask("up", "--hub", str(folder))
    yield lambda *words: ask(*words, "--hub", str(folder))
    ask("down", "--hub", str(folder))
