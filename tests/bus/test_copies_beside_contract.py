"""What every Copies promises of what lies beside a log, asked of each implementation: long texts, and luggage."""

from contextlib import aclosing

import anyio
import pytest
from joined.towns import INCARNATION

from gastown.bus.event_log import LogUnavailableError
from gastown.bus.luggage import LuggageLostError
from gastown.bus.objects import CHUNK
from gastown.bus.texts import TextLostError, digest_of

LARGE = bytes(range(256)) * 40_000  # more than one answer holds


async def parts(content, size=CHUNK + 1):
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def fetched(towns, name, sender="a", reader="b"):
    async with aclosing(towns.copies(reader).luggage(sender, INCARNATION).fetch(name)) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def test_long_texts_are_read_elsewhere_as_they_were_kept(open_towns):
    async with open_towns() as towns:
        kept = ["", "ü" * CHUNK, "z" * 5_000_000]
        digests = [await towns.texts("a").keep(text) for text in kept]
        await towns.beside("a")
        copy = towns.copies("b").texts("a", INCARNATION)
        assert [await copy.text(digest) for digest in digests] == kept
        assert await copy.digests() == frozenset(digests)


async def test_what_the_hub_lacks_is_named_and_is_there_once_it_came(open_towns):
    async with open_towns() as towns:
        copy, digest = towns.copies("b").texts("a", INCARNATION), digest_of("x" * 300_000)
        for reader in (copy, towns.copies("b").texts("nobody", INCARNATION)):
            with pytest.raises(TextLostError, match=digest):
                await reader.text(digest)
            assert await reader.digests() == frozenset()
        await towns.texts("a").keep("x" * 300_000)
        await towns.beside("a")
        assert await copy.text(digest) == "x" * 300_000
        with pytest.raises(TextLostError):
            await towns.copies("a").texts("b", INCARNATION).text(digest)


async def test_luggage_arrives_as_it_was_sent_and_what_is_not_there_is_named(open_towns):
    async with open_towns() as towns:
        await towns.luggage("a").keep("one", parts(LARGE))
        await towns.luggage("a").keep("one", parts(b"other"))
        await towns.luggage("a").keep("none", parts(b""))
        await towns.beside("a")
        assert await fetched(towns, "one") == LARGE
        assert await fetched(towns, "none") == b""
        for name, sender in (("two", "a"), ("one", "b"), ("one", "nobody")):
            with pytest.raises(LuggageLostError, match=name):
                await fetched(towns, name, sender)


async def test_luggage_that_breaks_off_is_not_there_and_is_sent_anew(open_towns):
    async def broken():
        yield b"x" * CHUNK
        raise ConnectionError("away")

    async with open_towns() as towns:
        with pytest.raises(ConnectionError):
            await towns.luggage("a").keep("one", broken())
        await towns.luggage("a").keep("one", parts(b"whole"))
        await towns.beside("a")
        assert await fetched(towns, "one") == b"whole"


async def test_it_is_read_while_its_town_is_away_and_nobody_reads_without_a_link(open_towns):
    async with open_towns() as towns:
        digest = await towns.texts("a").keep("x" * 300_000)
        await towns.luggage("a").keep("one", parts(LARGE))
        await towns.beside("a")
        await towns.cut("a")
        copy = towns.copies("b").texts("a", INCARNATION)
        with anyio.fail_after(20):
            assert await copy.text(digest) == "x" * 300_000
            assert await fetched(towns, "one") == LARGE
        await towns.cut("b")
        with pytest.raises(LogUnavailableError):
            await copy.text(digest)
        with pytest.raises(LogUnavailableError):
            await fetched(towns, "one")
