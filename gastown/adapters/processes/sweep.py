"""What a host that was killed left running: found by the town's mark, and ended before the next host does anything."""

from gastown.adapters.processes.census import ancestors
from gastown.adapters.processes.cgroup import town_cgroup
from gastown.adapters.processes.ending import end_all
from gastown.adapters.processes.family import Mark, below, marked

_PATIENCE = 2.0


async def sweep(mark: Mark) -> tuple[int, ...]:
    """End every process that carries `mark`, and what it started; never this one or those above it. -> their pids."""
    return await end_all(marked(mark, spared=ancestors()), patience=_PATIENCE)


async def sweep_town(mark: Mark) -> tuple[int, ...]:
    """The same for all of a town: also what cleaned its environment, if it is in one of the town's cgroups."""
    return await end_all(marked(mark, spared=ancestors(), cgroup=f"/{town_cgroup(mark)}"), patience=_PATIENCE)


async def end_descendants(pid: int) -> tuple[int, ...]:
    """End all that still runs below process `pid`: what cleared its environment and was orphaned is found here."""
    return await end_all(below(pid), patience=_PATIENCE)
