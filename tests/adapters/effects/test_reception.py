from pathlib import Path
from typing import Any

import msgspec
import pytest

from gastown.actors.commands.polecat import ReportAgentEnded
from gastown.actors.errands import AskPeek, Errand, Reply

Stage = Any  # tests/adapters/effects/conftest.py


async def test_a_town_that_another_has_followed_is_refused(stage: Stage) -> None:
    async with stage.host() as host:
        assert (await host.give(stage.run("true"), epoch=5)).ok
        refused = await host.give(stage.run("true", session="ap-2-1"), epoch=4)
        assert (await host.give(stage.run("true", session="ap-3-1"), epoch=5)).ok
        await host.town.report(ReportAgentEnded, 2)

    assert (refused.ok, refused.code) == (False, "refused")
    assert "epoch 5" in refused.message


async def test_the_fence_outlives_the_host(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run("true"), epoch=7)
        await host.town.report(ReportAgentEnded)
    async with stage.host() as host:
        assert not (await host.give(stage.run("true", session="ap-2-1"), epoch=6)).ok


async def test_a_fence_that_a_power_cut_left_empty_keeps_nobody_out(stage: Stage) -> None:
    (stage.town / "epoch").write_bytes(b"")
    async with stage.host() as host:
        assert (await host.give(stage.run("true"), epoch=1)).ok
        await host.town.report(ReportAgentEnded)


@pytest.mark.parametrize("payload", [b"", b"garbage", b"[]", b'{"type":"ask_nothing"}', b'{"epoch":1}', b"\xff" * 1000])
async def test_garbage_is_answered_with_what_is_wrong(stage: Stage, payload: bytes) -> None:
    async with stage.host() as host:
        reply = msgspec.json.decode(await host.commands.request("host", payload, patience=5), type=Reply)

    assert (reply.ok, reply.code) == (False, "usage")


async def test_an_errand_without_its_rig_is_refused(stage: Stage) -> None:
    async with stage.host() as host:
        payload = msgspec.json.encode(Errand(epoch=1, host=1, effect=stage.run("true")))
        reply = msgspec.json.decode(await host.commands.request("host", payload, patience=5), type=Reply)

    assert (reply.ok, reply.code) == (False, "refused")


async def test_a_bug_in_an_answer_is_said_to_be_one(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    async with stage.host() as host:
        monkeypatch.setattr(host.sessions, "folder", broken)
        reply = await host.ask(AskPeek(session="ap-1-1"))

    assert (reply.code, reply.message) == ("bug", "ZeroDivisionError: oops")


async def test_a_bug_in_an_effect_is_reported_to_whoever_waits_for_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    async with stage.host() as host:
        monkeypatch.setattr(host.sessions, "folder", broken)
        assert (await host.give(stage.run("true"))).ok
        end = await host.town.report(ReportAgentEnded)

    assert (end.outcome, end.reason) == ("start_broke", "the host failed: ZeroDivisionError: oops")


async def test_a_rig_is_made_ready_once_in_the_life_of_a_host(stage: Stage, tmp_path: Path) -> None:
    async with stage.host() as host:
        first = await host.site.rigs.ready("app", stage.config())
        assert await host.site.rigs.ready("app", stage.config()) is first
        assert await host.site.rigs.ready("app", None) is first
        assert await host.site.rigs.ready("app", stage.config(landing="gt/main")) is not first
