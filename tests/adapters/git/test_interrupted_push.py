"""A push to an origin on this machine that is killed in the middle, and locks that others left there."""

import os
import subprocess  # noqa: TID251  a host of its own is killed here
import sys
import time

import anyio
import psutil
import pytest

from gastown.adapters.git.interrupted_push import InterruptedPush
from gastown.adapters.git.locks import Locks
from gastown.adapters.git.port import Built, GitFailedError, Landed

HOST = """
import asyncio, sys
from pathlib import Path
from gastown.adapters.git.git_rig import GitRig
from gastown.events.rig import RigConfig

origin, root, base, candidate = sys.argv[1:]
config = RigConfig(origin=origin, target="main", landing="main", prefix="ap", identity=("Ada", "ada@example.org"))
asyncio.run(GitRig(Path(root), "app", config).land("app.ap-1-1", base, candidate))
"""


async def proven(rig, submit) -> Built:
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add", ())
    assert isinstance(built, Built)
    return built


@pytest.fixture
def hanging_host(world):
    """Starts a host whose push hangs in the origin with the target locked: returns it and what runs of the push."""
    started: list[psutil.Process] = []

    async def start(built: Built) -> tuple[psutil.Process, list[psutil.Process]]:
        os.mkfifo(world.folder / "locked")
        world.hook("reference-transaction", f'[ "$1" = prepared ] && echo > {world.folder}/locked && exec sleep 600')
        words = [sys.executable, "-c", HOST, str(world.origin), str(world.folder / "rigs" / "app")]
        host = psutil.Popen([*words, built.base, built.candidate], stderr=subprocess.DEVNULL)
        started.append(host)
        await anyio.Path(world.folder / "locked").read_text()
        started.extend(host.children(recursive=True))
        (world.origin / "hooks" / "reference-transaction").unlink()
        return host, started[1:]

    yield start
    for process in started:
        if process.is_running():
            process.kill()
    psutil.wait_procs(started, timeout=10)


async def test_after_host_and_push_are_killed_the_next_landing_works(world, rig, submit, make_rig, hanging_host):
    built = await proven(rig, submit)
    host, push = await hanging_host(built)
    for process in (host, *push):
        process.kill()
    host.wait(10)
    psutil.wait_procs(push, timeout=10)
    assert (world.origin / "refs" / "heads" / "main.lock").exists(), "nothing was left to clean up"
    restarted = make_rig()
    await restarted.ensure()
    landed = await restarted.land("app.ap-1-1", built.base, built.candidate)
    assert landed == Landed(target_commit=built.candidate)
    assert list(world.origin.rglob("*.lock")) == []


async def test_a_push_that_outlives_its_host_is_ended_before_the_next_landing(
    world, rig, submit, make_rig, hanging_host
):
    built = await proven(rig, submit)
    host, push = await hanging_host(built)
    host.kill()
    host.wait(10)
    gits = [process for process in push if process.name().startswith("git")]
    assert gits
    restarted = make_rig()
    await restarted.ensure()
    assert psutil.wait_procs(gits, timeout=10)[1] == []
    landed = await restarted.land("app.ap-1-1", built.base, built.candidate)
    assert landed == Landed(target_commit=built.candidate)


async def test_a_cancelled_landing_leaves_no_lock(world, rig, submit):
    built = await proven(rig, submit)
    os.mkfifo(world.folder / "locked")
    hang = f"echo $$ > {world.folder}/pid; echo > {world.folder}/locked; exec sleep 600"
    world.hook("reference-transaction", f'[ "$1" = prepared ] && {hang}')
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(rig.land, "app.ap-1-1", built.base, built.candidate)
        await anyio.Path(world.folder / "locked").read_text()
        hook = psutil.Process(int((world.folder / "pid").read_text()))
        tasks.cancel_scope.cancel()
    (world.origin / "hooks" / "reference-transaction").unlink()
    landed = await rig.land("app.ap-1-1", built.base, built.candidate)
    assert landed == Landed(target_commit=built.candidate)
    assert list(world.origin.rglob("*.lock")) == []
    assert psutil.wait_procs([hook], timeout=10)[1] == []


async def test_making_a_rig_ready_once_more_does_not_disturb_a_push_of_this_host(world, rig, submit):
    built = await proven(rig, submit)
    for name in ("begun", "go"):
        os.mkfifo(world.folder / name)
    world.hook("pre-receive", f"echo > {world.folder}/begun; cat {world.folder}/go > {world.folder}/gone")
    results = []

    async def land() -> None:
        results.append(await rig.land("app.ap-1-1", built.base, built.candidate))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(land)
        await anyio.Path(world.folder / "begun").read_text()
        await anyio.to_thread.run_sync(Locks(world.folder / "rigs" / "app").clear)
        await anyio.Path(world.folder / "go").write_text("go\n")
    assert results == [Landed(target_commit=built.candidate)]


async def test_a_lock_somebody_else_left_is_named_and_not_touched(world, rig, submit):
    built = await proven(rig, submit)
    lock = world.origin / "refs" / "heads" / "main.lock"
    lock.touch()
    with pytest.raises(GitFailedError) as failed:
        await rig.land("app.ap-1-1", built.base, built.candidate)
    assert str(lock) in failed.value.message
    assert f"remove {lock}" in failed.value.hint
    assert lock.exists()
    lock.unlink()
    assert isinstance(await rig.land("app.ap-1-1", built.base, built.candidate), Landed)


@pytest.mark.parametrize("theirs", ["older than our push", "holding another commit"])
async def test_a_lock_that_our_interrupted_push_cannot_have_left_stays(world, rig, submit, theirs):
    built = await proven(rig, submit)
    lock = world.origin / "refs" / "heads" / "main.lock"
    interrupted = InterruptedPush(world.folder / "rigs" / "app")
    await interrupted.begin(world.origin, "refs/heads/main", built.candidate)
    lock.write_text(f"{world.first}\n" if theirs == "holding another commit" else "")
    if theirs == "older than our push":
        os.utime(lock, (time.time() - 60, time.time() - 60))  # noqa: TID251  a file of a minute ago
    await interrupted.settle()
    assert lock.exists()


async def test_an_intent_that_was_cut_short_is_forgotten(world, rig):
    (world.folder / "rigs" / "app" / "push-intent.json").write_text('{"id": "0')
    await rig.ensure()
    assert not (world.folder / "rigs" / "app" / "push-intent.json").exists()
