"""A hub over NATS: through the town's own server once that is a leaf of it; before, over a connection of its own."""

from collections.abc import Sequence
from ssl import SSLContext

import msgspec

from gastown.bus.hub import question_of, read_reply
from gastown.bus.hub_protocol import JOIN_SUBJECT, HubReply, Join, Question, Return, question_subject
from gastown.bus.hub_server import INVITED_INBOX, INVITED_PASSWORD, INVITED_USER
from gastown.bus.nats_connection import RELOADING, NatsConnection, NobodyThereError, UntrustedServerError, connect
from gastown.bus.trust import trusting
from gastown.errors import UnreachableError

_PATIENCE = 3.0
"""Seconds for an answer of a hub that is there; one that is away is told at once."""
_DOOR_PATIENCE = 5.0  # seconds, for the connection and for the answer each: the hub takes a new town into its server


class NatsHub:
    def __init__(self, connection: NatsConnection, town: str) -> None:
        self._connection = connection
        self._town = town

    async def ask_at_door(self, urls: Sequence[str], authority: str, question: Join | Return) -> HubReply:
        return await ask_at_door(urls, authority, question)

    async def ask(self, question: Question) -> HubReply:
        subject = question_subject(self._town, question_of(question))
        try:
            payload, _ = await self._connection.request(subject, msgspec.json.encode(question), patience=_PATIENCE)
        except NobodyThereError as error:
            raise UnreachableError("the hub is not connected just now", "gt doctor says more") from error
        return read_reply(payload)


async def ask_at_door(urls: Sequence[str], authority: str, question: Join | Return) -> HubReply:
    """At each of the hub's addresses, until one answers. Raises UntrustedServerError, UnreachableError."""
    trust = trusting(authority)
    trouble = UnreachableError("no address of it is known")
    for url in urls:
        try:
            return await _asked(url, trust, question)
        except UntrustedServerError:
            raise
        except UnreachableError as error:
            trouble = error
    msg = f"the hub cannot be reached at {', '.join(urls)}: {trouble.message}"
    raise UnreachableError(msg, "see that it is up, there: gt hub status; then the same gt join again") from trouble


async def _asked(url: str, trust: SSLContext, question: Join | Return) -> HubReply:
    async with connect(
        url,
        name=f"town {question.town} at the door",
        user=INVITED_USER,
        password=INVITED_PASSWORD,
        trust=trust,
        inbox=INVITED_INBOX,
        patience=_DOOR_PATIENCE,
        disbelief=RELOADING,
    ) as connection:
        asked = msgspec.json.encode(question)
        payload, _ = await connection.request(JOIN_SUBJECT, asked, patience=_DOOR_PATIENCE)
        return read_reply(payload)
