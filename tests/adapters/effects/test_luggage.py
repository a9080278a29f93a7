"""Commits that go along with a bead to another town, and come along from one, as the host sees to it."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from gastown.actors.commands.abroad import ReportCommits
from gastown.actors.effects import FetchCommits
from gastown.actors.errands import AskBundle
from gastown.adapters.effects import luggage
from gastown.adapters.effects.site import Carriage
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.memory_hub import MemoryHub
from gastown.bus.memory_luggage import MemoryLuggage
from gastown.events.ids import Entity

REF = "refs/gastown/guests/a.ap-1"


class Between:
    """This town, b, and town a at one hub."""

    def __init__(self) -> None:
        self.hub = MemoryHub()
        self.theirs, self.own = MemoryLuggage(), MemoryLuggage()
        self.hub.join("a", "01A", MemoryEventLog(), luggage=self.theirs)
        self.hub.join("b", "01B", MemoryEventLog(), luggage=self.own)
        self.asked = 0
        self.news = anyio.Event()

    @property
    def carriage(self) -> Carriage:
        return Carriage(self.own, self)

    def luggage(self, town: str, incarnation: str) -> Any:
        self.asked += 1
        self.news.set()
        self.news = anyio.Event()
        return self.hub.copies("b", "01B").luggage(town, incarnation)

    def log(self, town: str, incarnation: str) -> Any:
        return self.hub.copies("b", "01B").log(town, incarnation)

    def texts(self, town: str, incarnation: str) -> Any:
        return self.hub.copies("b", "01B").texts(town, incarnation)


@pytest.fixture
def between(stage: Any) -> Between:
    made = Between()
    stage.carriage = made.carriage
    return made


def commit(stage: Any, name: str) -> str:
    """By the person, who pushes it to nobody."""
    (stage.person / name).write_text("x\n")
    stage.git("add", "--all", at=stage.person)
    stage.git("commit", "--quiet", "-m", f"Add {name}", at=stage.person)
    return stage.git("rev-parse", "HEAD", at=stage.person)


def bundled(stage: Any, *without: str) -> bytes:
    file = stage.folder / "one.bundle"
    exclude = [f"^{one}" for one in without]
    whole = ("-c", "pack.window=0")  # no deltas: of a pack that needs others no object can be looked at
    stage.git(*whole, "bundle", "create", "--quiet", str(file), "HEAD", *exclude, at=stage.person)
    return file.read_bytes()


def move(place: Path, to: Path) -> None:
    place.rename(to)


def fetch(wanted: str, number: int = 1, name: str = "n") -> FetchCommits:
    return FetchCommits(
        key=f"fetch:a.ap-1.{number}",
        about=Entity("bead", "a.ap-1"),
        bead="a.ap-1",
        epoch=number,
        rig="app",
        town="a",
        incarnation="01A",
        name=name,
        commit=wanted,
    )


async def test_what_an_attempt_left_is_bundled_with_all_its_history_where_nobody_else_has_the_origin(
    stage: Any, between: Between
) -> None:
    async with stage.host() as host:
        end = await host.submitted("echo x > new")
        asked = AskBundle(rig="app", config=stage.config(), commit=end.commit, base=end.base)
        assert [(await host.ask(asked)).data for _ in range(2)] == [end.commit] * 2
        (piece,) = between.own.pieces.values()
        (stage.folder / "sent").write_bytes(piece)
        there = stage.folder / "empty.git"
        stage.git("init", "--quiet", "--bare", str(there))
        stage.git("bundle", "unbundle", str(stage.folder / "sent"), at=there)
        assert stage.git("log", "--format=%s", end.commit, at=there).splitlines() == ["work", "First"]


async def test_of_an_origin_that_others_reach_only_what_is_new_is_bundled(stage: Any, between: Between) -> None:
    async with stage.host() as host:
        end = await host.submitted("echo x > new")
        config = stage.config(origin="https://example.org/app.git")
        asked = AskBundle(rig="app", config=config, commit=end.commit, base=end.base)
        assert (await host.ask(asked)).data == f"{end.commit}.{end.base}"
        assert f"-{end.base}".encode() in between.own.pieces[f"{end.commit}.{end.base}"]


async def test_what_is_not_there_or_has_nothing_to_carry_it_does_not_go_along(stage: Any, between: Between) -> None:
    async with stage.host() as host:
        end = await host.submitted("echo x > new")
        gone = AskBundle(rig="app", config=stage.config(), commit="5" * 40, base=end.base)
        assert (await host.ask(gone)).data == ""
    assert between.own.pieces == {}
    stage.carriage = None
    async with stage.host() as host:
        asked = AskBundle(rig="app", config=stage.config(), commit=end.commit, base=end.base)
        assert (await host.ask(asked)).data == ""


async def test_what_came_along_is_pinned(stage: Any, between: Between) -> None:
    wanted = commit(stage, "new")
    between.theirs.pieces["n"] = bundled(stage, stage.first)
    async with stage.host() as host:
        await host.give(fetch(wanted))
        assert (await host.town.report(ReportCommits)) == ReportCommits(bead="a.ap-1", epoch=1)
        assert stage.pinned(REF) == wanted


async def test_what_goes_on_from_a_commit_that_came_to_the_origin_lately_is_taken(stage: Any, between: Between) -> None:
    first = commit(stage, "one")
    between.theirs.pieces["n"] = bundled(stage, stage.first)
    async with stage.host() as host:
        await host.give(fetch(first))
        await host.town.report(ReportCommits)
        base = stage.commit("Lately", lately="x\n")
        wanted = commit(stage, "two")
        between.theirs.pieces["n2"] = bundled(stage, base)
        await host.give(fetch(wanted, 2, "n2"))
        assert (await host.town.report(ReportCommits, 2)).missed == ""
        assert stage.pinned(REF) == wanted


async def test_a_rig_of_another_history_says_so_and_has_nothing_of_it(stage: Any, between: Between) -> None:
    foreign = stage.folder / "foreign.git"
    stage.git("init", "--quiet", "--bare", "--initial-branch=main", str(foreign))
    stage.git("clone", "--quiet", str(foreign), "other", check=False)
    stage.git("commit", "--quiet", "--allow-empty", "-m", "Other", at=stage.folder / "other")
    stage.git("push", "--quiet", "origin", "HEAD:main", at=stage.folder / "other")
    wanted = commit(stage, "new")
    between.theirs.pieces["n"] = bundled(stage, stage.first)
    async with stage.host() as host:
        await host.give(fetch(wanted), origin=str(foreign))
        missed = (await host.town.report(ReportCommits)).missed
        assert missed.startswith("rig app has another history here: ")
        assert f"goes on from {stage.first[:12]}, which is not here" in missed
        assert stage.pinned(REF) == ""
        assert stage.git("cat-file", "-t", wanted, at=stage.refinery, check=False) == ""


@pytest.mark.parametrize("how", ["lost", "damaged", "another", "no carriage"])
async def test_what_cannot_be_had_is_said(stage: Any, between: Between, how: str) -> None:
    wanted = commit(stage, "new")
    whole = bundled(stage, stage.first)
    between.theirs.pieces |= {} if how == "lost" else {"n": whole[:-10] if how == "damaged" else whole}
    if how == "no carriage":
        stage.carriage = None
    async with stage.host() as host:
        await host.give(fetch("5" * 40 if how == "another" else wanted))
        assert (await host.town.report(ReportCommits)).missed != ""
        assert how == "no carriage" or stage.pinned(REF) == ""


async def test_a_hub_that_is_away_is_waited_for(stage: Any, between: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(luggage, "FIRST_PAUSE", 0.01)
    wanted = commit(stage, "new")
    between.theirs.pieces["n"] = bundled(stage, stage.first)
    between.hub.cut("b")
    async with stage.host() as host:
        await host.give(fetch(wanted))
        with anyio.fail_after(20):
            while between.asked < 3:
                await between.news.wait()
        assert host.town.reports(ReportCommits) == []
        between.hub.heal("b")
        assert (await host.town.report(ReportCommits)).missed == ""


async def test_an_origin_that_cannot_be_asked_is_waited_for(
    stage: Any, between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(luggage, "FIRST_PAUSE", 0.01)
    first = commit(stage, "one")
    between.theirs.pieces["n"] = bundled(stage, stage.first)
    async with stage.host() as host:
        await host.give(fetch(first))
        await host.town.report(ReportCommits)
        base = stage.commit("Lately", lately="x\n")
        wanted = commit(stage, "two")
        between.theirs.pieces["n2"] = bundled(stage, base)
        move(stage.origin, stage.folder / "away.git")
        asked = between.asked
        await host.give(fetch(wanted, 2, "n2"))
        with anyio.fail_after(20):
            while between.asked < asked + 2:
                await between.news.wait()
        assert len(host.town.reports(ReportCommits)) == 1
        move(stage.folder / "away.git", stage.origin)
        assert (await host.town.report(ReportCommits, 2)).missed == ""
