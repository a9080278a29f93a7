"""Beads between towns: what was offered to whom, what became of it, and what is waited for elsewhere.

Its folds change the rows of beads, too (`projections/beads.py`): in which town one is, or to which one it is to go.
"""

from gastown.events import handover
from gastown.events.bead import (
    BeadEndedAbroad,
    BeadReceived,
    BeadReopened,
    BeadReportedAbroad,
    BeadStranded,
    CommitsBrought,
    CommitsMissed,
)
from gastown.events.envelope import Recorded
from gastown.events.handover import HandoverEnded, HandoverReported, OfferAccepted, OfferRefused
from gastown.events.watch import RingSeen, WatchAsked, WatchHeard
from gastown.projections.beads import BEADS, beads, text_columns
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table, Value
from gastown.projections.rfc3339 import utc

HANDOVERS = Table(
    "handovers",
    key=("id",),
    columns={"id": "", "bead": "", "town": "", "epoch": 0, "state": "", "until": None, "reason": "", "since": 0.0},
    indexes=("bead",),
)
WATCHES = Table("watches", key=("bead",), columns={"bead": "", "standing": "asked", "ring": "", "since": 0.0})

LANDED = Table("landed_abroad", key=("bead",), columns={"bead": "", "town": "", "rig": "", "commit_id": ""})

abroad = Projection("abroad", 3, HANDOVERS, WATCHES, LANDED)


def _town(at: Recorded) -> str:
    return at.entity.id.partition(".")[0]


def _row(at: Recorded, bead: str, epoch: int, state: str, **more: Value) -> Changes:
    """The last word about this bead between this town and that one."""
    row = {"id": at.entity.id, "bead": bead, "town": _town(at), "epoch": epoch, "since": at.envelope.time}
    return (HANDOVERS.put(**row, state=state, **more),)


@abroad.on(handover.HandoverOffered)
def offered(at: Recorded, event: handover.HandoverOffered) -> Changes:
    return _row(at, event.bead, event.epoch, "offered", until=event.until)


@abroad.on(handover.HandoverRecalled)
def recalled(at: Recorded, event: handover.HandoverRecalled) -> Changes:
    how = "recalled" if event.how == "person" else event.how
    return _row(at, event.bead, event.epoch, how, reason=event.reason)


@abroad.on(handover.BeadHandedOver)
def handed_over(at: Recorded, event: handover.BeadHandedOver) -> Changes:
    return _row(at, event.bead, event.epoch, "away")


@abroad.on(OfferAccepted)
def accepted(at: Recorded, event: OfferAccepted) -> Changes:
    return _row(at, event.bead, event.epoch, "accepted")


@abroad.on(OfferRefused)
def refused(at: Recorded, event: OfferRefused) -> Changes:
    return _row(at, event.bead, event.epoch, "refused here", reason=event.reason)


@abroad.on(HandoverReported)
def reported(at: Recorded, event: HandoverReported) -> Changes:
    return _row(at, event.bead, event.epoch, "here", reason=event.stuck)


@abroad.on(HandoverEnded)
def ended(at: Recorded, event: HandoverEnded) -> Changes:
    return _row(at, event.bead, event.epoch, "given back", reason=event.outcome)


@abroad.on(WatchAsked)
def asked(at: Recorded, event: WatchAsked) -> Changes:
    return (WATCHES.put(bead=event.bead, since=at.envelope.time),)


@abroad.on(WatchHeard)
def heard(at: Recorded, event: WatchHeard) -> Changes:
    return (WATCHES.patch(event.bead, standing=event.standing, since=at.envelope.time),)


@abroad.on(RingSeen)
def ring(at: Recorded, event: RingSeen) -> Changes:
    del at
    return (WATCHES.patch(event.bead, ring=event.through),)


@abroad.on(BeadEndedAbroad)
def ended_abroad(at: Recorded, event: BeadEndedAbroad) -> Changes:
    """An earlier version said of one that went on from there only where it went from here."""
    if event.outcome != "landed":
        return ()
    town = event.where or event.town
    return (LANDED.put(bead=at.entity.id, town=town, rig=event.rig, commit_id=event.target_commit),)


@abroad.on(BeadReopened)
def reopened(at: Recorded, event: BeadReopened) -> Changes:
    del event
    return (LANDED.delete(at.entity.id),)


@abroad.on(BeadReceived)
def received(at: Recorded, event: BeadReceived) -> Changes:
    del event
    return (LANDED.delete(at.entity.id),)


@beads.on(handover.HandoverOffered)
def bead_offered(at: Recorded, event: handover.HandoverOffered) -> Changes:
    return (BEADS.patch(event.bead, updated_at=at.envelope.time, offered=_town(at), offered_until=event.until),)


@beads.on(handover.HandoverRecalled)
def bead_recalled(at: Recorded, event: handover.HandoverRecalled) -> Changes:
    why = "" if event.how == "person" else f"{_town(at)}: {event.reason}"
    over = {"offered": "", "offered_until": None, "not_taken": why}
    return (BEADS.patch(event.bead, updated_at=at.envelope.time, **over),)


@beads.on(handover.BeadHandedOver)
def bead_handed_over(at: Recorded, event: handover.BeadHandedOver) -> Changes:
    when = at.envelope.time
    over = {"offered": "", "offered_until": None, "not_taken": "", "away_stuck": ""}
    return (BEADS.patch(event.bead, updated_at=when, away=_town(at), away_since=when, **over),)


@beads.on(BeadStranded)
def bead_stranded(at: Recorded, event: BeadStranded) -> Changes:
    return (BEADS.patch(at.entity.id, updated_at=at.envelope.time, slung=0, slung_to="", not_taken=event.reason),)


@beads.on(BeadReceived)
def bead_received(at: Recorded, event: BeadReceived) -> Changes:
    """A guest's row begins anew; of a bead that comes home all that is known stays, but where it was."""
    parcel, when = event.parcel, at.envelope.time
    said: dict[str, Value] = {
        "title": parcel.title,
        **text_columns("description", parcel.description),
        **text_columns("acceptance", parcel.acceptance),
        **text_columns("notes", parcel.notes),
        "priority": parcel.priority,
        "issue_type": parcel.issue_type,
        "rig": event.rig,
        "received_from": event.town,
        "commits_coming": int(bool(parcel.luggage and parcel.earlier and event.incarnation)),
        "commits_missed": "",
        "updated_at": when,
    }
    if "." in at.entity.id:
        by = f"town/{event.town}"
        return (BEADS.put(id=at.entity.id, created_by=by, position=at.position, created_at=when, **said),)
    return (BEADS.patch(at.entity.id, **said, away="", away_since=None, away_stuck="", slung=0, slung_to=""),)


@beads.on(CommitsBrought)
def commits_brought(at: Recorded, event: CommitsBrought) -> Changes:
    del event
    return (BEADS.patch(at.entity.id, updated_at=at.envelope.time, commits_coming=0),)


@beads.on(CommitsMissed)
def commits_missed(at: Recorded, event: CommitsMissed) -> Changes:
    said = {"commits_coming": 0, "commits_missed": event.reason}
    return (BEADS.patch(at.entity.id, updated_at=at.envelope.time, **said),)


@beads.on(BeadReportedAbroad)
def bead_reported(at: Recorded, event: BeadReportedAbroad) -> Changes:
    return (BEADS.patch(at.entity.id, updated_at=at.envelope.time, away_stuck=event.stuck),)


@beads.on(BeadEndedAbroad)
def bead_ended(at: Recorded, event: BeadEndedAbroad) -> Changes:
    when = at.envelope.time
    landed = event.outcome == "landed"
    reason = f"Merged in {event.target_commit}" if landed else event.reason
    over = {"closed": event.outcome, "closed_at": when, "close_reason": f"in town {event.town}: {reason}"}
    over |= {"landed_commit": event.target_commit if landed else None, "away_stuck": ""}
    return (BEADS.patch(at.entity.id, updated_at=when, **over),)


def of_bead(store: Store, bead: str) -> list[Record]:
    """The last word between this town and each that it was to go to, is in, or came from: {town, state, epoch, until,
    reason, since}, the last one last. state: offered, recalled, expired, refused, away; of a guest: accepted, refused
    here, here, given back."""
    sql = "SELECT town, state, epoch, until, reason, since FROM handovers WHERE bead = ? ORDER BY since, epoch, town"
    return [{**row, "until": utc(row["until"]), "since": utc(row["since"])} for row in store.query(sql, (bead,))]


def landed_in(store: Store, bead: str) -> Record | None:
    """{town, rig, commit}: the other town whose rig's target has it. rig: "" where an earlier version said none."""
    return store.query_one('SELECT town, rig, commit_id AS "commit" FROM landed_abroad WHERE bead = ?', (bead,))


def entities_of(store: Store, bead: str) -> list[str]:
    """The ids of the handovers of this bead."""
    return [row["id"] for row in store.query("SELECT id FROM handovers WHERE bead = ? ORDER BY since", (bead,))]


def ring_of(store: Store, bead: str) -> tuple[str, str] | None:
    """A bead elsewhere that this one needs, and the bead here for which that one waits: neither is ever done."""
    sql = (
        "SELECT w.bead, w.ring FROM needs AS n JOIN watches AS w ON w.bead = n.need"
        " WHERE n.bead = ? AND w.ring <> '' ORDER BY w.bead"
    )
    row = store.query_one(sql, (bead,))
    return (str(row["bead"]), str(row["ring"])) if row else None


def unknown_need(store: Store, bead: str) -> str | None:
    """A bead that this one needs, and that the town it is said to be in does not know."""
    sql = (
        "SELECT w.bead FROM needs AS n JOIN watches AS w ON w.bead = n.need"
        " WHERE n.bead = ? AND w.standing = 'unknown' ORDER BY w.bead"
    )
    row = store.query_one(sql, (bead,))
    return str(row["bead"]) if row else None
