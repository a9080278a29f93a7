"""What is fuzzed: each target takes bytes and fails by AssertionError, or by any error that it is not to raise."""

import json
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from gastown import config
from gastown.actors.commands.codec import decode_order
from gastown.adapters.git.candidates import candidate_message
from gastown.adapters.git.leftovers import Status
from gastown.adapters.git.program import Output, readable, without_secrets
from gastown.adapters.git.push import Pushed
from gastown.adapters.git.target import commits_by_ref
from gastown.adapters.processes import locks
from gastown.api import protocol
from gastown.api.methods import METHODS
from gastown.api.protocol import Common
from gastown.daemon.children import read_children
from gastown.errors import GastownError
from gastown.events.codec import decode, encode
from gastown.events.ids import Entity
from gastown.not_json import NOT_JSON
from gastown.projections.words import words
from gastown_cli.output import clean, clean_text
from gastown_cli.quick_json import load

_FOLDER = Path(tempfile.mkdtemp(prefix="gastown-fuzz-"))
_KINDS = ("bead", "session", "submission", "rig", "agent", "town", "convoy", "target", "settings", "other")


def codec(data: bytes) -> None:
    """Whatever lies in the log is read, told in words, and can be written again to mean the same."""
    entity = Entity(_KINDS[len(data) % len(_KINDS)], "x")
    events = decode(data, position=1, entity=entity)
    assert events
    for event in events:
        assert words(event.envelope.data) is not None
        msgspec.json.encode(event)
    again = decode(encode([event.envelope for event in events]), position=1, entity=entity)
    assert again == events


def socket(data: bytes) -> None:
    """A line on the socket is a request or a ProtocolError; its params are a method's, or a ValidationError."""
    try:
        request = protocol.decode(data)
    except protocol.ProtocolError as error:
        assert json.loads(protocol.broken(error))["error"]["data"]["exit"] == 2
        return
    for kind in (Common, *(method.params for method in METHODS.values())):
        try:
            msgspec.convert(request.params, kind)
        except msgspec.ValidationError as error:
            str(error)


def town_file(data: bytes) -> None:
    """A town.toml is a town or a GastownError."""
    (_FOLDER / config.FILE).write_bytes(data)
    try:
        found = config.load(_FOLDER)
    except GastownError as error:
        assert error.hint
        return
    assert isinstance(found.name, str)


def town_files(data: bytes) -> None:
    """What a town keeps of its processes is read, or counts as not there."""
    run = _FOLDER / "run"
    run.mkdir(exist_ok=True)
    (run / "children.json").write_bytes(data)
    (run / "some.lock").write_bytes(data)
    town = config.TownConfig(path=_FOLDER, name="x", incarnation="x")
    assert isinstance(read_children(town), dict)
    assert locks.holder(run / "some.lock") is None


def orders(data: bytes) -> None:
    """A report in the outbox, or from the host, is an order or a MsgspecError."""
    try:
        decode_order(data)
    except NOT_JSON:
        return


def answers(data: bytes) -> None:
    """The command line reads what json reads, and raises ValueError for the rest."""
    try:
        text = data.decode()
        mine = load(text)
    except (ValueError, RecursionError):
        return
    assert mine == mine or mine != mine


def pages(data: bytes) -> None:
    """Nothing reaches a terminal that moves its cursor, changes its colours, or turns its words round."""
    text = data.decode(errors="surrogateescape")
    for shown in (clean(text), clean_text(text)):
        assert not {"\x1b", "\x07", "\x08", "\x7f", "\x85", "\x9b", "\u202e", "\u2066", "\u2028", "\r"} & set(shown)
    assert "\n" not in clean(text)


def git_words(data: bytes) -> None:
    """What git prints is taken apart, whatever it is."""
    output = Output("status", data[:1] == b"x", data, data.decode(errors="replace"))
    status = Status(output)
    msgspec.json.encode([readable(name) for name in (*status.changed, *status.untracked, status.head)])
    commits_by_ref(output)
    pushed = Pushed(output, "/origin", "main")
    assert pushed.done != bool(output.code)
    str(pushed.refusal)
    str(pushed.fault())
    without_secrets(output.text)


def messages(data: bytes) -> None:
    """No title forges a trailer."""
    title = " ".join(data.decode(errors="surrogateescape").split())
    trailers = (("Gastown-Bead", "ap-1"), ("Gastown-Submission", "app.ap-1-1"))
    text = candidate_message(f"Merge ap-1: {title}", "app.ap-1-1", trailers)
    assert text.endswith("\n\nGastown-Bead: ap-1\nGastown-Submission: app.ap-1-1\n")
    assert text.count("\n") == 4
    assert "\0" not in text


TARGETS: dict[str, Any] = {
    target.__name__: target
    for target in (codec, socket, town_file, town_files, orders, answers, pages, git_words, messages)
}
