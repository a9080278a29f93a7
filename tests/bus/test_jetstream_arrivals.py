"""What a town that means harm can and cannot do to what others hear."""

import anyio
import msgspec
import pytest
from joined.ground import RealTowns, open_real_towns
from joined.towns import INCARNATION, tell

from gastown.bus.event_log import Append
from gastown.bus.hub_news import hub_news
from gastown.bus.hub_streams import copied_streams, copy_facts, ensure_copy
from gastown.bus.jetstream_api import call
from gastown.bus.nats_connection import NoAnswerError
from gastown.errors import RefusedError, UnreachableError, UsageError
from gastown.events.ids import Entity


async def write(towns: RealTowns, town: str, subject: str, payload: bytes = b"[]", headers=None) -> int:
    """What the program of that town would never write; the position."""
    connection = towns.towns[town].connection
    answer, _ = await connection.request(subject, payload, patience=5.0, headers=headers)
    return msgspec.json.decode(answer)["seq"]


async def take(arrivals, count):
    found = []
    with anyio.fail_after(10):
        for _ in range(count):
            arrival = await arrivals.next()
            found.append((arrival.town, arrival.position))
            await arrivals.taken(arrival)
    return found


async def test_what_a_town_writes_in_anothers_name_is_heard_by_nobody(tmp_path, an_append):
    async with open_real_towns(tmp_path) as towns, towns.arrivals("b") as arrivals:
        stream = f"EV_a_{INCARNATION}"
        info = msgspec.json.decode(await call(towns.towns["a"].connection, f"STREAM.INFO.{stream}"))
        config = info["config"] | {"subjects": ["ev.a.>", "ev.c.>", "post.>", "bell.>"]}
        await call(towns.towns["a"].connection, f"STREAM.UPDATE.{stream}", config)
        assert await write(towns, "a", "ev.c.letter.b.m1") == 1
        assert await write(towns, "a", "post.b.c.letter.m1") == 2
        assert await write(towns, "a", "bell.c.letter.b.m1") == 3
        await tell(towns, "a", "letter", "b.m2", an_append)
        await tell(towns, "c", "letter", "b.m3", an_append)
        assert sorted(await take(arrivals, 2)) == [("a", 4), ("c", 1)]
        with anyio.move_on_after(0.3) as scope:
            await arrivals.next()
        assert scope.cancelled_caught


async def test_what_cannot_be_read_arrives_in_its_place_and_nothing_behind_it_is_lost(tmp_path, an_append):
    """Headers that look like the server's own words, subjects of no entity, bytes that are no event."""
    async with open_real_towns(tmp_path) as towns, towns.arrivals("b") as arrivals:
        await write(towns, "a", "ev.a.letter.b.m1", b"\x00\xff")
        await write(towns, "a", "ev.a.letter.b")
        await write(towns, "a", "ev.a.letter.b.m2", headers={"Nats-Sequence": "77", "Nats-Subject": "ev.c.letter.b.x"})
        await write(towns, "a", "ev.a.letter.b.m3", headers={"Status": "204", "Nats-Num-Pending": "0"})
        await tell(towns, "a", "letter", "b.m4", an_append)
        assert await take(arrivals, 4) == [("a", 1), ("a", 3), ("a", 4), ("a", 5)]


async def test_a_line_that_reads_like_the_end_of_a_batch_ends_none(tmp_path, an_append):
    async with open_real_towns(tmp_path) as towns, towns.arrivals("b") as arrivals:
        await tell(towns, "a", "letter", "b.m1", an_append)
        raw = b"NATS/1.0 204 EOB\r\nNats-Num-Pending: 0\r\n\r\n"
        client = towns.towns["a"].connection._client
        await client._send_command(b"HPUB ev.a.letter.b.m2 %d %d\r\n%b\r\n" % (len(raw), len(raw), raw))
        await client._flush_pending()
        await tell(towns, "a", "letter", "b.m3", an_append)
        assert await take(arrivals, 3) == [("a", 1), ("a", 2), ("a", 3)]
        copy = towns.copies("c").log("a", INCARNATION)
        assert [events[0].position async for events in copy.read()] == [1, 2, 3]


async def test_a_town_has_no_right_at_the_hub_but_to_read_and_to_ask(tmp_path):
    async with open_real_towns(tmp_path) as towns:
        connection, stream = towns.towns["a"].connection, f"EV_b_{INCARNATION}"
        for right in ("STREAM.DELETE", "STREAM.PURGE", "CONSUMER.CREATE", "STREAM.UPDATE"):
            with pytest.raises(UnreachableError):
                await call(connection, f"{right}.{stream}", {}, prefix="$JS.hub.API.", patience=0.5)
        for deputy in (f"$JS.API.STREAM.DELETE.{stream}", f"$JS.hub.API.STREAM.DELETE.{stream}", "ask.hub.b.news.next"):
            await connection.publish(f"$JS.hub.API.DIRECT.GET.EV_a_{INCARNATION}", b'{"seq":1}', reply=deputy)
        assert await write(towns, "a", "ev.a.bead.x", b"") == 1
        await towns.level("a")
        for deputy in (f"$JS.API.STREAM.DELETE.{stream}", f"$JS.b.API.STREAM.DELETE.{stream}"):
            await connection.publish(f"$JS.hub.API.DIRECT.GET.EV_a_{INCARNATION}", b'{"seq":1}', reply=deputy)
        await connection.round_trip()
        await towns.copies("a").log("b", INCARNATION).last_position()
        assert stream in await copied_streams(towns.hub_connection)
        assert await towns.log("b").last_position() == 0


async def test_the_hub_says_what_it_has_of_whom(tmp_path, an_append):
    async with open_real_towns(tmp_path) as towns:
        for number in range(3):
            await tell(towns, "a", "bead", f"x{number}", an_append)
        await towns.level("a")
        facts = {facts.town: facts for facts in await copy_facts(towns.hub_connection)}
        assert sorted(facts) == ["a", "b", "c"]
        one = facts["a"]
        assert (one.stream, one.position, one.lag) == (f"EV_a_{INCARNATION}", 3, 0)
        assert one.size > 500
        assert one.silent is not None
        assert one.silent < 10
        written = (await towns.log("a").read_position(3))[0].envelope.time
        assert abs(one.last_at - written) < 5
        assert (facts["b"].position, facts["b"].last_at) == (0, 0.0)


async def test_a_copy_is_made_once_and_never_in_the_place_of_something_else(tmp_path):
    async with open_real_towns(tmp_path, "ab") as towns:
        hub = towns.hub_connection
        assert await ensure_copy(hub, "a", INCARNATION) == f"EV_a_{INCARNATION}"
        await call(hub, "STREAM.CREATE.EV_z_1", {"name": "EV_z_1", "subjects": ["z"], "storage": "file"})
        with pytest.raises(RefusedError, match="EV_z_1"):
            await ensure_copy(hub, "z", "1")
        for town, incarnation in (("a.b", "1"), ("a", "b_1"), ("", "1"), ("a*", "1"), ("a", "")):
            with pytest.raises(UsageError):
                await ensure_copy(hub, town, incarnation)


async def test_of_a_town_that_goes_on_elsewhere_the_copied_past_is_not_heard_again(tmp_path, an_append):
    async with open_real_towns(tmp_path, "ab") as towns:
        hub = towns.hub_connection
        for number in range(3):
            await tell(towns, "a", "letter", f"b.m{number}", an_append)
        await towns.level("a")
        await call(hub, f"STREAM.DELETE.EV_a_{INCARNATION}")
        await ensure_copy(hub, "a", INCARNATION, heard_from=2)
        async with towns.arrivals("b") as arrivals:
            assert await take(arrivals, 1) == [("a", 3)]
        [facts] = [facts for facts in await copy_facts(hub) if facts.town == "a"]
        assert facts.heard_from == 2


async def test_who_tells_what_is_new_may_begin_anew_and_may_be_away(tmp_path, an_append, monkeypatch):
    monkeypatch.setattr("gastown.bus.jetstream_arrivals.LOOK_SECONDS", 0.2)
    towns = RealTowns(tmp_path)
    try:
        await towns.begin("ab")
        async with towns.arrivals("b") as arrivals:
            for _ in range(2):
                async with hub_news(towns.hub_connection) as news, anyio.create_task_group() as tasks:
                    tasks.start_soon(news.run)
                    last = await tell(towns, "a", "letter", f"b.m{news._of}", an_append)
                    assert await take(arrivals, 1) == [("a", last)]
                    tasks.cancel_scope.cancel()
            last = await tell(towns, "a", "letter", "b.away", an_append)
            assert await take(arrivals, 1) == [("a", last)]
    finally:
        await towns.end()


async def test_a_question_that_makes_no_sense_is_not_answered(tmp_path):
    async with open_real_towns(tmp_path, "ab") as towns:
        for payload in (b"", b"{", b'{"of": 1}', b"\xff"):
            with pytest.raises(NoAnswerError):
                await towns.towns["a"].connection.request("ask.hub.a.news.next", payload, patience=0.2)


async def test_a_rig_that_is_called_like_a_town_is_not_taken_for_what_is_said_to_it(tmp_path, an_append):
    async with open_real_towns(tmp_path, "abc") as towns, towns.arrivals("b") as arrivals:
        for number in range(0, 300, 100):
            members = [
                Append(entity=Entity("submission", f"b.s-{n}"), expected=0, envelopes=an_append("x").envelopes)
                for n in range(number, number + 100)
            ]
            await towns.log("a").append(members)
        await tell(towns, "a", "letter", "b.m", an_append)
        await tell(towns, "c", "letter", "b.m", an_append)
        assert sorted(await take(arrivals, 2)) == [("a", 301), ("c", 1)]


async def test_a_bell_that_rang_unheard_delays_an_arrival_and_loses_none(tmp_path, an_append, monkeypatch):
    monkeypatch.setattr("gastown.bus.jetstream_arrivals.LOOK_ANYWAY_SECONDS", 1.0)
    monkeypatch.setattr("gastown.bus.hub_news.HubNews.hear_bell", lambda *_: None)
    async with open_real_towns(tmp_path, "ab") as towns, towns.arrivals("b") as arrivals:
        for number in range(3):
            await tell(towns, "a", "letter", f"b.m{number}", an_append)
            assert await take(arrivals, 1) == [("a", number + 1)]
