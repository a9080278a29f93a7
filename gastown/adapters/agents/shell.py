"""The vendor without a model: `sh -c COMMAND` in the worktree, the brief on stdin."""

import anyio

from gastown.adapters.agents.port import Capability, Start
from gastown.adapters.agents.program_session import ProgramSession
from gastown.adapters.processes.program import Containment, Launch, tail
from gastown.adapters.processes.short_output import ShortOutput

BRIEF = "brief.md"
OUTPUT = "output.log"


class ShellAgent:
    """Starts commands."""

    vendor = "shell"
    can: frozenset[Capability] = frozenset()

    def __init__(self, containment: Containment) -> None:
        """containment: what holds the processes of each session."""
        self._containment = containment

    async def start(self, start: Start) -> ProgramSession:
        """The brief lies beside the output as `brief.md`. Raises StartFailedError."""
        brief, output = start.logs / BRIEF, start.logs / OUTPUT
        await anyio.Path(start.logs).mkdir(parents=True, exist_ok=True)
        await anyio.Path(brief).write_text(start.brief)
        launch = Launch(
            argv=("/bin/sh", "-c", start.agent.command),
            folder=start.worktree,
            environment=start.environment,
            mark=start.mark,
            output=output,
            stdin=brief,
            walls=start.walls,
        )
        short = ShortOutput(output, start.most_output)
        return ProgramSession(self._containment.start(launch), start, lambda: tail(output), short.kept())
