"""What the turns used, added up."""

from gastown.projections.kernel.store import Record, Store

BY = {
    "session": "spent.session",
    "bead": "sessions.bead",
    "convoy": "beads.convoy",
    "agent": "sessions.agent",
    "vendor": "sessions.vendor",
    "model": "coalesce(nullif(spent.model, ''), sessions.model)",
    "rig": "sessions.rig",
    "day": "date(spent.ended_at, 'unixepoch')",
    "": "''",
}
"""What they can be added up by, and where that is found. Days are those of UTC."""


_SPENT = """
WITH spent AS (
  SELECT t.session, t.ended_at, t.model, t.told, t.fresh, t.cache_read, t.cache_write, t.output, t.cost,
    CASE WHEN t.cost IS NULL AND s.guess THEN s.cost ELSE 0.0 END AS guessed
  FROM turns AS t LEFT JOIN settlements AS s ON s.session = t.session AND s.number = t.number
  UNION ALL
  SELECT s.session, s.settled_at, '', 0, 0, 0, 0, 0, NULL, s.cost FROM settlements AS s
  WHERE s.guess AND NOT EXISTS (SELECT 1 FROM turns AS t WHERE t.session = s.session AND t.number = s.number)
  UNION ALL
  SELECT session, ended_at, model, told, fresh, cache_read, cache_write, output, cost, 0.0 FROM seances)
"""
"""Every turn: those that ended, those that broke off while money was reserved for them, and those of seances."""


def costs(store: Store, by: str = "", since: float = 0.0) -> list[Record]:
    """{of, turns, untold, unpriced, fresh, cache_read, cache_write, output, cost, guessed}, the dearest first.

    of: the bead, day ...; "" where there is none. since: seconds since the epoch. untold: turns of which nobody told
    what they used; unpriced: those of which it was told, and no price is known. cost: in USD, of the others; guessed:
    what those without a cost count for in budgets. Raises KeyError.
    """
    sql = (
        f"{_SPENT} SELECT coalesce({BY[by]}, '') AS of, count(*) AS turns, sum(1 - spent.told) AS untold,"
        " sum(spent.told AND spent.cost IS NULL) AS unpriced, sum(spent.fresh) AS fresh,"
        " sum(spent.cache_read) AS cache_read, sum(spent.cache_write) AS cache_write, sum(spent.output) AS output,"
        " coalesce(sum(spent.cost), 0.0) AS cost, sum(spent.guessed) AS guessed"
        " FROM spent LEFT JOIN sessions ON sessions.id = spent.session LEFT JOIN beads ON beads.id = sessions.bead"
        " WHERE spent.ended_at >= ? GROUP BY 1 ORDER BY cost DESC, sum(spent.fresh + spent.output) DESC, of"
    )
    return store.query(sql, (since,))
