"""The Polecat: one per session: one agent on one bead in one sandbox, from opening to the last report.

- A session is opened once, starts once and ends once; what comes late or twice changes nothing.
- `gt done` is taken only with commits and without uncommitted changes in tracked files, or to defer or escalate.
- After `gt done` the agent has a moment to end by itself, then it is stopped; the session ends as it declared.
- An agent that is gone before its time goes on in its sandbox, a few times: see `going_on.py`.
- Its end is told to the Refinery (a submission), to the Mayor, to the Witness, in this order, before it is settled.

`state.py` remembers; `role.py` brings each command to its rule, which is in the file of its topic; `owed.py` is what
the world owes.
"""

from gastown.actors.polecat.role import ROLE

__all__ = ["ROLE"]
