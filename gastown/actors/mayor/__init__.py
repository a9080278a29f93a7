"""The Mayor: one per town, owns beads, convoys, rigs, agent definitions and settings, and decides over them together.

- A bead's needs form no cycle; a bead is ready when every need of it is landed or closed.
- Sling is all or nothing. A bead is slung once; whoever comes second is told who has it.
- A place is given to the ready slung bead of highest priority, then the oldest, while fewer than max_polecats work at
  home, or another machine has room.
- A bead landed only when the Refinery has proof. Closed without code releases its dependents all the same.
- Failed runs, red gates and conflicts are counted apart; at a limit the bead is blocked and a person is asked.
- What the town did itself (its deaths, `gt down`, broken setup or gates) counts against no bead.
- Work may be held, all or one rig's: then no place is given; what is slung waits. Each cause of a hold is a hold of its
  own; an emergency stop and a pause are lifted by a person, a full disk by itself.
- A town that was restored or forked calls its sessions otherwise, and starts none before it knows what landed.
- Every turn of an agent passes one gate: it is let through while all budgets over its bead hold it, and settled once.
- A town of whose log another goes on is fenced: it stops, for good.
- A bead has one home. It goes to another town by one event in the log of its home, after that town has accepted it.
- A convoy is done when every bead in it is; it is open again as soon as one is not.

`state.py` and `evolve.py` remember; `beads.py`, `work.py`, `places.py`, `attempts.py`, `rigs.py`, `holds.py`,
`moved.py`, `membership.py`, `handovers.py`, `guests.py` with `watches.py` and `rings.py` for other towns, `gate.py`,
`budgets.py` with `purse.py` are the rules; `owed.py` is what the world owes.
"""

from gastown.actors.mayor.role import ROLE

__all__ = ["ROLE"]
