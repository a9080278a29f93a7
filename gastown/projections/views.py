"""All views of a town, and what they hold in short."""

import hashlib
from collections.abc import Iterable

from gastown.bus.event_log import LogReader
from gastown.events.ids import Entity
from gastown.projections.abroad import abroad
from gastown.projections.accounts import accounts
from gastown.projections.agents import agents
from gastown.projections.asks import asks
from gastown.projections.attempts import attempts
from gastown.projections.beads import beads
from gastown.projections.budgets import budgets
from gastown.projections.convoys import convoys
from gastown.projections.definitions import definitions
from gastown.projections.escalations import escalations
from gastown.projections.fitness import fitness
from gastown.projections.handoffs import handoffs
from gastown.projections.holds import holds
from gastown.projections.homes import homes
from gastown.projections.host import host
from gastown.projections.kernel.rebuild import fold_entities, rebuild_into
from gastown.projections.kernel.store import Store
from gastown.projections.last_landings import last_landings
from gastown.projections.mail import mail
from gastown.projections.membership import membership
from gastown.projections.merge_queue import merge_queue
from gastown.projections.messages import messages
from gastown.projections.parked import parked
from gastown.projections.policies import policies
from gastown.projections.requests import requests
from gastown.projections.rigs import rigs
from gastown.projections.seances import seances
from gastown.projections.sessions import sessions
from gastown.projections.town import town
from gastown.projections.turns import turns

VIEWS = (
    beads,
    abroad,
    convoys,
    agents,
    accounts,
    sessions,
    turns,
    seances,
    budgets,
    messages,
    mail,
    asks,
    merge_queue,
    last_landings,
    rigs,
    holds,
    definitions,
    policies,
    fitness,
    escalations,
    membership,
    town,
    host,
    attempts,
    handoffs,
    homes,
    requests,
    parked,
)


def fingerprint(store: Store) -> dict[str, str]:
    """A digest of each table's content, in the order of its key: equal where the content is equal."""
    return {
        table.name: _digest(store, table.name, ", ".join(table.columns), ", ".join(table.key)) for table in store.tables
    }


def _digest(store: Store, table: str, columns: str, key: str) -> str:
    digest = hashlib.sha256()
    for row in store.rows(f"SELECT {columns} FROM {table} ORDER BY {key}"):
        digest.update(repr(row).encode())
    return digest.hexdigest()


async def as_of(log: LogReader, position: int, entities: Iterable[Entity] | None = None) -> Store:
    """The views as they were at `position`, in memory. The caller closes it.

    entities: only what their own events say. Raises LogUnavailableError, LogBrokenError.
    """
    store = Store(None, VIEWS)
    try:
        if entities is None:
            await rebuild_into(store, log, until=position)
        else:
            await fold_entities(store, log, entities, position)
    except BaseException:
        store.close()
        raise
    return store


async def differing_tables(store: Store, log: LogReader) -> list[str]:
    """Tables that are not as a rebuild from the log makes them, both as of the store's position when called.

    Raises LogUnavailableError, LogBrokenError.
    """
    held = fingerprint(store)
    fresh = await as_of(log, store.position)
    try:
        made = fingerprint(fresh)
    finally:
        fresh.close()
    return [name for name in held if held[name] != made[name]]
