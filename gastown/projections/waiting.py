"""Whether beads and convoys get done by themselves, or only a person can make progress. Questions to other views."""

from collections.abc import Sequence

import msgspec

from gastown.events.hold import IS_HELD, Depth
from gastown.events.ids import shown
from gastown.events.unreadable import NEWER
from gastown.projections import abroad, asks, budgets, definitions, host, rigs, room
from gastown.projections.beads import DONE
from gastown.projections.kernel.store import Record, Store

_CLOSURE = """
WITH RECURSIVE wanted (id) AS (
  SELECT value FROM json_each(?) UNION SELECT n.need FROM needs AS n JOIN wanted AS w ON n.bead = w.id)
SELECT b.id, b.title, b.state, b.rig, b.convoy, b.blocked_reason, b.parked, b.landed_commit, b.submission, b.session,
  b.asked_agent, b.slung_to, b.not_taken, b.away, b.away_stuck, q.state AS stage, q.proposal, q.reason AS stage_reason
FROM wanted AS w JOIN beads AS b ON b.id = w.id LEFT JOIN submissions AS q ON q.id = b.submission
"""
_EDGES = "SELECT bead, need FROM needs WHERE bead IN (SELECT value FROM json_each(?)) ORDER BY position, ordinal"


class Stuck(msgspec.Struct, frozen=True, kw_only=True):
    """A bead that waits for a person. on: the bead that has to be moved, itself or one that it needs."""

    bead: str
    on: str
    state: str
    reason: str
    hint: str


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """done: all of it. beads: those asked for, and the convoys' own. needs_you: empty while things move.

    unknown: ids that are neither bead nor convoy.
    """

    done: bool
    beads: tuple[Record, ...]
    convoys: tuple[Record, ...]
    needs_you: tuple[Stuck, ...]
    unknown: tuple[str, ...] = ()


def outlook(store: Store, ids: Sequence[str]) -> Outlook:
    """How it stands with these beads and convoys: a person is needed once nothing of it moves by itself any more.

    A person moves a blocked or escalated bead, one whose agent asks, one that nobody has slung, one whose work is held,
    and whatever waits for such a one.
    """
    convoys = _convoys(store, ids)
    members = [bead for convoy in convoys for bead in _members(store, convoy["id"])]
    named = [one for one in ids if one not in {convoy["id"] for convoy in convoys}]
    known = {row["id"]: row for row in store.query(_CLOSURE, (_json([*named, *members]),))}
    asked = [known[key] for key in dict.fromkeys([*named, *members]) if key in known]
    waiting = [row for row in asked if row["state"] not in DONE]
    stuck = _Judge(store, known).all_of(waiting)
    moving = len(waiting) > len(stuck)
    return Outlook(
        done=not waiting and all(convoy["state"] == "done" for convoy in convoys),
        beads=tuple({name: row[name] for name in ("id", "title", "state", "convoy", "landed_commit")} for row in asked),
        convoys=tuple(convoys),
        needs_you=() if moving else tuple(stuck),
        unknown=tuple(one for one in named if one not in known),
    )


def _json(keys: Sequence[str]) -> str:
    return msgspec.json.encode(keys).decode()


def _convoys(store: Store, ids: Sequence[str]) -> list[Record]:
    sql = "SELECT id, title, state FROM convoys WHERE id IN (SELECT value FROM json_each(?)) ORDER BY position"
    return store.query(sql, (_json(ids),))


def _members(store: Store, convoy: str) -> list[str]:
    sql = "SELECT bead FROM convoy_beads WHERE convoy = ? ORDER BY position, ordinal"
    return [row["bead"] for row in store.query(sql, (convoy,))]


class _Judge:
    """Says of each bead who makes it go on."""

    def __init__(self, store: Store, known: dict[str, Record]) -> None:
        self._store = store
        self._known = known
        self._asks = asks.by_session(store)
        known_rigs = rigs.listing(store)
        self._held = {rig["name"]: rig["holds"] for rig in known_rigs if rig["holds"]}
        self._agents = definitions.agents(store)
        self._agent_of = {rig["name"]: rig["agent"] for rig in known_rigs}
        self._closed_here = definitions.settings(store)["max_polecats"] == 0
        self._closed_shop = self._closed_here and host.slots(store) == 0
        self._needs: dict[str, list[str]] = {}
        for edge in store.query(_EDGES, (_json(list(known)),)):
            self._needs.setdefault(edge["bead"], []).append(edge["need"])
        self._judged: dict[str, Stuck | None] = {}

    def all_of(self, rows: Sequence[Record]) -> list[Stuck]:
        found = [(row["id"], self._judge(row["id"])) for row in rows]
        return [msgspec.structs.replace(stuck, bead=bead) for bead, stuck in found if stuck is not None]

    def _judge(self, key: str) -> Stuck | None:
        """None: it is done, or goes on by itself. Needs are walked with a stack: chains may be long."""
        pending = [key]
        while pending:
            top = pending[-1]
            missing = [need for need in self._active_needs(top) if need not in self._judged]
            if missing:
                pending += missing
                continue
            found = [self._own(self._known[top]), *(self._judged[need] for need in self._active_needs(top))]
            self._judged[pending.pop()] = next(filter(None, found), None)
        return self._judged[key]

    def _active_needs(self, key: str) -> list[str]:
        if self._known[key]["state"] != "slung":
            return []
        return [need for need in self._needs.get(key, ()) if need in self._known]

    def _own(self, row: Record) -> Stuck | None:
        match row["state"]:
            case "blocked" | "escalated":
                return _stuck(row, row["blocked_reason"], f"gt retry {row['id']}")
            case "parked":
                return _stuck(row, row["parked"], NEWER)
            case "open":
                no_town = f"no town took it: {row['not_taken']}" if row["not_taken"] else ""
                return _stuck(row, no_town or "nobody has slung it", f"gt sling {row['id']}")
            case "away":
                return _stuck_abroad(row) if row["away_stuck"] else None
            case "submitted":
                return _at_the_end(row) or self._held_up(row, "pause", "stop")
            case "slung" if row["slung_to"]:
                return self._never_met(row)
            case "slung" if not row["session"]:
                held = self._held_up(row, "intake", "pause", "stop")
                known = held or self._never_met(row) or self._locked_out(row) or self._without_money(row)
                return known or self._without_place(row)
            case "slung":  # given a place, and not begun
                return self._held_up(row, "intake", "stop")
            case "running":
                return self._held_up(row, "stop") or self._asking(row)
            case _:
                return None

    def _asking(self, row: Record) -> Stuck | None:
        ask = self._asks.get(row["session"])
        if ask is None:
            return None
        reason = f"{ask['agent']} asks to use {ask['tool']}: {ask['title']}"
        return _stuck(row, reason, f"gt answer {ask['id']} allow|deny")

    def _never_met(self, row: Record) -> Stuck | None:
        """It needs what its town does not know, or what waits for this town in turn."""
        need, ring = abroad.unknown_need(self._store, row["id"]), abroad.ring_of(self._store, row["id"])
        if need is not None:
            reason = f"{need.partition('.')[0]} knows no bead {shown(need)}"
        elif ring is not None:
            need, reason = ring[0], f"{shown(ring[0])} waits for {shown(ring[1])} in turn"
        else:
            return None
        return _stuck(row, reason, f"gt bead update {row['id']} --drop {shown(need)}")

    def _locked_out(self, row: Record) -> Stuck | None:
        """Whoever may work on it wants a login, or is not fit; one that is only throttled goes on by itself."""
        said = definitions.locked_out(self._agents, row["asked_agent"] or self._agent_of.get(row["rig"], ""))
        return _stuck(row, *said) if said else None

    def _held_up(self, row: Record, *depths: Depth) -> Stuck | None:
        for hold in self._held.get(row["rig"], ()):
            if hold["depth"] in depths and hold["cause"] != "moved":  # that goes on by itself
                what = f"rig {hold['rig']}" if hold["rig"] else "the town"
                reason = f"{what} {IS_HELD[hold['depth']]}, by {hold['by']}: {hold['reason']}"
                return _stuck(row, reason, _mends(hold))
        if self._closed_shop and row["state"] == "slung":
            return _stuck(row, "max_polecats is 0", "gt config set max_polecats N")
        return None

    def _without_place(self, row: Record) -> Stuck | None:
        """No machine will ever have it as things stand."""
        waits = room.waits(self._store, row["id"]) if self._closed_here else ()
        if not waits or not all(one.lasting for one in waits):
            return None
        return _stuck(row, room.said(waits), waits[-1].hint)

    def _without_money(self, row: Record) -> Stuck | None:
        wanting = budgets.wanting(self._store, row)
        return _stuck(row, wanting["reason"], wanting["hint"]) if wanting else None


def _mends(hold: Record) -> str:
    hint = hold["hint"]
    if hold["cause"] != "pause":
        return hint
    resume = f"gt rig resume {hold['rig']}"
    return hint if resume in hint else f"{hint}; then: {resume}" if hint else resume


def _at_the_end(row: Record) -> Stuck | None:
    """Proven, but the last word is a person's."""
    if row["stage"] == "held":
        return _stuck(row, "proven, held for approval", f"gt mq approve {row['submission']}")
    if row["stage"] == "proposed":
        return _stuck(row, f"proposed on branch {row['proposal']}", f"merge branch {row['proposal']} at the origin")
    return None


def _stuck_abroad(row: Record) -> Stuck:
    """A person there has been told."""
    return _stuck(row, f"in {row['away']}: {row['away_stuck']}", f"gt bead list --town {row['away']} --status blocked")


def _stuck(row: Record, reason: str, hint: str) -> Stuck:
    return Stuck(bead=row["id"], on=row["id"], state=row["state"], reason=reason, hint=hint)
