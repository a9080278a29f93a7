"""What a worker is told: at its start, when its context was compacted, and by `gt prime`. One pure function.

In two parts, since some vendors take them apart: what holds as long as its session lasts, and what it is to do.
"""

import msgspec

from gastown.directives import Directive
from gastown.projections import brief
from gastown.projections.instructions import instructions
from gastown.projections.kernel.store import Record

LIMIT = 64_000
"""Characters of all of it. What the person wrote about the bead is never cut at the start; the rest then gets REST."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """All there is to be told. bead, needs, attempts, rig: as the views show them (`beads.show`, `beads.needs_of`,
    `attempts.of_bead`, `rigs.show`).

    session: {id, polecat}, and once its sandbox stands branch, reapplied and left (`sessions.show`).
    notes: {session, sender, text}, what was handed on (`handoffs.of_bead`). mail: {id, sender, subject, text}, unread.
    """

    bead: Record
    rig: Record
    session: Record
    needs: tuple[Record, ...] = ()
    attempts: tuple[Record, ...] = ()
    directives: tuple[Directive, ...] = ()
    notes: tuple[Record, ...] = ()
    mail: tuple[Record, ...] = ()


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """instructions: as long as the session lasts. task: the rest. text: both. mails: letters that it holds in full."""

    instructions: str
    task: str
    mails: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return f"{self.instructions}\n\n{self.task}"


def render(known: Known, *, again: bool = False) -> Context:
    """All the worker must know, most important first; what is left out for length is said.

    again: it was told before, and this is to take up little of its context.
    """
    lasting = instructions(known.bead, known.rig, known.session, known.directives)
    letters, mails = brief.mail(known.mail)
    parts = [
        brief.task(known.bead, again=again),
        brief.handed_on(known.notes),
        letters,
        brief.needs(known.needs),
    ]
    told = "\n\n".join(part for part in parts if part)
    room = brief.REST if again else max(LIMIT - len(lasting) - len(told), brief.REST)
    tried = brief.attempts(known.attempts, known.session, room)
    return Context(instructions=lasting, task=f"{told}\n\n{tried}\n" if tried else f"{told}\n", mails=mails)
