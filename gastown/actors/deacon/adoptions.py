"""Rules about lost towns that this one goes on for by itself.

- One at a time, and each lost town once: what failed waits for a person, who is told, and may do it by hand.
- One that was there again is spared, and may be reported lost another time.
- Whoever keeps the town is told of what goes on here now, too.
- A town that goes on elsewhere itself, restored or forked, finishes nothing that it had begun before.
"""

from collections.abc import Iterator
from typing import assert_never

import msgspec

from gastown.actors.commands.adoption import ReportAdoption, ReportTownLost
from gastown.actors.deacon.matters import raised
from gastown.actors.deacon.state import Adoption, Deacon
from gastown.actors.effects import Effect, TakeOver
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.events import adoption
from gastown.events.adoption import AdoptionBegun, AdoptionEnded, AdoptionEvent
from gastown.events.escalation import EscalationRaised
from gastown.events.ids import Entity

MATTER = "adoption."
"""What its escalations begin with: a person settles them."""


def report_lost(state: Deacon, command: ReportTownLost) -> Decision:
    known = state.adoptions.get(command.of)
    if known is not None and known.outcome != "spared":
        return ()
    under_way = next((one.town for one in state.adoptions.values() if not one.outcome), None)
    if under_way is not None:
        return Rejected(f"{under_way} is just being adopted", "one town at a time", "taken")
    begun = AdoptionBegun(town=command.town, quiet=command.quiet, number=known.number + 1 if known else 1)
    return (Change(entity(command.of), begun),)


def report_adoption(state: Deacon, command: ReportAdoption) -> Decision:
    known = state.adoptions.get(command.of)
    if known is None or known.outcome or known.number != command.number:
        return ()
    ended = AdoptionEnded(
        number=command.number,
        outcome=command.outcome,
        reason=command.reason,
        folder=command.folder,
        epoch=command.epoch,
    )
    changes = (Change(entity(command.of), ended),)
    return changes if command.outcome == "spared" else (*changes, _told(known, command))


def _told(known: Adoption, command: ReportAdoption) -> Change:
    lost = f"nobody saw town {known.town} for {known.quiet:.0f} s (adopt.after)"
    if command.outcome == "adopted":
        reason = f"{lost}: it goes on here, in {command.folder}. {command.remark}"
    else:
        reason = f"{lost}, and it could not be adopted: {command.reason}"
    matter = EscalationRaised(about=entity(command.of), severity="high", reason=reason, hint=command.hint)
    return raised(f"{MATTER}{command.of}", matter)


def due(state: Deacon) -> Iterator[Effect]:
    for of, known in state.adoptions.items():
        if not known.outcome:
            key = f"adopt:{of}:{known.number}"
            yield TakeOver(key=key, about=entity(of), town=known.town, of=of, number=known.number)


def evolve(state: Deacon, of: str, event: AdoptionEvent) -> Deacon:
    match event:
        case AdoptionBegun(town=town, quiet=quiet, number=number):
            known = Adoption(town=town, quiet=quiet, number=number)
        case AdoptionEnded(number=number, outcome=outcome):
            known = msgspec.structs.replace(state.adoptions.get(of, Adoption(number=number)), outcome=outcome)
        case _:
            assert_never(event)
    return msgspec.structs.replace(state, adoptions=state.adoptions.set(of, known))


def moved(state: Deacon) -> Deacon:
    """What was under way may be reported anew."""
    adoptions = state.adoptions
    for of, known in state.adoptions.items():
        if not known.outcome:
            adoptions = adoptions.set(of, msgspec.structs.replace(known, outcome="spared"))
    return msgspec.structs.replace(state, adoptions=adoptions)


def entity(of: str) -> Entity:
    return Entity(adoption.KIND, of)
