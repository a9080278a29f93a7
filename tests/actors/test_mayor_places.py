"""The Mayor's rules about machines beside the town's own."""

import pytest

from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.places import ReportPlace
from gastown.actors.mayor import ROLE
from gastown.events.place import PlaceChanged


@pytest.fixture
def town(spec):
    return spec(ROLE, MAYOR)


def report(number, standing="up", host="east", slots=2):
    return ReportPlace(host=host, number=number, standing=standing, epoch=1, slots=slots)


def test_the_last_word_about_a_host_counts(town):
    town.when(report(1)).then(("place/east", PlaceChanged(number=1, standing="up", epoch=1, slots=2)))
    town.when(report(1)).then_events()
    town.when(report(3, "silent")).then_events(PlaceChanged)
    town.when(report(2)).then_events()


def test_every_host_that_may_have_sessions_is_told_what_is_held(town):
    assert [key for key in town.due() if key.startswith("hold:")] == ["hold:0"]
    town.when(report(1)).when(report(1, host="west", standing="silent"))
    told = {key: effect.host for key, effect in town.due().items() if key.startswith("hold:")}
    assert told == {"hold:0": "", "hold:0:east": "east", "hold:0:west": "west"}
    town.when(report(2, "lost"))
    assert "hold:0:east" not in town.due()
