"""What other towns have to say to this one, read in the hub's copies of their logs.

One question to the hub is open all the time: who has said something? (`hub_news.py`). Whoever has is read by batches
from where this town stopped, which it keeps itself. Nobody is read further ahead than a batch, and all take turns.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import msgspec
from anyio.lowlevel import checkpoint

from gastown.bus.arrivals import Arrival, is_for
from gastown.bus.direct_get import DirectReader, open_direct
from gastown.bus.heard import Heard, open_heard
from gastown.bus.hub_protocol import AskNews, News, news_subject
from gastown.bus.hub_streams import heard_from_of
from gastown.bus.jetstream_api import HUB_PREFIX, STREAM_NOT_FOUND, ApiError
from gastown.bus.nats_connection import NatsConnection
from gastown.bus.subjects import entity_of, owner_of
from gastown.clock import monotonic
from gastown.errors import UnreachableError
from gastown.events.codec import decode
from gastown.loggers import get_logger

BATCH = 64
BATCH_BYTES = 1024 * 1024
SAVE_EVERY = 64  # arrivals of one sender; fewer when it has no more to say just now
ASK_PATIENCE = 4.0  # seconds; the hub answers after 3 s at the latest, and a cut goes unnoticed until then
ASK_PAUSE = 0.01  # seconds between questions of one who has enough to do
AWAY_PAUSE = 1.0  # seconds between questions to a hub that is away
BEHIND_PAUSE = 0.1  # seconds between looks for what the hub says is there
LOOK_SECONDS = 15.0  # between looks at every known log while nobody tells what is new
LOOK_ANYWAY_SECONDS = 60.0  # while somebody does: a bell that rang unheard must not be the end of it

_encode = msgspec.json.Encoder().encode
_news = msgspec.json.Decoder(News).decode
_log = get_logger("gastown.bus")


class _Sender:
    """One log. read: up to where it was read. wanted: where the hub says that there is something."""

    def __init__(self, stream: str, position: int) -> None:
        self.stream = stream
        self.town = owner_of(stream)
        self.read = position
        self.taken = position
        self.wanted = 0
        self.is_news = True
        self.not_before = 0.0
        self.unsaved = 0
        self.waiting: list[Arrival] = []


class JetStreamArrivals:
    """An Arrivals. Made by `open_arrivals`."""

    def __init__(self, connection: NatsConnection, town: str, reader: DirectReader, heard: Heard, prefix: str) -> None:
        self.inbox = connection.new_inbox()
        self._connection = connection
        self._town = town
        self._reader = reader
        self._heard = heard
        self._prefix = prefix
        self._senders = {stream: _Sender(stream, position) for stream, position in heard.positions.items()}
        self._turn = ""
        self._asked = AskNews()
        self._answer_by = 0.0  # of the open question, 0 when there is none
        self._next_ask = 0.0  # while there is enough to do
        self._away_until = 0.0
        self._looked = monotonic()
        self._next_look = self._looked + LOOK_SECONDS
        self._changed = anyio.Event()

    async def next(self) -> Arrival:
        while True:
            await checkpoint()  # whoever has enough to do hears what is new, too
            self._changed = anyio.Event()
            if monotonic() >= self._next_ask:
                await self._ask()
            for sender in self._in_turn():
                arrival = await self._first_of(sender)
                if arrival is not None:
                    self._turn = sender.stream
                    return arrival
            await self._ask()
            with anyio.move_on_after(self._longest_wait()):
                await self._changed.wait()

    async def taken(self, arrival: Arrival) -> None:
        sender = self._senders.get(arrival.stream)
        if sender is None or arrival.position <= sender.taken:
            return
        sender.taken = arrival.position
        sender.unsaved += 1
        sender.waiting = [other for other in sender.waiting if other.position > sender.taken]
        self._heard.positions[sender.stream] = sender.taken
        if not sender.waiting or sender.unsaved >= SAVE_EVERY:
            await self.save()

    async def save(self) -> None:
        """What was taken, where that was not done yet: no trouble if it fails, since what is heard again is known."""
        unsaved = [sender for sender in self._senders.values() if sender.unsaved]
        if not unsaved:
            return
        try:
            await self._heard.save()
        except UnreachableError as error:
            _log.info("arrivals.not_saved", reason=error.message)
            return
        for sender in unsaved:
            sender.unsaved = 0

    def hear_news(self, _: bytes, __: bytes, payload: bytes, headers: bytes | None) -> None:
        self._answer_by = 0.0
        self._changed.set()
        if headers is not None:  # nobody there
            self._away_until = monotonic() + AWAY_PAUSE
            return
        try:
            news = _news(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._away_until = monotonic() + AWAY_PAUSE
            return
        self._asked = AskNews(of=news.of, count=news.count)
        self._next_look = self._looked + max(LOOK_ANYWAY_SECONDS, len(self._senders))
        for stream, position in news.streams.items():
            self._has_news(stream, position)
        if news.everything:
            self._look_at_all()

    def lose(self) -> None:
        self._answer_by = 0.0
        self._look_at_all()
        self._changed.set()

    def _has_news(self, stream: str, position: int) -> None:
        if owner_of(stream) in ("", self._town):
            return
        if stream not in self._senders:
            self._senders[stream] = _Sender(stream, self._heard.positions.get(stream, -1))
        sender = self._senders[stream]
        sender.wanted = max(sender.wanted, position)
        sender.is_news = sender.is_news or position > sender.read

    def _look_at_all(self) -> None:
        self._looked = monotonic()
        self._next_look = self._looked + LOOK_SECONDS
        for sender in self._senders.values():
            sender.is_news = True

    async def _ask(self) -> None:
        now = monotonic()
        if now >= self._next_look:
            self._look_at_all()
        if now < max(self._away_until, self._answer_by):
            return
        self._answer_by, self._next_ask = now + ASK_PATIENCE, now + ASK_PAUSE
        try:
            await self._connection.publish(news_subject(self._town), _encode(self._asked), reply=self.inbox)
        except UnreachableError:
            self._answer_by, self._away_until = 0.0, now + AWAY_PAUSE

    def _in_turn(self) -> list[_Sender]:
        streams = list(self._senders)
        at = streams.index(self._turn) + 1 if self._turn in self._senders else 0
        return [self._senders[stream] for stream in streams[at:] + streams[:at]]

    def _longest_wait(self) -> float:
        now = monotonic()
        moments = [self._answer_by or self._away_until, self._next_look]
        moments += [sender.not_before for sender in self._senders.values() if sender.is_news and not sender.waiting]
        return max(0.0, min(moments) - now)

    async def _first_of(self, sender: _Sender) -> Arrival | None:
        """Its first arrival that was not taken, counted as handed out."""
        if not sender.waiting and sender.is_news and monotonic() >= sender.not_before:
            try:
                await self._read(sender)
            except UnreachableError as error:
                if isinstance(error, ApiError) and error.err_code == STREAM_NOT_FOUND:
                    del self._senders[sender.stream]
                    return None
                _log.info("arrivals.not_read", stream=sender.stream, reason=error.message)
                sender.not_before = monotonic() + AWAY_PAUSE
        if not sender.waiting:
            return None
        sender.waiting[0] = arrival = _once_more(sender.waiting[0])
        return arrival

    async def _read(self, sender: _Sender) -> None:
        if sender.read < 0:
            sender.read = sender.taken = await heard_from_of(self._connection, sender.stream, self._prefix)
        wanted = sender.wanted
        messages, left = await self._reader.get(
            sender.stream,
            seq=sender.read + 1,
            next_by_subj=f"ev.{sender.town}.*.{self._town}.>",
            batch=BATCH,
            max_bytes=BATCH_BYTES,
        )
        for position, subject, payload in messages:
            entity = entity_of(subject)
            sender.read = position
            if is_for(self._town, entity):
                events = decode(payload, position=position, entity=entity)
                sender.waiting.append(
                    Arrival(
                        town=sender.town,
                        stream=sender.stream,
                        position=position,
                        entity=entity,
                        events=events,
                        received=0,
                    )
                )
        sender.is_news = left > 0 or sender.wanted > wanted
        if not left and sender.read < wanted:  # a replica may be a little behind the one that told
            sender.is_news, sender.not_before = True, monotonic() + BEHIND_PAUSE


def _once_more(arrival: Arrival) -> Arrival:
    return msgspec.structs.replace(arrival, received=arrival.received + 1)


@asynccontextmanager
async def open_arrivals(
    connection: NatsConnection, town: str, incarnation: str, *, prefix: str = HUB_PREFIX
) -> AsyncGenerator[JetStreamArrivals]:
    """What arrives at `town`. connection: its own, to its own server. prefix: of the API of the hub's JetStream.

    Raises UnreachableError when the town's own server does not answer; the hub need not be there.
    """
    heard = await open_heard(connection, town, incarnation)
    async with open_direct(connection, prefix) as reader:
        arrivals = JetStreamArrivals(connection, town, reader, heard, prefix)
        with connection.on_loss(arrivals.lose):
            async with connection.subscription(arrivals.inbox, arrivals.hear_news):
                try:
                    yield arrivals
                finally:
                    with anyio.CancelScope(shield=True):
                        await arrivals.save()
