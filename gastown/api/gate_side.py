"""What the API asks of the town's gate, at which hosts on other machines come."""

from typing import Protocol

from gastown.bus.gate_protocol import HostInvitation
from gastown.events.ids import HostName


class GateSide(Protocol):
    """`gastown.gate.warden`."""

    async def invite(self, host: HostName, slots: int, seconds: float, addresses: tuple[str, ...]) -> HostInvitation:
        """Open the gate, if it is not, and have a host invited. Raises GastownError."""
        ...

    async def obey(self) -> None:
        """Returns when its server does what the town decided. Raises UnreachableError."""
        ...
