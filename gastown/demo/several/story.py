"""What is to happen: who has which beads, and which town is lost in the middle. Pure."""

from typing import TypeAlias

import msgspec

Town: TypeAlias = str

HOME, HELPER, LOST = "ash", "birch", "cedar"
"""Where the convoy is opened; who takes a part of it, and later the lost one's place; who is lost with its machine."""
TOWNS: tuple[Town, ...] = (HOME, HELPER, LOST)
RIG = "letters"
CONVOY = "Letters to everybody"


class Bead(msgspec.Struct, frozen=True, kw_only=True):
    """to: the town that is to work on it, "" for the one it was made in. needs: keys of others, wherever they are."""

    key: str
    title: str
    to: Town = ""
    needs: tuple[str, ...] = ()


BEADS = (
    Bead(key="paper", title="Buy paper"),
    Bead(key="ink", title="Make ink", to=HELPER),
    Bead(key="stamps", title="Print stamps", to=LOST),
    Bead(key="write", title="Write the letters", to=HELPER, needs=("paper", "ink")),
    Bead(key="post", title="Post the letters", needs=("write", "stamps")),
)
"""What is at work in the lost town when it is lost is what the last one waits for."""
HELD = "stamps"
