"""Who speaks: the Overseer, or the worker of one session.

Tokens guard against mistakes, not malice: everything here runs under one user.
"""

import msgspec

from gastown.api.protocol import Common
from gastown.config import TownConfig
from gastown.errors import RefusedError
from gastown.tokens import is_token_of

OVERSEER = "overseer"


class Speaker(msgspec.Struct, frozen=True):
    """actor: as events name it. session: "" for a person."""

    actor: str
    session: str = ""


def speaker_of(common: Common, town: TownConfig) -> Speaker:
    """Raises RefusedError."""
    if not common.session:
        if common.actor != OVERSEER:
            raise RefusedError(f"nobody without a session speaks as {common.actor!r}", f"a person is {OVERSEER!r}")
        return Speaker(OVERSEER)
    if not (common.token.isascii() and is_token_of(town.secret(), common.session, common.token)):
        msg = f"the token is not that of session {common.session}"
        raise RefusedError(msg, "GT_SESSION and GT_TOKEN belong together; without both you are the Overseer")
    return Speaker(f"polecat/{common.session}", common.session)


def person_only(speaker: Speaker, method: str) -> None:
    """Raises RefusedError for a worker."""
    if speaker.session:
        msg = f"session {speaker.session} may not ask for {method}: that is the Overseer's to decide"
        raise RefusedError(
            msg, "work on your own bead (gt prime), or ask a person: gt done --status escalated --reason TEXT"
        )
