"""The hub's register, sealed: its towns keep it, so that a hub that has lost its log finds it again with them.

The seal is made with a secret of the hub's folder: a town can keep a record, and show it, but make none. What is shown
of an earlier time does no harm where more is known: see `actors/registrar`.
"""

import hashlib
import hmac
from collections.abc import Iterable

import msgspec

from gastown.actors.registrar.standing import records
from gastown.actors.registrar.state import Hub
from gastown.bus.hub_protocol import Record, Sealed
from gastown.not_json import NOT_JSON

_decode = msgspec.json.Decoder(Record).decode


class Register:
    """secret: of the hub, in its folder."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(f"register {secret}".encode()).digest()
        self._last: tuple[Hub, tuple[Sealed, ...]] | None = None

    def of(self, hub: Hub) -> tuple[Sealed, ...]:
        """What its towns are to keep."""
        if self._last is None or self._last[0] is not hub:
            texts = [msgspec.json.encode(record).decode() for record in records(hub)]
            self._last = hub, tuple(Sealed(text, self._seal(text)) for text in texts)
        return self._last[1]

    def opened(self, known: Iterable[Sealed]) -> tuple[Record, ...]:
        """Those that this hub has sealed, and can read."""
        found: list[Record] = []
        for one in known:
            if hmac.compare_digest(one.seal.encode(), self._seal(one.record).encode()):
                try:
                    found.append(_decode(one.record))
                except NOT_JSON:
                    continue
        return tuple(found)

    def _seal(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
