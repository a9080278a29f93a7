"""What a session finds when it starts: its environment, its brief, its files, an earlier attempt's commits."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gastown.actors.commands.polecat import ReportAgentEnded, ReportAgentStarted
from gastown.adapters import account_secrets
from gastown.adapters.effects.environment import worker_environment
from gastown.events.account import AccountSpec
from gastown.events.session import Earlier

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
        "GT_TOKEN": "the session's",
        "GT_TOWN_MARK": host.site.incarnation,
        "GT_MARK": f"{host.site.incarnation}/ap-1-1",
    }


async def test_of_accounts_it_sees_its_own_and_nothing_of_the_hosts_or_of_another(stage: Stage) -> None:
    account_secrets.keep(stage.town, "work", {"API_KEY": "of work"})
    account_secrets.keep(stage.town, "home", {"API_KEY": "of home", "OTHER_KEY": "of home"})
    folder = stage.folder / "settings"
    work = AccountSpec(
        name="work", vendor="shell", secrets=("API_KEY",), passed=("PROXY_LOGIN", "GONE"), config_dir=str(folder)
    )
    hostile = {"API_KEY": "of the host", "OTHER_KEY": "of the host", "CLAUDE_CONFIG_DIR": "/x", "XDG_CONFIG_HOME": "/y"}
    async with stage.host(PROXY_LOGIN="passed on", TERM="xterm", LD_PRELOAD="", **hostile) as host:
        effect = msgspec.structs.replace(
            stage.run("env -0 > ../seen", env=(("API_KEY", "of the agent"),)), account="work"
        )
        await host.give(effect, account=work)
        await host.town.report(ReportAgentEnded)

    seen = dict(line.split("=", 1) for line in _sandboxes(stage, "seen").read_text().split("\0") if line)
    assert {name: seen[name] for name in ("API_KEY", "HOME", "PROXY_LOGIN", "TERM")} == {
        "API_KEY": "of work",
        "HOME": str(folder),
        "PROXY_LOGIN": "passed on",
        "TERM": "xterm",
    }
    assert {"OTHER_KEY", "CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME", "LD_PRELOAD", "GONE"}.isdisjoint(seen)
    assert "of home" not in str(seen)
    mode = (stage.town / "secrets" / "accounts" / "work").stat().st_mode
    assert mode & 0o077 == 0


@pytest.mark.parametrize(
    ("vendor", "homes"),
    [
        ("claude", {"CLAUDE_CONFIG_DIR": "/a"}),
        ("codex", {"CODEX_HOME": "/a"}),
        ("opencode", {"XDG_CONFIG_HOME": "/a/.config", "XDG_DATA_HOME": "/a/.local/share"}),
        ("acp:anything", {"HOME": "/a"}),
    ],
)
async def test_an_accounts_folder_is_where_its_vendors_program_looks(
    stage: Stage, vendor: str, homes: dict[str, str]
) -> None:
    account = AccountSpec(name="work", vendor=vendor, config_dir="/a")
    async with stage.host(CLAUDE_CONFIG_DIR="/theirs", CODEX_HOME="/theirs") as host:
        effect = stage.run("true", vendor=vendor)
        given = worker_environment(host.site, effect, "", account)
        assert homes.items() <= given.items()
        assert "/theirs" not in given.values()
        own = worker_environment(host.site, effect, "")
        assert [name for name, value in own.items() if value == "/theirs"] == [
            name for name in homes if name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME")
        ]


async def test_without_a_secret_of_its_account_nothing_is_started(stage: Stage) -> None:
    work = AccountSpec(name="work", vendor="shell", secrets=("API_KEY",))
    effect = msgspec.structs.replace(stage.run("echo ran"), account="work")
    async with stage.host() as host:
        await host.give(effect, account=work)
        end = await host.town.report(ReportAgentEnded)
        assert (end.outcome, end.exit_code) == ("agent_broke", None)
        assert "API_KEY of account work" in end.reason
        assert "gt account set work --env API_KEY=..." in end.reason


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
