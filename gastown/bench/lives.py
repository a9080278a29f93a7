"""Beads as their events tell them: made, slung, worked on, sent back now and then, landed. Pure.

After the last event of a life nobody owes anything for it: a town that begins with such a log has nothing to do.
"""

import hashlib
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from gastown.events import bead, convoy, polecat, rig, session, submission, town
from gastown.events.agent import AgentAdded, AgentSpec
from gastown.events.fact import Fact
from gastown.events.ids import polecat_id, session_id, submission_id

Step: TypeAlias = tuple[str, str, tuple[Fact, ...]]
"""Kind and id of an entity, and what one decision says about it."""

RIG = "app"
AGENT = AgentSpec(name="shell", vendor="shell", command="./work", timeout=7200.0)
CONFIG = rig.RigConfig(origin="/srv/git/app.git", target="main", landing="main", prefix="ap")
_TEXT = "The importer reads every row into memory before it writes the first one. Read and write row by row instead. "
_OUTPUT = "FAILED tests/test_import.py::test_rows - AssertionError: expected 3 rows, got 2\n"


def founding(name: str, incarnation: str) -> Iterator[Step]:
    """A town with one rig and one agent."""
    yield "town", "town", (town.TownInstalled(name=name, incarnation=incarnation),)
    yield "town", "town", (town.TownWanted(state="up"),)
    yield "rig", RIG, (rig.RigAdded(config=CONFIG),)
    yield "agent", AGENT.name, (AgentAdded(spec=AGENT, default=True),)


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One bead. number: its place among all; it needs the bead `need`, "" for none. polecat: who works on it."""

    number: int
    need: str = ""
    polecat: str

    @property
    def key(self) -> str:
        return bead_id(self.number)

    @property
    def title(self) -> str:
        return f"Import row by row, part {self.number}"

    def steps(self) -> Iterator[Step]:
        yield from self._begin()
        attempt = 1
        if self.number % 5 == 0:
            yield from self._started(attempt)
            yield from self._failed(attempt)
            attempt += 1
        if self.number % 7 == 0:
            yield from self._started(attempt)
            yield from self._submitted(attempt)
            yield from self._red(attempt)
            attempt += 1
        yield from self._started(attempt)
        yield from self._submitted(attempt)
        yield from self._landed(attempt)

    def _begin(self) -> Iterator[Step]:
        key, convoy_id = self.key, f"cv-{self.number:04x}"
        needs = (self.need,) if self.need else ()
        made = bead.BeadCreated(title=self.title, description=_TEXT * 3, priority=self.number % 5, rig=RIG, needs=needs)
        yield "bead", key, (made,)
        yield "convoy", convoy_id, (convoy.ConvoyOpened(title=self.title, beads=(key,)),)
        yield "bead", key, (bead.BeadSlung(rig=RIG, convoy=convoy_id),)

    def _started(self, attempt: int) -> Iterator[Step]:
        key, one, who = self.key, session_id(self.key, attempt), polecat_id(RIG, self.polecat)
        yield "bead", key, (bead.BeadAssigned(session=one, number=attempt, agent=AGENT.name),)
        assigned = polecat.PolecatAssigned(
            bead=key, session=one, agent=AGENT.name, number=attempt, spec=AGENT, title=self.title
        )
        yield "polecat", who, (assigned,)
        opened = session.SessionOpened(
            rig=RIG, bead=key, number=attempt, polecat=self.polecat, agent=AGENT, title=self.title
        )
        yield "session", one, (opened,)
        runs = session.SessionStarted(
            pid=4000 + self.number,
            started=300_000 + self.number,
            worktree=f"/home/someone/gt/rigs/{RIG}/sandboxes/{one}",
            branch=f"gastown/{one}",
            base=commit(f"base {key}"),
        )
        yield "session", one, (runs,)
        yield "bead", key, (bead.BeadStarted(session=one, polecat=self.polecat),)

    def _failed(self, attempt: int) -> Iterator[Step]:
        one, why = session_id(self.key, attempt), "the agent ended with exit code 1"
        kept, left = f"gastown/kept/{one}", commit(f"left {one}")
        ended = session.SessionEnded(
            outcome="failed", reason=why, kept=kept, kept_commit=left, exit_code=1, tail=_OUTPUT * 10, seconds=61.5
        )
        yield "session", one, (ended,)
        back = bead.BeadReturned(
            session=one, outcome="failed", reason=why, charge="failed_run", tail=_OUTPUT * 10, kept=kept
        )
        yield "bead", self.key, (back,)
        yield from self._released(one, "failed")

    def _released(self, one: str, outcome: str) -> Iterator[Step]:
        yield "polecat", polecat_id(RIG, self.polecat), (polecat.PolecatReleased(session=one, outcome=outcome),)
        yield "session", one, (session.SessionSettled(),)

    def _submitted(self, attempt: int) -> Iterator[Step]:
        one, base = session_id(self.key, attempt), commit(f"base {self.key}")
        there, work = submission_id(RIG, one), commit(f"work {one}")
        ended = session.SessionEnded(
            outcome="submitted", reason="commits, and nothing left over", base=base, commit=work, seconds=412.25
        )
        yield "session", one, (ended,)
        received = submission.SubmissionReceived(
            rig=RIG, bead=self.key, session=one, title=self.title, commit=work, base=base, priority=2
        )
        yield "submission", there, (received,)
        yield "bead", self.key, (bead.BeadSubmitted(session=one, submission=there, commit=work),)
        yield from self._released(one, "submitted")

    def _red(self, attempt: int) -> Iterator[Step]:
        one, base = session_id(self.key, attempt), commit(f"base {self.key}")
        there, built = submission_id(RIG, one), commit(f"candidate {one}")
        red = submission.SubmissionRed(base=base, candidate=built, gate="test", exit_code=1, tail=_OUTPUT * 20)
        yield "submission", there, (red,)
        back = bead.BeadReturned(
            session=one,
            outcome="red",
            reason="gate test is red (exit 1)",
            charge="red_gate",
            tail=_OUTPUT * 20,
            commit=commit(f"work {one}"),
            base=base,
        )
        yield "bead", self.key, (back,)
        yield "submission", there, (submission.SubmissionSettled(),)

    def _landed(self, attempt: int) -> Iterator[Step]:
        one, base = session_id(self.key, attempt), commit(f"base {self.key}")
        there, work, on = submission_id(RIG, one), commit(f"work {one}"), commit(f"candidate {one}")
        gates = (submission.GateRun(name="test", seconds=31.0625, exit_code=0),)
        proven = submission.CandidateProven(number=1, base=base, candidate=on, gates=gates)
        yield "submission", there, (proven, submission.LandingIntended(expected=base, candidate=on))
        yield "submission", there, (submission.SubmissionLanded(commit=work, target_commit=on),)
        yield "bead", self.key, (bead.BeadLanded(submission=there, commit=work, target_commit=on),)
        yield "convoy", f"cv-{self.number:04x}", (convoy.ConvoyCompleted(),)
        yield "submission", there, (submission.SubmissionSettled(),)


def bead_id(number: int) -> str:
    return f"ap-{number:04x}"


def commit(words: str) -> str:
    """An object id as git makes them, of anything."""
    return hashlib.sha1(words.encode(), usedforsecurity=False).hexdigest()
