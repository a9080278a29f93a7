"""Tells towns that others have said something to them: at once, and each of them as often as it asks.

Every message that is stored in a copy rings a bell in the hub's server, heard here and nowhere else; a town has one
question open all the time, which is answered when there is something new for it. So a town is told once of a thousand
messages, at its own pace, and whatever is lost on the way is asked for again. Nothing here is kept: who begins anew
tells everyone to look for themselves.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import takewhile

import anyio
import msgspec

from gastown.bus.arrivals import HEARD
from gastown.bus.hub_protocol import AskNews, News, news_subject
from gastown.bus.hub_streams import bell_subjects, copied_streams
from gastown.bus.nats_connection import NatsConnection
from gastown.clock import monotonic, new_id
from gastown.errors import UnreachableError
from gastown.loggers import get_logger

HOLD_SECONDS = 3.0
"""How long a question stays open when there is nothing to tell."""

_encode = msgspec.json.Encoder().encode
_question = msgspec.json.Decoder(AskNews).decode
_log = get_logger("gastown.bus")


class _Hearer:
    """A town that asks. told: by stream, the count at which it was last heard from, and where."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[int, int]] = {}
        self.reply = ""  # of its question
        self.question = AskNews()
        self.until = 0.0

    def news(self, of: str, count: int) -> News:
        since = self.question.count
        streams = {stream: position for stream, (when, position) in self.told.items() if when > since}
        return News(of=of, count=count, streams=streams)


class HubNews:
    """Made by `hub_news`. connection: the hub's own process's."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self._of = new_id()
        self._count = 0
        self._hearers: dict[str, _Hearer] = {}
        self._open: dict[str, None] = {}  # who has an open question, in the order in which they end
        self._concerned: set[str] = set()  # who may have something to be told
        self._changed = anyio.Event()

    def lose(self) -> None:
        """Bells may have rung unheard."""
        self._of = new_id()
        self._hearers.clear()
        self._open.clear()

    def hear_bell(self, subject: bytes, _: bytes, __: bytes, headers: bytes | None) -> None:
        """`bell.<town>.<kind>.<hearer>.…`"""
        name = subject.split(b".", 4)[3].decode(errors="replace")
        hearer = self._hearers.get(name)
        if hearer is None or headers is None:
            return  # it is told to look for itself when it first asks
        stream = _header(headers, b"\r\nNats-Stream: ").decode(errors="replace")
        position = _header(headers, b"\r\nNats-Sequence: ")
        if stream and position.isdigit():
            self._count += 1
            hearer.told[stream] = (self._count, int(position))
            if name in self._open:
                self._concerns(name)

    def hear_question(self, subject: bytes, reply: bytes, payload: bytes, _: bytes | None) -> None:
        try:
            question = _question(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return
        name = subject.split(b".", 3)[2].decode(errors="replace")
        hearer = self._hearers.setdefault(name, _Hearer())
        hearer.reply, hearer.question = reply.decode(errors="replace"), question
        hearer.until = monotonic() + HOLD_SECONDS
        self._open.pop(name, None)
        self._open[name] = None
        self._concerns(name)

    def _concerns(self, name: str) -> None:
        self._concerned.add(name)
        self._changed.set()

    async def run(self) -> None:
        """Answer, for ever."""
        while True:
            self._changed = anyio.Event()
            await self._answer_whom_it_concerns()
            first = next(iter(self._open), None)
            left = None if first is None else max(0.0, self._hearers[first].until - monotonic())
            with anyio.move_on_after(left):
                await self._changed.wait()

    async def _answer_whom_it_concerns(self) -> None:
        """Those alone: at a hub of many towns, somebody is concerned all the time."""
        concerned, self._concerned = self._concerned | self._expired(), set()
        everything: News | None = None
        for name in concerned:
            hearer = self._hearers.get(name)
            if hearer is None or name not in self._open:
                continue
            news = hearer.news(self._of, self._count)
            stranger = hearer.question.of != self._of
            if not (stranger or news.streams or monotonic() >= hearer.until):
                continue
            del self._open[name]
            try:
                if stranger:
                    news = everything = everything or await self._everything()
                await self._connection.publish(hearer.reply, _encode(news))
            except UnreachableError as error:
                _log.info("hub.news_not_told", reason=error.message)

    def _expired(self) -> set[str]:
        now = monotonic()
        return set(takewhile(lambda name: self._hearers[name].until <= now, self._open))

    async def _everything(self) -> News:
        count = self._count
        streams = dict.fromkeys(await copied_streams(self._connection), 0)
        return News(of=self._of, count=count, streams=streams, everything=True)


def _header(headers: bytes, name: bytes) -> bytes:
    at = headers.rfind(name)
    start = at + len(name)
    return headers[start : headers.find(b"\r\n", start)] if at >= 0 else b""


@asynccontextmanager
async def hub_news(connection: NatsConnection) -> AsyncGenerator[HubNews]:
    """Tell towns what is new while the context is open and `run` runs."""
    news = HubNews(connection)
    with connection.on_loss(news.lose):
        async with (
            connection.subscription(bell_subjects("*", f"{HEARD[0]}.*.>"), news.hear_bell),
            connection.subscription(bell_subjects("*", f"{HEARD[1]}.*.>"), news.hear_bell),
            connection.subscription(bell_subjects("*", f"{HEARD[2]}.*.>"), news.hear_bell),
            connection.subscription(news_subject("*"), news.hear_question),
        ):
            yield news
