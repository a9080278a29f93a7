"""How git is started."""

import os
from pathlib import Path

import anyio
import psutil
import pytest

from gastown.adapters.git.environment import Transport, local_environment, ssh_command, transport_environment
from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.program import Call, GitProgram


def call(*arguments: str, **changes) -> Call:
    return Call(
        **{
            "arguments": arguments,
            "environment": local_environment(),
            "folder": Path("/"),
            "step": "trying something",
            **changes,
        }
    )


async def gone(folder: Path) -> None:
    """Wait until the process that wrote its number to `pid` has ended."""
    number = int((folder / "pid").read_text())
    with anyio.fail_after(10):
        while psutil.pid_exists(number):
            await anyio.lowlevel.checkpoint()


async def test_a_failure_names_the_step_and_keeps_what_git_said(tmp_path):
    with pytest.raises(GitFailedError) as failed:
        await GitProgram().run(call(f"--git-dir={tmp_path}", "rev-parse", "HEAD"))
    assert failed.value.message.startswith("trying something: git rev-parse ended with 128")
    assert "not a git repository" in failed.value.stderr


async def test_no_git_variable_of_the_outside_reaches_git(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "Outsider")
    configured = await GitProgram().run(call("config", "user.name", folder=tmp_path, ok=(1,)))
    assert configured.text == ""
    made = await GitProgram().run(call("init", "--quiet", str(tmp_path / "here")))
    assert made.code == 0
    assert not (tmp_path / "elsewhere").exists()


async def test_a_call_that_takes_too_long_is_ended_with_all_it_started(tmp_path):
    hang = "!echo $$ > pid; exec sleep 600"
    slow = call("-c", f"alias.hang={hang}", "hang", folder=tmp_path, limit=0.5)
    with pytest.raises(GitFailedError, match=r"stopped after 0\.5 seconds"):
        await GitProgram().run(slow)
    await gone(tmp_path)


async def test_a_cancelled_call_is_ended_before_the_cancellation_goes_on(tmp_path):
    os.mkfifo(tmp_path / "started")
    hang = "!echo $$ > pid; echo > started; exec sleep 600"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(GitProgram().run, call("-c", f"alias.hang={hang}", "hang", folder=tmp_path))
        await anyio.Path(tmp_path / "started").read_text()
        tasks.cancel_scope.cancel()
    await gone(tmp_path)


async def test_a_missing_git_is_said_with_what_to_do(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitFailedError, match="no git") as failed:
        await GitProgram().run(call("version"))
    assert "2.38" in failed.value.hint


async def test_not_more_calls_run_at_once_than_there_are_places(tmp_path):
    program = GitProgram(quick=2)
    busy = tmp_path / "busy"
    busy.mkdir()
    # Each notes how many run with it, and waits until there are two: with fewer places it would never end.
    note = f"!touch {busy}/$$; ls {busy} | wc -l >> {tmp_path}/seen; until [ -e {tmp_path}/two ] "
    note += f"|| [ $(ls {busy} | wc -l) -ge 2 ]; do :; done; touch {tmp_path}/two; rm {busy}/$$"
    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(program.run, call("-c", f"alias.note={note}", "note", limit=30.0))
    seen = [int(line) for line in (tmp_path / "seen").read_text().split()]
    assert len(seen) == 8
    assert max(seen) == 2


def test_ssh_is_told_never_to_ask_and_other_programs_are_left_alone():
    assert ssh_command("").startswith("ssh -oBatchMode=yes")
    assert ssh_command("/usr/bin/ssh -i key").startswith("/usr/bin/ssh -i key -oBatchMode=yes")
    assert ssh_command("plink -batch") == "plink -batch"


def test_what_the_rig_recorded_goes_to_the_origin_only():
    transport = Transport(settings=(("credential.helper", "store"),), ssh_command="ssh -i key")
    outward = transport_environment({"HOME": "/home/ada", "GIT_DIR": "x", "GT_TOKEN": "y", "EDITOR": "vi"}, transport)
    assert "store" in outward.values()
    assert outward["HOME"] == "/home/ada"
    assert outward["GIT_TERMINAL_PROMPT"] == "0"
    assert not {"GIT_DIR", "GT_TOKEN", "EDITOR"} & set(outward)
    assert "store" not in local_environment().values()
