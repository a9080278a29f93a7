"""A connection to the town's server: it reconnects for ever, and whoever waits on a lost one is told at once."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit, urlunsplit

import anyio

from gastown.bus.nats_client import TrapFreeClient
from gastown.bus.nats_complaints import Complaints
from gastown.bus.nats_library import errors
from gastown.bus.nats_parser import Receive
from gastown.bus.sizes import MessageTooLargeError
from gastown.clock import new_id
from gastown.errors import UnreachableError
from gastown.loggers import get_logger

Reply: TypeAlias = tuple[bytes, bytes | None]
"""Payload and raw headers of an answer."""

PING_SECONDS = 5  # with two outstanding pings a frozen server is noticed within 15 s (nats-py's defaults: 6 min)
RECONNECT_SECONDS = 0.05  # between attempts; a restarted server answers after 11 ms
CLOSE_SECONDS = 2.0
RELOADING = 2.0
"""Seconds for which a refusal says nothing: a server that is just reading its configuration refuses everybody."""
INBOX = "_INBOX"
"""What the subjects of answers begin with, where a server's permissions do not say otherwise."""
_NO_RESPONDERS = b"NATS/1.0 503"

_log = get_logger("gastown.bus")


class NobodyThereError(UnreachableError):
    """The server answers, and says that nobody listens on the subject."""


class NotConnectedError(UnreachableError):
    """There is no connection just now: nothing was sent."""


class NoAnswerError(UnreachableError):
    """Sent, and no answer came in time, or the connection broke on the way. What became of it is not known."""


class RefusedLoginError(UnreachableError):
    """There is a server, and it does not let us in."""


class UntrustedServerError(UnreachableError):
    """There is a server, and its certificate is expired, of another authority, or for another host."""


class NatsConnection:
    """What the rest of this room uses of NATS. Made by `connect`. refused: set while the server does not let us in."""

    def __init__(self, client: TrapFreeClient, address: str, inbox: str = INBOX) -> None:
        self.address = address
        self._client = client
        self._inboxes = inbox
        self._inbox = f"{self.new_inbox()}."
        self._asked = 0
        self._waiting: dict[bytes, asyncio.Future[Reply | None]] = {}
        self._up = anyio.Event()
        self.refused = anyio.Event()
        self._closing = False
        self._loss_listeners: set[Callable[[], None]] = set()

    @property
    def is_up(self) -> bool:
        return self._client.is_connected

    @property
    def max_payload(self) -> int:
        """What the server takes as one message, in bytes, headers included."""
        return self._client.max_payload

    @property
    def server_id(self) -> str:
        """What the server at the other end calls itself; another one after each of its starts."""
        return self._client.server_id

    async def wait_up(self) -> None:
        """Return as soon as there is a connection."""
        while not self.is_up:
            await self._up.wait()

    @contextmanager
    def on_loss(self, tell: Callable[[], None]) -> Generator[None]:
        """Call `tell` whenever the connection is lost, while the context is open."""
        self._loss_listeners.add(tell)
        try:
            yield
        finally:
            self._loss_listeners.discard(tell)

    async def publish(
        self, subject: str, payload: bytes = b"", *, reply: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Send without waiting. Raises NotConnectedError (nothing is kept to be sent later), MessageTooLargeError."""
        try:
            await self._client.publish(subject, payload, reply, dict(headers) if headers else None)
        except (errors.OutboundBufferLimitError, errors.ConnectionClosedError) as error:
            raise self._not_connected() from error
        except errors.MaxPayloadError as error:
            raise MessageTooLargeError(f"a message to {self.address}", len(payload), self.max_payload) from error

    async def request(
        self, subject: str, payload: bytes = b"", *, patience: float, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send and wait for one answer, up to `patience` seconds.

        Raises NobodyThereError, NotConnectedError, and NoAnswerError, also as soon as the connection breaks (nats-py's
        own request would wait the whole time).
        """
        self._asked += 1
        token = b"%d" % self._asked
        answer: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        self._waiting[token] = answer
        reply: Reply | None = None
        try:
            await self.publish(subject, payload, reply=self._inbox + token.decode(), headers=headers)
            with anyio.move_on_after(patience):
                reply = await answer
        finally:
            self._waiting.pop(token, None)
        if reply is None:
            msg = f"no answer from {subject} within {patience:g} s, or the connection broke"
            raise NoAnswerError(msg)
        if reply[1] is not None and reply[1].startswith(_NO_RESPONDERS):
            msg = f"nobody listens on {subject} at {self.address}"
            raise NobodyThereError(msg)
        return reply

    @asynccontextmanager
    async def subscription(self, subject: str, receive: Receive) -> AsyncGenerator[None]:
        """Hand every message on `subject` to `receive`, also after reconnects, while the context is open."""
        number, subscription = await self._client.subscribe_direct(subject, receive)
        try:
            yield
        finally:
            await self._client.unsubscribe_direct(number, subscription)

    async def round_trip(self, *, patience: float = 5.0) -> None:
        """Return when the server has dealt with all that was sent before. Raises UnreachableError.

        A request to nobody, because a flush that is given up is a trap (`nats_client.py`).
        """
        try:
            await self.request(f"{self._inbox}nobody.there", patience=patience)
        except NobodyThereError:
            return

    def receive_answer(self, subject: bytes, reply: bytes, payload: bytes, headers: bytes | None) -> None:
        answer = self._waiting.pop(subject[len(self._inbox) :], None)
        if answer is not None and not answer.done():
            answer.set_result((payload, headers))

    @property
    def inbox(self) -> str:
        """The subject on which answers to this connection's requests arrive."""
        return f"{self._inbox}*"

    def new_inbox(self) -> str:
        """A subject on which nobody but this connection may expect anything."""
        return f"{self._inboxes}.{new_id()}"

    async def lost(self) -> None:
        """Tell everyone who waits. Called by the client."""
        if self._up.is_set():
            self._up = anyio.Event()
            if not self._closing:
                _log.warning("nats.connection_lost", server=self.address)
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_result(None)
        for tell in tuple(self._loss_listeners):
            tell()

    async def found(self) -> None:
        """There is a connection, for the first time or again. Called by the client."""
        _log.info("nats.connected", server=self.address)
        self.refused = anyio.Event()
        self._up.set()

    def refuse(self) -> None:
        """The server does not let us in. Called by the client."""
        self.refused.set()

    async def close(self) -> None:
        self._closing = True
        with anyio.move_on_after(CLOSE_SECONDS, shield=True), suppress(OSError):
            await self._client.close()

    def _not_connected(self) -> NotConnectedError:
        return NotConnectedError(
            f"the NATS server at {self.address} cannot be reached just now", "`gt up` starts the town and its server"
        )


@asynccontextmanager
async def connect(
    url: str,
    *,
    name: str,
    user: str = "",
    password: str = "",
    token: str = "",
    seed: str = "",
    trust: ssl.SSLContext | None = None,
    inbox: str = INBOX,
    patience: float = 10.0,
    disbelief: float = 0.0,
) -> AsyncGenerator[NatsConnection]:
    """A connection, closed at the end. Tries for `patience` seconds, then raises UnreachableError.

    seed: of the key to log in with, instead of a password. trust: whose servers to talk to, by TLS and no other way
    (`certificates.trusting`). inbox: what the subjects of answers begin with. Raises UntrustedServerError at once, and
    RefusedLoginError after `disbelief` seconds: a server that is just reading its configuration refuses everybody.
    """
    client = TrapFreeClient()
    server, named = _without_credentials(url)
    connection = NatsConnection(client, urlsplit(server).netloc or server, inbox)
    given = {"user": user or None, "password": password or None, "token": token or None}
    given |= {"nkeys_seed_str": seed or None, "tls": trust}
    try:
        options = {"servers": server, "name": name, **given, **named}
        await _open(client, connection, patience, disbelief, options)
        async with connection.subscription(connection.inbox, connection.receive_answer):
            await connection.found()
            yield connection
    finally:
        await connection.close()


def _without_credentials(url: str) -> tuple[str, dict[str, str]]:
    """nats-py takes them from the URL as they stand there, percent signs and all."""
    parts = urlsplit(url)
    userinfo, _, address = parts.netloc.rpartition("@")
    name, colon, password = userinfo.partition(":")
    if not userinfo:
        return url, {}
    named = {"user": unquote(name), "password": unquote(password)} if colon else {"token": unquote(name)}
    return urlunsplit(parts._replace(netloc=address)), named


async def _open(
    client: TrapFreeClient, connection: NatsConnection, patience: float, disbelief: float, options: dict[str, Any]
) -> None:
    now = anyio.current_time()
    scope = anyio.CancelScope(deadline=now + patience)
    complaints = Complaints(connection.refuse, scope.cancel, believed_from=now + disbelief)
    with scope:
        await client.connect(
            error_cb=complaints.hear,
            disconnected_cb=connection.lost,
            reconnected_cb=connection.found,
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_SECONDS,  # pyright: ignore[reportArgumentType]  it sleeps that long
            ping_interval=PING_SECONDS,
            max_outstanding_pings=2,
            pending_size=-1,  # a publish without a connection fails at once, instead of landing at some later time
            **options,
        )
        return
    if complaints.distrust:
        msg = f"the certificate of the NATS server at {connection.address} is not valid: {complaints.distrust}"
        raise UntrustedServerError(
            msg, "`gt hub status` on the hub's machine says until when it is, and for which hosts"
        )
    if connection.refused.is_set():
        msg = f"the NATS server at {connection.address} refuses the credentials"
        raise RefusedLoginError(msg, "check nats.url, its user and its password in town.toml")
    msg = f"no NATS server answers at {connection.address}"
    raise UnreachableError(msg, "`gt up` starts the town and its server")
