"""Where sessions may run beside the town's own machine, as the Mayor counts with it. Entity id: the host's name.

Owner: the Mayor, who is told by the Deacon.
"""

from typing import Literal, TypeAlias

from gastown.events.fact import Fact

KIND = "place"

Standing: TypeAlias = Literal[
    "up",  # it takes sessions
    "silent",  # it is given none until it is heard again; those it has are waited for
    "lost",  # silent for too long: its sessions are over
    "closing",  # it is being taken down, and given none; those it has end
    "down",  # taken down: its sessions are over, until it comes anew
    "left",  # by itself: its sessions are over
    "revoked",  # by a person: its sessions are over
]

GONE: tuple[Standing, ...] = ("lost", "down", "left", "revoked")


class PlaceChanged(Fact, tag="place.changed", frozen=True, kw_only=True):
    """number: of the changes that the Deacon knows of. epoch: of the host's lease. slots: sessions that it takes."""

    number: int
    standing: Standing
    epoch: int
    slots: int


PlaceEvent: TypeAlias = PlaceChanged
