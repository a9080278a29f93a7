"""What an order gets back."""

from typing import TypeAlias

import msgspec

from gastown.actors.kernel.role import Rejected
from gastown.events.envelope import Recorded


class Accepted(msgspec.Struct, frozen=True):
    """position: where the log stands for this answer: a reader that waits for it sees what was decided.

    events: what was decided; empty when it was so already.
    """

    position: int
    events: tuple[Recorded, ...] = ()


Answer: TypeAlias = Accepted | Rejected
