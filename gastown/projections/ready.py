"""Ready work: beads that could be given to a worker now. A question to the view of beads, without rows of its own."""

from gastown.projections.beads import FILTERS, select
from gastown.projections.kernel.store import Record, Store

NOT_WORK = ("merge-request", "gate", "molecule", "message", "agent", "role", "rig")
"""Types that are ready work only when asked for by name (Beads)."""

ACTIVE_NEED = (
    "SELECT 1 FROM needs LEFT JOIN beads AS n ON n.id = needs.need LEFT JOIN watches AS w ON w.bead = needs.need"
    " WHERE needs.bead = beads.id"
    " AND (n.closed = '' OR n.id IS NULL AND w.standing NOT IN ('landed', 'closed'))"
)
_READY = f"state = 'open' AND NOT EXISTS ({ACTIVE_NEED})"
_WORK = f"issue_type NOT IN {NOT_WORK}"


def ready(store: Store, limit: int = 0, **filters: str | int | None) -> list[Record]:
    """Open, not slung, every need done; by priority (0 first), then oldest first. limit 0: all. filters: of `listing`.

    A need that does not exist holds nothing up. Beads' own CLI shows the youngest of a priority first; here it is the
    oldest, so that nothing waits for ever.
    """
    given = {name: value for name, value in filters.items() if value is not None}
    types = () if "issue_type" in given else (_WORK,)
    return select(store, [_READY, *types, *(FILTERS[name] for name in given)], list(given.values()), limit)
