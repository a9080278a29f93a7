"""Deleting what sessions and proofs printed: only what is over here, and nothing but what was printed."""

from pathlib import Path
from typing import Any

from gastown.actors.commands.polecat import ReportAgentEnded
from gastown.actors.commands.refinery import ReportProven, ReportRed
from gastown.actors.errands import AskDropOutputs, AskOutputs, AskPeek
from gastown.events.rig import Gate

Stage = Any  # tests/adapters/effects/conftest.py
Eventually = Any

FAILS = (Gate(name="test", command="echo testing; exit 3"),)


def _proofs(stage: Stage) -> list[str]:
    return sorted(path.name for path in (stage.town / "rigs" / "app" / "logs").iterdir())


async def test_what_a_session_and_its_proofs_printed_goes_and_its_commits_stay(stage: Stage) -> None:
    async with stage.host() as host:
        end = await host.submitted("echo hello; echo work > work.txt")
        await host.give(stage.prove(end), gates=FAILS)
        await host.town.report(ReportRed)
        assert (await host.ask(AskOutputs())).data == ["ap-1-1"]
        assert _proofs(stage) == ["app.ap-1-1-1", "app.ap-1-1-1.base"]

        dropped = await host.ask(AskDropOutputs(sessions=("ap-1-1", "ap-9-1")))
        again = await host.ask(AskDropOutputs(sessions=("ap-1-1",)))

        assert (dropped.data, again.data) == (["ap-1-1"], [])
        assert (await host.ask(AskOutputs())).data == []
        assert (await host.ask(AskPeek(session="ap-1-1"))).code == "unknown"
        assert _proofs(stage) == []
        await host.give(stage.prove(end))
        assert (await host.town.report(ReportProven)).base == stage.first
    assert stage.git("rev-parse", "refs/gastown/submitted/app.ap-1-1", at=stage.refinery) == end.commit


async def test_other_sessions_keep_theirs(stage: Stage) -> None:
    log = stage.town / "rigs" / "app" / "logs"
    for name in ("app.ap-1-1-1", "app.ap-1-1-12.base", "app.ap-1-11-1", "app.ap-1-1", "other.ap-1-1-1"):
        (log / name).mkdir(parents=True)
    async with stage.host() as host:
        await host.give(stage.run("true"))
        await host.town.report(ReportAgentEnded)
        await host.ask(AskDropOutputs(sessions=("ap-1-1",)))
    assert _proofs(stage) == ["app.ap-1-1", "app.ap-1-11-1", "other.ap-1-1-1"]


async def test_a_session_at_work_keeps_its_output(stage: Stage, eventually: Eventually) -> None:
    output: Path = stage.town / "sessions" / "ap-1-1" / "output.log"
    async with stage.host() as host:
        await host.give(stage.run("echo hello; sleep 60; true"))
        await eventually(lambda: output.exists() and output.read_text() == "hello\n")
        assert (await host.ask(AskDropOutputs(sessions=("ap-1-1",)))).data == []
        assert (await host.ask(AskPeek(session="ap-1-1"))).data == "hello"
        await host.give(stage.end("withdrawn"))
        await host.town.report(ReportAgentEnded)
