"""What the API asks the town's side of a hub."""

from typing import Protocol

import msgspec

from gastown.bus.hub_protocol import Member
from gastown.hub_link import HubLink


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """link: None for a member of no hub. up: the hub answers, and since when it does or does not.

    trouble: why not, where it is known. towns: its members, this town among them, as it had them at `asked` (seconds
    since the epoch; 0: never heard).
    """

    link: HubLink | None = None
    up: bool = False
    since: float = 0.0
    trouble: str = ""
    asked: float = 0.0
    towns: tuple[Member, ...] = ()


class HubSide(Protocol):
    """`gastown.joined`."""

    def standing(self) -> Standing:
        """How it stands, without asking anybody."""
        ...

    async def look_around(self) -> Standing:
        """As `standing`, with what the hub says now, where it is there."""
        ...

    async def join(self, text: str) -> HubLink:
        """Be let in by this invitation. Raises GastownError: nothing has changed."""
        ...

    async def connect(self) -> Standing:
        """Have the town's server connected to the hub it is to be connected to, if any."""
        ...

    async def leave(self) -> bool:
        """Keep nothing of the hub. -> whether it was told. Raises RefusedError."""
        ...
