"""LandCandidate: the target moves from what was expected to what was proven, or it is said why not."""

import anyio

from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.refinery import ReportLanding, ReportLandingRefused, ReportRaced
from gastown.actors.effects import LandCandidate
from gastown.adapters.effects.site import Job
from gastown.adapters.git.port import GitFailedError, Landed, Raced, Refused
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

AGAIN_AFTER = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Seconds between attempts while nothing is known of the origin; then a person is asked."""


async def land(job: Job, effect: LandCandidate) -> None:
    """Report what is true at the target. While the origin says nothing, the same candidate is tried again."""
    trouble = ""
    for pause in (0.0, *AGAIN_AFTER):
        await anyio.sleep(pause)
        try:
            report = await _land(job, effect)
        except GitFailedError as error:
            trouble = error.message
            _log.warning("landing.unknown", submission=effect.submission, error=trouble)
        else:
            job.report(Owner("refinery", effect.rig), report)
            return
    reason = f"it is not known whether it landed, the origin cannot be reached: {trouble}"
    job.report(Owner("refinery", effect.rig), ReportLandingRefused(submission=effect.submission, reason=reason))


async def _land(job: Job, effect: LandCandidate) -> Command:
    git = await job.site.rigs.ready(effect.rig, job.errand.rig)
    await job.site.holds.work(effect.rig).passed()
    await job.site.lease.confirmed()
    match await git.land(effect.submission, effect.expected, effect.candidate):
        case Landed(target_commit=target_commit):
            return ReportLanding(submission=effect.submission, target_commit=target_commit)
        case Raced(found=found, rewritten=rewritten):
            return ReportRaced(submission=effect.submission, expected=effect.expected, found=found, rewritten=rewritten)
        case Refused(reason=reason):
            return ReportLandingRefused(submission=effect.submission, reason=reason)
