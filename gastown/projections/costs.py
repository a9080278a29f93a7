"""What the turns used, added up."""

from gastown.projections.kernel.store import Record, Store

BY = {
    "session": "turns.session",
    "bead": "sessions.bead",
    "convoy": "beads.convoy",
    "agent": "sessions.agent",
    "vendor": "sessions.vendor",
    "model": "sessions.model",
    "rig": "sessions.rig",
    "day": "date(turns.ended_at, 'unixepoch')",
    "": "''",
}
"""What they can be added up by, and where that is found. Days are those of UTC."""


def costs(store: Store, by: str = "", since: float = 0.0) -> list[Record]:
    """{of, turns, untold, unpriced, fresh, cache_read, cache_write, output, cost}, the dearest first.

    of: the bead, day ...; "" where there is none. since: seconds since the epoch. untold: turns whose vendor does not
    tell what it used; unpriced: those that told it without a cost. cost: in USD, of the others. Raises KeyError.
    """
    sql = (
        f"SELECT coalesce({BY[by]}, '') AS of, count(*) AS turns, sum(1 - turns.told) AS untold,"
        " sum(turns.told AND turns.cost IS NULL) AS unpriced, sum(turns.fresh) AS fresh,"
        " sum(turns.cache_read) AS cache_read, sum(turns.cache_write) AS cache_write, sum(turns.output) AS output,"
        " coalesce(sum(turns.cost), 0.0) AS cost"
        " FROM turns LEFT JOIN sessions ON sessions.id = turns.session LEFT JOIN beads ON beads.id = sessions.bead"
        " WHERE turns.ended_at >= ? GROUP BY 1 ORDER BY cost DESC, sum(turns.fresh + turns.output) DESC, of"
    )
    return store.query(sql, (since,))
