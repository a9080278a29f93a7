import os
from pathlib import Path

from gastown.adapters.agents.port import Start
from gastown.adapters.agents.shell import ShellAgent
from gastown.adapters.agents.told import AgentStarted
from gastown.adapters.processes.census import start_time
from gastown.adapters.processes.marks import Marks
from gastown.clock import new_id
from gastown.events.agent import AgentSpec


async def test_its_process_is_named_by_pid_and_start_time(tmp_path: Path) -> None:
    mark = ("GT_MARK", new_id())
    environment = {"PATH": os.environ["PATH"], mark[0]: mark[1]}
    start = Start(
        worktree=tmp_path,
        brief="",
        agent=AgentSpec(name="sh", vendor="shell", command="sleep 60"),
        environment=environment,
        mark=mark,
        logs=tmp_path,
        timeout=60,
    )
    session = await ShellAgent(Marks()).start(start)

    begun = await anext(session.events())

    assert isinstance(begun, AgentStarted)
    assert begun.started == start_time(begun.pid) > 0
    await session.stop(grace=0)
