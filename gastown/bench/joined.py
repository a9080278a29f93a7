"""Several towns and their hub, beside nats-py over the same links."""

from contextlib import AsyncExitStack
from pathlib import Path

import anyio

from gastown.bench.bare_nats import BareNats, bare_nats
from gastown.bench.figure import Budget, Figure, NotMeasuredError, figure, percentile
from gastown.bench.links import Linked, Links, inbox_of, linked
from gastown.bench.size import Size
from gastown.bus.event_log import Append, LogReader
from gastown.bus.hub_news import hub_news
from gastown.bus.hub_streams import bell_subjects, copy_facts, ensure_copy
from gastown.bus.jetstream_arrivals import JetStreamArrivals, open_arrivals
from gastown.bus.jetstream_copies import JetStreamCopies
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.subjects import stream_name
from gastown.bus.tracing import start_span
from gastown.clock import monotonic, new_id, now
from gastown.config import TownConfig
from gastown.events.envelope import Envelope
from gastown.events.ids import Entity
from gastown.events.letter import LetterSent

LINK = "nats-py: a request over the same link, answered at the hub"
READ = "nats-py: a plain subscription to a push consumer of the town's own server"
OWN = "the town's own log, read by the town"
PATIENCE = 120.0  # seconds
_WARM_UP = 20


async def figures(folder: Path, past: TownConfig, size: Size) -> list[Figure]:
    talk, copies = folder / "talk", folder / "copies"
    for made in (talk, copies):
        made.mkdir()
    async with linked(talk, "ab") as links:
        found = await _talking(links, size)
    async with linked(copies, "b", past) as links:
        return found + await _copying(links, past)


async def _talking(links: Links, size: Size) -> list[Figure]:
    for town in links.towns.values():
        await ensure_copy(links.hub, town.name, town.incarnation)
    a, count = links.towns["a"], _WARM_UP + size.letters
    async with AsyncExitStack() as things:
        at_hub = await things.enter_async_context(bare_nats(links.login, trust=links.trust))
        at_a = await things.enter_async_context(bare_nats(a.login, inbox=inbox_of("a")))
        await at_hub.answer("ask.hub.a.echo")
        seen, link = await _until_seen(links, at_a, count)
    heard = await _until_heard(links, count)
    return [
        _at(50, "append to visible at the hub", seen, link, Budget(3.0)),
        _at(99, "append to visible at the hub", seen, link, None),
        _at(50, "append to arrival in another town", heard, link, None),
        _at(99, "append to arrival in another town", heard, link, None),
    ]


def _at(percent: int, name: str, ours: list[float], floor: list[float], budget: Budget | None) -> Figure:
    return figure(
        f"{name}, p{percent}",
        "ms",
        value=percentile(ours[_WARM_UP:], percent) * 1000,
        floor=percentile(floor[_WARM_UP:], percent) * 1000,
        floor_is=LINK,
        budget=budget,
    )


async def _until_seen(links: Links, bare: BareNats, count: int) -> tuple[list[float], list[float]]:
    """Seconds from the call of each append until the hub says that its copy has it; of each bare request."""
    letters, seen, link, rung = _Letters(links.towns["a"]), list[float](), list[float](), anyio.Event()

    def ring(*_: bytes | None) -> None:
        rung.set()

    async with links.hub.subscription(bell_subjects("a"), ring):
        await links.hub.round_trip()
        for _ in range(count):
            rung, begin = anyio.Event(), monotonic()
            payload = await letters.send()
            with anyio.fail_after(PATIENCE):
                await rung.wait()
            seen.append(monotonic() - begin)
            link.append(await bare.ask("ask.hub.a.echo", payload))
    return seen, link


async def _until_heard(links: Links, count: int) -> list[float]:
    """Seconds from the call of each append until the other town has it as an arrival."""
    b, found = links.towns["b"], list[float]()
    async with hub_news(links.hub) as news, anyio.create_task_group() as tasks:
        tasks.start_soon(news.run)
        async with open_arrivals(b.connection, b.name, b.incarnation) as arrivals:
            await _take_all(arrivals, count)
            letters = _Letters(links.towns["a"])
            for _ in range(count):
                begin = monotonic()
                await letters.send()
                await _take_all(arrivals, 1)
                found.append(monotonic() - begin)
        tasks.cancel_scope.cancel()
    return found


async def _take_all(arrivals: JetStreamArrivals, count: int) -> None:
    for _ in range(count):
        with anyio.fail_after(PATIENCE):
            await arrivals.taken(await arrivals.next())


class _Letters:
    """From this town to b."""

    def __init__(self, town: Linked) -> None:
        self._log = JetStreamEventLog(town.connection, town.name, town.incarnation)

    async def send(self) -> bytes:
        """Returns as many bytes as it has."""
        mail = new_id()
        sent = LetterSent(sender="overseer", reply="", to="overseer", subject="A figure", text="x" * 100)
        with start_span("bench") as span:
            envelope = Envelope(
                id=new_id(),
                time=now(),
                actor="overseer",
                command=new_id(),
                cause="",
                correlation=span.trace_id,
                traceparent=span.traceparent,
                data=sent,
            )
        await self._log.append([Append(entity=Entity("letter", f"b.{mail}"), expected=0, envelopes=(envelope,))])
        return b"x" * 400


async def _copying(links: Links, past: TownConfig) -> list[Figure]:
    town, b = links.towns[past.name], links.towns["b"]
    log = JetStreamEventLog(town.connection, town.name, town.incarnation)
    messages = await log.last_position()
    async with bare_nats(town.login, inbox=inbox_of(town.name)) as bare:
        bare_rate = messages / await bare.read(stream_name(town.name, town.incarnation))
    caught_up = messages / await _seconds_to_copy(links, town, messages)
    own = await _rate(log, messages)
    copy = await _rate(JetStreamCopies(b.connection).log(town.name, town.incarnation), messages)
    fast, fair = Budget(50_000.0, of="value", at_least=True), Budget(30_000.0, of="value", at_least=True)
    read, catch_up = "another town's log read at the hub", f"the hub catches up, {messages:,} messages"
    return [
        figure(catch_up, "messages/s", value=caught_up, floor=bare_rate, floor_is=READ, budget=fast),
        figure(read, "messages/s", value=copy, floor=own, floor_is=OWN, budget=fair),
    ]


async def _seconds_to_copy(links: Links, town: Linked, messages: int) -> float:
    begin = monotonic()
    await ensure_copy(links.hub, town.name, town.incarnation)
    with anyio.move_on_after(PATIENCE):
        while not any(facts.position >= messages for facts in await copy_facts(links.hub)):  # noqa: ASYNC110  it tells nobody
            await anyio.sleep(0.005)
        return monotonic() - begin
    raise NotMeasuredError(f"the hub did not copy {messages} messages in {PATIENCE:g} s")


async def _rate(log: LogReader, messages: int) -> float:
    begin, found = monotonic(), 0
    async for _ in log.read():
        found += 1
    if found != messages:
        raise NotMeasuredError(f"reading brought {found} of {messages} messages")
    return messages / (monotonic() - begin)
