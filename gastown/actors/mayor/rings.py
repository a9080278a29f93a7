"""Rules about beads of several towns that wait for each other: no town alone can see that none is ever done.

- Whoever is told of a bead is told, too, what that one waits for in other towns, and so on.
- Where a bead waits, by way of other towns, for itself, a person is told: one of the needs is to be dropped.
"""

from collections.abc import Iterator

from gastown.actors.commands.deacon import DEACON, CloseEscalation, RaiseEscalation
from gastown.actors.effects import Effect, Message, Tell
from gastown.actors.kernel.role import Change
from gastown.actors.mayor.abroad import is_met, name_here, on_watch
from gastown.actors.mayor.state import Mayor, Watch
from gastown.events import bead, watch
from gastown.events.ids import BeadId, Entity, shown
from gastown.events.watch import RingSeen, WatchHeard

MOST = 100
"""The beads of other towns that are told of one: who waits for more is told of a ring later, if at all."""
_MATTERS = (bead.NeedAdded, bead.NeedRemoved, bead.BeadClosed, bead.BeadReopened, WatchHeard)
"""What may change whom beads wait for. One that landed waited for nothing any more."""


def matters(changes: tuple[Change, ...]) -> bool:
    return any(isinstance(change.event, _MATTERS) for change in changes)


def behind(state: Mayor, key: BeadId) -> tuple[BeadId, ...]:
    """The beads of other towns that it waits for in the end."""
    found: set[BeadId] = set()
    for need in _watched_needs(state, key):
        found |= {need, *state.watches[need].behind}
    return tuple(sorted(found))[:MOST]


def _watched_needs(state: Mayor, key: BeadId) -> set[BeadId]:
    """Those it waits for directly, or by way of beads that are here."""
    found: set[BeadId] = set()
    seen: set[BeadId] = set()
    stack = [key]
    while stack:
        one = state.beads.get(stack.pop())
        waiting = [need for need in one.needs if not is_met(state, need)] if one else []
        found |= {need for need in waiting if need not in state.beads and need in state.watches}
        new = [need for need in waiting if need in state.beads and need not in seen]
        seen |= set(new)
        stack += new
    return found


def follow(after: Mayor, changes: tuple[Change, ...]) -> Iterator[Change]:
    """What is seen of rings because of `changes`."""
    if not matters(changes):
        return
    for need, known in after.watches.items():
        through = _through(after, need, known)
        if through != known.ring:
            yield on_watch(after, need.partition(".")[0], need, RingSeen(bead=need, through=through))


def _through(state: Mayor, need: BeadId, known: Watch) -> BeadId:
    """A bead here that it waits for, and that waits for it; "": none."""
    if known.standing != "open":
        return ""
    ours = (name_here(state, name) for name in known.behind)
    return next((one for one in ours if one in state.beads and need in _watched_needs(state, one)), "")


def escalations(state: Mayor) -> Iterator[Effect]:
    """Of each ring, by way of each bead that is needed elsewhere."""
    for need, seen in state.watches.items():
        if seen.rings:
            key, about = f"ring.{need}.{seen.rings}", Entity(watch.KIND, f"{need.partition('.')[0]}.{need}")
            way = "raise" if seen.ring else "lower"
            told = _raised(key, about, need, seen.ring) if seen.ring else CloseEscalation(escalation=key, how="no more")
            yield Tell(key=f"tell:{way}:{key}", about=about, messages=(Message(DEACON, told),))


def _raised(key: str, about: Entity, need: BeadId, ring: BeadId) -> RaiseEscalation:
    return RaiseEscalation(
        escalation=key,
        about=about,
        severity="high",
        reason=f"{shown(ring)} waits for {shown(need)}, which waits for {shown(ring)}: neither is ever done",
        hint=f"gt bead show {shown(ring)}; then --drop one of the needs: gt bead update BEAD --drop NEED",
    )
