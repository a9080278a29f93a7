"""Which prices are in force while the town's own list comes, goes and breaks; and who is told."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import anyio
import pytest

from gastown import clock
from gastown.actors.commands.command import Order, Owner
from gastown.actors.commands.polecat import ReportTurn, SettleSession
from gastown.actors.effects import Effect
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.codec import tag_of
from gastown.events.turn import Usage
from gastown.prices.book import Book
from gastown.prices.edge import Prices

OWN = '[[price]]\nmodel = "mine"\nfrom = 2026-01-01\nfresh = {fresh}\noutput = 10\n'
JULY = 1_783_000_000.0  # 2026-07


@pytest.fixture
def town(tmp_path):
    (tmp_path / "run").mkdir()
    return tmp_path


@pytest.fixture
def write(town) -> Callable[[str], None]:
    """As an editor does: another file under the same name."""

    def put(text: str) -> None:
        (town / "draft").write_text(text)
        os.replace(town / "draft", town / "prices.toml")

    return put


def fresh(book: Book) -> float | None:
    """What a million of fresh tokens of the town's own model cost."""
    own = book.tables()[0]
    return own.prices[0].fresh if own.name == "prices.toml" else None


def test_the_towns_own_list_comes_first_while_it_is_there(town, write):
    book = Book(town)
    assert [table.name for table in book.tables()] == ["shipped"]
    write(OWN.format(fresh=1))
    assert [table.name for table in book.tables()] == ["prices.toml", "shipped"]
    write(OWN.format(fresh=2))
    assert fresh(book) == 2.0
    (town / "prices.toml").unlink()
    assert [table.name for table in book.tables()] == ["shipped"]


def test_one_that_breaks_changes_nothing_and_is_said(town, write):
    book = Book(town)
    write(OWN.format(fresh=3))
    assert (fresh(book), book.trouble) == (3.0, None)
    write("[[price]\n")
    assert fresh(book) == 3.0
    assert book.trouble is not None
    assert book.trouble.message.startswith("prices.toml, line 1: ")
    later = Book(town)  # another process, that never saw it whole
    assert fresh(later) == 3.0
    assert later.trouble is not None
    write(OWN.format(fresh=4))
    assert (fresh(book), book.trouble) == (4.0, None)


def test_where_none_was_ever_good_the_shipped_one_is_in_force(town, write):
    write("nonsense")
    book = Book(town)
    assert [table.name for table in book.tables()] == ["shipped"]
    assert book.trouble is not None


def test_a_copy_that_cannot_be_kept_keeps_nobody_from_the_prices(town, write):
    (town / "run").rmdir()
    (town / "run").write_text("no folder")
    write(OWN.format(fresh=5))
    assert fresh(Book(town)) == 5.0


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * (1024 * 1024 + 1)])
def test_what_is_no_text_of_a_sane_size_is_said(town, content):
    (town / "prices.toml").write_bytes(content)
    book = Book(town)
    book.tables()
    assert book.trouble is not None
    assert "line 1" in book.trouble.message


class Nobody:
    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        raise AssertionError(effect)


@asynccontextmanager
async def running(log: MemoryEventLog) -> AsyncGenerator[Runtime]:
    runtime = Runtime(log, ROLES, owner_of, Nobody(), clock)
    async with anyio.create_task_group() as tasks:
        await tasks.start(runtime.run)
        yield runtime
        tasks.cancel_scope.cancel()


async def told(log: MemoryEventLog) -> list[str]:
    events = [event.envelope.data async for message in log.read() for event in message]
    return [f"{tag_of(event)} {getattr(event, 'reason', '')}".strip() for event in events]


async def test_a_person_is_told_once_when_it_breaks_and_when_it_is_mended(town, write):
    log = MemoryEventLog()
    async with running(log) as runtime:
        prices = Prices(town, runtime)
        await prices.look()
        assert await told(log) == []
        write("x = 1")
        for _ in range(3):
            await prices.look()
        (raised,) = await told(log)
        assert raised.startswith("escalation.raised prices.toml, line 1: there is nothing called 'x'")
        write(OWN.format(fresh=1))
        await prices.look()
        assert (await told(log))[1:] == ["escalation.closed"]
        again = Prices(town, runtime)  # a town that starts anew has nothing to add
        await again.look()
        assert len(await told(log)) == 2


async def test_a_turn_is_priced_before_it_is_decided_on(town, write):
    write(OWN.format(fresh=2))
    async with running(MemoryEventLog()) as runtime:
        prices = Prices(town, runtime)

        def report(**fields) -> Order:
            turn = ReportTurn(session="ap-1-1", number=1, at=JULY, end="done", vendor="codex", **fields)
            return Order(id="r", to=Owner("polecat", "ap-1-1"), actor="host", command=turn)

        used = Usage(fresh=500_000, output=100_000)
        usage = prices.price(report(model="mine", usage=used)).command.usage
        assert usage.cost == 2.0
        assert usage.priced.startswith("prices.toml 2026-01-01 ")
        vendors = report(model="mine", usage=Usage(fresh=500_000, cost=0.7))
        for order in (vendors, report(model="other", usage=used), report(model="mine")):
            assert prices.price(order) == order
        other = Order(id="o", to=Owner("polecat", "ap-1-1"), actor="x", command=SettleSession(session="ap-1-1"))
        assert prices.price(other) is other
