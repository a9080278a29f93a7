"""Entities and subjects."""

import pytest

from gastown.bus.subjects import entity_of, service_subject, stream_name, subject_of
from gastown.events.ids import Entity


@pytest.mark.parametrize(
    "entity", [Entity("bead", "ap-1"), Entity("submission", "app.ap-1-2"), Entity("job", "a.b.c.d")]
)
def test_an_entity_comes_back_from_its_subject(entity):
    assert entity_of(subject_of("mytown", entity).encode()) == entity


def test_the_names_are_the_ones_the_design_says():
    assert subject_of("mytown", Entity("bead", "ap.1")) == "ev.mytown.bead.ap.1"
    assert stream_name("mytown", "01J") == "EV_mytown_01J"
    assert service_subject("mytown", "01J", "host") == "svc.mytown.01J.host"


@pytest.mark.parametrize("name", ["", "a b", "a*", ">", "a..b", ".a", "a.", "a\r\nPUB x 0\r\n", "a\tb"])
def test_an_id_that_would_be_another_subject_is_refused(name):
    with pytest.raises(ValueError, match="not a subject"):
        subject_of("mytown", Entity("bead", name))


def test_a_kind_with_a_dot_is_refused():
    with pytest.raises(ValueError, match="holds a dot"):
        subject_of("mytown", Entity("bead.x", "ap-1"))
