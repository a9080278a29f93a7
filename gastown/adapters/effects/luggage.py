"""Commits on their way to another town, and from one: git's bundles, in the luggage of the town that has them."""

from contextlib import aclosing

import anyio

from gastown.actors.commands.abroad import ReportCommits
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import FetchCommits
from gastown.actors.errands import AskBundle
from gastown.adapters.effects.site import Carriage, Job, Site
from gastown.adapters.git.port import OWN_REFS, BasisMissingError, GitFailedError, RigGit
from gastown.adapters.git.target import local_folder
from gastown.bus.luggage import MOST, LuggageLostError
from gastown.errors import UnreachableError
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between attempts while the hub is away, doubled from the first to the last."""


async def bundle(site: Site, question: AskBundle) -> str:
    """See AskBundle."""
    if site.carriage is None:
        return ""
    git = await site.rigs.ready(question.rig, question.config)
    # An origin on this machine is no other town's: nothing of it may be there.
    basis = () if local_folder(question.config.origin) is not None else (question.base,)
    name = ".".join((question.commit, *basis))
    try:
        async with aclosing(git.bundle(question.commit, basis)) as chunks:
            await site.carriage.own.keep(name, chunks)
    except GitFailedError as error:
        _log.warning("commits cannot be taken along", commit=question.commit, reason=error.message)
        return ""
    return name


async def fetch(job: Job, effect: FetchCommits) -> None:
    """Try until the hub and the rig's origin have answered, however long that takes: nobody begins before that."""
    pause = FIRST_PAUSE
    while True:
        try:
            missed = await _fetched(job, effect)
        except (UnreachableError, GitFailedError) as error:
            _log.warning("commits.not_fetched", bead=effect.bead, town=effect.town, reason=error.message)
        else:
            job.report(MAYOR, ReportCommits(bead=effect.bead, epoch=effect.epoch, missed=missed))
            return
        await anyio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _fetched(job: Job, effect: FetchCommits) -> str:
    """Why they cannot be had, "" if they are here. Raises UnreachableError, GitFailedError: nobody can say yet."""
    if job.site.carriage is None:
        return "this host carries nothing between towns"
    git = await job.site.rigs.ready(effect.rig, job.errand.rig)
    try:
        return await _unbundled(git, job.site.carriage, effect)
    except BasisMissingError:
        await git.target(fetch=True)  # the origin may have it, and was not looked at lately
    try:
        return await _unbundled(git, job.site.carriage, effect)
    except BasisMissingError as error:
        return f"rig {effect.rig} has another history here: {error.message}"


async def _unbundled(git: RigGit, carriage: Carriage, effect: FetchCommits) -> str:
    """As `_fetched`. Raises UnreachableError, BasisMissingError."""
    theirs = carriage.copies.luggage(effect.town, effect.incarnation)
    try:
        async with aclosing(theirs.fetch(effect.name)) as chunks:
            await git.unbundle(chunks, effect.commit, f"{OWN_REFS}guests/{effect.bead}", limit=MOST)
    except BasisMissingError:
        raise
    except (GitFailedError, LuggageLostError) as error:
        return error.message
    return ""
