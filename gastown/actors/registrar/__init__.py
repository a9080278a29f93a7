"""The registrar: one per hub, owns who may connect to it: invitations and members.

- An invitation is for one name, once, for a while; a newer one for the name withdraws it. Shown again by the key that
  used it, it gets the same answer: the first one may have been lost.
- A name has one member at a time, a key one name, an incarnation one key.
- Who left or was revoked is cut off; a name that is free may be given again, the copy of the earlier log stays.
- Whoever adopts a name goes on with the earlier town's log under a new key and the next epoch. The earlier one may only
  ask, and is told. A name whose town is there, or left by itself, is not adopted.

What is to be in force in the hub's server, and what is to be copied, is a function of the state (`standing.py`): the
hub compares it with what is there whenever the state has changed, and when it starts. It is no effect of the kernel's:
there is nothing to settle.

- A hub that has lost its log, or a part of it, recalls what its towns kept for it: of each name the record of the
  highest epoch, and of the most decisions about it. So nobody who was fenced is taken for the town for long.

`state.py` remembers, `role.py` decides: who is let in by `admission.py`, what becomes of a name by `membership.py`.
"""

from gastown.actors.registrar.role import ROLE

__all__ = ["ROLE"]
