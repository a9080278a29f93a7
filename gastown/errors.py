"""What can go wrong, named by what happened. Every message names the thing; every hint the next step.

Refusals by a rule are values (`gastown.actors.kernel.role.Rejected`); what the environment does is raised as one of
these. Anything else is a bug.
"""

from typing import Literal, TypeAlias

from gastown.exit_codes import EXIT_CODES as EXIT_CODES

Code: TypeAlias = Literal["bug", "usage", "refused", "unknown", "taken", "unreachable", "unsuccessful"]


class GastownError(Exception):
    """Root of everything the environment or a user can do to us."""

    code: Code = "refused"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GastownError):
    """The words of a command make no sense."""

    code: Code = "usage"


class RefusedError(GastownError):
    """A rule says no."""

    code: Code = "refused"


class UnknownThingError(GastownError):
    """There is no such bead, rig, agent, town ..."""

    code: Code = "unknown"


class TakenError(GastownError):
    """Someone was first."""

    code: Code = "taken"


class UnreachableError(GastownError):
    """Nobody answers where the town, its server or its host should be."""

    code: Code = "unreachable"
