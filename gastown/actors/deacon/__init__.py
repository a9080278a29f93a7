"""The Deacon: one per town, owns the town's desired state, the leases of its hosts, the escalations and the mail.

- The desired state is a fact: every restarter obeys the last one.
- One process acts as each host: the last that arrived. One on another machine needs an invitation, and is given up
  when it has been silent for long.
- A restored or forked town says so in its log, and under which name it goes on.
- A matter is escalated once, however often it is reported; closed, it may be raised again.
- A town of the same hub that nobody has seen for long goes on here, where that is wanted (`adopt.after`).
- Mail waits until the side of whoever it is for has said that it has it; what can reach nobody goes back.

`state.py` remembers, `role.py` decides, `hosts.py` has the rules of hosts, `adoptions.py` those of lost towns,
`mail.py` those of mail, `asking.py` those of what workers and people escalate.
"""

from gastown.actors.deacon.role import ROLE

__all__ = ["ROLE"]
