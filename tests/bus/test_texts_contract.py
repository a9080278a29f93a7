"""Long texts beside the log: one contract, on each implementation."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from gastown.bus.event_log import LogUnavailableError
from gastown.bus.jetstream_texts import JetStreamTexts
from gastown.bus.memory_texts import MemoryTexts
from gastown.bus.nats_connection import connect
from gastown.bus.objects import CHUNK
from gastown.bus.texts import TextLostError, Texts, digest_of, shortened, whole
from gastown.events.bead import BeadCreated, BeadUpdated
from gastown.events.kept import HEAD, LONGEST_IN_EVENT, Kept, digests_in

TOWN, INCARNATION = "testtown", "01JINCARNATION"


@asynccontextmanager
async def on_server(server) -> AsyncIterator[JetStreamTexts]:
    async with connect(server.url, name="test", user=server.user, password=server.password) as connection:
        yield JetStreamTexts(connection, TOWN, INCARNATION)


@pytest.fixture(params=["memory", "jetstream"])
def open_texts(request) -> Callable[[], AbstractAsyncContextManager[Texts]]:
    if request.param == "jetstream":
        server = request.getfixturevalue("nats_server")
        return lambda: on_server(server)

    @asynccontextmanager
    async def open_memory() -> AsyncIterator[Texts]:
        yield MemoryTexts()

    return open_memory


async def test_what_is_kept_is_there_under_its_digest(open_texts):
    texts_of_all_sizes = [
        "",
        "x",
        "ü" * CHUNK,
        "y" * CHUNK,
        "z" * (CHUNK + 1),
        "\x1b[31m\0\r\n" * 100_000,
        "🙂" * 1_000_000,
    ]
    async with open_texts() as texts:
        assert await texts.digests() == frozenset()
        digests = [await texts.keep(text) for text in texts_of_all_sizes]
        assert digests == [digest_of(text) for text in texts_of_all_sizes]
        assert [await texts.text(digest) for digest in digests] == texts_of_all_sizes
        assert await texts.digests() == frozenset(digests)


async def test_the_same_text_is_kept_once(open_texts):
    async with open_texts() as texts:
        assert await texts.keep("x" * 300_000) == await texts.keep("x" * 300_000)
        assert len(await texts.digests()) == 1


async def test_a_text_that_is_not_there_is_named(open_texts):
    async with open_texts() as texts:
        with pytest.raises(TextLostError, match="0" * 64):
            await texts.text("0" * 64)
        await texts.keep("x")
        with pytest.raises(TextLostError):
            await texts.text("1" * 64)


async def test_only_a_long_text_is_kept_apart_and_an_event_that_names_it_says_so(open_texts):
    async with open_texts() as texts:
        for short in ("", "x" * LONGEST_IN_EVENT, "ü" * (LONGEST_IN_EVENT // 2)):
            assert await shortened(texts, short) == short
        long = "ü" * (LONGEST_IN_EVENT // 2 + 1)
        kept = await shortened(texts, long)
        assert kept == Kept(digest=digest_of(long), size=LONGEST_IN_EVENT + 2, head=long[:HEAD] + "…")
        assert await whole(texts, kept) == long
        assert digests_in(BeadCreated(title="t", description=kept, acceptance="short")) == (kept.digest,)
        assert digests_in(BeadUpdated(notes=kept, description=kept)) == (kept.digest, kept.digest)


async def test_a_killed_server_has_every_text_it_acknowledged(nats_server):
    async with on_server(nats_server) as texts:
        digest = await texts.keep("x" * 1_000_000)
        nats_server.restart()
        assert await texts.text(digest) == "x" * 1_000_000
        assert await texts.keep("y") == digest_of("y")


async def test_a_half_kept_text_is_not_there_and_is_kept_anew(nats_server, monkeypatch):
    text = "x" * (3 * CHUNK)
    async with on_server(nats_server) as texts:
        await texts.keep("other")
        bucket, sent = texts._store, []
        store = bucket._store

        async def breaking(subject, payload):
            sent.append(subject)
            if len(sent) == 3:
                raise KeyboardInterrupt
            await store(subject, payload)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(bucket, "_store", breaking)
            await texts.keep(text)
        with pytest.raises(TextLostError):
            await texts.text(digest_of(text))
        assert await texts.text(await texts.keep(text)) == text


async def test_a_server_that_is_gone_is_said_to_be(nats_server, monkeypatch):
    monkeypatch.setattr("gastown.bus.jetstream_texts.PATIENCE", 0.2)
    async with on_server(nats_server) as texts:
        nats_server.end()
        with pytest.raises(LogUnavailableError):
            await texts.keep("x")
