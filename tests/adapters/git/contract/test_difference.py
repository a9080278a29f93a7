"""Whatever happens, in whatever order, real git and the one in memory say the same; names of commits apart.

`GASTOWN_SEEDS=200 pytest ...` tries more.
"""

import contextlib
import os
import random  # noqa: TID251  seeds are drawn from it
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gastown.adapters.git.port import Built
from gastown.errors import GastownError
from gastown.events.rig import RigConfig
from gastown.events.session import Earlier

SESSIONS = ("ap-1-1", "ap-1-2", "ap-2-1")
FILES = ("a.txt", "b.txt", "c.txt")
COMMIT = re.compile("[0-9a-f]{40}")

WEIGHTS = {
    "person": 6,
    "person_removes": 1,
    "reset": 1,
    "delete": 1,
    "fetch": 2,
    "restart": 2,
    "proof": 2,
    "landings": 3,
    "check": 1,
    "create": 6,
    "work": 10,
    "write": 3,
    "worker_removes": 2,
    "submit": 8,
    "save": 4,
    "inspect": 2,
    "remove": 3,
    "destroy": 1,
    "orphan": 1,
    "build": 12,
    "land": 12,
    "propose": 2,
    "seen": 3,
    "arrive": 1,
}
BEGIN = ("restart", "create", "work", "submit", "build")
REACHES_OUT = ("fetch", "build", "land", "propose", "seen", "proof", "landings", "create", "restart")

Step = tuple[str, str, Callable[[Any], Any]]
"""What is done, under which circumstances ("", "away", "refused"), and how one of several things is chosen for it."""


def steps(seed: int, count: int) -> Iterator[Step]:
    dice = random.Random(seed)
    for what in (*BEGIN, *dice.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)):
        odds = dice.random()
        refused = what in ("land", "propose") and odds > 0.9
        choices = dice.random()
        yield (
            what,
            "away" if what in REACHES_OUT and odds < 0.05 else "refused" if refused else "",
            lambda things, at=choices: random.Random(at).choice(things),
        )


class Side:
    """One of the two worlds. What came of a step is told without the names of commits."""

    def __init__(self, stage: Any) -> None:
        self.stage = stage
        self.rig = self._made()
        self.names: dict[str, str] = {}
        self.mains = [stage.first]
        self.sandboxes: dict[str, Any] = {}
        self.submitted: dict[str, tuple[str, str]] = {}
        self.kept: dict[str, tuple[str, str]] = {}
        self.built: dict[str, Built] = {}
        self.choose: Callable[[Any], Any] = random.choice

    def _made(self) -> Any:
        config = RigConfig(origin=self.stage.location, target="main", landing="main", prefix="ap")
        return self.stage.git.rig(self.stage.folder / "rigs" / "app", "app", config)

    async def do(self, number: int, step: Step) -> Any:
        what, circumstances, self.choose = step
        if circumstances == "refused":
            self.stage.refuse("no")
        try:
            with self.stage.unreachable() if circumstances == "away" else contextlib.nullcontext():
                came = await getattr(self, what)(number)
        except (GastownError, FileExistsError) as error:
            came = type(error).__name__
        if circumstances == "refused":
            self.stage.refuse("")
        return self._told(msgspec.to_builtins(came, enc_hook=str))

    def _told(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._told(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._told(inner) for inner in value]
        if not isinstance(value, str):
            return value
        value = value.replace(str(self.stage.folder), "")
        return COMMIT.sub(lambda found: self.names.setdefault(found[0], f"<{len(self.names)}>"), value)

    def _text(self) -> tuple[str, str]:
        name = self.choose(FILES)
        return name, f"{name} {self.choose(range(3))}\n"

    def _change(self, number: int, own: str) -> dict[str, str]:
        name, text = self._text()
        return {name.replace(".", "__"): text, own: f"{number}\n"}

    def _one_of(self, known: dict[str, Any]) -> Any:
        return self.choose(sorted(known)) if known else ""

    async def person(self, number: int) -> Any:
        if not self.stage.tip():
            self.stage.reset("main", self.mains[0])
        self.mains.append(self.stage.person(f"Person {number}", **self._change(number, "count__txt")))
        return self.mains[-1]

    async def person_removes(self, number: int) -> Any:
        name = self.choose(FILES)
        if self.stage.tip() and name in self.stage.origin_tree(self.stage.tip()):
            self.mains.append(self.stage.person(f"Person {number}", remove=name))
        return self.stage.tip()

    async def reset(self, number: int) -> Any:
        self.stage.reset("main", self.choose(self.mains[-4:]))
        return self.stage.tip()

    async def delete(self, number: int) -> Any:
        if self.stage.tip() and self.choose(range(3)) == 0:
            self.stage.delete("main")

    async def fetch(self, number: int) -> Any:
        return await self.rig.target(fetch=True)

    async def restart(self, number: int) -> Any:
        self.rig = self._made()
        await self.rig.ensure()
        return await self.rig.target(fetch=False)

    async def proof(self, number: int) -> Any:
        pins = [(f"refs/gastown/submitted/app.{one}", commit) for one, (commit, _) in self.submitted.items()]
        return await self.rig.questions.proof([built.candidate for built in self.built.values()], pins)

    async def landings(self, number: int) -> Any:
        return await self.rig.landings(self.choose(["", *self.mains]), "T1")

    async def check(self, number: int) -> Any:
        return [(step.name, step.ok) for step in await self.rig.check_origin()]

    async def create(self, number: int) -> Any:
        session = self.choose(SESSIONS)
        earlier = self._one_of({**self.kept, "": ""})
        given = None
        if earlier:
            given = Earlier(session=earlier, commit=self.kept[earlier][0], base=self.kept[earlier][1])
        made = self.sandboxes[session] = await self.rig.create_sandbox(session, given)
        if not self.stage.is_there(made.worktree):
            return made
        head = self.stage.worker(made).head
        if head not in (made.base, given and given.commit):
            self.names[head] = f"<head {number}>"  # applied again, and not in the same second in both worlds
        return made, head, sorted(self.stage.files(made.worktree).items())

    def _sandbox(self) -> Any:
        return self.sandboxes.get(self._one_of(self.sandboxes))

    def _worker(self) -> Any:
        made = self._sandbox()
        return self.stage.worker(made) if made is not None and self.stage.is_there(made.worktree) else None

    async def work(self, number: int) -> Any:
        worker = self._worker()
        return worker and worker.commit(f"Work {number}", **self._change(number, f"own{number}"))

    async def write(self, number: int) -> Any:
        worker = self._worker()
        if worker:
            worker.write(*self._text())

    async def worker_removes(self, number: int) -> Any:
        worker, name = self._worker(), self.choose(FILES)
        if worker and name in self.stage.files(worker.folder):
            worker.remove(name)

    async def orphan(self, number: int) -> Any:
        worker = self._worker()
        if worker:
            worker.switch(f"orphan{number}", orphan=True)

    async def destroy(self, number: int) -> Any:
        worker = self._worker()
        if worker and self.choose(range(3)) == 0:
            worker.destroy()

    async def inspect(self, number: int) -> Any:
        made = self._sandbox()
        return made and await self.rig.inspect(made.worktree, made.base)

    async def submit(self, number: int) -> Any:
        session = self._one_of(self.sandboxes)
        made = self.sandboxes.get(session)
        left = made and await self.rig.inspect(made.worktree, made.base)
        if left and left.head:
            await self.rig.pin(made.worktree, f"refs/gastown/submitted/app.{session}", left.head)
            self.submitted[session] = (left.head, made.base)
        return left

    async def save(self, number: int) -> Any:
        session = self._one_of(self.sandboxes)
        made = self.sandboxes.get(session)
        commit = made and await self.rig.save_work(made.worktree, f"Kept {number}")
        if not commit:
            return None
        await self.rig.pin(made.worktree, f"refs/heads/gt/kept/{session}", commit)
        self.kept[session] = (commit, made.base)
        return commit, sorted(self.stage.tree(commit).items()), self.stage.parents(commit)

    async def remove(self, number: int) -> Any:
        session = self.choose(SESSIONS)
        self.sandboxes.pop(session, None)
        await self.rig.remove_sandbox(session)

    async def build(self, number: int) -> Any:
        session = self._one_of(self.submitted)
        if not session:
            return None
        commit, base = self.submitted[session]
        built = await self.rig.build(f"app.{session}", commit, base, f"Build {number}", (("Gastown-Bead", session),))
        if not isinstance(built, Built):
            return type(built).__name__, built
        self.built[session] = built
        return built, sorted(self.stage.tree(built.candidate).items()), self.stage.parents(built.candidate)

    async def land(self, number: int) -> Any:
        session = self._one_of(self.built)
        if not session:
            return None
        built = self.built[session]
        came = await self.rig.land(f"app.{session}", built.base, built.candidate)
        self.mains.append(self.stage.tip() or self.mains[0])
        return type(came).__name__, came, self.stage.tip()

    async def propose(self, number: int) -> Any:
        session = self._one_of(self.built)
        if not session:
            return None
        return await self.rig.propose("gt/ap-1", self.built[session].candidate), self.stage.tip("gt/ap-1")

    async def seen(self, number: int) -> Any:
        session = self._one_of(self.submitted)
        if not session:
            return None
        commit, base = self.submitted[session]
        return await self.rig.seen_on_target(f"app.{session}", base, commit)

    async def arrive(self, number: int) -> Any:
        """A late push, or a person's, brings a candidate on top of what it was built on."""
        built = self.built.get(self._one_of(self.built))
        if built and self.stage.tip() == built.base:
            self.stage.arrive(built.candidate)
            self.mains.append(built.candidate)
        return self.stage.tip()


@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", range(int(os.environ.get("GASTOWN_SEEDS", "3"))))
async def test_both_say_the_same(make_stages: Callable[[Path], tuple[Any, Any]], tmp_path: Path, seed: int) -> None:
    sides = [Side(stage) for stage in make_stages(tmp_path)]
    told: list[str] = []
    for number, step in enumerate(steps(seed, 60)):
        said = [await side.do(number, step) for side in sides]
        told.append(f"{number}: {step[0]} {step[1]}: {said[0]}")
        assert said[0] == said[1], "\n".join(told)
