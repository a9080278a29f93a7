"""A hub and two towns with one project, each on a machine of its own; work and letters that cross; what came of it."""

import subprocess  # noqa: TID251  tests run the real programs
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import msgspec
from machines import Machine, Switch, until

from gastown.bench.towns import TownClient
from gastown.clock import monotonic
from gastown.config import load

WORKER = 'echo work >> "$GT_BEAD.txt" && git add --all && git commit --quiet --message "Work on $GT_BEAD"'
WRITERS = 8
EQUAL = 90.0
"""Seconds that copies may take to be equal. One that nobody wakes takes 40."""
LANDED = "120"  # seconds, as a word of the command
AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@abacus.example")


class Outcome(msgspec.Struct, kw_only=True):
    """equal: seconds from the end of the cut until the hub's copies hold all. lost, double: events, landings, mail."""

    cut: str
    events: int
    equal: float
    lost: int
    double: int


class Field:
    """close() takes all of it away."""

    def __init__(self, folder: Path, name: str = "", invited: tuple[str, ...] = ()) -> None:
        """invited: what is said with the invitations."""
        self.folder = folder
        self.invited = invited
        self.switch = Switch(name)
        self.hub = self.switch.machine("hub", folder)
        self.towns = [self.switch.machine(name, folder) for name in ("a", "b")]
        self.origin = folder / "origin.git"
        self._slung: dict[str, list[str]] = {town.name: [] for town in self.towns}
        self._sent: dict[str, list[str]] = {}
        self._events = 0

    def build(self) -> None:
        self._make_origin()
        self.hub.gt("hub", "init", str(self.hub.place), "--host", self.hub.address)
        self.hub_up()
        for town in self.towns:
            self.found(town)

    def _make_origin(self) -> None:
        seed = self.folder / "seed"
        for words in (
            ("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin)),
            ("init", "--quiet", "--initial-branch=main", str(seed)),
            (*AUTHOR, "-C", str(seed), "commit", "--quiet", "--allow-empty", "--message", "Begin"),
            ("-C", str(seed), "push", "--quiet", str(self.origin), "main"),
        ):
            subprocess.run(("git", *words), check=True, capture_output=True, timeout=20)

    def hub_up(self) -> None:
        self.hub.gt("hub", "up", "--hub", str(self.hub.place))

    def found(self, town: Machine) -> None:
        """A town that is a member and has somebody to work."""
        town.gt("install", str(town.place), "--name", town.name)
        town.ask("up")
        town.ask("rig", "add", "app", str(self.origin), "--branch", "main", "--gate", "there=test -d .")
        town.ask("agent", "add", "worker", "--vendor", "shell", "--command", WORKER, "--default")
        invited = self.hub.gt("hub", "invite", town.name, *self.invited, "--hub", str(self.hub.place))
        town.ask("join", invited["invitation"])

    def close(self) -> None:
        self.switch.remove()

    async def cross(self, beads: int = 1, letters: int = 2) -> None:
        """Work and mail from each town to the other."""
        for town, other in zip(self.towns, reversed(self.towns), strict=True):
            await anyio.to_thread.run_sync(self._send, town, other, beads, letters)

    def _send(self, town: Machine, other: Machine, beads: int, letters: int) -> None:
        for _ in range(beads):
            self.sling(town, other)
        for _ in range(letters):
            sent = self._sent.setdefault(town.name, [])
            subject = f"letter {len(sent)}"
            town.ask("mail", "send", f"{other.name}/overseer", "--subject", subject, "--message", "hello")
            sent.append(subject)

    def sling(self, town: Machine, other: Machine) -> None:
        """Something to be done there."""
        bead = town.ask("bead", "create", "work that crosses", "--rig", "app")["id"]
        town.ask("sling", bead, "--to", f"{other.name}/app")
        self._slung[town.name].append(bead)

    async def write(self, events: int, towns: list[Machine] | None = None) -> None:
        """So many in each town, at once."""
        async with anyio.create_task_group() as tasks:
            for town in self.towns if towns is None else towns:
                client = TownClient(load(town.place))
                for _ in range(WRITERS):
                    tasks.start_soon(client.make_beads, events // WRITERS, "")

    async def judge(self, cut: str, healed: float) -> Outcome:
        """All that must be so once a cut, which ended at `healed`, is over."""
        await self._equal()
        equal = monotonic() - healed
        return await anyio.to_thread.run_sync(self._look, cut, equal)

    async def _equal(self) -> None:
        await until(self._copies_are_whole, "a copy at the hub does not hold all of its town's log", seconds=EQUAL)

    def copied(self) -> dict[str, int]:
        """The positions up to which the hub has the towns' logs."""
        return {one["name"]: one["position"] for one in self.towns[1].ask("towns")["towns"]}

    def _copies_are_whole(self) -> bool:
        own = {town.name: town.position() for town in self.towns}
        known = self.copied()
        return all(known.get(name) == position for name, position in own.items())

    def _look(self, cut: str, equal: float) -> Outcome:
        lost, double = self._work()
        for town, other in zip(self.towns, reversed(self.towns), strict=True):
            counted = Counter(one["subject"] for one in other.ask("mail", "inbox", "overseer", "--all"))
            sent = self._sent.get(town.name, [])
            lost += sum(not counted[subject] for subject in sent)
            double += sum(counted[subject] > 1 for subject in sent)
        anyio.from_thread.run(self._equal)
        events, missing, twice = self._copies()
        written, self._events = events - self._events, events
        self._agree()
        return Outcome(cut=cut, events=written, equal=equal, lost=lost + missing, double=double + twice)

    def _work(self) -> tuple[int, int]:
        """-> beads that did not land, and those that landed twice."""
        for town in self.towns:
            town.ask("wait", *self._slung[town.name], "--timeout", LANDED, seconds=180)
        log = (
            "git",
            "-C",
            str(self.origin),
            "log",
            "--first-parent",
            "--format=%(trailers:key=Gastown-Bead,valueonly)",
        )
        shown = subprocess.run((*log, "main"), check=True, capture_output=True, text=True, timeout=20).stdout
        landed = Counter(shown.split())
        wanted = [bead for beads in self._slung.values() for bead in beads]
        double = sum(count > 1 for count in landed.values())
        return len(wanted) - sum(any(bead in one for one in landed) for bead in wanted), double

    def _copies(self) -> tuple[int, int, int]:
        """-> events of all towns' logs, those that a copy lacks or has otherwise, and those that it has twice."""
        events = missing = twice = 0
        for town, other in zip(self.towns, reversed(self.towns), strict=True):
            own = [_event(one) for one in town.ask("events")]
            copied = [_event(one) for one in other.ask_of(town, "events")]
            known = set(copied)
            events += len(own)
            missing += len(set(own) - known)
            twice += len(copied) - len(known)
            assert [one for one in own if one in known] == list(dict.fromkeys(copied)), f"{town.name}: the order"
        return events, missing, twice

    def _agree(self) -> None:
        """Of what there is and who has it."""
        seen = []
        for town in self.towns:
            verified = town.ask("verify", "--all", ok=(0, 7), seconds=300)
            assert verified["ok"], (town.name, verified)
            rows = town.ask("bead", "list", "--all-towns", "--limit", "0", seconds=300)
            seen.append({row["town"]: sorted(row["data"], key=lambda bead: bead["id"]) for row in rows})
        assert seen[0] == seen[1]


def _event(shown: dict[str, Any]) -> tuple[int, str, str, str]:
    return shown["position"], shown["id"], shown["type"], shown["time"]
