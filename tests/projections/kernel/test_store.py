import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import (
    Mark,
    Store,
    StoreDamagedError,
    StoreFullError,
    StoreUnusableError,
)
from gastown.projections.kernel.table import Table
from gastown.projections.views import VIEWS, fingerprint


def view(version: int = 1, **columns: Any) -> Projection:
    return Projection("notes", version, Table("notes", key=("id",), columns={"id": "", "text": "", **columns}))


def filled(path: Path, views: tuple[Projection, ...], incarnation: str = "one") -> Store:
    store = Store(path, views, incarnation)
    batch = store.batch()
    batch.apply((store.tables[0].put(id="a", text="hello"),))
    store.write(batch, Mark(7, "E7", 9))
    return store


def test_rows_and_position_are_there_again_after_a_restart(tmp_path: Path) -> None:
    filled(tmp_path / "v", (view(),)).close()
    again = Store(tmp_path / "v", (view(),), "one")
    assert again.query("SELECT * FROM notes") == [{"id": "a", "text": "hello"}]
    assert again.mark == Mark(7, "E7", 9)
    again.close()


@pytest.mark.parametrize(
    ("views", "incarnation"),
    [
        ((view(),), "two"),
        ((view(version=2),), "one"),
        ((view(more=0),), "one"),
        ((view(), Projection("other", 1)), "one"),
    ],
    ids=["another incarnation", "another version", "another column", "another view"],
)
def test_what_another_log_or_version_left_is_replaced_by_an_empty_store(
    tmp_path: Path, views: tuple[Projection, ...], incarnation: str
) -> None:
    filled(tmp_path / "v", (view(),)).close()
    again = Store(tmp_path / "v", views, incarnation)
    assert again.query("SELECT * FROM notes") == []
    assert again.position == 0
    again.close()


def test_a_file_that_is_no_database_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(b"not a database at all, but long enough to look into" * 100)
    store = Store(tmp_path / "v", (view(),))
    assert store.position == 0
    assert store.query("SELECT * FROM notes") == []
    store.close()


@pytest.mark.parametrize("umask", [0, 0o022, 0o077, 0o277])
def test_its_files_are_the_users_alone_from_the_moment_they_are_there(tmp_path: Path, umask: int) -> None:
    path, seen = tmp_path / "v", set[tuple[str, int]]()

    def look(event: str, arguments: object) -> None:
        if watching and event in ("sqlite3.connect", "sqlite3.connect/handle", "os.chmod"):
            seen.update((file.name, file.stat().st_mode & 0o777) for file in tmp_path.iterdir())

    watching = True
    sys.addaudithook(look)
    before = os.umask(umask)
    try:
        store = filled(path, (view(),))
    finally:
        os.umask(before)
        watching = False
    modes = {(file.name, file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}
    assert modes == {("v", 0o600), ("v-wal", 0o600), ("v-shm", 0o600)}
    assert {mode for _, mode in seen} <= {0o600, 0o600 & ~umask}
    store.close()


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    filled(tmp_path / "v", (view(),)).close()
    (tmp_path / "v").chmod(0o644)
    store = Store(tmp_path / "v", (view(),), "one")
    assert store.position == 7
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    store.close()


def test_a_folder_that_is_not_there_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusableError, match="nowhere"):
        Store(tmp_path / "nowhere" / "v", (view(),))


def test_nothing_is_written_while_there_is_no_room_and_all_of_it_afterwards(tmp_path: Path) -> None:
    store = filled(tmp_path / "v", (view(),))
    pages = store.query_one("PRAGMA page_count")
    assert pages
    store.query(f"PRAGMA max_page_count = {pages['page_count']}")
    batch = store.batch()
    batch.apply([store.tables[0].put(id=str(number), text="x" * 1000) for number in range(100)])
    with pytest.raises(StoreFullError):
        store.write(batch, Mark(8, "E8", 10))
    assert store.position == 7
    assert store.query("SELECT count(*) AS n FROM notes") == [{"n": 1}]
    store.query("PRAGMA max_page_count = 1000000")
    store.write(batch, Mark(8, "E8", 10))
    assert store.query("SELECT count(*) AS n FROM notes") == [{"n": 101}]
    store.close()


def test_a_damaged_file_is_told_apart_from_a_full_disk(tmp_path: Path) -> None:
    views = (view(),)
    filled(tmp_path / "v", views).close()
    grown = Store(tmp_path / "v", views, "one")
    batch = grown.batch()
    batch.apply([grown.tables[0].put(id=str(number), text="x" * 1000) for number in range(1000)])
    grown.write(batch, Mark(8, "E8", 10))
    grown.close()
    damage(tmp_path / "v")
    again = Store(tmp_path / "v", views, "one")
    batch.apply([again.tables[0].put(id=str(number), text="y" * 1000) for number in range(1000)])
    with pytest.raises(StoreDamagedError):
        again.write(batch, Mark(9, "E9", 11))
    again.reset()
    again.write(batch, Mark(9, "E9", 11))
    assert again.query("SELECT count(*) AS n FROM notes") == [{"n": 1000}]
    again.close()


def damage(path: Path) -> None:
    """Everything but the first pages (which say that it is a database, and whose) is garbage."""
    with path.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(os.urandom(path.stat().st_size - 5 * 4096))


def test_one_file_takes_the_place_of_another(tmp_path: Path) -> None:
    old, new = filled(tmp_path / "old", (view(),)), Store(tmp_path / "new", (view(),), "one")
    batch = new.batch()
    batch.apply((new.tables[0].put(id="b"),))
    new.write(batch, Mark(8, "E8", 10))
    old.take_over(new)
    assert [row["id"] for row in old.query("SELECT id FROM notes")] == ["b"]
    assert old.mark == Mark(8, "E8", 10)
    old.close()
    again = Store(tmp_path / "old", (view(),), "one")
    assert again.position == 8
    again.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]


def test_a_discarded_store_leaves_no_file(tmp_path: Path) -> None:
    filled(tmp_path / "v", (view(),)).discard()
    assert list(tmp_path.iterdir()) == []


def test_every_view_and_every_table_has_a_name_of_its_own() -> None:
    assert len({view.name for view in VIEWS}) == len(VIEWS)
    tables = [table.name for view in VIEWS for table in view.tables]
    assert len(set(tables)) == len(tables)


def test_a_fingerprint_sees_one_changed_value(tale: Any, views: Callable[..., Any]) -> None:
    tale.whole_life("ap-1")
    with views(tale.messages) as one, views(tale.messages) as other:
        assert fingerprint(one) == fingerprint(other)
        other.query("UPDATE beads SET notes = 'x' RETURNING id")
        differing = {name for name, digest in fingerprint(one).items() if fingerprint(other)[name] != digest}
        assert differing == {"beads"}
