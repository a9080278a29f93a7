import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Mark, Store
from gastown.projections.kernel.table import Change, Patch, Put, Row, Table

PEOPLE = Table(
    "people",
    key=("id",),
    columns={"id": "", "name": "", "age": 0, "met": None},
    once=frozenset({"met"}),
    derived={"grown": "age >= 18"},
)
PAIRS = Table("pairs", key=("a", "b"), columns={"a": "", "b": "", "note": ""})
FIRSTS = Table("firsts", key=("id",), columns={"id": "", "at": 0}, first_wins=True)
VIEW = Projection("people", 1, PEOPLE, PAIRS, FIRSTS)

ids = st.sampled_from("abc")
numbers = st.integers(0, 40)
maybe = st.none() | numbers
changes = st.one_of(
    st.builds(
        lambda key, name, age, met: PEOPLE.put(id=key, name=name, age=age, met=met), ids, ids, numbers, maybe
    ),
    st.builds(lambda key, name: PEOPLE.patch(key, name=name), ids, ids),
    st.builds(lambda key, age, met: PEOPLE.patch(key, age=age, met=met), ids, numbers, maybe),
    st.builds(PEOPLE.delete, ids),
    st.builds(lambda a, b, note: PAIRS.put(a=a, b=b, note=note), ids, ids, ids),
    st.builds(lambda a, b, note: PAIRS.patch((a, b), note=note), ids, ids, ids),
    st.builds(lambda a, b: PAIRS.delete((a, b)), ids, ids),
    st.builds(lambda key, at: FIRSTS.put(id=key, at=at), ids, numbers),
    st.builds(FIRSTS.delete, ids),
)  # fmt: skip


class Naive:
    """What the changes mean, one by one."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[object, Row]] = {table.name: {} for table in VIEW.tables}

    def apply(self, change: Change) -> None:
        table, rows = change.table, self.rows[change.table.name]
        if isinstance(change, Put):
            if not (table.first_wins and change.key in rows):
                rows[change.key] = dict(change.row)
        elif isinstance(change, Patch):
            row = rows.get(change.key, {})
            row.update({k: v for k, v in change.values.items() if row and not (k in table.once and row[k] is not None)})
        else:
            rows.pop(change.key, None)

    def content(self, table: Table) -> list[Row]:
        return sorted(self.rows[table.name].values(), key=str)


@settings(deadline=None)
@given(st.lists(st.tuples(changes, st.booleans()), max_size=40))
def test_any_grouping_of_changes_means_the_same_as_one_by_one(steps: list[tuple[Change, bool]]) -> None:
    store, naive = Store(None, (VIEW,)), Naive()
    batch = store.batch()
    for number, (change, flush) in enumerate(steps):
        naive.apply(change)  # first: the batch keeps the rows it is given
        batch.apply((change,))
        if flush:
            store.write(batch, Mark(number, "", number))
    store.write(batch, Mark(len(steps), "", len(steps)))
    for table in VIEW.tables:
        held = store.query(f"SELECT {', '.join(table.columns)} FROM {table.name}")
        assert sorted(held, key=str) == naive.content(table)
    store.close()


def test_derived_columns_follow_the_others() -> None:
    store = Store(None, (VIEW,))
    batch = store.batch()
    batch.apply((PEOPLE.put(id="a", age=3), PEOPLE.put(id="b", age=30), PEOPLE.patch("a", age=18)))
    store.write(batch, Mark(1, "", 1))
    assert store.query("SELECT id FROM people WHERE grown = 1 ORDER BY id") == [{"id": "a"}, {"id": "b"}]
    store.close()


def test_a_row_that_changed_often_is_one_row_of_one_statement() -> None:
    store = Store(None, (VIEW,))
    batch = store.batch()
    batch.apply([PEOPLE.put(id="a"), *(PEOPLE.patch("a", age=age) for age in range(100))])
    statements = list(batch.statements())
    assert len(statements) == 1
    assert statements[0][1] == [("a", "", 99, None)]
    store.close()


def test_a_column_that_no_table_has_is_an_error_and_changes_nothing() -> None:
    store = Store(None, (VIEW,))
    batch = store.batch()
    batch.apply((PEOPLE.put(id="a"), PAIRS.patch(("a", "b"), nonsense=1)))
    with pytest.raises(Exception, match="nonsense"):
        store.write(batch, Mark(1, "", 1))
    assert store.query("SELECT * FROM people") == []
    assert store.position == 0
    store.close()
