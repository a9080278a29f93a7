"""Targets: the branch a rig lands on. Entity id: the rig's name. Owner: the rig's Refinery."""

from typing import Literal, TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import Commit

KIND = "target"


class QueuePaused(Fact, tag="target.paused", frozen=True, kw_only=True):
    """The queue itself is in trouble: nothing new is proven until a person resumes the rig."""

    reason: str
    hint: str = ""


class QueueResumed(Fact, tag="target.resumed", frozen=True, kw_only=True):
    pass


class QueueHeld(Fact, tag="target.held", frozen=True, kw_only=True):
    """The Mayor holds the rig. number: of her word; an older one means nothing any more."""

    number: int
    depth: Literal["pause", "stop"]


class QueueFreed(Fact, tag="target.freed", frozen=True, kw_only=True):
    number: int


class TargetMoved(Fact, tag="target.moved", frozen=True, kw_only=True):
    """Someone other than this town moved it. rewritten: `new` does not contain `old`."""

    old: Commit
    new: Commit
    rewritten: bool = False


TargetEvent: TypeAlias = QueuePaused | QueueResumed | QueueHeld | QueueFreed | TargetMoved
