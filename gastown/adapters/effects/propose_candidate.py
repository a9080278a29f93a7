"""ProposeCandidate and WatchProposal: a branch for a pull request, and the wait for somebody to merge it."""

import anyio

from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.refinery import ReportLanding, ReportLandingRefused, ReportProposed
from gastown.actors.effects import ProposeCandidate, WatchProposal
from gastown.adapters.effects.land_candidate import AGAIN_AFTER
from gastown.adapters.effects.site import Job
from gastown.adapters.git.port import GitFailedError
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

FIRST_LOOK, LOOK_EVERY = 1.0, 60.0
"""Seconds between looks at the target, doubled from the first to the last: nobody tells us when a pull request is
merged, and that is soon or not for a long time."""


async def propose(job: Job, effect: ProposeCandidate) -> None:
    """Push the candidate to a branch of its own and report that it is there, or why it is not."""
    trouble = ""
    for pause in (0.0, *AGAIN_AFTER):
        await anyio.sleep(pause)
        await job.site.holds.work(effect.rig).passed()
        try:
            report = await _propose(job, effect)
        except GitFailedError as error:
            trouble = error.message
            _log.warning("proposal.unknown", submission=effect.submission, error=trouble)
        else:
            job.report(Owner("refinery", effect.rig), report)
            return
    reason = f"the origin cannot be reached: {trouble}"
    job.report(Owner("refinery", effect.rig), ReportLandingRefused(submission=effect.submission, reason=reason))


async def _propose(job: Job, effect: ProposeCandidate) -> Command:
    git = await job.site.rigs.ready(effect.rig, job.errand.rig)
    refused = await git.propose(effect.branch, effect.candidate)
    if refused is not None:
        return ReportLandingRefused(submission=effect.submission, reason=refused.reason)
    return ReportProposed(submission=effect.submission, branch=effect.branch, candidate=effect.candidate)


async def watch(job: Job, effect: WatchProposal, *, every: float = LOOK_EVERY) -> None:
    """Look at the target, in the end every so many seconds, until the submission is on it; report the landing."""
    pause = min(FIRST_LOOK, every)
    while True:
        await job.site.holds.work(effect.rig).passed()
        try:
            git = await job.site.rigs.ready(effect.rig, job.errand.rig)
            found = await git.seen_on_target(effect.submission, effect.base, effect.commit)
        except GitFailedError as error:
            _log.warning("proposal.not_seen", submission=effect.submission, error=error.message)
            found = ""
        if found:
            report = ReportLanding(submission=effect.submission, target_commit=found)
            job.report(Owner("refinery", effect.rig), report)
            return
        await anyio.sleep(pause)
        pause = min(2 * pause, every)
