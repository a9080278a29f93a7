"""All checks of one town, or of an outer host, in the order a person wants to read them; and the mending of what is
mended without harm."""

import anyio.to_thread
import msgspec

from gastown.adapters.processes.orphans import Orphan, end_orphans
from gastown.config import Home, TownConfig
from gastown.daemon import service
from gastown.doctor import agents, folder, gate, hub, machine, outer, prices, processes, programs, views, walls
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
        _permissions(town, fix=fix),
        _drafts(town, fix=fix),
        *(await _of_host(town, town.home) if town.home else await _of_town(town, up=up)),
        machine.disk(town),
        machine.clock(town),
    )
    return Diagnosis(ok=all(one.ok for one in findings), findings=findings, orphans=tuple(left))


async def _of_town(town: TownConfig, *, up: bool) -> tuple[Finding, ...]:
    return (
        await programs.nats_server(town),
        views.views(town, up=up),
        *await hub.hub(town, up=up),
        *await gate.gate(town, up=up),
        *agents.agents(town),
        prices.prices(town),
    )


async def _of_host(host: TownConfig, home: Home) -> tuple[Finding, ...]:
    return await outer.way_home(host, home), outer.agents()


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
