"""What a town answers about other towns, from the hub's copies of their logs."""

import anyio
import pytest

from gastown.api import copied
from gastown.api.methods import METHODS
from gastown.bus.event_log import Append
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.clock import new_id, now
from gastown.events.bead import BeadCreated
from gastown.events.envelope import Envelope
from gastown.events.ids import Entity


async def fill(log: MemoryEventLog, beads: int, prefix: str = "zz") -> None:
    """A log of nobody: beads, each in a message of its own."""
    for number in range(beads):
        envelope = Envelope(
            id=new_id(),
            time=now(),
            actor="overseer",
            command=new_id(),
            cause="",
            correlation="t",
            traceparent="",
            data=BeadCreated(title=f"Bead {number}", rig="app"),
        )
        await log.append([Append(entity=Entity("bead", f"{prefix}-{number}"), expected=0, envelopes=(envelope,))])


async def test_every_question_to_the_views_is_answered_about_another_town_as_it_answers_itself(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        bead = await b.bead()
        submission = await b.submitted(await b.started(bead))
        await b.landed(submission)
        await b.data("policy.set", content='default = "ask"')
        convoy = (await b.data("convoy.list"))[0]["id"]
        params = {
            "bead.show": {"bead": bead},
            "log": {"bead": bead},
            "trace": {"id": bead},
            "convoy.show": {"convoy": convoy},
            "mq.show": {"submission": submission},
            "rig.show": {"rig": "app"},
        }
        for name in sorted(name for name, method in METHODS.items() if method.timed and name not in ("ping", "why")):
            answer = await b.ask(name, **params.get(name, {}))
            assert "result" in answer, (name, answer)
            own = answer["result"]
            seen = (await a.ask(name, of="b", **params.get(name, {})))["result"]
            of = seen.pop("of")
            assert (of["town"], of["connected"], 0 <= of["age"] < 20) == ("b", True, True), name
            if name in ("status", "config.get"):  # what is so on that machine alone
                own["data"] = {key: one for key, one in own["data"].items() if key not in ("nats.url", "containment")}
                own["data"].pop("processes", None)
                seen["data"].pop("processes", None)
            if name == "report":
                own["data"].pop("since")
                seen["data"].pop("since")
            assert seen == own, name


async def test_its_own_name_means_the_town_itself(open_town, hub):
    async with open_town("a", hub) as a:
        await a.founded()
        assert "of" not in (await a.ask("bead.list", of="a"))["result"]
        await a.data("bead.create", title="x", rig="app", of="a")


async def test_what_was_written_there_a_moment_ago_is_read_here(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        for number in range(3):
            bead = await b.bead(f"Number {number}")
            assert bead in [one["id"] for one in await a.data("bead.list", of="b")]


async def test_nothing_is_changed_in_another_town(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        bead = await b.bead()
        size = hub.logs["b"].size
        for name, params in {
            "bead.close": {"bead": bead},
            "sling": {"words": [bead]},
            "rig.pause": {"rig": "app"},
            "peek": {"address": bead},
            "verify": {},
        }.items():
            refusal = await a.error(name, of="b", **params)
            assert (refusal["code"], "b itself" in refusal["message"]) == ("refused", True), name
            assert "--to b" in refusal["hint"]
        assert hub.logs["b"].size == size
        assert a.host.asked == []


async def test_a_town_that_nobody_knows_is_not_found(open_town, hub):
    async with open_town("a", hub) as a:
        for name in ("bead.list", "sling"):
            params = {"words": ["x"]} if name == "sling" else {}
            assert (await a.error(name, of="nowhere", **params))["code"] == "unknown"
        assert (await a.error("bead.list", of="../b"))["code"] == "unknown"
    async with open_town() as alone:
        refusal = await alone.error("bead.list", of="b")
        assert (refusal["code"], "member of no hub" in refusal["message"]) == ("unknown", True)


async def test_a_town_that_is_away_is_answered_from_the_copy_which_says_how_old_it_is(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        bead = await b.bead()
        hub.cut("b", ago=7200.0)
        await b.bead("Never copied")
        answer = (await a.ask("bead.list", of="b"))["result"]
        assert [one["id"] for one in answer["data"]] == [bead]
        assert (answer["of"]["connected"], 7199 < answer["of"]["age"] < 7300) == (False, True)
        hub.heal("b")
        answer = (await a.ask("bead.list", of="b"))["result"]
        assert (len(answer["data"]), answer["of"]["connected"], answer["of"]["age"] < 20) == (2, True, True)


async def test_without_the_hub_a_town_answers_from_what_it_had_read_also_after_a_restart(open_town, hub, monkeypatch):
    monkeypatch.setattr(copied, "NOTED", 0.0)
    async with open_town("b", hub) as b:
        await b.founded()
        bead = await b.bead()
        async with open_town("a", hub) as a:
            read = (await a.ask("bead.list", of="b"))["result"]
            hub.cut("a")
            await b.bead("Never read")
            again = (await a.ask("bead.list", of="b"))["result"]
            assert (again["data"], again["position"]) == (read["data"], read["position"])
            assert (again["of"]["connected"], again["of"]["at"]) == (False, read["of"]["at"])
        folder, desk = a.town.path / "towns", a.desk
        assert {path.name for path in folder.iterdir()} == {"b.sqlite", "b.json"}
        assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.iterdir()))
        register = hub.register("a")
        register._last.towns = hub.members()  # as the town keeps it for when the hub is away
        abroad = type(desk.abroad)(folder, "a", register, hub.memory.copies("a", a.town.incarnation))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(abroad.run)
            await anyio.wait_all_tasks_blocked()
            async with abroad.town("b") as away:
                assert [row["id"] for row in away.store.query("SELECT id FROM beads")] == [bead]
                assert (away.of.shown()["at"], away.of.connected) == (read["of"]["at"], False)
            tasks.cancel_scope.cancel()


async def test_a_town_of_which_nothing_was_read_yet_cannot_be_read_without_the_hub(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        assert await a.desk.abroad.others() == ("b",)
        hub.cut("a")
        assert (await a.error("bead.list", of="b"))["code"] == "unreachable"


async def test_a_town_that_goes_on_under_another_log_is_read_anew(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        await b.bead("Of the lost one")
        assert len(await a.data("bead.list", of="b")) == 1
        log = MemoryEventLog()
        await fill(log, 2)
        hub.joins("b", "01JADOPTED", log)
        answer = (await a.ask("bead.list", of="b"))["result"]
        assert (answer["position"], [one["id"] for one in answer["data"]]) == (2, ["zz-0", "zz-1"])


async def test_calls_that_come_together_read_the_copy_once(open_town, hub):
    async with open_town("a", hub) as a:
        log = Slow()
        await fill(log, 10)
        hub.joins("b", "01JB", log)
        found: list[int] = []

        async def ask() -> None:
            async with a.desk.abroad.town("b") as away:
                found.append(away.store.position)

        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            log.go.set()
        assert found == [10] * 10
        assert log.reads <= 2  # those that come while it is read share the next time


async def test_a_long_copy_does_not_stall_the_town_nor_the_call(open_town, hub):
    async with open_town("a", hub) as a:
        log = MemoryEventLog()
        await fill(log, 20_000)
        hub.joins("b", "01JB", log)
        longest, reading = 0.0, True

        async def read() -> None:
            nonlocal reading
            assert len(await a.data("bead.list", of="b", limit=1)) == 1
            reading = False

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            while reading:
                begin = now()
                await a.data("ping")
                longest = max(longest, now() - begin)
        assert longest < 0.5


async def test_who_waits_too_long_for_the_first_time_is_told_how_far_it_is(open_town, hub):
    async with open_town("a", hub) as a:
        log = Slow()
        await fill(log, 10)
        hub.joins("b", "01JB", log)
        abroad = a.desk.abroad
        with pytest.raises(Exception, match="is being read: 0 of 10 messages"):
            async with abroad.town("b", patience=0.05):
                pass
        log.go.set()
        async with abroad.town("b") as away:
            assert away.store.position == 10
        log.go = anyio.Event()
        await fill(log, 1, "yy")
        async with abroad.town("b", patience=0.05) as away:
            assert away.store.position == 10


class Slow(MemoryEventLog):
    """A log that gives nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go = anyio.Event()
        self.reads = 0

    async def read(self, **said):
        self.reads += 1
        await self.go.wait()
        async for message in super().read(**said):
            yield message


async def test_files_of_views_are_closed_when_nobody_asks_and_when_many_are_open(open_town, hub, monkeypatch):
    async with open_town("a", hub) as a:
        for number in range(12):
            log = MemoryEventLog()
            await fill(log, 1)
            hub.joins(f"t{number}", f"01J{number}", log)
        abroad = a.desk.abroad
        stores = []
        for number in range(12):
            async with abroad.town(f"t{number}") as away:
                stores.append(away.store)
        open_now = [copied for copied in abroad._open.values() if not copied.over.is_set()]
        assert len(open_now) <= 9
        monkeypatch.setattr(copied, "IDLE", 0.01)
        async with abroad.town("t11"):
            pass
        with anyio.fail_after(10):
            await abroad._open["t11"].over.wait()
        async with abroad.town("t11") as away:
            assert away.store.position == 1


async def test_as_of_then_about_another_town(open_town, hub, monkeypatch):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        bead = await b.bead()
        then = (await b.ask("bead.list"))["result"]
        await b.bead("Later")
        seen = (await a.ask("bead.list", of="b", at=then["position"]))["result"]
        assert (seen["data"], seen["position"]) == (then["data"], then["position"])
        monkeypatch.setattr("gastown.api.opening.LONGEST_AWAY", then["position"] - 1)
        refusal = await a.error("bead.list", of="b", at=then["position"])
        assert refusal["code"] == "refused"
        assert (await a.data("bead.show", of="b", bead=bead, at=then["position"]))["id"] == bead


async def test_a_long_text_of_another_town_is_shown_in_full_or_where_the_hub_lacks_it_as_it_begins(open_town, hub):
    long = "Long. " * 100_000
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        bead = await b.bead(description=long)
        hub.memory.hold_back("b", lacks=True)
        lacked = await b.bead(description=f"Not copied. {long}")
        hub.cut("b", ago=7200.0)
        seen = await a.data("bead.show", of="b", bead=bead)
        assert (seen["description"], "kept_apart" in seen) == (long, False)
        seen = await a.data("bead.show", of="b", bead=lacked)
        assert (seen["description"][:11], len(seen["description"]) < 5000) == ("Not copied.", True)


async def test_why_a_commit_landed_in_another_town(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        await b.landed(await b.submitted(await b.started(await b.bead())))
        landed = (await b.data("report"))["landed"][0]["landed_commit"]
        why = await a.data("why", of="b", commit=landed[-1:].rjust(40, "0")[:39])
        assert (why["commit"], why["chain"][0]["type"]) == (landed, "bead.slung")
        assert (await a.error("why", of="b", commit="fffff"))["code"] == "unknown"


async def test_what_a_copy_lacks_makes_it_as_old_as_its_last_message(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        hub.memory.hold("b", hub.logs["b"].size)
        await b.bead("Not copied yet")
        of = (await a.ask("bead.list", of="b"))["result"]["of"]
        assert (of["connected"], 595 < of["age"] < 700) == (True, True)


class Broken(MemoryEventLog):
    """A log whose reading fails in a way that nobody has thought of."""

    async def read(self, **said):
        for never in ():
            yield never
        raise ZeroDivisionError


async def test_a_copy_that_cannot_be_read_is_no_other_calls_trouble(open_town, hub):
    async with open_town("a", hub) as a:
        log = Broken()
        await fill(log, 1)
        hub.joins("b", "01JB", log)
        refusal = await a.error("bead.list", of="b")
        assert (refusal["code"], "cannot be read" in refusal["message"]) == ("unreachable", True)
        await a.founded()
        assert await a.data("bead.list") == []
