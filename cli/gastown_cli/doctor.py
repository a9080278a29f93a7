"""doctor, and agents --orphans: asked of the machine itself, whether the town runs or not."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import msgspec

from gastown import config
from gastown.bus.logs import setup_logs
from gastown.clock import now
from gastown.doctor.examine import examine
from gastown.doctor.processes import left_over
from gastown_cli.asking import print_json, town_of
from gastown_cli.cold import in_our_words
from gastown_cli.output import Cell, Page, duration

if TYPE_CHECKING:
    from gastown.adapters.processes.orphans import Orphan
    from gastown_cli.verbs import Call

_UNSUCCESSFUL = 7


@in_our_words
def run(call: Call) -> int:
    """0: nothing needs a hand."""
    setup_logs("gt", level="error")
    town = config.load(Path(town_of(call).path))
    found = anyio.run(lambda: examine(town, fix=bool(call.values.get("fix"))))
    if call.as_json:
        findings = [msgspec.to_builtins(one) for one in found.findings]
        print_json(0, {"ok": found.ok, "findings": findings, "orphans": [_plain(one) for one in found.orphans]})
    else:
        page = Page.on(sys.stdout)
        for one in found.findings:
            mark = page.style("fixed ", "yellow") if one.fixed else page.style("ok    ", "green")
            page.line(f"{mark if one.ok else page.style('wrong ', 'red')}  {one.check}: {Cell(one.detail).text}")
            if one.mend:
                page.line(f"        {one.mend}", "cyan")
    return 0 if found.ok else _UNSUCCESSFUL


@in_our_words
def orphans(call: Call) -> int:
    """Processes of the town that belong to no running session."""
    town = config.load(Path(town_of(call).path))
    found = left_over(town)
    if call.as_json:
        print_json(0, [_plain(one) for one in found])
        return 0
    page = Page.on(sys.stdout)
    if not found:
        page.line("no process is left over", "dim")
        return 0
    rows = [
        (Cell(one.pid, "bold", right=True), one.session or "?", duration(max(0.0, now() - one.since)), one.command)
        for one in found
    ]
    page.table(("PID", "SESSION", "AGE", "COMMAND"), rows)
    page.line("gt doctor --fix ends them", "dim")
    return 0


def _plain(orphan: Orphan) -> dict[str, Any]:
    since = datetime.fromtimestamp(orphan.since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"pid": orphan.pid, "since": since, "command": orphan.command, "session": orphan.session}
