"""RunSession from the errand to the last report, with real git and real processes."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from gastown.actors.commands.polecat import ReportAgentEnded, ReportAgentStarted
from gastown.adapters.processes.census import runs, start_time
from gastown.adapters.processes.family import marked
from gastown.bus.texts import shortened
from gastown.events.kept import Kept

Stage = Any  # tests/adapters/effects/conftest.py

COMMIT = "echo work > work.txt && git add work.txt && git commit -q -m 'Do the work'"


async def ended(stage: Stage, command: str, **changes: Any) -> ReportAgentEnded:
    """How a session with this command ends."""
    config = changes.pop("config", {})
    async with stage.host() as host:
        reply = await host.give(stage.run(command, **changes), **config)
        assert reply.ok, reply
        return await host.town.report(ReportAgentEnded)


async def test_work_that_is_committed_is_submitted_and_pinned(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run(f"{COMMIT}; echo done"))
        end = await host.town.report(ReportAgentEnded)

    assert (end.outcome, end.reason, end.exit_code, end.tail) == ("submitted", "", 0, "done\n")
    assert end.base == stage.first
    assert stage.pinned("refs/gastown/submitted/app.ap-1-1") == end.commit
    assert stage.git("show", f"{end.commit}:work.txt", at=stage.refinery) == "work"
    assert (end.kept, end.untracked) == ("", ())


async def test_its_start_is_reported_before_its_end(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run("cat > /dev/null; exit 0"))
        await host.town.report(ReportAgentEnded)
        start, end = host.town.orders

    assert isinstance(start.command, ReportAgentStarted)
    assert start.command.started > 0
    assert start.command.branch == "gt/ap-1-1"
    assert start.command.base == stage.first
    assert start.id == "run:ap-1-1:polecat.report_started:01CAUSE"
    assert end.id == "run:ap-1-1:polecat.report_ended:01CAUSE"
    assert {start.cause, end.cause} == {"01CAUSE"}
    assert start.traceparent == end.traceparent
    assert start.traceparent.split("-")[1] == "0af7651916cd43dd8448eb211c80319c"


async def test_while_it_runs_its_process_is_the_one_reported(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run("sleep 60; true"))
        start = await host.town.report(ReportAgentStarted)

        assert runs(start.pid, start.started)
        assert start_time(start.pid) == start.started
        await host.give(stage.end("withdrawn"))
        await host.town.report(ReportAgentEnded)
        assert not runs(start.pid, start.started)


@pytest.mark.parametrize(
    ("command", "outcome", "reason"),
    [
        ("true", "no_commits", "ended without a commit"),
        ("echo changed > readme", "uncommitted", "uncommitted changes in readme"),
        (f"{COMMIT}; echo more >> work.txt", "uncommitted", "uncommitted changes in work.txt"),
        ("exit 3", "failed", "exit 3"),
        (f"{COMMIT}; exit 3", "failed", "exit 3"),
        ("kill -KILL $$", "died", "ended by SIGKILL"),
        ("no-such-agent --please", "failed", "exit 127"),
    ],
)
async def test_how_it_ended_is_judged_by_the_process_and_the_repository(
    stage: Stage, command: str, outcome: str, reason: str
) -> None:
    end = await ended(stage, command)

    assert (end.outcome, end.reason) == (outcome, reason)


async def test_at_its_time_limit_it_ends(stage: Stage) -> None:
    end = await ended(stage, f"{COMMIT}; sleep 60; true", timeout=1.0)

    assert end.outcome == "timed_out"
    assert end.commit == end.kept_commit == stage.pinned("refs/heads/gt/kept/ap-1-1")


async def test_whatever_a_failed_attempt_left_is_kept(stage: Stage) -> None:
    end = await ended(stage, f"{COMMIT}; echo half > readme; echo new > notes.txt; exit 1")

    assert (end.outcome, end.kept, end.untracked) == ("failed", "gt/kept/ap-1-1", ("notes.txt",))
    assert end.kept_commit == stage.pinned("refs/heads/gt/kept/ap-1-1")
    assert stage.git("rev-parse", f"{end.kept_commit}^", at=stage.refinery) == end.commit
    files = {
        name: stage.git("show", f"{end.kept_commit}:{name}", at=stage.refinery) for name in ("readme", "notes.txt")
    }
    assert files == {"readme": "half", "notes.txt": "new"}


async def test_a_change_of_the_last_moment_is_kept_also_when_time_and_size_do_not_tell(stage: Stage) -> None:
    old = "touch -d @1600000000"
    index = "$(git rev-parse --git-path index)"
    refresh = f"{old} work.txt; git update-index --refresh; {old} {index}"
    end = await ended(stage, f"{COMMIT}; {refresh}; echo half > work.txt; {old} work.txt; exit 1")

    assert stage.git("show", f"{end.kept_commit}:work.txt", at=stage.refinery) == "half"


async def test_an_attempt_that_left_nothing_keeps_nothing(stage: Stage) -> None:
    end = await ended(stage, "exit 1")

    assert (end.commit, end.kept, end.kept_commit) == ("", "", "")
    assert stage.pinned("refs/heads/gt/kept/ap-1-1") == ""


async def test_untracked_files_stop_no_submission_and_are_kept(stage: Stage) -> None:
    end = await ended(stage, f"{COMMIT}; echo draft > draft.txt")

    assert (end.outcome, end.untracked, end.kept) == ("submitted", ("draft.txt",), "gt/kept/ap-1-1")
    assert stage.pinned("refs/gastown/submitted/app.ap-1-1") == end.commit
    assert stage.git("show", f"{end.kept_commit}:draft.txt", at=stage.refinery) == "draft"


async def test_afterwards_its_sandbox_and_its_branch_are_gone(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run(COMMIT))
        start = await host.town.report(ReportAgentStarted)
        await host.town.report(ReportAgentEnded)

    assert start.worktree == str(_sandboxes(stage, "ap-1-1"))
    assert not _sandboxes(stage, "ap-1-1").exists()
    assert stage.git("branch", "--list", "gt/*", at=stage.refinery.parent / "work.git") == ""


async def test_nothing_it_started_outlives_it(stage: Stage) -> None:
    daemon = "setsid sh -c 'trap \"\" TERM; setsid sleep 60 & sleep 60; sleep 60' > /dev/null 2>&1 &"
    async with stage.host() as host:
        await host.give(stage.run(f"{daemon} {COMMIT}; exit 0"))
        end = await host.town.report(ReportAgentEnded)

        assert end.outcome == "submitted"
        assert marked(host.site.mark("ap-1-1")).alive() == []


async def test_asked_twice_it_runs_once(stage: Stage) -> None:
    async with stage.host() as host:
        for _ in range(3):
            assert (await host.give(stage.run("echo ran >> ../runs; sleep 0.3"))).ok
        await host.town.report(ReportAgentEnded)
        assert (await host.give(stage.run("echo ran >> ../runs"))).ok
        again = await host.town.report(ReportAgentEnded, 2)

    assert _sandboxes(stage, "runs").read_text() == "ran\n"
    assert again == host.town.reports(ReportAgentEnded)[0]
    assert host.town.orders[-1].id == host.town.orders[-2].id


async def test_twenty_at_once_are_all_submitted(stage: Stage) -> None:
    async with stage.host() as host:
        for number in range(20):
            await host.give(
                stage.run(f"echo {number} > {number}; git add . ; git commit -qm {number}", session=f"ap-{number}-1")
            )
        await host.town.report(ReportAgentEnded, 20)

    assert {end.outcome for end in host.town.reports(ReportAgentEnded)} == {"submitted"}


async def test_a_worker_cannot_push_the_target(stage: Stage) -> None:
    end = await ended(
        stage, f"{COMMIT}; git push origin HEAD:main 2>&1; git push {stage.town}/rigs/app/work.git HEAD:main; exit 1"
    )

    assert end.outcome == "failed"
    assert stage.git("rev-parse", "main", at=stage.origin) == stage.first


async def test_a_worker_that_ruins_its_sandbox_has_failed_and_its_commits_stay(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gastown.adapters.effects.closing.SAVE_AGAIN_AFTER", (0.01,))
    async with stage.host() as host:
        await host.give(stage.run(f"{COMMIT}; cd ..; rm -rf ap-1-1"))
        end = await host.town.report(ReportAgentEnded)

    assert end.outcome == "failed"
    assert "what it left could not be saved and stays in" in end.reason
    kept = stage.git("log", "--format=%s", "gt/ap-1-1", "-1", at=stage.refinery.parent / "work.git")
    assert kept == "Do the work"


async def test_the_begin_is_on_disk_before_the_agent_runs(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run(f"cp {stage.town}/sessions/ap-1-1/begun.json ../begun"))
        await host.town.report(ReportAgentEnded)
        with anyio.fail_after(5):
            await host.site.outbox.emptied()

    assert json.loads(_sandboxes(stage, "begun").read_text())["sandbox"]["base"] == stage.first
    assert list((stage.town / "outbox").iterdir()) == []


def _sandboxes(stage: Stage, name: str) -> Path:
    return stage.town / "rigs" / "app" / "sandboxes" / name


async def test_a_brief_too_long_for_a_message_is_fetched(stage):
    long = "the whole story\n" * 50_000
    async with stage.host() as host:
        brief = await shortened(stage.texts, long)
        await host.give(stage.run("cat > told; git add . && git commit -q -m work"), brief=brief)
        assert (await host.town.report(ReportAgentEnded)).outcome == "submitted"
        assert (host.site.town / "sessions/ap-1-1/brief.md").read_text() == long


async def test_a_brief_that_is_lost_prevents_the_session_with_a_reason(stage):
    async with stage.host() as host:
        await host.give(stage.run("true"), brief=Kept(digest="0" * 64, size=1_000_000, head="x"))
        ended = await host.town.report(ReportAgentEnded)
        assert ended.outcome == "start_broke"
        assert "0" * 64 in ended.reason
