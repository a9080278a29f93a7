"""A town's life as its owners would have written it, without owners: the events that views are folded from."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import pytest

from gastown.bus.event_log import Append
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events import bead, convoy, escalation, polecat, rig, session, submission, town
from gastown.events.agent import AgentAdded, AgentSpec
from gastown.events.envelope import Envelope, Recorded
from gastown.events.fact import Fact
from gastown.events.ids import Entity, polecat_id, session_id, submission_id
from gastown.projections.kernel.folding import Folding
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS

Message: TypeAlias = tuple[Recorded, ...]

START = 1_700_000_000.0  # 2023-11-14T22:13:20Z
AGENT = AgentSpec(name="sh", vendor="shell", command="true")
CONFIG = rig.RigConfig(
    origin="/srv/app.git",
    target="main",
    landing="main",
    prefix="ap",
    gates=(rig.Gate(name="test", command="make test"),),
)


def commit(number: int) -> str:
    return f"{number:040x}"


class Tale:
    """Messages of a log, one a decision and entity. Every message is a second after the one before."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.last_of: dict[Entity, str] = {}

    def tell(self, kind: str, key: str, *facts: Fact, by: str = "overseer", cause: str = "", trace: str = "t1") -> str:
        """One message; the id of its last event."""
        position, entity = len(self.messages) + 1, Entity(kind, key)
        self.messages.append(
            tuple(
                Recorded(
                    position=position,
                    index=index,
                    entity=entity,
                    envelope=Envelope(
                        id=f"E{position:06}.{index}",
                        time=START + position,
                        actor=by,
                        command=f"C{position:06}",
                        cause=cause,
                        correlation=trace,
                        traceparent=f"00-{trace}-01",
                        data=fact,
                    ),
                )
                for index, fact in enumerate(facts)
            )
        )
        self.last_of[entity] = self.messages[-1][-1].envelope.id
        return self.last_of[entity]

    @property
    def events(self) -> list[Recorded]:
        return [event for message in self.messages for event in message]

    def founding(self, rig_name: str = "app") -> None:
        """A town with one rig and one agent."""
        self.tell("town", "town", town.TownInstalled(name="springfield", incarnation="01J"))
        self.tell("town", "town", town.TownWanted(state="up"))
        self.tell("rig", rig_name, rig.RigAdded(config=CONFIG))
        self.tell("agent", AGENT.name, AgentAdded(spec=AGENT, default=True))

    def created(self, key: str, *needs: str, by: str = "overseer", **said: Any) -> str:
        title = said.pop("title", f"Do {key}")
        return self.tell("bead", key, bead.BeadCreated(title=title, rig="app", needs=needs, **said), by=by)

    def slung(self, *keys: str, trace: str = "t1", convoy_id: str = "") -> str:
        """In a convoy of their own, by a person. The id of the event of the last bead."""
        convoy_id = convoy_id or f"cv-{keys[0]}"
        self.tell("convoy", convoy_id, convoy.ConvoyOpened(title="go", beads=keys), trace=trace)
        return [self.tell("bead", key, bead.BeadSlung(rig="app", convoy=convoy_id), trace=trace) for key in keys][-1]

    def started(self, key: str, number: int = 1, name: str = "toast", trace: str = "t1", cause: str = "") -> str:
        """From a free place to a running process. The session's id."""
        one = session_id(key, number)
        way = {"by": "host", "trace": trace}
        assigned = bead.BeadAssigned(session=one, number=number, agent=AGENT.name)
        last = self.tell("bead", key, assigned, cause=cause or self.last_of[Entity("bead", key)], **way)
        took = polecat.PolecatAssigned(bead=key, session=one, agent=AGENT.name, number=number, spec=AGENT)
        last = self.tell("polecat", polecat_id("app", name), took, cause=last, **way)
        opened = session.SessionOpened(rig="app", bead=key, number=number, polecat=name, agent=AGENT)
        last = self.tell("session", one, opened, cause=last, **way)
        runs = session.SessionStarted(
            pid=4000 + number, started=77, worktree=f"/w/{one}", branch=f"gastown/{one}", base=commit(1)
        )
        last = self.tell("session", one, runs, cause=last, **way)
        self.tell("bead", key, bead.BeadStarted(session=one, polecat=name), cause=last, **way)
        return one

    def ended(self, key: str, number: int = 1, name: str = "toast", trace: str = "t1", **said: Any) -> str:
        """A session that left nothing to land: the attempt comes back, its polecat is free."""
        one, outcome = session_id(key, number), said.pop("outcome", "failed")
        end = session.SessionEnded(outcome=outcome, reason="exit 1", base=commit(1), seconds=5.0, **said)
        way = {"by": "host", "trace": trace}
        last = self.tell("session", one, end, cause=self.last_of[Entity("session", one)], **way)
        back = bead.BeadReturned(
            session=one, outcome=outcome, reason="exit 1", charge="failed_run", tail=end.tail, kept=end.kept,
            commit=end.kept_commit, base=end.base,
        )  # fmt: skip
        self.tell("bead", key, back, cause=last, **way)
        self.tell("polecat", polecat_id("app", name), polecat.PolecatReleased(session=one, outcome=outcome), **way)
        self.tell("session", one, session.SessionSettled(), **way)
        return one

    def submitted(
        self,
        key: str,
        number: int = 1,
        name: str = "toast",
        trace: str = "t1",
        work: str = commit(2),
        priority: int = 2,
    ) -> str:
        """A session that ended with commits. The submission's id."""
        one = session_id(key, number)
        there = submission_id("app", one)
        way = {"by": "host", "trace": trace}
        end = session.SessionEnded(outcome="submitted", reason="done", base=commit(1), commit=work, seconds=9.0)
        last = self.tell("session", one, end, cause=self.last_of[Entity("session", one)], **way)
        queued = submission.SubmissionReceived(
            rig="app", bead=key, session=one, title=f"Do {key}", commit=work, base=commit(1), priority=priority
        )
        self.tell("submission", there, queued, cause=last, **way)
        self.tell("bead", key, bead.BeadSubmitted(session=one, submission=there, commit=work), cause=last, **way)
        self.tell("polecat", polecat_id("app", name), polecat.PolecatReleased(session=one, outcome="submitted"), **way)
        self.tell("session", one, session.SessionSettled(), **way)
        return there

    def landed(self, key: str, number: int = 1, trace: str = "t1", work: str = commit(2), on: str = commit(3)) -> str:
        """Proven, landed, told. The commit of the target."""
        there = submission_id("app", session_id(key, number))
        way = {"by": "host", "trace": trace}
        gates = (submission.GateRun(name="test", seconds=1.5, exit_code=0),)
        proven = submission.CandidateProven(number=1, base=commit(1), candidate=on, gates=gates)
        intended = submission.LandingIntended(expected=commit(1), candidate=on)
        last = self.tell("submission", there, proven, intended, cause=self.last_of[Entity("submission", there)], **way)
        last = self.tell(
            "submission", there, submission.SubmissionLanded(commit=work, target_commit=on), cause=last, **way
        )
        done = bead.BeadLanded(submission=there, commit=work, target_commit=on)
        self.tell("bead", key, done, cause=last, **way)
        self.tell("submission", there, submission.SubmissionSettled(), **way)
        return on

    def came_back(self, key: str, fact: Fact, number: int = 1, charge: Any = "red_gate", **said: Any) -> None:
        """The Refinery sends it back: `fact` on the submission, then the attempt on the bead."""
        one = session_id(key, number)
        there = submission_id("app", one)
        last = self.tell("submission", there, fact, cause=self.last_of[Entity("submission", there)])
        back = bead.BeadReturned(session=one, reason="sent back", charge=charge, **said)
        self.tell("bead", key, back, cause=last)
        self.tell("submission", there, submission.SubmissionSettled())

    def whole_life(self, key: str, name: str = "toast", trace: str = "t1") -> None:
        """A bead from its making to its landing, at the first attempt."""
        self.created(key)
        self.slung(key, trace=trace)
        self.started(key, name=name, trace=trace)
        self.submitted(key, name=name, trace=trace)
        self.landed(key, trace=trace)
        self.tell("convoy", f"cv-{key}", convoy.ConvoyCompleted(), trace=trace)

    def asked(self, key: str, about: Entity, severity: Any = "high") -> None:
        raised = escalation.EscalationRaised(about=about, severity=severity, reason="stuck", hint="gt retry")
        self.tell("escalation", key, raised)


@pytest.fixture(scope="session")
def new_tale() -> type[Tale]:
    return Tale


@pytest.fixture
def tale() -> Tale:
    """A founded town."""
    one = Tale()
    one.founding()
    return one


def fold(store: Store, messages: Iterable[Message], chunk: int = 0) -> None:
    """Into the store, flushed after every `chunk` messages; 0: once at the end."""
    folding = Folding(store)
    for number, message in enumerate(messages, start=1):
        folding.take(message)
        if chunk and number % chunk == 0:
            folding.flush()
    folding.flush()


Views: TypeAlias = Callable[..., AbstractContextManager[Store]]


@pytest.fixture(scope="session")
def views() -> Views:
    """`with views(messages, chunk=0) as store`: all views of these messages, in memory."""

    @contextmanager
    def folded(messages: Iterable[Message], chunk: int = 0) -> Iterator[Store]:
        store = Store(None, VIEWS)
        try:
            fold(store, messages, chunk)
            yield store
        finally:
            store.close()

    return folded


@pytest.fixture
def seen(views: Views, tale: Tale) -> Iterator[Callable[[], Store]]:
    """`seen()`: the views of the tale as it stands."""
    opened: list[Store] = []

    def look() -> Store:
        store = Store(None, VIEWS)
        opened.append(store)
        fold(store, tale.messages)
        return store

    yield look
    for store in opened:
        store.close()


Write: TypeAlias = Callable[[MemoryEventLog, Sequence[Message]], Any]


@pytest.fixture(scope="session")
def write() -> Write:
    """`await write(log, messages)`: append them, in order, where they belong."""

    stands: WeakKeyDictionary[MemoryEventLog, dict[Entity, int]] = WeakKeyDictionary()

    async def append(log: MemoryEventLog, messages: Sequence[Message]) -> None:
        of = stands.setdefault(log, {})
        for message in messages:
            entity, position = message[0].entity, message[0].position
            envelopes = tuple(recorded.envelope for recorded in message)
            written = await log.append([Append(entity=entity, expected=of.get(entity, 0), envelopes=envelopes)])
            assert written == (position,)
            of[entity] = position

    return append


@pytest.fixture(scope="session")
def refold() -> Callable[..., None]:
    return fold
