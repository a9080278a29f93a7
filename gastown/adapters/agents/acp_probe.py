"""An agent that speaks ACP, asked who it is and for a conversation, in which nothing is said. Pure."""

from typing import Any

import msgspec

from gastown.adapters.agents import acp_wire as wire
from gastown.adapters.agents.acp_opening import HINT, Opened, Opening
from gastown.adapters.agents.acp_program import AcpProgram
from gastown.adapters.agents.port import Capability, Start
from gastown.adapters.agents.probe import Answer, Seen
from gastown.events.turn import Failure


class AcpProbe:
    """See `probe.Probe`."""

    def __init__(self, program: AcpProgram, start: Start) -> None:
        self._opening = Opening(program, start)
        self._seen = Seen()
        self._asked = 0

    def opening(self) -> tuple[bytes, ...]:
        return (self._ask(*self._opening.begin()),)

    def heard(self, line: bytes) -> Answer:
        said = wire.read(line)
        if said is None or said.method or said.id != self._asked:
            return ()
        if self._asked == 1:
            self._seen = _shown(wire.fields(said.result))
        then = self._opening.answer(said)
        match then:
            case Failure():
                return _wanting(self._seen, then)
            case Opened():
                return self._seen
            case (method, params):
                return (self._ask(method, params),)

    def _ask(self, method: str, params: Any) -> bytes:
        self._asked += 1
        return wire.request(self._asked, method, params)


def _wanting(seen: Seen, failure: Failure) -> Seen:
    wants = "a login" if failure.kind == "auth" else ""
    return msgspec.structs.replace(seen, wants=wants, refused=failure.message.removesuffix(HINT))


def _shown(told: dict[str, Any]) -> Seen:
    """By its answer to "initialize". Turns and their cancelling, and MCP servers by stdio, ACP demands of everyone."""
    version = wire.fields(told.get("agentInfo")).get("version")
    able = wire.fields(told.get("agentCapabilities"))
    can: set[Capability] = {"turns", "cancel"}
    cannot: set[Capability] = set()
    (can if able.get("loadSession") is True else cannot).add("resume")
    if wire.fields(wire.fields(able.get("_meta")).get("claudeCode")).get("promptQueueing") is True:
        can.add("steer")
    if "mcpCapabilities" in able:
        can.add("servers")
    if "fork" in wire.fields(able.get("sessionCapabilities")):
        can.add("fork")
    return Seen(version=version if isinstance(version, str) else "", can=frozenset(can), cannot=frozenset(cannot))
