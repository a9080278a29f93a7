"""What must be true of the beads of several towns at any time, however old what is known of each is. Pure.

- A bead comes to a town only if another has handed it over: to this town, and under this epoch.
- No epoch of a bead is handed over twice, nor taken up in two towns.
- A town lands nothing of a bead that is not there; no bead lands in two towns under one epoch.
"""

from collections.abc import Iterable

import msgspec

from gastown.projections.homes import Account, Landing, Move


class Stay(msgspec.Struct, frozen=True, order=True):
    """A time in which one town is a bead's home. epoch: under which it came, 0 where it was born there. back: how often
    its work elsewhere has ended, so that this town may do something with it again."""

    bead: str
    epoch: int
    back: int


class _Known:
    """An account, by beads."""

    def __init__(self, account: Account) -> None:
        self.town = account.town
        self.position = account.position
        self.landings = account.landings
        self.moves: dict[str, list[Move]] = {}
        for move in account.moves:
            self.moves.setdefault(move.bead, []).append(move)

    def before(self, landing: Landing) -> list[Move]:
        return [move for move in self.moves.get(landing.bead, ()) if move.position < landing.position]

    def stay(self, landing: Landing) -> Stay:
        before = self.before(landing)
        epoch = max((move.epoch for move in before), default=0)
        return Stay(landing.bead, epoch, sum(move.what == "ended" for move in before))


def complaints(accounts: Iterable[Account]) -> list[str]:
    """Empty where all is as it must be. accounts: of each town, as far as it is known; they need not be equally old."""
    known = {account.town: _Known(account) for account in accounts}
    found: list[str] = []
    for town in known.values():
        found += _came(town, known)
        found += _away(town)
    return sorted({*found, *_two_homes(known), *_landed_twice(known)})


def _came(town: _Known, known: dict[str, _Known]) -> list[str]:
    """What was taken up without having been handed over: as far as the other town's account goes."""
    found: list[str] = []
    for move in (move for moves in town.moves.values() for move in moves if move.what == "came"):
        sender = known.get(move.town)
        if sender is None or sender.position < move.there:
            continue
        left = [one for one in sender.moves.get(move.bead, ()) if one.what == "left" and one.epoch == move.epoch]
        if not any((one.town, one.position) == (town.town, move.there) for one in left):
            where = f"to {left[0].town}" if left else "to nobody"
            what = f"taken up in {town.town} under epoch {move.epoch}, and handed over by {move.town} {where}"
            found.append(f"{_shown(move.bead)}: {what}")
    return found


def _two_homes(known: dict[str, _Known]) -> list[str]:
    first: dict[tuple[str, str, int], str] = {}
    found: list[str] = []
    for town in known.values():
        for move in (move for moves in town.moves.values() for move in moves if move.what != "ended"):
            home = move.town if move.what == "left" else town.town
            other = first.setdefault((move.bead, move.what, move.epoch), home)
            if other != home:
                found.append(f"{_shown(move.bead)}: its home is {other} and {home}, under epoch {move.epoch}")
    return found


def _away(town: _Known) -> list[str]:
    """What was landed here of a bead that was another town's then."""
    found: list[str] = []
    for landing in town.landings:
        before = town.before(landing)
        if before and before[-1].what == "left":
            where = f"landed in {town.town} at position {landing.position}"
            found.append(f"{_shown(landing.bead)}: {where}, when its home was {before[-1].town}")
    return found


def _landed_twice(known: dict[str, _Known]) -> list[str]:
    first: dict[Stay, str] = {}
    found: list[str] = []
    for town in known.values():
        for landing in town.landings:
            other = first.setdefault(town.stay(landing), town.town)
            if other != town.town:
                found.append(f"{_shown(landing.bead)}: landed in {other} and in {town.town}")
    return found


def _shown(bead: str) -> str:
    return bead.replace(".", "/", 1)
