"""How a session is judged to have ended. Pure."""

import msgspec

from gastown.adapters.git.port import Leftovers
from gastown.adapters.processes.program import signal_name
from gastown.events.session import Outcome

NOTHING_LEFT = Leftovers(head="", ahead=0, changed=(), untracked=())
_NAMED = 5  # files that a reason names


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How the agent came to its end. seconds: that it ran; waited: of them, for a person's answer. failure: of its last
    turn.

    prevented: an outcome and its reason where the agent never ran to any end of its own (setup broke, the host died).
    """

    exit_code: int | None = None
    signal: int | None = None
    timed_out: bool = False
    failure: str = ""
    seconds: float = 0.0
    waited: float = 0.0
    tail: str = ""
    prevented: tuple[Outcome, str] | None = None


def judge(ending: Ending, asked: tuple[Outcome, str] | None, left: Leftovers) -> tuple[Outcome, str]:
    """The outcome and its reason in words.

    asked: what the town wanted the session to end as, and why: `gt done`, `gt unsling`, the town going down. However
    the agent then went, it ended as asked; "submitted" is granted only if the repository agrees.
    """
    if asked is not None:
        return asked if asked[0] != "submitted" else _by_repository(left)
    if ending.prevented is not None:
        return ending.prevented
    if ending.timed_out:
        waited = f", of which it waited {ending.waited:.0f} s for an answer (gt asks)" if ending.waited >= 1 else ""
        return "timed_out", f"did not end within its time limit ({ending.seconds:.0f} s{waited})"
    if ending.signal is not None:
        return "died", f"ended by {signal_name(ending.signal)}"
    if ending.failure:
        return "failed", ending.failure
    if ending.exit_code != 0:
        return "failed", f"exit {ending.exit_code}"
    return _by_repository(left)


def _by_repository(left: Leftovers) -> tuple[Outcome, str]:
    if left.changed:
        more = f" and {len(left.changed) - _NAMED} more" if len(left.changed) > _NAMED else ""
        return "uncommitted", f"uncommitted changes in {', '.join(left.changed[:_NAMED])}{more}"
    if left.ahead == 0:
        return "no_commits", "ended without a commit"
    return "submitted", ""
