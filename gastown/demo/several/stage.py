"""The hub and its towns: set up, given their work, one of them lost, waited for, taken down; all through `gt`."""

import shlex
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import anyio

from gastown.clock import monotonic
from gastown.daemon.log_server import free_port
from gastown.demo.narration import Narrator
from gastown.demo.origin import BRANCH, Origin
from gastown.demo.place import Place, user_packages
from gastown.demo.programs import CallFailedError
from gastown.demo.several.machines import Machine
from gastown.demo.several.story import BEADS, CONVOY, HELD, HELPER, HOME, LOST, RIG, TOWNS

_PATIENCE = "120"  # seconds for all the work, as a word of the command
_SOON = 30.0  # seconds for what takes one or two
_LOOK = 0.1


class Stage:
    """Whoever sets it up calls `clear`, however it went."""

    def __init__(self, place: Place, gt: Sequence[str], narrator: Narrator) -> None:
        self._place = place
        self._say = narrator.note
        self.origin = Origin(place)
        self._hub = Machine(place, gt, "hub")
        self.towns = {name: Machine(place, gt, name) for name in TOWNS}
        self._adopted = Machine(place, gt, f"{LOST}-again")
        self._gate = place.root / "let-them-work"

    async def build(self) -> str:
        """The project, the hub, and the towns as its members. -> the target's commit before the first landing."""
        base = await self.origin.make()
        ports = ("--port", str(free_port()), "--join-port", str(free_port()))
        await self._hub.gt("hub", "init", str(self._hub.folder), *ports, "--json")
        await self._hub.gt("hub", "up", "--hub", str(self._hub.folder), "--json")
        self._say("you", f"make a hub and start it, {self._hub.folder}", "dim")
        for name in TOWNS:
            await self._found(name)
        return base

    async def _found(self, name: str) -> None:
        town = self.towns[name]
        await town.gt("install", str(town.folder), "--name", name, "--json")
        await town.ask("up")
        await town.ask("rig", "add", RIG, str(self._place.origin), "--branch", BRANCH, "--gate", "there=test -d .")
        await self._hire(town, str(self._gate) if name == LOST else "")
        invited = (await self._hub.gt("hub", "invite", name, "--hub", str(self._hub.folder), "--json")).data
        begun = monotonic()
        await town.ask("join", invited["invitation"])
        self._say(name, f"is up, and joins the hub in {monotonic() - begun:.1f} s", "dim")

    async def _hire(self, town: Machine, gate: str) -> None:
        worker = Path(__file__).with_name("worker.py")
        command = f"exec {shlex.join((sys.executable, '-I', str(worker), gate))}"
        packages = f"PYTHONUSERBASE={user_packages()}"
        await town.ask(
            "agent", "add", "scripted", "--vendor", "shell", "--command", command, "--env", packages, "--default"
        )

    async def give_out(self) -> tuple[dict[str, str], str]:
        """-> the beads' ids at home by their keys, and the convoy's."""
        home, ids = self.towns[HOME], dict[str, str]()
        for bead in BEADS:
            needs = [word for need in bead.needs for word in ("--needs", ids[need])]
            ids[bead.key] = (await home.ask("bead", "create", bead.title, "--rig", RIG, *needs))["id"]
        convoy = (await home.ask("convoy", "create", CONVOY, *ids.values()))["id"]
        for bead in BEADS:
            where = ("--to", f"{bead.to}/{RIG}") if bead.to else ()
            await home.ask("sling", ids[bead.key], *where)
        self._say(HOME, f"slings {len(ids)} beads of convoy {convoy}, some to {HELPER}, one to {LOST}", "dim")
        return ids, convoy

    async def lose(self, ids: dict[str, str]) -> None:
        """Once it is at work on what the others wait for."""
        await self._until(lambda: self._is_at_work(f"{HOME}.{ids[HELD]}"), f"{LOST} did not begin to work")
        self.towns[LOST].lose()
        self._say(LOST, "is lost: its processes are killed, its disk is gone", "red")

    async def _is_at_work(self, bead: str) -> bool:
        """At the hub, too: what it has not heard of is lost with the machine."""
        found = await self.towns[HOME].ask("bead", "list", "--town", LOST, ok=(0, 4, 6))
        return any(one["id"] in (bead, bead.replace(".", "/", 1)) and one["state"] == "running" for one in found)

    async def _is_gone(self) -> bool:
        towns = (await self.towns[HELPER].ask("towns"))["towns"]
        return not next(one["connected"] for one in towns if one["name"] == LOST)

    async def _until(self, holds: Callable[[], Awaitable[bool]], otherwise: str) -> None:
        deadline = monotonic() + _SOON
        while not await holds():
            if monotonic() > deadline:
                raise CallFailedError(otherwise)
            await anyio.sleep(_LOOK)

    async def adopt(self) -> dict[str, Any]:
        """On the helper's machine, from the hub's copy. -> what is said to be lost."""
        helper, again = self.towns[HELPER], self._adopted
        await self._until(self._is_gone, f"the hub does not notice that {LOST} is gone")
        said = await helper.ask("adopt", LOST, str(again.folder), "--force")
        await again.ask("up")
        self._gate.touch()
        self._say(
            HELPER, f"adopts {LOST} as of position {said['copy']['position']} of the hub's copy of its log", "yellow"
        )
        return said

    async def finish(self, ids: dict[str, str]) -> None:
        await self.towns[HOME].ask("wait", *ids.values(), "--timeout", _PATIENCE, ok=(0, 7))
        self._say(HOME, "sees all of the convoy done", "green")

    async def clear(self) -> str:
        """Take everything down and end what is left. -> what should not have been left, "" for nothing."""
        towns = (*self.towns.values(), self._adopted)
        there = [machine for machine in towns if (machine.folder / "town.toml").exists()]
        complaints = [await _down(machine, "down", "--town", str(machine.folder)) for machine in there]
        if self._hub.folder.exists():
            complaints.append(await _down(self._hub, "hub", "down", "--hub", str(self._hub.folder)))
        for machine in (*towns, self._hub):
            left = await machine.sweep()
            complaints.append(f"{len(left)} processes of {machine.name} were left: {left}" if left else "")
        return "; ".join(one for one in complaints if one)


async def _down(machine: Machine, *words: str) -> str:
    try:
        await machine.gt(*words, "--json")
    except CallFailedError as error:
        return error.message
    return ""
