from typing import Any

from gastown.events.bead import BeadCreated, BeadRetried, BeadSlung, BeadUpdated
from gastown.events.submission import SubmissionLanded, SubmissionRed
from gastown.projections.history import story, trace_tree, why_chain

ON = "0" * 39 + "3"


def of(tale: Any, *kinds: str) -> list[Any]:
    return [event for event in tale.events if event.entity.kind in kinds]


def landed(tale: Any) -> Any:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    tale.submitted("ap-1")
    tale.landed("ap-1")
    return tale


def test_a_story_is_one_line_an_event_in_order_whatever_order_they_come_in(tale: Any) -> None:
    landed(tale)
    lines = story(reversed(of(tale, "bead")))
    assert [line["what"] for line in lines] == [
        "created: Do ap-1",
        "slung to app, in convoy cv-ap-1",
        "given a place: session ap-1-1, agent sh",
        "work began: toast, session ap-1-1",
        "handed in: app.ap-1-1, commit 000000000000",
        "landed: merged in 000000000000",
    ]
    assert lines[0] == {
        "position": 5,
        "index": 0,
        "time": "2023-11-14T22:13:25.000Z",
        "actor": "overseer",
        "kind": "bead",
        "entity": "ap-1",
        "type": "bead.created",
        "what": "created: Do ap-1",
    }


def test_the_tree_of_a_trace_hangs_every_event_below_its_cause(tale: Any) -> None:
    landed(tale)
    given = [event for event in tale.events if event.position >= 5]
    roots = trace_tree(reversed(given))
    assert [root["children"][0]["type"] for root in roots[:3]] == ["bead.created", "convoy.opened", "bead.slung"]
    assert count(roots) == len(given) + len(roots)
    slung = roots[2]["children"][0]
    way: list[str] = []
    node = slung
    while node["children"]:
        node = max(node["children"], key=lambda child: len(child["children"]))
        way.append(node["type"])
    assert way == [
        "bead.assigned",
        "polecat.assigned",
        "session.opened",
        "session.started",
        "session.ended",
        "submission.received",
        "submission.landing_intended",
        "submission.landed",
        "bead.landed",
    ]


def count(nodes: list[Any]) -> int:
    return sum(1 + count(node["children"]) for node in nodes)


def test_a_node_lasts_as_long_as_what_it_led_to(tale: Any) -> None:
    landed(tale)
    roots = trace_tree(of(tale, "bead", "session", "submission", "polecat"))
    (root,) = (root for root in roots if root["children"][0]["type"] == "bead.slung")
    slung = root["children"][0]
    told = next(event for event in tale.events if isinstance(event.envelope.data, BeadSlung))
    last = max(event.position for event in tale.events if type(event.envelope.data).__name__ == "BeadLanded")
    assert (root["start"], slung["start"]) == (told.envelope.time, told.envelope.time)
    assert root["seconds"] == slung["seconds"] == last - told.position
    assigned = slung["children"][0]
    assert assigned["since_cause"] == assigned["start"] - slung["start"] == 1.0
    assert (root["actor"], root["cause"]) == ("overseer", "")


def test_events_of_one_command_begin_at_one_root(tale: Any) -> None:
    tale.tell("bead", "ap-1", BeadCreated(title="a"), BeadUpdated(notes="b"))
    (root,) = trace_tree(tale.events[-2:])
    assert [child["type"] for child in root["children"]] == ["bead.created", "bead.updated"]


def test_what_another_trace_caused_says_which_event_did(tale: Any) -> None:
    tale.created("ap-1")
    elsewhere = tale.tell("bead", "ap-2", BeadCreated(title="x"))
    retried = tale.tell("bead", "ap-1", BeadRetried(), cause=elsewhere)
    of_the_bead = [event for event in tale.events if event.entity.id == "ap-1"]
    assert [root["cause"] for root in trace_tree(of_the_bead[1:])] == [elsewhere]
    (root,) = trace_tree(of_the_bead)  # with its own story at hand, it goes on there
    assert [child["id"] for child in root["children"][0]["children"]] == [retried]


def test_from_a_landed_commit_back_to_the_persons_command(tale: Any) -> None:
    landed(tale)
    chain = why_chain(tale.events, ON)
    assert [link["type"] for link in chain] == [
        "submission.landed",
        "submission.landing_intended",
        "submission.received",
        "session.ended",
        "session.started",
        "session.opened",
        "polecat.assigned",
        "bead.assigned",
        "bead.slung",
    ][::-1]
    assert (chain[0]["actor"], chain[-1]["actor"]) == ("overseer", "host")
    assert {"position", "type", "actor", "time"} <= chain[0].keys()
    assert [link["position"] for link in chain] == sorted(link["position"] for link in chain)


def test_the_workers_commit_has_the_same_chain_and_an_unknown_one_has_none(tale: Any) -> None:
    landed(tale)
    assert why_chain(tale.events, "0" * 39 + "2") == why_chain(tale.events, ON)
    assert why_chain(tale.events, "f" * 40) == []


def test_a_chain_goes_through_the_attempts_before_but_not_through_other_beads(tale: Any) -> None:
    tale.created("ap-0")
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    tale.submitted("ap-1")
    red = SubmissionRed(base="b" * 40, candidate="c" * 40, gate="test", exit_code=1, tail="no")
    tale.came_back("ap-1", red, outcome="red", commit="2" * 40)
    tale.tell("bead", "ap-1", BeadUpdated(notes="look at the gate"))
    room = tale.slung("ap-0", trace="other")
    tale.started("ap-1", 2, cause=room)  # ap-0's end made room, say
    tale.submitted("ap-1", 2)
    tale.landed("ap-1", 2)
    chain = why_chain(tale.events, ON)
    assert {link["entity"] for link in chain if link["kind"] == "bead"} == {"ap-1"}
    assert [link["type"] for link in chain if link["kind"] == "bead"] == [
        "bead.slung",
        "bead.assigned",
        "bead.returned",
        "bead.assigned",
    ]
    assert "submission.red" in {link["type"] for link in chain}


def test_where_a_cause_is_not_given_the_entitys_own_event_before_stands_for_it(tale: Any) -> None:
    landed(tale)
    chain = why_chain(of(tale, "bead", "submission"), ON)
    assert [link["type"] for link in chain] == [
        "submission.received",
        "submission.landing_intended",
        "submission.landed",
    ]


def test_a_landing_that_was_found_at_a_proof_has_a_chain_too(tale: Any) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    there = tale.submitted("ap-1")
    received = tale.last_of[tale.events[-1].entity.__class__("submission", there)]
    tale.tell("submission", there, SubmissionLanded(commit="2" * 40, target_commit=ON), cause=received)
    assert [link["type"] for link in why_chain(tale.events, ON)][-2:] == ["submission.received", "submission.landed"]
