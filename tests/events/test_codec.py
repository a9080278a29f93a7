"""Events on the wire: what was written once can be read for ever."""

import json
from pathlib import Path

import msgspec
import pytest

from gastown.events.codec import UnknownEventError, classes, decode, encode, schema_of, tag_of
from gastown.events.ids import Entity
from gastown.events.upcasts import SCHEMA, UPCASTS

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))
ANY = Entity("bead", "ap-1")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_message_ever_written_can_be_read(path):
    tag, _, schema = path.stem.rpartition(".")
    payload = path.read_bytes()
    (recorded,) = decode(payload, position=7, entity=ANY)
    assert tag_of(recorded.envelope.data) == tag
    assert (recorded.position, recorded.index, recorded.entity) == (7, 0, ANY)
    if int(schema) == schema_of(tag):
        assert json.loads(encode([recorded.envelope])) == json.loads(payload)


def test_there_is_a_golden_message_for_every_tag_and_schema():
    written = {path.stem for path in GOLDEN}
    assert written == {f"{tag}.{schema}" for tag in classes() for schema in range(1, schema_of(tag) + 1)}


def test_upcasts_are_for_tags_that_exist():
    assert UPCASTS.keys() <= classes().keys()


@pytest.mark.parametrize("change", [{"data": {"type": "bead.exploded"}}, {"v": 99}])
def test_what_a_newer_version_wrote_is_refused_by_name(change):
    message = json.loads(GOLDEN[0].read_bytes())
    message[0].update(change)
    with pytest.raises(UnknownEventError, match="older"):
        decode(json.dumps(message).encode(), position=1, entity=ANY)


def test_an_older_schema_is_brought_up_to_date(monkeypatch):
    tag = "convoy.opened"
    monkeypatch.setitem(UPCASTS, tag, (lambda old: {"title": old["name"], "beads": old["beads"], "type": tag},))
    monkeypatch.setitem(SCHEMA, tag, 2)
    message = json.loads(next(path for path in GOLDEN if path.stem == f"{tag}.1").read_bytes())
    message[0]["data"] = {"type": tag, "name": "old words", "beads": ["ap-1"]}
    (recorded,) = decode(json.dumps(message).encode(), position=1, entity=ANY)
    assert msgspec.structs.asdict(recorded.envelope.data) == {"title": "old words", "beads": ("ap-1",)}
