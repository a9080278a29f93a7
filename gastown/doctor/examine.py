"""All checks of one town, in the order a person wants to read them; and the mending of what is mended without harm."""

import anyio.to_thread
import msgspec

from gastown.adapters.processes.orphans import Orphan, end_orphans
from gastown.config import TownConfig
from gastown.daemon import service
from gastown.doctor import agents, folder, hub, machine, prices, processes, programs, views, walls
from gastown.doctor.finding import Finding, fixed


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """orphans: as they were found, ended by now if that was asked for."""

    ok: bool
    findings: tuple[Finding, ...]
    orphans: tuple[Orphan, ...]


async def examine(town: TownConfig, *, fix: bool) -> Diagnosis:
    """Look at everything; fix: mend what is mended without harm."""
    left = await anyio.to_thread.run_sync(processes.left_over, town)
    running = processes.alive(town)
    up = running.ok and service.wanted(town) == "up"
    findings = (
        running,
        await processes.containment(town),
        await walls.walls(town),
        await _orphans(left, fix=fix),
        programs.gastown(),
        await programs.git(),
        await programs.nats_server(town),
        _permissions(town, fix=fix),
        _drafts(town, fix=fix),
        views.views(town, up=up),
        *await hub.hub(town, up=up),
        *agents.agents(town),
        prices.prices(town),
        machine.disk(town),
        machine.clock(town),
    )
    return Diagnosis(ok=all(one.ok for one in findings), findings=findings, orphans=tuple(left))


async def _orphans(left: list[Orphan], *, fix: bool) -> Finding:
    finding = processes.no_orphans(left)
    if not fix or finding.ok:
        return finding
    ended = await end_orphans(left)
    return fixed(finding, f"{len(ended)} ended")


def _permissions(town: TownConfig, *, fix: bool) -> Finding:
    found = folder.too_open(town)
    finding = folder.permissions(town, found)
    return fixed(finding, folder.close_up(found)) if fix and found else finding


def _drafts(town: TownConfig, *, fix: bool) -> Finding:
    found = folder.stale_drafts(town)
    finding = folder.drafts(found)
    return fixed(finding, folder.remove(found)) if fix and found else finding
