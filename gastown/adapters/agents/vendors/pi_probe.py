"""pi, asked how it stands. Measured with pi 0.73.1: without a login it has no model ("unknown"), and says no more."""

from gastown.adapters.agents.port import Capability
from gastown.adapters.agents.probe import Answer, Seen
from gastown.adapters.agents.said import spoken, understood

_ID = "gt-probe"


class PiProbe:
    """See `probe.Probe`."""

    def opening(self) -> tuple[bytes, ...]:
        return (spoken({"id": _ID, "type": "get_state"}),)

    def heard(self, line: bytes) -> Answer:
        said = understood(line)
        if said is None or said.text("id") != _ID:
            return ()
        state = said.at("data")
        if not said.true("success"):
            return Seen(refused=said.text("error") or "it did not say why")
        shown: tuple[tuple[Capability, str], ...] = (("steer", "steeringMode"), ("resume", "sessionId"))
        can: frozenset[Capability] = frozenset(name for name, field in shown if state.text(field))
        wants = "a login, or a model: it has none" if state.text("model", "id") in ("", "unknown") else ""
        return Seen(wants=wants, can=can)
