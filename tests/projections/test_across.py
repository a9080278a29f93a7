"""A bead that was born in a, handed over to b, and landed there: one story out of both logs."""

from gastown.events import submission
from gastown.events.bead import BeadCreated, BeadEndedAbroad, BeadReceived, BeadSlung
from gastown.events.envelope import Envelope, Recorded
from gastown.events.fact import Fact
from gastown.events.handover import (
    BeadHandedOver,
    HandoverEnded,
    HandoverOffered,
    OfferAccepted,
    Parcel,
)
from gastown.events.ids import Entity
from gastown.projections.across import Told, joined, offered_to, other_towns, put_back
from gastown.projections.history import trace_tree, why_chain

PARCEL = Parcel(title="Fix login")
COMMIT = f"{8:040x}"


class Log:
    """clock: by how many seconds this town's differs."""

    def __init__(self, town: str, clock: float) -> None:
        self.town = town
        self.events: list[Recorded] = []
        self._clock = clock

    def tell(self, time: float, kind: str, key: str, *facts: Fact, heard: str = "", cause: str = "") -> str:
        position = len(self.events) + 1
        for index, fact in enumerate(facts):
            envelope = Envelope(
                id=f"{self.town}{position}.{index}",
                time=time + self._clock,
                actor=f"town/{heard[0]}" if heard else "overseer",
                command=f"heard:{heard}" if heard else f"c{self.town}{position}",
                cause=cause,
                correlation="t1",
                traceparent="00-t1-s-01",
                data=fact,
            )
            self.events.append(Recorded(position=position, index=index, entity=Entity(kind, key), envelope=envelope))
        return self.events[-1].envelope.id


def lived(clock: float) -> tuple[Log, Log]:
    a, b = Log("a", 0.0), Log("b", clock)
    a.tell(0, "bead", "x", BeadCreated(title="Fix login", rig="app"))
    slung = a.tell(1, "bead", "x", BeadSlung(rig="app", convoy="cv-1", to=("b",), there="app"))
    offer = HandoverOffered(bead="x", epoch=1, rig="app", until=99.0, parcel=PARCEL)
    offered = a.tell(2, "handover", "b.a.x", offer, cause=slung)
    accepted = b.tell(3, "handover", "a.a.x", OfferAccepted(bead="a.x", epoch=1), heard=offered)
    handed = a.tell(4, "handover", "b.a.x", BeadHandedOver(bead="x", epoch=1, rig="app", parcel=PARCEL), heard=accepted)
    received = BeadReceived(town="a", epoch=1, position=4, rig="app", parcel=PARCEL)
    there = b.tell(5, "bead", "a.x", received, BeadSlung(rig="app", convoy=""), heard=handed)
    got = submission.SubmissionReceived(
        rig="app", bead="a.x", session="a.x-1", title="t", commit=f"{7:040x}", base=f"{1:040x}", priority=2
    )
    queued = b.tell(6, "submission", "app.a.x-1", got, cause=there)
    landed = submission.SubmissionLanded(commit=f"{7:040x}", target_commit=COMMIT)
    last = b.tell(7, "submission", "app.a.x-1", landed, cause=queued)
    end = HandoverEnded(bead="a.x", epoch=1, last=9, outcome="landed", commit=f"{7:040x}", target_commit=COMMIT)
    ended = b.tell(8, "handover", "a.a.x", end, cause=last)
    a.tell(9, "bead", "x", BeadEndedAbroad(town="b", epoch=1, last=9, outcome="landed"), heard=ended)
    return a, b


def told(*logs: Log) -> list[Told]:
    return [Told(town=log.town, events=tuple(log.events)) for log in logs]


def test_whatever_the_clocks_say_what_was_caused_comes_after_its_cause():
    for clock in (0.0, 300.0, -300.0):
        a, b = lived(clock)
        story = joined(told(a, b), "a")
        assert "".join(town for town, _, _ in story.places) == "aaababbbbba"
        assert [event.position for event in story.events] == list(range(1, len(story.events) + 1))


def test_the_tree_has_one_root_and_each_node_its_town_and_place():
    for here, logs in (("a", lived(-300.0)), ("b", lived(300.0)[::-1])):
        story = joined(told(*logs), here)
        roots = trace_tree(story.events)
        put_back(story, roots)
        created, slung = roots
        assert [node["type"] for node in created["children"]] == ["bead.created"]
        line, node = [], slung
        while node["children"]:
            node = node["children"][-1]
            line.append((node["town"], node["type"], node["since_cause"] >= 0))
        assert line == [
            ("a", "bead.slung", True),
            ("a", "handover.offered", True),
            ("b", "handover.accepted", True),
            ("a", "handover.handed_over", True),
            ("b", "bead.slung", True),
            ("b", "submission.received", True),
            ("b", "submission.landed", True),
            ("b", "handover.ended", True),
            ("a", "bead.ended_abroad", True),
        ]
        assert node["position"] == 5
        assert node["entity"] == ("x" if here == "a" else "a/x")


def test_the_chain_behind_a_landing_in_b_goes_back_to_the_request_in_a():
    a, b = lived(0.0)
    story = joined(told(a, b), "a")
    chain = why_chain(story.events, COMMIT)
    put_back(story, chain)
    assert [(step["town"], step["position"], step["type"]) for step in chain] == [
        ("a", 2, "bead.slung"),
        ("a", 3, "handover.offered"),
        ("b", 1, "handover.accepted"),
        ("a", 4, "handover.handed_over"),
        ("b", 2, "bead.slung"),
        ("b", 4, "submission.received"),
        ("b", 5, "submission.landed"),
    ]


def test_without_the_other_towns_part_the_story_has_two_beginnings():
    a, b = lived(0.0)
    assert [root["command"] for root in trace_tree(joined(told(b), "b").events)] == ["heard:a3.0", "heard:a4.0"]
    assert other_towns(a.events) == ["b"]
    assert (other_towns(b.events), offered_to(a.events), offered_to(b.events)) == (["a"], ["b"], ["a"])
