"""What is known of a rig's branches at the origin, and how a landing on them is recognised."""

import msgspec

from gastown.events.ids import Commit

TRAILER = "Gastown-Submission"
BEAD_TRAILER = "Gastown-Bead"
TOWN_TRAILER = "Gastown-Town"
"""Whose landing it is: other towns that land on the same branch may call other beads the same."""
SUBMITTED = "refs/gastown/submitted/"
CANDIDATES = "refs/gastown/candidates/"
PROPOSED = "refs/gastown/proposed/"
NO_ORIGIN = "the rig has no origin: the town was forked"


class Tips(msgspec.Struct, frozen=True, kw_only=True):
    """target, landing: the branches at the origin; landing "" where there is none yet. work: what to go on from."""

    target: Commit
    landing: Commit
    work: Commit
