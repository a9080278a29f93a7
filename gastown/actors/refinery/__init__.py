"""The Refinery: one per rig, owns its queue; nothing else lands on the target.

- The queue is a function of the state: highest priority first, then first come; one candidate at a time.
- A candidate is the target as it is now plus one submission; it lands only when every gate passed on exactly it.
- What is to happen to the target is written before it is tried, and tried until it is known whether it happened.
- Whoever else moves the target wins: the candidate is built anew on what they made.
- A bead whose other submission is found on the target, from a town of the same past, has landed: it does not twice.
- Red and conflicting go back to a worker. A gate that is red on the target too is blamed on nobody: the queue pauses.
- A proof that breaks is tried again after a wait, then the queue pauses; so it does when the origin refuses a landing.
- Held by the Mayor, it proves nothing new; what runs finishes and lands. Stopped by her, it touches nothing at all.
- The Mayor is told the end of every submission before it is forgotten.

`state.py` remembers, `rules.py` decides, `owed.py` is what the world owes.
"""

from gastown.actors.refinery.role import ROLE

__all__ = ["ROLE"]
