"""prices: what tokens cost, and where that stands."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec

from gastown.api.call import Call, Method, Reply
from gastown.clock import now
from gastown.prices.book import Book
from gastown.prices.table import Price, Table
from gastown.projections.kernel.store import Record


class Prices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model, vendor: as an agent's program names its model, and whose it is: what is in force for it alone."""

    model: str = ""
    vendor: str = ""


async def _prices(call: Call, params: Prices) -> Reply:
    """{file, trouble, prices}. trouble: {message, hint}, null where the town's own list can be read, or is not there.

    Of each: {model, vendor, from, fresh, cache_read, cache_write, output, source, digest}, USD per million tokens, the
    ones that count first; those that are past or to come are left out.
    """
    book, day = Book(call.desk.town.path), datetime.fromtimestamp(now(), UTC).date()
    tables = book.tables()
    rows = _of_model(tables, params, day) if params.model else _all(tables, day)
    trouble = book.trouble and {"message": book.trouble.message, "hint": book.trouble.hint}
    return call.reply({"file": str(book.file), "trouble": trouble, "prices": rows})


def _of_model(tables: tuple[Table, ...], params: Prices, day: date) -> list[Record]:
    found = [(table, price) for table in tables if (price := table.find(params.vendor, params.model, day))]
    return [_shown(table, price) for table, price in found[:1]]


def _all(tables: tuple[Table, ...], day: date) -> list[Record]:
    rows: list[Record] = []
    for table in tables:
        newest: dict[tuple[str, str], Price] = {}
        for price in sorted(table.prices, key=lambda one: one.since):
            if price.since <= day:
                newest[price.vendor, price.model] = price
        rows += [_shown(table, price) for price in newest.values()]
    return rows


def _shown(table: Table, price: Price) -> Record:
    return {
        "model": price.model,
        "vendor": price.vendor,
        "from": price.since.isoformat(),
        "fresh": price.fresh,
        "cache_read": price.fresh if price.cache_read is None else price.cache_read,
        "cache_write": price.fresh if price.cache_write is None else price.cache_write,
        "output": price.output,
        "source": table.name,
        "digest": table.digest,
    }


METHODS: dict[str, Method[Any]] = {"prices": Method(run=_prices, params=Prices, workers=True)}
