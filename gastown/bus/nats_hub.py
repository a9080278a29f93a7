"""A hub over NATS: through the town's own server once that is a leaf of it; before, over a connection of its own."""

from ssl import SSLContext

import msgspec

from gastown.bus import certificates
from gastown.bus.hub import question_of, read_reply
from gastown.bus.hub_protocol import JOIN_SUBJECT, HubReply, Join, Question, question_subject
from gastown.bus.hub_server import INVITED_INBOX, INVITED_PASSWORD, INVITED_USER, RELOADING
from gastown.bus.invitation import Invitation
from gastown.bus.nats_connection import NatsConnection, NobodyThereError, UntrustedServerError, connect
from gastown.errors import UnreachableError

_PATIENCE = 3.0
"""Seconds for an answer of a hub that is there; one that is away is told at once."""
_JOIN_PATIENCE = 5.0  # seconds, for the connection and for the answer each: the hub takes a new town into its server


class NatsHub:
    def __init__(self, connection: NatsConnection, town: str) -> None:
        self._connection = connection
        self._town = town

    async def ask_to_join(self, invitation: Invitation, join: Join) -> HubReply:
        return await ask_to_join(invitation, join)

    async def ask(self, question: Question) -> HubReply:
        subject = question_subject(self._town, question_of(question))
        try:
            payload, _ = await self._connection.request(subject, msgspec.json.encode(question), patience=_PATIENCE)
        except NobodyThereError as error:
            raise UnreachableError("the hub is not connected just now", "gt doctor says more") from error
        return read_reply(payload)


async def ask_to_join(invitation: Invitation, join: Join) -> HubReply:
    """At each of the hub's addresses, until one answers. Raises UntrustedServerError, UnreachableError."""
    trust = certificates.trusting(invitation.ca)
    trouble = UnreachableError(f"the invitation names no address of the hub {invitation.hub}")
    for url in invitation.urls:
        try:
            return await _asked(url, trust, join)
        except UntrustedServerError:
            raise
        except UnreachableError as error:
            trouble = error
    msg = f"the hub {invitation.hub} cannot be reached at {', '.join(invitation.urls)}: {trouble.message}"
    raise UnreachableError(msg, "see that it is up, there: gt hub status; then the same gt join again") from trouble


async def _asked(url: str, trust: SSLContext, join: Join) -> HubReply:
    async with connect(
        url,
        name=f"town {join.town} joins",
        user=INVITED_USER,
        password=INVITED_PASSWORD,
        trust=trust,
        inbox=INVITED_INBOX,
        patience=_JOIN_PATIENCE,
        disbelief=RELOADING,
    ) as connection:
        asked = msgspec.json.encode(join)
        payload, _ = await connection.request(JOIN_SUBJECT, asked, patience=_JOIN_PATIENCE)
        return read_reply(payload)
