"""Events on the wire: what was written once can be read for ever."""

import json
from pathlib import Path

import msgspec
import pytest

from gastown.events.codec import classes, decode, encode, schema_of, tag_of
from gastown.events.ids import Entity
from gastown.events.kept import digests_in
from gastown.events.unreadable import Unreadable
from gastown.events.upcasts import FORMER, SCHEMA, UPCASTS

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))
"""TAG.SCHEMA; what may be written in more than one way is there as TAG.SCHEMA+HOW, too."""
AGENT = next(path for path in GOLDEN if path.stem == "agent.added.1")
ANY = Entity("agent", "sh")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_message_ever_written_can_be_read(path):
    tag, _, schema = path.stem.partition("+")[0].rpartition(".")
    payload = path.read_bytes()
    entity = Entity(tag.partition(".")[0], "x")
    (recorded,) = decode(payload, position=7, entity=entity)
    today = {"rig.paused": "rig.held", "rig.resumed": "rig.freed"}.get(tag, tag)
    assert isinstance(recorded.envelope.data, classes()[today])
    assert (recorded.position, recorded.index, recorded.entity) == (7, 0, entity)
    if tag not in FORMER and int(schema) == schema_of(tag):
        assert json.loads(encode([recorded.envelope])) == json.loads(payload)


def test_there_is_a_golden_message_for_every_tag_and_schema():
    written = {path.stem.partition("+")[0] for path in GOLDEN}
    today = {f"{tag}.{schema}" for tag in classes() for schema in range(1, schema_of(tag) + 1)}
    assert written == today | {f"{tag}.1" for tag in FORMER}


@pytest.mark.parametrize("path", [path for path in GOLDEN if path.stem.endswith("+long")], ids=lambda path: path.stem)
def test_the_long_texts_that_a_bead_takes_along_are_found(path):
    entity = Entity(path.stem.partition(".")[0], "x")
    (recorded,) = decode(path.read_bytes(), position=7, entity=entity)
    assert digests_in(recorded.envelope.data) == ("1f" * 32, "2f" * 32, "3f" * 32)


def test_upcasts_are_for_tags_that_exist():
    assert UPCASTS.keys() <= classes().keys()


@pytest.mark.parametrize(
    ("change", "tag"), [({"data": {"type": "bead.exploded", "how": [1]}}, "bead.exploded"), ({"v": 99}, "agent.added")]
)
def test_what_a_newer_version_wrote_is_kept_as_it_is_and_said_to_be_unreadable(change, tag):
    message = json.loads(AGENT.read_bytes())
    message[0].update(change)
    (recorded,) = decode(json.dumps(message).encode(), position=1, entity=ANY)
    found = recorded.envelope.data
    assert isinstance(found, Unreadable)
    assert (found.newer, tag_of(found)) == (True, tag)
    assert tag in found.why
    assert "upgrade" in found.hint
    assert json.loads(encode([recorded.envelope])) == message


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{}", b"nonsense", b"\xff", b"[" * 100_000, b'[{"id":"x"}]', b"[null]"]
)
def test_what_is_no_message_is_one_unreadable_event_and_written_as_it_was(payload):
    (recorded,) = decode(payload, position=1, entity=ANY)
    assert isinstance(recorded.envelope.data, Unreadable)
    assert not recorded.envelope.data.newer
    assert encode([recorded.envelope]) == payload


@pytest.mark.parametrize(
    "data", [{"type": "agent.added", "spec": 7}, {"type": "agent.added"}, {"type": "bead.retried"}, {}, [], None, "x"]
)
def test_an_event_that_is_not_as_it_should_be_does_not_hide_its_neighbours(data):
    good = json.loads(AGENT.read_bytes())[0]
    events = decode(json.dumps([good, {**good, "data": data}, good]).encode(), position=1, entity=ANY)
    assert [isinstance(event.envelope.data, Unreadable) for event in events] == [False, True, False]
    assert json.loads(encode([event.envelope for event in events]))[1]["data"] == data


def test_an_older_schema_is_brought_up_to_date(monkeypatch):
    tag = "convoy.opened"
    monkeypatch.setitem(UPCASTS, tag, (lambda old: {"title": old["name"], "beads": old["beads"], "type": tag},))
    monkeypatch.setitem(SCHEMA, tag, 2)
    message = json.loads(next(path for path in GOLDEN if path.stem == f"{tag}.1").read_bytes())
    message[0]["data"] = {"type": tag, "name": "old words", "beads": ["ap-1"]}
    (recorded,) = decode(json.dumps(message).encode(), position=1, entity=Entity("convoy", "cv-1"))
    assert msgspec.structs.asdict(recorded.envelope.data) == {"title": "old words", "beads": ("ap-1",)}
