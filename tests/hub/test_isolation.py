"""What one town tries against another, through the hub that both are members of. Nothing of it may work."""

from contextlib import aclosing, asynccontextmanager

import anyio
import msgspec
import pytest
from hub_at_work import granted, hub_call, last_of, level

from gastown.bus.hub_protocol import AskTowns
from gastown.bus.jetstream_copies import JetStreamCopies
from gastown.bus.jetstream_luggage import JetStreamLuggage
from gastown.bus.jetstream_texts import JetStreamTexts
from gastown.bus.objects import chunk_subject, luggage_bucket, meta_subject, stream_of, texts_bucket
from gastown.bus.texts import digest_of
from gastown.errors import UnreachableError


@pytest.fixture
def listening():
    """Collects what arrives on a subject while the context is open."""

    @asynccontextmanager
    async def listen(connection, *subjects):
        heard = []
        async with anyio.create_task_group():
            contexts = [
                connection.subscription(subject, lambda subject, *rest: heard.append((subject, rest[1])))
                for subject in subjects
            ]
            for context in contexts:
                await context.__aenter__()
            await connection.round_trip()
            try:
                yield heard
            finally:
                for context in contexts:
                    await context.__aexit__(None, None, None)

    return listen


@pytest.fixture
async def two(join):
    """The town that attacks, and its victim, whose log holds three facts that the hub has."""
    a, b = await join("a"), await join("b")
    return a, b


async def refused(connection, subject, payload=b"{}"):
    """Neither carried out nor answered."""
    with pytest.raises(UnreachableError):
        await connection.request(subject, payload, patience=0.3)


async def hub_is_done(town, connection):
    """Whatever was sent before has been dealt with: it comes the same way."""
    granted(await town.ask(connection, AskTowns()))


async def test_nobody_writes_deletes_or_disturbs_another_s_log_or_copy(two):
    a, b = two
    async with a.at_work() as at_a, b.at_work() as at_b:
        await b.write(at_b, count=3)
        await level(b, at_b)
        config = b'{"name": "%s"}' % b.stream.encode()
        consumer = msgspec.json.encode({"stream_name": b.stream, "config": {"deliver_subject": "_INBOX.a.x"}})
        await refused(at_a, "ev.b.bead.x")
        for api in ("$JS.hub.API", "$JS._hub.API", "$JS.b.API"):
            for method in ("STREAM.PURGE", "STREAM.DELETE", "STREAM.UPDATE", "STREAM.MSG.DELETE"):
                await refused(at_a, f"{api}.{method}.{b.stream}", config)
            await refused(at_a, f"{api}.CONSUMER.CREATE.{b.stream}", consumer)
            await refused(at_a, f"{api}.CONSUMER.CREATE.{b.stream}.spy.ev.b.>", consumer)
            await refused(at_a, f"{api}.STREAM.CREATE.MINE", b'{"name": "MINE", "subjects": ["x"]}')
        await refused(at_a, f"$JS.b.API.STREAM.INFO.{b.stream}")
        await b.write(at_b, count=2)
        await level(b, at_b, at_a)
        assert await last_of(at_b, b.stream) == await last_of(at_b, b.stream, "hub") == 5


async def test_nobody_asks_under_another_s_name(two, hub):
    a, b = two
    async with a.at_work() as at_a, b.at_work() as at_b:
        await refused(at_a, "ask.hub.b.leave", b'{"type": "leave"}')
        await refused(at_a, "ask.hub.b.towns", b'{"type": "towns"}')
        await refused(at_a, "join.hub")
        await refused(at_a, "svc.hub.x.keep", b'{"type": "look"}')
        await hub_is_done(b, at_b)
        assert set(await hub.members()) == {"a", "b"}


async def test_nobody_has_the_hub_say_to_others_what_it_wrote(two, hub, listening):
    """An answer goes where the question says: with a stored message as the answer, that would be anywhere."""
    a, b = two
    async with a.at_work() as at_a, b.at_work() as at_b:
        await at_a.request("ev.a.bead.evil", b'{"type": "leave"}', patience=2.0)
        await level(a, at_a)
        async with listening(at_b, "_INBOX.b.x", "sync.>", "ask.>", "ev.>", "$JS.b.>") as heard:
            api = (f"$JS.b.API.CONSUMER.CREATE.{b.stream}", f"$JS.hub.API.STREAM.DELETE.{b.stream}")
            for reply in ("ask.hub.b.leave", "ask.hub.a.leave", "_INBOX.b.x", "sync.hub.b.x", "ev.b.bead.x", *api):
                get = f"$JS.hub.API.DIRECT.GET.{a.stream}"
                await at_a.publish(get, b'{"seq": 1}', reply=reply)
                await at_a.publish("ask.hub.a.towns", b'{"type": "towns"}', reply=reply)
            await hub_is_done(a, at_a)
            await hub_is_done(b, at_b)
            assert not [one for one in heard if b"leave" in one[1]]
        assert set(await hub.members()) == {"a", "b"}
        await b.write(at_b)
        assert await level(b, at_b) < 10


async def test_nobody_hears_what_is_meant_for_another(two, listening):
    a, b = two
    others = ("_INBOX.b.>", "ask.hub.b.>", "sync.>", "bell.>", "ev.b.>", "$JS.b.>")
    async with a.at_work() as at_a, b.at_work() as at_b, listening(at_a, *others) as heard:
        for _ in range(3):
            await hub_is_done(b, at_b)
            await b.write(at_b)
        await level(b, at_b)
        await hub_is_done(a, at_a)
        assert heard == []


async def test_what_a_town_writes_under_another_s_subjects_is_its_own(two):
    """It may have its stream take them; the copy is still the copy of its log."""
    a, b = two
    async with a.at_work() as at_a, b.at_work() as at_b:
        await b.write(at_b, count=2)
        await level(b, at_b)
        answer, _ = await at_a.request(f"$JS.API.STREAM.INFO.{a.stream}", patience=2.0)
        config = msgspec.json.decode(answer)["config"] | {"subjects": ["ev.a.>", "ev.b.>"]}
        await at_a.request(f"$JS.API.STREAM.UPDATE.{a.stream}", msgspec.json.encode(config), patience=2.0)
        await at_a.request("ev.b.bead.forged", b"[]", patience=2.0)
        await level(a, at_a)
        assert await last_of(at_b, b.stream, "hub") == 2
        payload, _ = await at_b.request(
            f"$JS.hub.API.DIRECT.GET.{b.stream}", b'{"last_by_subj": "ev.b.bead.forged"}', patience=2.0
        )
        assert payload == b""


@pytest.fixture
async def kept(two):
    """What lies beside the victim's log, at the hub too: a long text, and luggage. -> its buckets' streams."""

    async def parts():
        yield b"luggage"

    _, b = two
    async with b.at_work() as at_b:
        await JetStreamTexts(at_b, b.name, b.incarnation).keep(LONG)
        await JetStreamLuggage(at_b, b.name, b.incarnation).keep("one", parts())
        streams = [stream_of(make(b.name, b.incarnation)) for make in (texts_bucket, luggage_bucket)]
        await copied(b, at_b, *streams)
    return streams


LONG = "x" * 300_000


async def copied(town, connection, *streams):
    with anyio.fail_after(60):
        for stream in streams:
            while await last_of(connection, stream) != await last_or_none(connection, stream):
                await town.hello(connection)


async def last_or_none(connection, stream):
    answer = await hub_call(connection, stream)
    return msgspec.json.decode(answer).get("state", {"last_seq": -1})["last_seq"]


async def read(at_a, b):
    """What another town reads at the hub."""
    copies = JetStreamCopies(at_a)
    text = await copies.texts(b.name, b.incarnation).text(digest_of(LONG))
    async with aclosing(copies.luggage(b.name, b.incarnation).fetch("one")) as chunks:
        return text, b"".join([chunk async for chunk in chunks])


async def test_what_lies_beside_a_log_is_read_by_others_and_disturbed_by_nobody(two, kept):
    a, b = two
    async with a.at_work() as at_a, b.at_work() as at_b:
        for stream in kept:
            bucket = stream.removeprefix("OBJ_")
            config = msgspec.json.encode({"name": stream})
            consumer = msgspec.json.encode({"stream_name": stream, "config": {"deliver_subject": "_INBOX.a.x"}})
            for subject in (chunk_subject(bucket, "1"), meta_subject(bucket, "one"), f"$O.{bucket}.X.x"):
                await refused(at_a, subject)
                await at_a.publish(subject, b"{}", headers={"Nats-Rollup": "all"})
            for api in ("$JS.hub.API", "$JS._hub.API", "$JS.b.API"):
                for method in ("STREAM.PURGE", "STREAM.DELETE", "STREAM.UPDATE", "STREAM.MSG.DELETE", "STREAM.CREATE"):
                    await refused(at_a, f"{api}.{method}.{stream}", config)
                await refused(at_a, f"{api}.CONSUMER.CREATE.{stream}", consumer)
            await refused(at_a, f"$JS.b.API.STREAM.INFO.{stream}")
            await refused(at_a, f"$JS.b.API.DIRECT.GET.{stream}", b'{"seq": 1}')
        await hub_is_done(a, at_a)
        await hub_is_done(b, at_b)
        for stream in kept:
            last = await last_of(at_b, stream)
            assert await last_of(at_b, stream, "hub") == await messages_at_hub(at_b, stream) == last
        assert await read(at_a, b) == (LONG, b"luggage")


async def messages_at_hub(connection, stream):
    """As many as the number of the last one, where none was taken away."""
    return int(msgspec.json.decode(await hub_call(connection, stream))["state"]["messages"])


async def test_a_town_that_keeps_things_under_another_s_subjects_keeps_them_itself(two, kept):
    """In a bucket of its own that takes them; the copy of the other's is of what the other has."""
    a, b = two
    texts = kept[0]
    async with a.at_work() as at_a:
        await JetStreamTexts(at_a, a.name, a.incarnation).keep("y" * 300_000)
        own = stream_of(texts_bucket(a.name, a.incarnation))
        answer, _ = await at_a.request(f"$JS.API.STREAM.INFO.{own}", patience=2.0)
        config = msgspec.json.decode(answer)["config"]
        forged = meta_subject(texts.removeprefix("OBJ_"), digest_of(LONG))
        config["subjects"].append(forged)
        await at_a.request(f"$JS.API.STREAM.UPDATE.{own}", msgspec.json.encode(config), patience=2.0)
        await at_a.request(forged, b"{}", patience=2.0, headers={"Nats-Rollup": "sub"})
        await copied(a, at_a, own)
        assert await read(at_a, b) == (LONG, b"luggage")
