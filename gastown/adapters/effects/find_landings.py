"""FindLandings: what a restored town's target holds that its log does not know."""

import anyio

from gastown.actors.commands.mayor import MAYOR, ReportLandings
from gastown.actors.effects import FindLandings
from gastown.adapters.effects.site import Job
from gastown.adapters.git.port import GitFailedError
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between looks while the origin cannot be reached, doubled from the first to the last."""


async def find_landings(job: Job, effect: FindLandings) -> None:
    """Look until the origin has answered, however long that takes: before that nothing may start."""
    pause = FIRST_PAUSE
    while True:
        try:
            git = await job.site.rigs.ready(effect.rig, job.errand.rig)
            found = await git.landings(effect.since, job.site.lineage)
        except GitFailedError as error:
            _log.warning("landings.not_seen", rig=effect.rig, error=error.message)
        else:
            job.report(MAYOR, ReportLandings(rig=effect.rig, found=tuple(found)))
            return
        await anyio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
