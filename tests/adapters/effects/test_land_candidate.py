"""LandCandidate, ProposeCandidate and WatchProposal on real git."""

from typing import Any

import anyio
import pytest

from gastown.actors.commands.refinery import (
    ReportLanding,
    ReportLandingRefused,
    ReportProposed,
    ReportProven,
    ReportRaced,
)
from gastown.actors.effects import ProposeCandidate, WatchProposal
from gastown.events.ids import Entity
from gastown.events.rig import Gate

Stage = Any  # tests/adapters/effects/conftest.py

PASSES = Gate(name="test", command="grep -q work work.txt")


async def test_what_is_proven_lands(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")), gates=(PASSES,))
        proven = await host.town.report(ReportProven)
        await host.give(stage.land(proven))
        landing = await host.town.report(ReportLanding)

    assert landing.target_commit == proven.candidate == stage.git("rev-parse", "main", at=stage.origin)


async def test_what_has_landed_is_found_again_by_a_proof(stage: Stage) -> None:
    async with stage.host() as host:
        end = await host.submitted("echo work > work.txt")
        await host.give(stage.prove(end))
        proven = await host.town.report(ReportProven)
        await host.give(stage.land(proven))
        await host.town.report(ReportLanding)
        await host.give(stage.prove(end, number=2))

        assert (await host.town.report(ReportLanding, 2)).target_commit == proven.candidate


async def test_a_target_that_somebody_moved_is_left_alone(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")))
        proven = await host.town.report(ReportProven)
        theirs = stage.commit("Theirs", other="x\n")
        await host.give(stage.land(proven))
        raced = await host.town.report(ReportRaced)

    assert (raced.expected, raced.found, raced.rewritten) == (stage.first, theirs, False)
    assert stage.git("rev-parse", "main", at=stage.origin) == theirs


async def test_a_target_that_somebody_rewrote_is_told_from_one_that_went_on(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")))
        proven = await host.town.report(ReportProven)
        stage.git("commit", "--quiet", "--amend", "-m", "Another first", at=stage.person)
        stage.git("push", "--quiet", "--force", "origin", "HEAD:main", at=stage.person)
        await host.give(stage.land(proven))

        assert (await host.town.report(ReportRaced)).rewritten


async def test_what_the_origin_refuses_is_said_with_its_words(stage: Stage) -> None:
    hook = stage.origin / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho protected branch >&2\nexit 1\n")
    hook.chmod(0o755)
    async with stage.host() as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")))
        await host.give(stage.land(await host.town.report(ReportProven)))
        refused = await host.town.report(ReportLandingRefused)

    assert "protected branch" in refused.reason


async def test_an_origin_that_is_away_for_a_while_is_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gastown.adapters.effects.land_candidate.AGAIN_AFTER", (0.05,) * 100)
    away = stage.origin.with_name("elsewhere.git")
    async with stage.host() as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")))
        proven = await host.town.report(ReportProven)
        stage.origin.rename(away)
        await host.give(stage.land(proven))
        await anyio.wait_all_tasks_blocked()
        away.rename(stage.origin)

        assert (await host.town.report(ReportLanding)).target_commit == proven.candidate


async def test_after_a_while_a_person_is_asked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gastown.adapters.effects.land_candidate.AGAIN_AFTER", (0.01,))
    async with stage.host() as host:
        await host.give(stage.prove(await host.submitted("echo work > work.txt")))
        proven = await host.town.report(ReportProven)
        stage.origin.rename(stage.origin.with_name("elsewhere.git"))
        await host.give(stage.land(proven))
        refused = await host.town.report(ReportLandingRefused)

    assert refused.reason.startswith("it is not known whether it landed, the origin cannot be reached")


async def test_a_proposal_is_pushed_and_seen_when_it_is_merged(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage.host() as host:
        end = await host.submitted("echo work > work.txt")
        await host.give(stage.prove(end), land="branch")
        proven = await host.town.report(ReportProven)
        about = Entity("submission", "app.ap-1-1")
        shared = {"about": about, "submission": "app.ap-1-1", "rig": "app"}
        await host.give(
            ProposeCandidate(
                key="propose:1", bead="ap-1", candidate=proven.candidate, branch="gastown/ap-1-1", **shared
            )
        )
        proposed = await host.town.report(ReportProposed)
        assert stage.git("rev-parse", "gastown/ap-1-1", at=stage.origin) == proposed.candidate == proven.candidate
        stage.git("fetch", "--quiet", at=stage.person)
        stage.git("merge", "--quiet", "--no-edit", "origin/gastown/ap-1-1", at=stage.person)
        stage.git("push", "--quiet", "origin", "HEAD:main", at=stage.person)
        await host.give(WatchProposal(key="watch:1", base=end.base, commit=end.commit, **shared))

        assert (await host.town.report(ReportLanding)).target_commit == proven.candidate
