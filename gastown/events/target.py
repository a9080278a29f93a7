"""Targets: the branch a rig lands on. Entity id: the rig's name. Owner: the rig's Refinery."""

from typing import TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import Commit

KIND = "target"


class QueuePaused(Fact, tag="target.paused", frozen=True, kw_only=True):
    reason: str
    hint: str = ""


class QueueResumed(Fact, tag="target.resumed", frozen=True, kw_only=True):
    pass


class TargetMoved(Fact, tag="target.moved", frozen=True, kw_only=True):
    """Someone other than this town moved it. rewritten: `new` does not contain `old`."""

    old: Commit
    new: Commit
    rewritten: bool = False


TargetEvent: TypeAlias = QueuePaused | QueueResumed | TargetMoved
