"""What stands in the place of an event that this version cannot read: it was written by a newer one, or is damaged."""

from gastown.events.fact import Fact

NEWER = "written by a newer Gas Town; upgrade: the rest of the town works meanwhile"
DAMAGED = "the log is damaged here, or a newer Gas Town wrote it: upgrade, or restore a backup"


class Unreadable(Fact, tag="unreadable", frozen=True, kw_only=True):
    """Made when reading, never written. name, schema: of its type, as it says itself; "" and 0 where it says nothing.

    raw: its data; the whole message where that could not be taken apart. why: what is wrong with it.
    """

    name: str
    schema: int
    raw: bytes
    why: str
    newer: bool = False
    whole: bool = False

    @property
    def hint(self) -> str:
        """The next step."""
        return NEWER if self.newer else DAMAGED
