"""One home for each bead, and one landing, over the accounts of all towns."""

from collections.abc import Callable
from typing import Any

import pytest

from gastown.events.bead import BeadEndedAbroad, BeadReceived
from gastown.events.handover import BeadHandedOver, Parcel
from gastown.projections.homes import Account, Landing, Move, account
from gastown.projections.kernel.store import Store
from gastown.projections.one_home import complaints

See = Callable[[], Store]
PARCEL = Parcel(title="x")


def moved(what: str, town: str, epoch: int, position: int, there: int = 0) -> Move:
    return Move(bead="a.x", position=position, what=what, town=town, epoch=epoch, there=there)


def landed(position: int) -> Landing:
    return Landing(bead="a.x", position=position, submission="app.x-1")


HOME = Account(town="a", position=50, moves=(moved("left", "b", 1, 10),))
GUEST = Account(town="b", position=50, moves=(moved("came", "a", 1, 5, there=10),), landings=(landed(9),))


def test_a_bead_that_is_handed_over_taken_up_and_landed_there_is_as_it_must_be():
    assert complaints([HOME, GUEST]) == []
    assert complaints([GUEST, HOME]) == []


def test_a_bead_that_came_back_may_land_at_home():
    back = Account(town="a", position=50, moves=(*HOME.moves, moved("ended", "b", 1, 20)), landings=(landed(30),))
    assert complaints([back, GUEST]) == []


def test_a_bead_goes_on_to_a_third_town_under_a_higher_epoch():
    home = Account(
        town="a",
        position=50,
        moves=(*HOME.moves, moved("ended", "b", 1, 20), moved("left", "c", 2, 30)),
    )
    third = Account(town="c", position=50, moves=(moved("came", "a", 2, 5, there=30),), landings=(landed(9),))
    assert complaints([home, GUEST, third]) == []


def test_what_is_not_known_yet_is_no_complaint():
    assert complaints([Account(town="a", position=9), GUEST]) == []
    assert complaints([GUEST]) == []


@pytest.mark.parametrize(
    ("accounts", "said"),
    [
        (
            [Account(town="a", position=50), GUEST],
            "a/x: taken up in b under epoch 1, and handed over by a to nobody",
        ),
        (
            [HOME, Account(town="c", position=50, moves=(moved("came", "a", 1, 5, there=10),))],
            "a/x: taken up in c under epoch 1, and handed over by a to b",
        ),
        (
            [HOME, GUEST, Account(town="c", position=9, moves=(moved("came", "z", 1, 5, there=10),))],
            "a/x: its home is b and c, under epoch 1",
        ),
        (
            [Account(town="a", position=50, moves=(*HOME.moves, moved("left", "c", 1, 11)))],
            "a/x: its home is b and c, under epoch 1",
        ),
        (
            [Account(town="a", position=50, moves=HOME.moves, landings=(landed(20),))],
            "a/x: landed in a at position 20, when its home was b",
        ),
        (
            [Account(town="a", position=50, moves=HOME.moves, landings=(landed(20),)), GUEST],
            "a/x: landed in a and in b",
        ),
        (
            [
                Account(town="a", position=50, landings=(landed(20),)),
                Account(town="b", position=50, landings=(landed(9),)),
            ],
            "a/x: landed in a and in b",
        ),
    ],
)
def test_what_must_not_be_is_said(accounts, said):
    assert said in complaints(accounts)


def test_accounts_are_what_the_logs_say(tale: Any, seen: See) -> None:
    tale.founding()
    tale.whole_life("ap-1")
    tale.created("ap-2")
    tale.tell("handover", "b.a.ap-2", BeadHandedOver(bead="ap-2", epoch=1, rig="app", parcel=PARCEL))
    tale.tell("bead", "ap-2", BeadEndedAbroad(town="b", epoch=1, last=9, outcome="closed"))
    received = BeadReceived(town="c", epoch=3, position=77, rig="app", parcel=PARCEL)
    tale.tell("bead", "c.x", received)
    found = account(seen(), "a")
    (landing,) = found.landings
    assert (found.town, landing.bead, landing.submission) == ("a", "a.ap-1", "app.ap-1-1")
    assert found.position == len(tale.messages)
    assert [(move.bead, move.what, move.town, move.epoch, move.there) for move in found.moves] == [
        ("a.ap-2", "left", "b", 1, 0),
        ("a.ap-2", "ended", "b", 1, 0),
        ("c.x", "came", "c", 3, 77),
    ]
