"""The Deacon: one per town, owns the town's desired state, the host's lease, the escalations and the mail.

- The desired state is a fact: every restarter obeys the last one.
- One host acts for the town: the last that arrived. Each has an epoch, one more than the one before; a host that was
  succeeded does not come again.
- A host that lets its lease run out loses nothing by it but is escalated, until it is heard again or succeeded.
- A restored or forked town says so in its log, and under which name it goes on.
- A matter is escalated once, however often it is reported; closed, it may be raised again.
- Mail waits until the side of whoever it is for has said that it has it; what can reach nobody goes back.

`state.py` remembers, `role.py` decides, `mail.py` has the rules of mail, `asking.py` those of what workers and people
escalate.
"""

from gastown.actors.deacon.role import ROLE

__all__ = ["ROLE"]
