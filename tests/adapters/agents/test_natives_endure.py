"""Whatever comes over the pipe, however it is cut: nothing is raised, and each turn that began ends exactly once."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from replay import VENDORS, a_start, act, names, records

from gastown.adapters.agents.dialogue import Ended
from gastown.adapters.agents.lines import Lines
from gastown.adapters.agents.port import Message
from gastown.adapters.agents.told import AgentEvent, LineDropped, TurnEnded

RECORDINGS = [(vendor, name) for vendor in VENDORS for name in names(vendor)]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def junk(draw: st.DrawFn, vendor: str, name: str) -> bytes:
    """Noise; or something that was said, with one part of it replaced by something else."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=60)).replace(b"\n", b" ")
    said = draw(st.sampled_from([one["msg"] for one in records(vendor, name) if one.get("dir") == "<"]))
    changed: Any = json.loads(json.dumps(said))
    place: Any = changed
    for _ in range(draw(st.integers(0, 3))):
        inner = [key for key, value in place.items() if isinstance(value, dict) and value]
        if not inner:
            break
        place = place[draw(st.sampled_from(inner))]
    place[draw(st.sampled_from(sorted(place)))] = draw(json_values)
    return json.dumps(changed).encode()


def check_turns(events: list[AgentEvent], begun: int) -> None:
    assert len([event for event in events if isinstance(event, TurnEnded)]) == begun


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_junk_between_the_lines_and_an_end_anywhere(data: st.DataObject) -> None:
    vendor, name = data.draw(st.sampled_from(RECORDINGS))
    recorded = records(vendor, name)
    cut = data.draw(st.integers(1, len(recorded)))
    start = a_start(vendor, name)
    dialogue = VENDORS[vendor].dialogue(start, Message(id="brief", text=start.brief))
    events: list[AgentEvent] = []
    open_turn, begun = False, 0
    for record in recorded[:cut]:
        steps = []
        if "do" in record:
            what, *rest = record["do"]
            if what in ("opening", "prompt"):
                if open_turn:  # a session takes no prompt within a turn
                    continue
                open_turn, begun = True, begun + 1
            elif not open_turn:
                continue
            steps.append(act(dialogue, what, *rest))
        elif record["dir"] == "<":
            steps = [dialogue.heard(line) for line in data.draw(st.lists(junk(vendor, name), max_size=2))]
            steps.append(dialogue.heard(json.dumps(record["msg"]).encode()))
        for step in steps:
            events += step.events
            open_turn = open_turn and not any(isinstance(event, TurnEnded) for event in step.events)
            assert all(b"\n" not in line for line in step.lines)
    how = Ended(exit_code=data.draw(st.sampled_from([0, 1, None])), signal=None, errors=data.draw(st.text(max_size=20)))
    events += dialogue.ended(how).events
    events += dialogue.ended(how).events

    check_turns(events, begun)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=30) | st.just(b"\n")), st.lists(st.integers(1, 40)), st.integers(1, 20))
def test_lines_are_the_same_however_they_are_cut(parts: list[bytes], cuts: list[int], most: int) -> None:
    stream = b"".join(parts)
    lines, heard, rest = Lines(most), list[bytes | LineDropped](), stream
    for cut in cuts:
        heard += lines.feed(rest[:cut])
        rest = rest[cut:]
    heard += [*lines.feed(rest), *lines.rest()]

    assert heard == [one if len(one) <= most else LineDropped(size=len(one)) for one in stream.split(b"\n") if one]


def test_a_line_without_an_end_takes_no_more_than_the_longest() -> None:
    lines = Lines(1000)
    for _ in range(5000):
        assert lines.feed(b"x" * 100) == []
        assert len(lines._begun) <= 1000

    assert lines.feed(b"\nnext\n") == [LineDropped(size=500_000), b"next"]
