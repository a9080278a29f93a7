"""What holds when a bead goes from one session to the next, whatever befell the town. Each law gives the breaches."""

from collections import Counter
from collections.abc import Iterator

from gastown.actors.mayor.state import Mayor
from gastown.events.bead import BeadReopened, BeadRetried, BeadReturned, Charge
from gastown.events.envelope import Recorded
from gastown.events.handoff import HandoffWritten
from gastown.events.ids import BeadId, Commit, SessionId
from gastown.events.session import SessionOpened
from simulated.talkers import Told


def who_goes_on_has_what_was_done(events: list[Recorded]) -> Iterator[str]:
    """The commits of the last session of the bead that had any, whoever it was and however it ended."""
    left: dict[BeadId, tuple[SessionId, Commit]] = {}
    for one in events:
        match one.envelope.data:
            case BeadReturned(session=session, commit=commit) if commit:
                left[one.entity.id] = session, commit
            case BeadReopened():
                left.pop(one.entity.id, None)
            case SessionOpened(bead=bead, earlier=earlier):
                had = (earlier.session, earlier.commit) if earlier else None
                if had != left.get(bead):
                    yield f"{one.entity.id} goes on with {had}, and {left.get(bead)} was left of {bead}"
            case _:
                pass


def notes_are_told_to_who_goes_on(events: list[Recorded], told: list[Told]) -> Iterator[str]:
    """All that was written down in a session is in what the next one on its bead is told first."""
    first: dict[SessionId, str] = {}
    for one in told:
        if not one.within:
            first.setdefault(one.session, one.text)
    beads: dict[SessionId, BeadId] = {}
    written: dict[BeadId, list[str]] = {}
    for one in events:
        match one.envelope.data:
            case SessionOpened(bead=bead):
                beads[one.entity.id] = bead
                text = first.get(one.entity.id)
                for notes in written.pop(bead, []):
                    if text is not None and f"\n\n{notes}" not in text:  # its last output may say it, too
                        yield f"{one.entity.id} was not told {notes!r}"
            case HandoffWritten(notes=notes):
                written.setdefault(beads[one.entity.id], []).append(notes)
            case _:
                pass


def attempts_are_counted_on(events: list[Recorded], mayor: Mayor) -> Iterator[str]:
    """Whoever works on it: what failed before still counts, until a person lets the bead begin anew."""
    counts: dict[BeadId, Counter[Charge]] = {}
    for one in events:
        match one.envelope.data:
            case BeadReturned(charge=charge) if charge != "none":
                counts.setdefault(one.entity.id, Counter())[charge] += 1
            case BeadRetried() | BeadReopened():
                counts.pop(one.entity.id, None)
            case _:
                pass
    for bead, one in sorted(mayor.beads.items()):
        known = Counter({"failed_run": one.failed_runs, "red_gate": one.red_gates, "conflict": one.conflicts})
        if +known != counts.get(bead, Counter()):
            yield f"{bead} has {+known} against it, and the log says {counts.get(bead)}"
