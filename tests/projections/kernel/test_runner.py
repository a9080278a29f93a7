import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.bead import BeadUpdated
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.rebuild import rebuild_into
from gastown.projections.kernel.runner import Runner, ViewsBehindError
from gastown.projections.kernel.store import Mark, Store
from gastown.projections.kernel.table import Table
from gastown.projections.views import VIEWS, as_of, differing_tables, fingerprint

PATIENCE = 20.0


@asynccontextmanager
async def following(store: Store, log: MemoryEventLog) -> AsyncIterator[Runner]:
    runner = Runner(store, log)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(runner.run)
        yield runner
        tasks.cancel_scope.cancel()


@pytest.fixture
def lives(tale: Any) -> Any:
    for number in range(30):
        tale.whole_life(f"ap-{number}")
    return tale


async def test_following_live_and_rebuilding_give_the_same_rows(tmp_path: Path, lives: Any, write: Any) -> None:
    log, store = MemoryEventLog(), Store(tmp_path / "v", VIEWS)
    async with following(store, log) as runner:
        for message in lives.messages:
            await write(log, [message])
            if message[0].position % 7 == 0:
                await runner.wait_for(message[0].position, PATIENCE)
        await runner.wait_for(len(lives.messages), PATIENCE)
    assert store.mark == Mark(len(lives.messages), lives.events[-1].envelope.id, len(lives.events))
    assert await differing_tables(store, log) == []
    store.close()


async def test_a_tampered_row_is_found_by_comparing_with_the_log(tmp_path: Path, lives: Any, write: Any) -> None:
    log, store = MemoryEventLog(), Store(tmp_path / "v", VIEWS)
    await write(log, lives.messages)
    await rebuild_into(store, log)
    store.query("UPDATE submissions SET target_commit = 'forged' WHERE bead = 'ap-3' RETURNING id")
    store.query("DELETE FROM needs RETURNING bead")
    assert await differing_tables(store, log) == ["submissions"]
    store.close()


async def test_a_stopped_runner_goes_on_where_it_was(tmp_path: Path, lives: Any, write: Any) -> None:
    log, half = MemoryEventLog(), len(lives.messages) // 2
    await write(log, lives.messages[:half])
    store = Store(tmp_path / "v", VIEWS)
    async with following(store, log) as runner:
        await runner.wait_for(half, PATIENCE)
    store.close()
    await write(log, lives.messages[half:])
    again = Store(tmp_path / "v", VIEWS)
    assert again.position == half
    async with following(again, log) as runner:
        await runner.wait_for(len(lives.messages), PATIENCE)
    assert await differing_tables(again, log) == []
    again.close()


async def test_views_of_another_log_are_made_anew(tmp_path: Path, new_tale: Any, lives: Any, write: Any) -> None:
    other, log = MemoryEventLog(), MemoryEventLog()
    store = Store(tmp_path / "v", VIEWS)
    await write(other, lives.messages)
    await rebuild_into(store, other)
    stranger = new_tale()
    stranger.created("zz-1")  # shorter than the log that the store was filled from
    await write(log, stranger.messages)
    async with following(store, log) as runner:
        await runner.wait_for(1, PATIENCE)  # which the store of the other log is far beyond
    assert store.query("SELECT id FROM beads") == [{"id": "zz-1"}]
    store.close()


async def test_the_same_position_with_another_event_is_another_log(tmp_path: Path, new_tale: Any, write: Any) -> None:
    log, store = MemoryEventLog(), Store(tmp_path / "v", VIEWS)
    tale = new_tale()
    tale.created("ap-1")
    await write(log, tale.messages)
    store.write(store.batch(), Mark(1, "E-of-another-log", 1))
    async with following(store, log) as runner:
        tale.created("ap-2")
        await write(log, tale.messages[1:])
        await runner.wait_for(2, PATIENCE)
    assert [row["id"] for row in store.query("SELECT id FROM beads ORDER BY id")] == ["ap-1", "ap-2"]
    store.close()


async def test_a_reader_that_waits_in_vain_is_told_how_far_the_views_are(lives: Any, write: Any) -> None:
    log, store = MemoryEventLog(), Store(None, VIEWS)
    await write(log, lives.messages[:5])
    async with following(store, log) as runner:
        await runner.wait_for(5, PATIENCE)
        with pytest.raises(ViewsBehindError, match="position 5, not yet at 6"):
            await runner.wait_for(6, 0.01)
    store.close()


async def test_a_reader_that_waits_for_a_change_is_woken_by_it(lives: Any, write: Any) -> None:
    log, store, seen = MemoryEventLog(), Store(None, VIEWS), list[int]()
    async with following(store, log) as runner, anyio.create_task_group() as tasks:

        async def watch() -> None:
            while sum(seen[-1:]) < 6:
                seen.append(await runner.changed(sum(seen[-1:])))

        tasks.start_soon(watch)
        for message in lives.messages[:6]:
            await write(log, [message])
    assert seen == sorted(set(seen))
    assert seen[-1] == 6
    store.close()


def damage(path: Path, table: str) -> None:
    """The root page of this table is garbage; the rest says that all is well."""
    raw = sqlite3.connect(path)
    (root,) = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    raw.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)


async def test_a_damaged_file_is_made_anew_from_the_log(tmp_path: Path, lives: Any, write: Any) -> None:
    log, half = MemoryEventLog(), len(lives.messages) // 2
    await write(log, lives.messages[:half])
    store = Store(tmp_path / "v", VIEWS)
    await rebuild_into(store, log)
    store.close()
    damage(tmp_path / "v", "beads")
    damaged = Store(tmp_path / "v", VIEWS)
    assert damaged.position == half
    await write(log, lives.messages[half:])
    async with following(damaged, log) as runner:
        await runner.wait_for(len(lives.messages), PATIENCE)
    assert await differing_tables(damaged, log) == []
    damaged.close()


async def test_while_the_disk_is_full_reads_go_on_and_afterwards_nothing_is_missing(
    tmp_path: Path, lives: Any, write: Any
) -> None:
    log, store = MemoryEventLog(), Store(tmp_path / "v", VIEWS)
    await write(log, lives.messages[:20])
    async with following(store, log) as runner:
        await runner.wait_for(20, PATIENCE)
        store.query("PRAGMA max_page_count = 1")  # SQLite makes it as small as the file is
        await write(log, lives.messages[20:])
        with pytest.raises(ViewsBehindError):
            await runner.wait_for(len(lives.messages), 0.1)
        stood = store.position
        then = await as_of(log, stood)
        assert fingerprint(store) == fingerprint(then)
        then.close()
        store.query("PRAGMA max_page_count = 1000000")
        await runner.wait_for(len(lives.messages), PATIENCE)
    assert await differing_tables(store, log) == []
    store.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_rebuilding_a_running_town_leaves_equal_views_and_goes_on(tmp_path: Path, lives: Any, write: Any) -> None:
    log, store, half = MemoryEventLog(), Store(tmp_path / "v", VIEWS), len(lives.messages) // 2
    await write(log, lives.messages[:half])
    async with following(store, log) as runner:
        await runner.wait_for(half, PATIENCE)
        store.query("UPDATE beads SET title = 'forged' RETURNING id")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write, log, lives.messages[half : half + 40])
            assert await runner.rebuild() >= half
        await runner.wait_for(half + 40, PATIENCE)
        assert await differing_tables(store, log) == []
        await write(log, lives.messages[half + 40 :])
        await runner.wait_for(len(lives.messages), PATIENCE)
    assert await differing_tables(store, log) == []
    store.close()
    assert names(tmp_path) == ["v"]


async def test_two_rebuilds_at_once_take_turns(tmp_path: Path, lives: Any, write: Any) -> None:
    log, store = MemoryEventLog(), Store(tmp_path / "v", VIEWS)
    await write(log, lives.messages)
    async with following(store, log) as runner:
        await runner.wait_for(len(lives.messages), PATIENCE)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.rebuild)
            tasks.start_soon(runner.rebuild)
    assert await differing_tables(store, log) == []
    store.close()
    assert names(tmp_path) == ["v"]


async def test_a_fold_that_fails_is_a_bug_that_is_heard_of(lives: Any, write: Any) -> None:
    broken = Projection("broken", 1, Table("broken", key=("id",), columns={"id": ""}))

    @broken.on_every
    def fold(*_: object) -> Any:
        raise ZeroDivisionError

    log, store = MemoryEventLog(), Store(None, (broken,))
    await write(log, lives.messages[:1])
    with pytest.raises(ZeroDivisionError):
        await Runner(store, log).run()
    store.close()


async def test_views_as_of_a_position_are_those_it_then_had(lives: Any, write: Any, views: Callable[..., Any]) -> None:
    log = MemoryEventLog()
    await write(log, lives.messages)
    for position in (0, 1, 17, len(lives.messages)):
        store = await as_of(log, position)
        with views(lives.messages[:position]) as then:
            assert fingerprint(store) == fingerprint(then)
            assert store.position == position
        store.close()


ENDLESS = """
import sys
from itertools import count
from pathlib import Path
from gastown.events.bead import BeadCreated, BeadUpdated
from gastown.events.envelope import Envelope, Recorded
from gastown.events.ids import Entity
from gastown.projections.kernel.folding import Folding
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS

store = Store(Path(sys.argv[1]), VIEWS)
folding = Folding(store)
for position in count(1):
    data = BeadCreated(title="x") if position == 1 else BeadUpdated(notes=str(position), priority=position % 5)
    envelope = Envelope(id=f"E{position}", time=float(position), actor="me", command="c", cause="", correlation="t",
        traceparent="", data=data)
    folding.take((Recorded(position=position, index=0, entity=Entity("bead", "ap-1"), envelope=envelope),))
    if position % 3 == 0:
        folding.flush()
        print(position, flush=True)
"""


@pytest.mark.parametrize("after", [3, 300, 1500])
async def test_killed_at_any_moment_rows_and_position_agree(tmp_path: Path, after: int) -> None:
    async with await anyio.open_process([sys.executable, "-c", ENDLESS, str(tmp_path / "v")]) as process:
        assert process.stdout
        with anyio.fail_after(60):
            said = b""
            async for part in process.stdout:
                said += part
                if said.count(b"\n") >= after:
                    break
        process.send_signal(signal.SIGKILL)
    store = Store(tmp_path / "v", VIEWS)
    acknowledged = int(said.rsplit(b"\n", 2)[-2])
    assert store.position >= acknowledged
    (row,) = store.query("SELECT notes, priority, updated_at FROM beads")
    assert row == {
        "notes": str(store.position),
        "priority": store.position % 5,
        "updated_at": float(store.position),
    }
    assert store.mark == Mark(store.position, f"E{store.position}", store.position)
    store.close()


async def test_a_long_log_is_caught_up_in_few_transactions(tmp_path: Path, new_tale: Any, write: Any) -> None:
    tale, log = new_tale(), MemoryEventLog()
    tale.created("ap-1")
    for number in range(5000):
        tale.tell("bead", "ap-1", BeadUpdated(notes=str(number)))
    log_writes = len(tale.messages)
    store, positions = Store(tmp_path / "v", VIEWS), set[int]()
    await write(log, tale.messages[:log_writes])
    async with following(store, log) as runner:
        while store.position < log_writes:
            positions.add(await runner.changed(store.position))
    assert positions == {2000, 4000, 5001}
    store.close()
