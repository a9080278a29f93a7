"""What a worker was told at its start, as an errand brings it along to be told again."""

from typing import TypeAlias

from gastown.adapters.effects.site import Job
from gastown.bus.texts import whole
from gastown.errors import GastownError
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

Again: TypeAlias = tuple[str, str]
"""Instructions and task, "" where they are not to be told again."""
NOTHING_AGAIN: Again = ("", "")


async def told(job: Job) -> Again:
    """What an errand brings along of what its worker was told at its start."""
    errand, texts = job.errand, job.site.texts
    try:
        return await whole(texts, errand.instructions), await whole(texts, errand.brief)
    except GastownError as error:
        _log.error("session.not_told_again", key=errand.effect.key, error=error.message)
        return "", f"(What you were told at the beginning cannot be had: {error.message}. Try: gt prime)"
