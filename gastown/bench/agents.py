"""Agents that are talked with: until their process runs, until what they say is seen, and what many of them take."""

import re
import sys
import time
from contextlib import aclosing
from pathlib import Path

import anyio
from anyio.abc import TaskStatus

from gastown.adapters.agents.dialogue import Call
from gastown.adapters.agents.pipe_talks import PipeTalks
from gastown.adapters.agents.port import Start
from gastown.adapters.processes.marks import Marks
from gastown.bench import chatty
from gastown.bench.figure import Budget, Figure, NotMeasuredError, figure, median, percentile
from gastown.bench.origin import make_origin, worktrees_by_hand
from gastown.bench.size import Size
from gastown.bench.sling import ONE_FLOOR, Begun, Sessions, slung_one_by_one
from gastown.bench.towns import TownClient, new_town, with_workers
from gastown.bench.usage import resident_megabytes
from gastown.clock import new_id
from gastown.daemon.children import read_children
from gastown.events.agent import AgentSpec

PAUSE = 0.1
"""Seconds between two lines of a busy agent."""
_AT_WORK = "exec sleep 600"
_SAID = re.compile(r"said at (\d+)")
_PIPE = "the same agent's lines, read from its pipe"
_PROGRAM = (sys.executable, "-S", str(Path(chatty.__file__)), str(PAUSE))


async def figures(folder: Path, size: Size) -> list[Figure]:
    by_hand, pipe = await _by_hand(folder / "by-hand", size.talkers), await _through_a_pipe(folder / "pipe")
    origin = await make_origin(folder / "rig")
    seen, host, idle = list[float](), 0.0, 0.0
    begun = Begun([], [])
    async with new_town(folder / "town") as client, anyio.create_task_group() as tasks:
        await with_workers(client, origin, _AT_WORK, size.shells + size.talkers)
        idle = resident_megabytes(_host(client))
        await client.call("agent.add", name="chatty", vendor=f"acp:{' '.join(_PROGRAM)}")
        await client.call("agent.check", name="chatty")  # once a version: no session of these pays for it
        sessions = Sessions(client)
        await tasks.start(sessions.follow)
        begun = await slung_one_by_one(client, sessions, size.talkers, "chatty")
        seen = await _seen(client, begun.beads[0], size.follow_seconds)
        shells = await client.make_beads(size.shells, "app")
        await client.call("sling", words=shells)
        await sessions.starts(shells)
        await anyio.sleep(1.0)  # in which what was made ready for their start is let go
        host = resident_megabytes(_host(client))
        tasks.cancel_scope.cancel()
    start, line = "sling to an agent's process started, p50", f"agent's line to peek --follow, {size.talkers} busy"
    many = f"host with {size.shells} commands and {size.talkers} busy agents"
    seconds, late = percentile(begun.seconds, 50), percentile(pipe, 99)
    return [
        figure(start, "ms", value=seconds * 1e3, floor=by_hand * 1e3, floor_is=ONE_FLOOR, budget=_most(150.0)),
        figure(f"{line}, p50", "ms", value=percentile(seen, 50), floor=percentile(pipe, 50), floor_is=_PIPE),
        figure(f"{line}, p99", "ms", value=percentile(seen, 99), floor=late, floor_is=_PIPE, budget=_most(20.0)),
        figure(many, "MB", value=host, floor=idle, floor_is="the same with nobody at work", budget=_most(250.0)),
    ]


def _most(limit: float) -> Budget:
    return Budget(limit, of="value")


async def _by_hand(folder: Path, number: int) -> float:
    """Seconds for a worktree and a program, made by a script."""
    await make_origin(folder)
    return median([await worktrees_by_hand(folder, one, one) for one in range(1, number + 1)])


async def _through_a_pipe(folder: Path) -> list[float]:
    """Milliseconds of the same agent's lines to whoever reads them, and does nothing else."""
    mark = ("GT_MARK", f"bench-{new_id()}")
    start = Start(
        worktree=folder,
        brief="",
        agent=AgentSpec(name="chatty", vendor="acp"),
        environment=dict([mark]),
        mark=mark,
        logs=folder,
        timeout=60,
    )
    await anyio.Path(folder).mkdir()
    took: list[float] = []
    talk = await PipeTalks(Marks()).begin(start, Call(argv=_PROGRAM), talks=True)
    try:
        talk.say([b'{"jsonrpc":"2.0","id":1,"method":"session/prompt"}'])
        with anyio.move_on_after(2.0):
            while not talk.heard_all:
                lines, now = talk.hear(), time.monotonic_ns()
                said = _SAID.findall(b"\n".join(line for line in lines or () if isinstance(line, bytes)).decode())
                took.extend((now - int(moment)) / 1e6 for moment in said)
                if lines is None:
                    await talk.stir(2.0)
    finally:
        with anyio.CancelScope(shield=True):
            await talk.end(0)
            talk.close()
    return took


async def _seen(client: TownClient, bead: str, seconds: float) -> list[float]:
    """Milliseconds from each line's being said to its arrival here. Raises NotMeasuredError."""
    took: list[float] = []
    async with anyio.create_task_group() as tasks:

        async def follow(*, task_status: TaskStatus[None]) -> None:
            async with aclosing(client.stream("follow", address=bead, lines=0)) as parts:
                task_status.started()
                async for part in parts:
                    arrived = time.monotonic_ns()
                    said = _SAID.findall(part.get("params", {}).get("text", ""))
                    took.extend((arrived - int(moment)) / 1e6 for moment in said)

        await tasks.start(follow)
        await anyio.sleep(seconds)
        tasks.cancel_scope.cancel()
    if len(took) < seconds / PAUSE / 2:
        raise NotMeasuredError(f"of what an agent says, {len(took)} lines came in {seconds:g} s")
    return took


def _host(client: TownClient) -> int:
    """Raises NotMeasuredError."""
    host = read_children(client.town).get("host")
    if host is None:
        raise NotMeasuredError("the town's host is not running")
    return host.pid
