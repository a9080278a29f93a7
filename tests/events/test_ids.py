"""Ids are made as Beads makes them."""

import pytest

from gastown.events.ids import abroad, at_home, hash_id, hash_length, shown

NS = 1_704_164_645_006_000_000  # 2024-01-02T03:04:05.006Z


@pytest.mark.parametrize(
    ("length", "expected"),
    [(3, "bd-vju"), (4, "bd-8d8e"), (5, "bd-bi3tk"), (6, "bd-8bi3tk"), (7, "bd-r5sr6bm"), (8, "bd-8r5sr6bm")],
)
def test_the_known_vectors(length, expected):
    assert hash_id("bd", "Fix login", "Details", "jira-import", NS, 0, length) == expected


@pytest.mark.parametrize(("beads", "length"), [(0, 3), (163, 3), (164, 4), (5_898, 5), (5_899, 6), (10**7, 8)])
def test_ids_grow_with_the_number_of_beads(beads, length):
    assert hash_length(beads) == length


def test_a_bead_has_one_name_abroad_and_one_at_home():
    assert abroad("a", "ap-1x2") == "a.ap-1x2"
    assert abroad("b", "a.ap-1x2") == "a.ap-1x2"
    assert at_home("a", "a.ap-1x2") == "ap-1x2"
    assert at_home("b", "a.ap-1x2") == "a.ap-1x2"
    assert shown("a.ap-1x2") == "a/ap-1x2"
