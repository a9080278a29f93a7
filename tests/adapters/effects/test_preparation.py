"""What a session finds when it starts: its environment, its brief, its files, an earlier attempt's commits."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from gastown.actors.commands.polecat import ReportAgentEnded, ReportAgentStarted
from gastown.events.session import Earlier
from gastown.tokens import session_token

Stage = Any  # tests/adapters/effects/conftest.py

COMMIT = "echo work > work.txt && git add work.txt && git commit -q -m 'Do the work'"


async def ended(stage: Stage, command: str, **changes: Any) -> ReportAgentEnded:
    """How a session with this command ends."""
    config = changes.pop("config", {})
    async with stage.host() as host:
        reply = await host.give(stage.run(command, **changes), **config)
        assert reply.ok, reply
        return await host.town.report(ReportAgentEnded)


async def test_it_sees_the_environment_it_was_promised_and_no_more(stage: Stage) -> None:
    env = (("COLOUR", "green"), ("FROM_HOST", None), ("NOT_THERE", None), ("GT_SESSION", "another"))
    async with stage.host(FROM_HOST="passed on", SECRET="kept back") as host:
        await host.give(stage.run("env -0 > ../seen", env=env))
        await host.town.report(ReportAgentEnded)
        order = host.town.orders[0]

    seen = dict(line.split("=", 1) for line in _sandboxes(stage, "seen").read_text().split("\0") if line)
    for name in ("PWD", "OLDPWD", "SHLVL", "_"):  # the shell's own
        seen.pop(name, None)
    assert seen.pop("PATH").split(":")[0] == str(stage.town / "bin")
    assert seen.pop("TRACEPARENT") == order.traceparent
    assert seen == {
        "HOME": str(stage.home),
        "LANG": "C.UTF-8",
        "COLOUR": "green",
        "FROM_HOST": "passed on",
        "GT_TOWN": str(stage.town),
        "GT_RIG": "app",
        "GT_BEAD": "ap-1",
        "GT_SESSION": "ap-1-1",
        "GT_AGENT": "worker",
        "GT_TOKEN": session_token(b"secret", "ap-1-1"),
        "GT_TOWN_MARK": host.site.incarnation,
        "GT_MARK": f"{host.site.incarnation}/ap-1-1",
    }


async def test_the_brief_arrives_unaltered(stage: Stage) -> None:
    brief = "# ap-1: 'quotes' $HOME `x` \"y\" ünïcode\n\n  indented\n"
    async with stage.host() as host:
        await host.give(stage.run("cat > ../brief"), brief=brief)
        await host.town.report(ReportAgentEnded)

    assert _sandboxes(stage, "brief").read_text() == brief


async def test_setup_runs_first_and_finds_the_copied_files(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / ".env").write_text("KEY=1\n")
    (tmp_path / "own" / "conf").mkdir()
    (tmp_path / "own" / "conf" / "local.toml").write_text("x = 1\n")
    config = {"copy": (".env", "conf/*.toml", "missing*"), "copy_from": str(tmp_path / "own"), "setup": "cp .env got"}
    end = await ended(stage, "cat got conf/local.toml; exit 1", config=config)

    assert end.tail == "KEY=1\nx = 1\n"


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"setup": "echo nope; exit 3"}, "setup: exit 3"),
        ({"setup": "no-such-tool"}, "setup: exit 127: a command was not found"),
        ({"setup": "sleep 60; true", "setup_timeout": 0.2}, "setup: did not end within 0.2 s"),
        ({"copy": ("../../etc/*",)}, "files could not be copied"),
    ],
)
async def test_where_setup_breaks_no_agent_is_started(stage: Stage, config: dict[str, Any], reason: str) -> None:
    async with stage.host() as host:
        await host.give(stage.run("touch ../ran"), **config)
        end = await host.town.report(ReportAgentEnded)

        assert end.outcome == "setup_broke"
        assert end.reason.startswith(reason)
        assert host.town.reports(ReportAgentStarted) == []
    assert not _sandboxes(stage, "ran").exists()
    assert not _sandboxes(stage, "ap-1-1").exists()


@pytest.mark.parametrize(
    ("changes", "config", "reason"),
    [
        ({"vendor": "nobody"}, {}, "there is no vendor 'nobody'"),
        ({"env": (("NAME", "a\0b"),)}, {}, "cannot be started"),
        ({}, {"target": "no-such-branch"}, "has no branch no-such-branch"),
    ],
)
async def test_what_cannot_be_started_is_said_to_be_so(
    stage: Stage, changes: dict[str, Any], config: dict[str, Any], reason: str
) -> None:
    end = await ended(stage, "true", config=config, **changes)

    assert end.outcome == "start_broke"
    assert reason in end.reason


async def test_the_earlier_attempts_commits_are_there_and_the_brief_says_so(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run(f"{COMMIT}; exit 1"))
        first = await host.town.report(ReportAgentEnded)
        stage.commit("Meanwhile", other="x\n")
        await (await host.site.rigs.ready("app", None)).target(fetch=True)
        earlier = Earlier(session="ap-1-1", commit=first.commit, base=first.base)
        await host.give(
            stage.run("cat > ../brief; cat work.txt other", session="ap-1-2", earlier=earlier), brief="Do it.\n"
        )
        second = await host.town.report(ReportAgentEnded, 2)
        started = host.town.reports(ReportAgentStarted)[1]

    assert second.outcome == "submitted"
    assert second.tail == "work\nx\n"
    assert (started.reapplied, started.left) == (1, 0)
    brief = _sandboxes(stage, "brief").read_text()
    assert brief.startswith("Do it.\n")
    assert "On this branch already, on top of the current target: 1 commit." in brief


async def test_what_does_not_apply_any_more_is_kept_and_named(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run("echo mine > readme; git commit -qam 'Mine'"))
        first = await host.town.report(ReportAgentEnded)
        assert first.outcome == "submitted"
        stage.commit("Theirs", readme="theirs\n")
        await (await host.site.rigs.ready("app", None)).target(fetch=True)
        earlier = Earlier(session="ap-1-1", commit=first.commit, base=first.base)
        see = f"cat > ../brief; git log --format=%s {first.base}..{first.commit}"
        await host.give(stage.run(see, session="ap-1-2", earlier=earlier), brief="Do it.\n")
        second = await host.town.report(ReportAgentEnded, 2)
        started = host.town.reports(ReportAgentStarted)[1]

    assert (started.reapplied, started.left) == (0, 1)
    assert second.tail == "Mine\n"
    brief = _sandboxes(stage, "brief").read_text()
    assert "(Mine) conflicts with the current target: 1 commit. They are kept on the branch gt/kept/ap-1-1" in brief
    assert f"git log -p {first.base}..{first.commit}" in brief
    assert stage.pinned("refs/heads/gt/kept/ap-1-1") == first.commit


async def test_what_a_session_kept_stays_kept_where_its_folder_is_gone(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run("echo mine > readme; git commit -qam 'Mine'; echo half > readme"))
        first = await host.town.report(ReportAgentEnded)
        assert first.outcome == "uncommitted"
        shutil.rmtree(host.site.town / "sessions" / "ap-1-1")
        stage.commit("Theirs", readme="theirs\n")
        await (await host.site.rigs.ready("app", None)).target(fetch=True)
        earlier = Earlier(session="ap-1-1", commit=first.commit, base=first.base)
        await host.give(stage.run("true", session="ap-1-2", earlier=earlier))
        await host.town.report(ReportAgentEnded, 2)
        started = host.town.reports(ReportAgentStarted)[1]

    assert started.left == 1
    assert stage.pinned("refs/heads/gt/kept/ap-1-1") == first.kept_commit


def _sandboxes(stage: Stage, name: str) -> Path:
    return stage.town / "rigs" / "app" / "sandboxes" / name
