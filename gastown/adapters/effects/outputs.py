"""What sessions and proofs printed, on this machine's disk: what is still there, and deleting it in the end.

The town says what may go. What the log holds of it (digest, tail) stays, and so do branches and pins.
"""

import re
from collections.abc import Iterable

from gastown.adapters.effects.run_session import Sessions
from gastown.adapters.effects.site import Site
from gastown.events.ids import SessionId, submission_id

_LOGS = "logs"


def kept(site: Site) -> list[SessionId]:
    return site.files.names(site.town / "sessions")


def drop(site: Site, sessions: Sessions, wanted: Iterable[SessionId]) -> list[SessionId]:
    """Not of one that is at work, that has not ended here, or whose sandbox holds what could not be saved."""
    ended = [session for session in wanted if _is_over(sessions, session)]
    for rig in site.files.names(site.rigs.folder):
        _drop_proofs(site, rig, ended)
    for session in ended:
        site.files.remove_folder(sessions.folder(session).path)
    return ended


def _is_over(sessions: Sessions, session: SessionId) -> bool:
    ended = sessions.folder(session).ended()
    return ended is not None and not ended.unsaved and sessions.attempt(session) is None


def _drop_proofs(site: Site, rig: str, sessions: Iterable[SessionId]) -> None:
    """Their folders are named after the submission and the number of the proof."""
    folder = site.rigs.folder / rig / _LOGS
    submissions = {submission_id(rig, session) for session in sessions}
    for name in site.files.names(folder):
        proof = re.fullmatch(r"(.*)-\d+(\.base)?", name)
        if proof is not None and proof[1] in submissions:
            site.files.remove_folder(folder / name)
