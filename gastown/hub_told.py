"""What a town's hub told it last, kept for the time when the hub is away: its towns, and its sealed register.

The register is of no use to the town; it is kept for the hub, which may lose its log (`gastown/hub/register.py`).
"""

import msgspec

from gastown import durable
from gastown.bus.hub_protocol import Member, Sealed, register_digest
from gastown.config import TownConfig
from gastown.not_json import NOT_JSON


class Told(msgspec.Struct, frozen=True):
    """The towns of a hub. asked: when, seconds since the epoch."""

    hub: str = ""
    asked: float = 0.0
    towns: tuple[Member, ...] = ()
    register: tuple[Sealed, ...] = ()


def read(town: TownConfig) -> Told:
    try:
        return msgspec.json.decode((town.run / "towns.json").read_bytes(), type=Told)
    except (FileNotFoundError, *NOT_JSON):
        return Told()


class HubTold:
    """`last` is what was told, or was read when the town started."""

    def __init__(self, town: TownConfig) -> None:
        self._town = town
        self.last = read(town)

    def of(self, hub: str) -> Told:
        """By this hub."""
        return self.last if self.last.hub == hub else Told()

    def lacks(self, digest: str) -> bool:
        """Whether the hub's register, of which this is the digest, is another than the one kept here."""
        return bool(digest) and digest != register_digest(self.last.register)

    def keep_towns(self, hub: str, asked: float, towns: tuple[Member, ...]) -> None:
        self._keep(msgspec.structs.replace(self.last, hub=hub, asked=asked, towns=towns))

    def keep_register(self, register: tuple[Sealed, ...]) -> None:
        self._keep(msgspec.structs.replace(self.last, register=register))

    def forget(self) -> None:
        (self._town.run / "towns.json").unlink(missing_ok=True)
        self.last = Told()

    def _keep(self, told: Told) -> None:
        self.last = told
        durable.write(self._town.run / "towns.json", msgspec.json.encode(told))
