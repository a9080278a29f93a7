"""Commits on their way to another town, and from one: git's bundles, in the luggage of the town that has them."""

from contextlib import aclosing

from gastown.actors.errands import AskBundle, AskUnbundle
from gastown.adapters.effects.site import Site
from gastown.adapters.git.port import OWN_REFS, GitFailedError
from gastown.adapters.git.target import local_folder
from gastown.bus.luggage import MOST, LuggageLostError
from gastown.loggers import get_logger

_log = get_logger("gastown.host")


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


async def unbundle(site: Site, question: AskUnbundle) -> bool:
    """See AskUnbundle."""
    if site.carriage is None:
        return False
    git = await site.rigs.ready(question.rig, question.config)
    theirs = site.carriage.copies.luggage(question.town, question.incarnation)
    try:
        async with aclosing(theirs.fetch(question.name)) as chunks:
            ref = f"{OWN_REFS}guests/{question.bead}"
            await git.unbundle(chunks, question.commit, ref, limit=MOST)
    except (GitFailedError, LuggageLostError) as error:
        _log.warning("what came along cannot be used", name=question.name, reason=error.message)
        return False
    return True
