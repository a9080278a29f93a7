from pathlib import Path
from typing import Any

import msgspec

from gastown.actors.commands.polecat import ReportAgentEnded
from gastown.actors.commands.refinery import ReportLanding, ReportProven
from gastown.actors.errands import (
    AskCommit,
    AskDiff,
    AskOrigin,
    AskPeek,
    AskProof,
    AskRigCheck,
    AskSandbox,
    CheckStep,
    CommitFacts,
    OriginFacts,
    SandboxFacts,
)
from gastown.events.rig import Gate

Stage = Any  # tests/adapters/effects/conftest.py
Host = Any
Eventually = Any

COMMIT = "echo work > work.txt && git add work.txt && git commit -q -m 'Do the work'"


def _sandboxes(stage: Stage, name: str) -> Path:
    return stage.town / "rigs" / "app" / "sandboxes" / name


async def _landed(host: Host) -> tuple[ReportAgentEnded, ReportLanding]:
    end = await host.submitted("echo work > work.txt")
    await host.give(host.stage.prove(end))
    await host.give(host.stage.land(await host.town.report(ReportProven)))
    return end, await host.town.report(ReportLanding)


async def test_a_running_sessions_sandbox_is_looked_into(stage: Stage, eventually: Eventually) -> None:
    async with stage.host() as host:
        await host.give(stage.run(f"{COMMIT}; echo x > readme; echo y > new; echo hello; touch ../go; sleep 60; true"))
        await eventually(_sandboxes(stage, "go").exists)
        facts = msgspec.convert((await host.ask(AskSandbox(session="ap-1-1"))).data, SandboxFacts)
        peek = (await host.ask(AskPeek(session="ap-1-1"))).data
        diff = (await host.ask(AskDiff(rig="app", session="ap-1-1"))).data
        await host.give(stage.end("withdrawn"))
        end = await host.town.report(ReportAgentEnded)

    assert (facts.ahead, facts.base, facts.changed, facts.untracked) == (1, stage.first, ("readme",), ("new",))
    assert facts.head == end.commit
    assert peek == "hello"
    assert {"+work", "+x", "+y"} <= set(diff.splitlines())


async def test_what_does_not_run_has_no_sandbox(stage: Stage) -> None:
    async with stage.host() as host:
        sandbox = await host.ask(AskSandbox(session="ap-7-1"))
        peek = await host.ask(AskPeek(session="ap-7-1"))
        diff = await host.ask(AskDiff(rig="app", base=stage.first, commit=stage.first))

    assert [reply.code for reply in (sandbox, peek, diff)] == ["unknown"] * 3
    assert sandbox.message == "session ap-7-1 is not running"


async def test_a_session_that_is_over_can_still_be_read(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run("for i in 1 2 3 4 5; do echo line $i; done"))
        await host.town.report(ReportAgentEnded)

        assert (await host.ask(AskPeek(session="ap-1-1", lines=2))).data == "line 4\nline 5"


async def test_what_landed_can_be_traced_also_by_a_later_host(stage: Stage) -> None:
    async with stage.host() as host:
        end, landing = await _landed(host)
    async with stage.host() as host:
        facts = msgspec.convert((await host.ask(AskCommit(rig="app", commit=end.commit[:10]))).data, CommitFacts)
        diff = (await host.ask(AskDiff(rig="app", base=end.base, commit=end.commit))).data
        pin = ("refs/gastown/submitted/app.ap-1-1", end.commit)
        lost = ("refs/heads/gt/kept/ap-9-9", end.commit)
        proof = AskProof(rig="app", config=stage.config(), landed=(landing.target_commit,), pins=(pin,))
        complaints = (await host.ask(proof)).data
        more = (await host.ask(msgspec.structs.replace(proof, pins=(pin, lost)))).data

    assert (facts.commit, facts.landing, facts.submission) == (end.commit, landing.target_commit, "app.ap-1-1")
    assert "+work" in diff
    assert complaints == []
    assert len(more) == 1


async def test_an_origin_is_looked_at(stage: Stage) -> None:
    async with stage.host() as host:
        facts = msgspec.convert((await host.ask(AskOrigin(location=str(stage.origin)))).data, OriginFacts)
        nothing = await host.ask(AskOrigin(location=str(stage.folder / "nothing")))

    assert (facts.origin, facts.target) == (str(stage.origin), "main")
    assert nothing.code == "unknown"


async def _check(stage: Stage, **config: Any) -> dict[str, CheckStep]:
    async with stage.host() as host:
        reply = await host.ask(AskRigCheck(rig="app", config=stage.config(**config)))
    return {step.name: step for step in msgspec.convert(reply.data, list[CheckStep])}


async def test_a_rig_that_is_in_order_passes_its_check(stage: Stage) -> None:
    gates = (Gate(name="readme", command="test -e readme"), Gate(name="set-up", command="test -e ready"))
    steps = await _check(stage, setup="touch ready", gates=gates)

    assert list(steps) == ["fetch", "push", "setup", "gate readme", "gate set-up"]
    assert all(step.ok for step in steps.values())
    assert stage.git("rev-parse", "main", at=stage.origin) == stage.first
    assert list((stage.town / "rigs" / "app" / "candidates").iterdir()) == []


async def test_each_gate_that_fails_on_the_base_is_named_with_what_to_mend(stage: Stage) -> None:
    red, broke = Gate(name="red", command="echo oh; exit 1"), Gate(name="broke", command="no-such-tool")
    steps = await _check(stage, gates=(red, broke, Gate(name="fine", command="true")))

    assert [step.ok for step in steps.values()] == [True, True, False, False, True]
    assert steps["gate red"].detail == "exit 1\noh"
    assert "broke: exit 127" in steps["gate broke"].detail
    assert steps["gate red"].mend
    assert steps["gate broke"].mend


async def test_a_setup_that_breaks_stops_the_check(stage: Stage) -> None:
    steps = await _check(stage, setup="echo no; exit 1", gates=(Gate(name="fine", command="true"),))

    assert list(steps) == ["fetch", "push", "setup"]
    assert (steps["setup"].ok, steps["setup"].detail) == (False, "setup: exit 1\nno")


async def test_an_origin_that_cannot_be_reached_stops_the_check(stage: Stage) -> None:
    steps = await _check(stage, origin=str(stage.folder / "nowhere.git"))

    assert list(steps) == ["fetch"]
    assert not steps["fetch"].ok
