"""The demo's town: set up, given its work, waited for, taken down; all of it through `gt`."""

import shlex
import sys
from pathlib import Path

from gastown.adapters.processes.sweep import sweep
from gastown.demo.facts import TESTS, Facts, gather
from gastown.demo.narration import Narrator
from gastown.demo.origin import BRANCH, Origin
from gastown.demo.place import Place, user_packages
from gastown.demo.programs import CallFailedError, Programs
from gastown.demo.story import BEADS, BLOCKED_AFTER, CONVOY, PLACES, RIG

_AGENT = "scripted"
_PATIENCE = "150"  # seconds for all the work, as a word of the command


class Stage:
    """Whoever sets it up calls `clear`, however it went."""

    def __init__(self, place: Place, programs: Programs, narrator: Narrator) -> None:
        self._place = place
        self._programs = programs
        self._narrator = narrator
        self._origin = Origin(place)

    async def build(self) -> str:
        """The project and a town that is up. -> the target's commit before the first landing."""
        base = await self._origin.make()
        self._narrator.note("you", f"make a project with a bare origin, {self._place.origin}", "dim")
        await self._programs.gt("install", str(self._place.town), "--name", "demo", "--json")
        await self._programs.ask("up")
        self._narrator.note("you", f"install a town and start it, {self._place.town}", "dim")
        return base

    async def equip(self) -> None:
        """A rig with a gate, an agent, a limit on how many of them."""
        ask = self._programs.ask
        gate = f"tests={shlex.join((sys.executable, *TESTS))}"
        await ask("config", "set", "max_polecats", str(PLACES))
        await ask("config", "set", "limit.red_gates", str(BLOCKED_AFTER))
        await ask("rig", "add", RIG, str(self._place.origin), "--branch", BRANCH, "--gate", gate)
        worker = Path(__file__).with_name("worker.py")
        command = f"exec {shlex.join((sys.executable, '-I', str(worker)))}"
        packages = f"PYTHONUSERBASE={user_packages()}"
        await ask("agent", "add", _AGENT, "--vendor", "shell", "--command", command, "--env", packages, "--default")
        self._narrator.note("you", f"add the rig {RIG}, its tests as its gate, and {PLACES} places for workers", "dim")

    async def give_out(self) -> tuple[dict[str, str], str]:
        """-> the beads' ids by their keys, and the convoy's."""
        ids: dict[str, str] = {}
        for bead in BEADS:
            words = ["bead", "create", bead.title, "-d", bead.description, "-p", str(bead.priority), "--rig", RIG]
            for need in bead.needs:
                words += ["--needs", ids[need]]
            ids[bead.key] = (await self._programs.ask(*words))["id"]
        convoy = (await self._programs.ask("convoy", "create", CONVOY, *ids.values()))["id"]
        await self._programs.ask("sling", *ids.values(), RIG)
        self._narrator.note("you", f"sling {len(ids)} beads, convoy {convoy}: {CONVOY}", "dim")
        return ids, convoy

    async def watch(self) -> None:
        """Tell of what happens, until the town is gone."""
        async with self._programs.events() as events:
            async for event in events:
                self._narrator.hear(event)

    async def finish(self, ids: dict[str, str]) -> None:
        """Until all that can be done is done, it is certain that the rest needs a person, and everything is told."""
        done = [ids[bead.key] for bead in BEADS if bead.fate.state in ("landed", "closed")]
        stuck = [ids[bead.key] for bead in BEADS if bead.fate.state == "blocked"]
        await self._programs.ask("wait", *done, "--timeout", _PATIENCE, ok=(0, 7))
        await self._programs.ask("wait", *stuck, "--timeout", _PATIENCE, ok=(0, 7))
        await self._narrator.told((await self._programs.ask("status"))["position"])

    async def look(self, ids: dict[str, str], convoy: str, base: str) -> Facts:
        self._narrator.note("you", "ask the log and git what happened, and test every commit that landed", "dim")
        return await gather(self._programs, self._origin, ids, convoy, base)

    async def clear(self) -> str:
        """Take the town down and end whatever it left. -> what should not have been left, "" for nothing."""
        complaint = ""
        if self._place.town.exists():
            try:
                await self._programs.ask("down")
            except CallFailedError as error:
                complaint = error.message
        left = await sweep(self._place.mark)
        return complaint or (f"{len(left)} processes were left: {left}" if left else "")
