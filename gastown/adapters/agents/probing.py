"""A vendor's program, started as for a session, asked by a probe instead of being prompted, and ended."""

import anyio
import anyio.lowlevel
import anyio.to_thread
import msgspec

from gastown.adapters.agents.dialogue import StreamVendor
from gastown.adapters.agents.pipe_talks import PipeTalk, PipeTalks
from gastown.adapters.agents.port import Start
from gastown.adapters.agents.probe import Probe, Seen, asked_for, version_in
from gastown.adapters.agents.talks import OUTPUT
from gastown.adapters.agents.told import LineDropped
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.program import LEFTOVER_PATIENCE, Containment, Exit, Launch, run, tail

PARTING = 3.0
"""Seconds for a program to end by itself once its input has ended."""
VERSION_PATIENCE = 20.0
"""Seconds for a program to say its version."""


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """seen: None when it never answered; then `wants` says what it asked for instead, as far as its words tell.

    by_itself: it ended when its input did. left: processes of it that then still ran, and were ended. said: the end of
    what it printed. seconds: until it answered.
    """

    seen: Seen | None
    wants: str
    seconds: float
    exit: Exit
    by_itself: bool
    left: int
    said: str


async def probed(vendor: StreamVendor, containment: Containment, start: Start, *, patience: float) -> Probed:
    """patience: seconds for it to answer. Raises StartFailedError, OSError, CannotError."""
    probe = await anyio.to_thread.run_sync(vendor.probe, start)  # it may have much to import
    began = anyio.current_time()
    talk = await PipeTalks(containment).begin(start, vendor.call(start), talks=True)
    left, by_itself, exit_, errors = 0, False, Exit(None, None), ""
    try:
        seen = await _asked(talk, probe, patience)
        seconds = anyio.current_time() - began
        talk.hush()
        by_itself = seconds < patience and await _parted(talk)
        left = len(await anyio.to_thread.run_sync(marked(start.mark).alive))
    finally:
        with anyio.CancelScope(shield=True):
            exit_ = await talk.end(LEFTOVER_PATIENCE if by_itself else 0.0)
            while talk.hear() is not None:
                pass
            errors = talk.errors()
            talk.close()
    said = "\n".join(part for part in (errors.strip(), tail(start.logs / OUTPUT, 2000).strip()) if part)
    wants = "" if seen is not None else asked_for(said)
    return Probed(seen=seen, wants=wants, seconds=seconds, exit=exit_, by_itself=by_itself, left=left, said=said)


async def _asked(talk: PipeTalk, probe: Probe, patience: float) -> Seen | None:
    talk.say(probe.opening())
    with anyio.move_on_after(patience):
        while True:
            lines = talk.hear()
            for line in lines or ():
                answer = () if isinstance(line, LineDropped) else probe.heard(line)
                if isinstance(answer, Seen):
                    return answer
                talk.say(answer)
            if lines is None:
                if talk.heard_all or talk.exited:
                    return None
                await talk.stir(patience)
            await anyio.lowlevel.checkpoint()
    return None


async def _parted(talk: PipeTalk) -> bool:
    """Whether it ended by itself. What it goes on to say is heard meanwhile: a full pipe would keep it."""
    with anyio.move_on_after(PARTING):
        while not talk.exited:
            if talk.hear() is None:
                await talk.stir(PARTING)
            await anyio.lowlevel.checkpoint()
    return talk.exited


async def version_of(program: str, containment: Containment, start: Start) -> str:
    """As `--version` says; "" where that is not known to it. Raises StartFailedError, OSError."""
    output = start.logs / "version.txt"
    await anyio.Path(start.logs).mkdir(parents=True, exist_ok=True)
    launch = Launch(
        argv=(program, "--version"),
        folder=start.worktree,
        environment=start.environment,
        mark=start.mark,
        output=output,
        walls=start.walls,
    )
    await run(containment, launch, seconds=VERSION_PATIENCE)
    return version_in(tail(output))
