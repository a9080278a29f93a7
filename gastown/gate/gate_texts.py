"""Long texts of the town, as an outer host gets them: asked for by their digest, at the gate."""

import msgspec

from gastown.bus.commands import Commands
from gastown.bus.gate_protocol import TEXTS, GateReply
from gastown.bus.texts import TextLostError, digest_of
from gastown.errors import RefusedError, UnreachableError
from gastown.events.ids import HostName
from gastown.events.kept import Digest
from gastown.not_json import NOT_JSON

_PATIENCE = 30.0  # seconds


class GateTexts:
    """A Texts that is only read: an outer host keeps nothing beside the log."""

    def __init__(self, commands: Commands, host: HostName) -> None:
        self._commands = commands
        self._service = f"{TEXTS}.{host}"

    async def keep(self, text: str) -> Digest:
        raise RefusedError(f"a host on another machine keeps no texts ({len(text)} characters)")

    async def text(self, digest: Digest) -> str:
        answer = await self._commands.request(self._service, digest.encode(), patience=_PATIENCE)
        try:
            said = msgspec.msgpack.decode(answer, type=str | GateReply)
        except NOT_JSON as error:
            raise UnreachableError(f"the town's answer cannot be read: {error}") from error
        if isinstance(said, GateReply) or digest_of(said) != digest:
            raise TextLostError(digest)
        return said

    async def holds(self, digest: Digest) -> bool:
        raise RefusedError(f"a host on another machine does not look for {digest}")

    async def digests(self) -> frozenset[Digest]:
        raise RefusedError("a host on another machine lists no texts")
