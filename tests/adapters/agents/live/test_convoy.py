"""A town in which agents of four vendors, each its real program, land one convoy; its costs are what the API's meter
says. One bead changes its vendor half way."""

import json
import os
import subprocess  # noqa: TID251  the town is called as a person calls it
import sys
from pathlib import Path
from typing import Any

import pytest
from model_api.script import NO_TOKENS, Run, Say, Tokens
from model_api.server import ModelApi

from live.pointing import ARGUMENTS, MODELS, environment

VENDORS = ("claude", "codex", "qwen", "copilot")
"""Of those that tell their tokens."""
PATIENCE = 600
NOTES = "The first half is committed. What half.txt says twice is not."
HALF = "echo half > half.txt; git add half.txt; git commit -qm 'The first half'; echo more >> half.txt"


class Town:
    """Called by `gt`, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.path, self.home, self.origin = folder / "town", folder / "home", folder / "origin.git"
        self.home.mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GT_", "GIT_"))}
        temporary = folder / "tmp"  # codex's own sandbox does not work with a home below that
        temporary.mkdir()
        self._environment = {**kept, "HOME": str(self.home), "TMPDIR": str(temporary), "GT_TOWN": str(self.path)}

    def gt(self, *words: str) -> Any:
        return json.loads(self._said(*words))["data"]

    def events(self, entity: str) -> list[Any]:
        return [json.loads(line) for line in self._said("events", "--entity", entity).splitlines()]

    def _said(self, *words: str) -> str:
        command = [sys.executable, "-m", "gastown_cli", *words, "--json"]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"gt {' '.join(words)}: {done.stderr or done.stdout}"
        return done.stdout


@pytest.fixture
def town(tmp_path: Path, path: str, api: ModelApi):
    """With a rig, and one agent for each vendor, which has a key of its own at the API."""
    api.reset()
    town = Town(tmp_path)
    for words in (["init", "-q", "--bare", "-b", "main", str(town.origin)], ["clone", "-q", str(town.origin), "c"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    who = ["-c", "user.name=A", "-c", "user.email=a@b"]
    subprocess.run(["git", *who, "commit", "-q", "--allow-empty", "-m", "First"], cwd=tmp_path / "c", check=True)
    subprocess.run(["git", "push", "-q", "origin", "HEAD:main"], cwd=tmp_path / "c", check=True, capture_output=True)
    town.gt("install", str(town.path))
    town.gt("up")
    try:
        town.gt("rig", "add", "app", str(town.origin), "--gate", "unit=test -e README || true")
        for vendor in VENDORS:
            given = environment(vendor, tmp_path / f"home-{vendor}", api.url, vendor, path)
            flags = [f"--env={name}={value}" for name, value in given.items()]
            arguments = [f"--arg={one}" for one in ARGUMENTS.get(vendor, ())]
            town.gt("agent", "add", vendor, "--vendor", vendor, "--model", MODELS[vendor], *flags, *arguments)
        yield town
    finally:
        town.gt("down")


def landing(name: str) -> str:
    return f"echo {name} > {name}.txt; git add {name}.txt; git commit -qm 'The work of {name}'; echo has-committed"


@pytest.mark.timeout(PATIENCE + 60)
def test_four_vendors_land_a_convoy_and_their_bill_is_the_meter_s(town: Town, api: ModelApi) -> None:
    checks = {vendor: town.gt("agent", "check", vendor) for vendor in VENDORS}
    assert all(check["ok"] for check in checks.values()), checks
    assert api.meter.total().requests == 0  # no model was asked

    for vendor in VENDORS:
        api.director.play(Run(landing(vendor)), Say("All is done."), key=vendor, by_results=True)
    beads = {vendor: town.gt("bead", "create", f"Work of {vendor}", "--rig", "app")["id"] for vendor in VENDORS}
    changed = town.gt("bead", "create", "Work that changes hands", "--rig", "app")["id"]
    town.gt("convoy", "create", "Four vendors", *beads.values(), changed)
    for vendor, bead in beads.items():
        town.gt("sling", bead, "--agent", vendor)
    town.gt("wait", *beads.values(), "--timeout", str(PATIENCE))
    changes_hands(town, api, changed)

    assert {town.gt("bead", "show", bead)["state"] for bead in (*beads.values(), changed)} == {"landed"}
    subjects = subprocess.run(
        ["git", "-C", str(town.origin), "log", "--format=%s", "main"], check=True, capture_output=True, text=True
    ).stdout
    assert all(f"The work of {vendor}" in subjects for vendor in VENDORS)
    assert "The first half" in subjects
    the_bill(town, api)


def changes_hands(town: Town, api: ModelApi, bead: str) -> None:
    """Claude has committed the first half when codex is given the bead: it is asked for notes, and codex goes on."""
    halfway, go = town.path.parent / "halfway", town.path.parent / "go"
    for door in (halfway, go):
        os.mkfifo(door)
    half = Run(f"{HALF}; echo now > {halfway}; cat {go}")
    api.director.play(half, Say("That is half of it."), Say(NOTES), about=bead, key="claude")
    api.director.play(Run(landing("second")), Say("All is done."), about=bead, key="codex")
    town.gt("sling", bead, "--agent", "claude")
    halfway.read_text()
    town.gt("sling", bead, "--agent", "codex")
    go.write_text("on\n")
    town.gt("wait", bead, "--timeout", str(PATIENCE))
    sessions = town.gt("bead", "show", bead)["attempts"]
    notes = [one["data"]["notes"] for one in town.events(f"{bead}-1") if one["type"] == "session.handoff_written"]
    assert (sessions, notes) == (2, [NOTES])


def the_bill(town: Town, api: ModelApi) -> None:
    """What the town counted is what the API did, token by token, for each vendor and in all."""
    rows = {row["of"]: row for row in town.gt("costs", "--by", "agent")["rows"]}
    for vendor in VENDORS:
        used = api.meter.total(key=vendor).tokens
        told = Tokens(**{name: rows[vendor][name] for name in ("fresh", "cache_read", "cache_write", "output")})
        assert told == used, vendor
        assert rows[vendor]["untold"] == 0
    total, metered = town.gt("costs")["total"], NO_TOKENS
    for vendor in VENDORS:
        metered += api.meter.total(key=vendor).tokens
    assert (total["fresh"], total["cache_read"], total["output"]) == (metered.fresh, metered.cache_read, metered.output)
