"""A real program on a bench: in a linked worktree as a sandbox is, with a home and a key of its own, asking our API."""

import os
import signal
import subprocess  # noqa: TID251  tests make a repository
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import msgspec
from model_api.meter import Count
from model_api.script import Step, Tokens
from model_api.server import ModelApi

from gastown.adapters.agents.port import Agent, Start
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.program import Walls
from gastown.clock import new_id, now
from gastown.events.agent import AgentSpec
from gastown.events.turn import Usage
from live.pointing import ARGUMENTS, KEPT, MODELS, PRICES, environment

TELLS_NO_CACHE = ("gemini",)
"""Over ACP it counts what came from the cache as any other input."""

WITHIN_NO_MINUTE = ("gemini",)
"""It does not find a conversation that it began within the same minute of the clock."""

SHORT_COMMANDS = {"codex": 8.0, "codex-acp": 8.0}
"""After 10 s codex leaves a command to itself, and codex-acp ends it, unless the model gives it longer. They start
sooner than others.
"""


class LiveBench:
    """See `turns_contract.Bench`. path: where the vendors' programs are found."""

    patience = 180.0
    """Hearing from opencode that its API fails is the longest."""
    slow_errors: frozenset[int] = frozenset()

    def __init__(self, vendor: str, agent: Agent, folder: Path, api: ModelApi, path: str) -> None:
        self.vendor = vendor
        self.agent = agent
        self.api = api
        self.key = f"key-{new_id()}"
        self.worktree = folder / "sandboxes" / "ap-1"
        self.town = folder / "town"
        self._folder = folder
        self._path = path
        self._program = vendor.removesuffix("-acp")
        self.silence = SHORT_COMMANDS.get(vendor, 10.0)
        self._started: list[Start] = []
        _repository(folder / "rig", self.worktree)

    def start(self, brief: str = "do it", **given: Any) -> Start:
        mark = ("GT_MARK", f"bench/{new_id()}")
        surroundings = environment(self._program, self._folder / "home", self.api.url, self.key, self._path)
        spec = AgentSpec(
            name=self.vendor,
            vendor=self.vendor,
            model=MODELS.get(self.vendor) or MODELS[self._program],
            arguments=ARGUMENTS.get(self._program, ()),
        )
        (temporary := self._folder / "tmp").mkdir(exist_ok=True)  # where codex's home may not be
        surroundings["TMPDIR"] = str(temporary)
        start = Start(
            worktree=self.worktree,
            brief=brief,
            agent=spec,
            environment=surroundings | {mark[0]: mark[1]},
            mark=mark,
            logs=self._folder / "logs" / mark[1].removeprefix("bench/"),
            timeout=600,
            writes=(self._folder / "rig" / ".git", self._folder / "rig" / ".git" / "worktrees" / "ap-1"),
        )
        (self._folder / "logs").mkdir(exist_ok=True)
        self._started.append(start)
        return msgspec.structs.replace(start, **given)

    def walls(self) -> Walls:
        """What a session would be held by: it sees its program, what that keeps, and the repository."""
        places = (Path(entry) for entry in self._path.split(":") if not entry.startswith(("/usr", "/bin")))
        programs = (place.resolve().parents[1] for place in places if place.is_dir())
        home, rig = self._folder / "home", self._folder / "rig" / ".git"
        (self._folder / "secret").write_text("42\n")
        return Walls(
            home=self._folder / "private",
            reads=tuple(dict.fromkeys(programs)),
            writes=(home, rig, self.worktree, self._folder / "tmp", self._folder / "logs"),
        )

    def play(self, *steps: Step) -> None:
        self.api.director.clear()
        self.api.director.play(*steps, key=self.key)

    def told(self) -> str:
        """All that the model was told, in the last request for an answer."""
        conversation = self.api.conversation(self.key)
        return conversation.texts("system", "user", "assistant", "call", "result")

    def was_told(self, text: str) -> bool:
        return text in self.told()

    def has(self, name: str) -> bool:
        return (self.worktree / name).exists()

    def touch(self, name: str) -> None:
        (self.worktree / name).touch()

    async def until_kept(self, text: str) -> None:
        if self.vendor in WITHIN_NO_MINUTE:
            began = int(now() // 60)
            await self.until(lambda: int(now() // 60) > began)
        await self.until(lambda: any(text.encode() in kept for kept in self._kept(KEPT[self._program]).values()))

    def kill(self, start: Start) -> None:
        for pid in self.alive(start):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def alive(self, start: Start) -> list[int]:
        return [seen.pid for seen in marked(start.mark).alive()]

    def runs(self, words: str) -> bool:
        """Whether a process of a session here has these in its command line."""
        return any(words in _command_line(pid) for start in self._started for pid in self.alive(start))

    def calls(self, number: int) -> Usage:
        tokens = Tokens()
        cost = PRICES.of(tokens) * number if "cost" in self.agent.can else None
        cached = 0 if self.vendor in TELLS_NO_CACHE else tokens.cache_read
        fresh = tokens.fresh + tokens.cache_read - cached
        return Usage(fresh=fresh * number, cache_read=cached * number, output=tokens.output * number, cost=cost)

    def meter(self) -> Count:
        return self.api.meter.total(key=self.key)

    def commits(self) -> list[str]:
        """Subjects of the branch, newest first."""
        return _git(self.worktree, "log", "--format=%s").splitlines()

    def kept(self) -> dict[str, bytes]:
        """The conversations that its program has kept, whole."""
        return {name: kept for name, kept in self._kept("**/*.jsonl").items() if "history" not in Path(name).name}

    def _kept(self, pattern: str) -> dict[str, bytes]:
        return {str(file): file.read_bytes() for file in (self._folder / "home").glob(pattern)}

    def files(self) -> list[str]:
        return sorted(path.name for path in self.worktree.iterdir() if path.name != ".git")

    async def until(self, holds: Callable[[], object], seconds: float = patience) -> None:
        """Returns when it holds: it is about the world outside this process, which tells no event."""
        with anyio.fail_after(seconds):
            while not holds():  # noqa: ASYNC110  see above
                await anyio.sleep(0.01)


def _repository(rig: Path, worktree: Path) -> None:
    rig.mkdir(parents=True)
    _git(rig, "init", "-q", "-b", "main")
    for name, value in (("user.name", "A worker"), ("user.email", "worker@example.com"), ("gc.auto", "0")):
        _git(rig, "config", name, value)
    _git(rig, "commit", "-q", "--allow-empty", "-m", "First")
    _git(rig, "worktree", "add", "-q", "-b", "ap-1", str(worktree))


def _git(folder: Path, *arguments: str) -> str:
    command: Sequence[str] = ("git", "-C", str(folder), *arguments)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
