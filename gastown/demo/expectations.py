"""What must hold at the end, each by its name. Pure: the story held against the facts."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from gastown.demo.facts import Facts
from gastown.demo.programs import Record
from gastown.demo.story import BEADS, BY_KEY, PLACES, RIVAL, RIVALS, Bead


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """wrong: what is otherwise than it should be, "" when it holds."""

    name: str
    wrong: str = ""

    @property
    def holds(self) -> bool:
        return not self.wrong


Look: TypeAlias = Callable[[Facts], str]
"""What is wrong, or ""."""


def judge(facts: Facts) -> list[Expectation]:
    """All of them, whether they hold or not."""
    fates = [Expectation(name=f"{bead.title}: {bead.fate.says}", wrong=_fate(facts, bead)) for bead in BEADS]
    return [*fates, *(Expectation(name=name, wrong=look(facts)) for name, look in _LOOKS.items())]


def _differs(name: str, found: object, expected: object) -> str:
    return "" if found == expected else f"{name}: {found!r} instead of {expected!r}"


def _fate(facts: Facts, bead: Bead) -> str:
    found, outcomes = facts.beads[bead.key], tuple(one["outcome"] for one in facts.setbacks(bead.key))
    setbacks = bead.fate.setbacks
    if bead.fate is RIVAL and outcomes == ("conflicted",):
        setbacks = ("conflicted",)
    wrong = [_differs("state", found["state"], bead.fate.state), _differs("came back", outcomes, setbacks)]
    if bead.fate.state == "landed":
        reason = found.get("close_reason", "")
        wrong.append("" if reason.startswith("Merged in ") else f"its close_reason is {reason!r}")
    if bead.fate.reapplied is not None:
        started = [event["data"].get("reapplied", 0) for event in _sessions(facts, "session.started", bead.key)]
        wrong.append(_differs("commits re-applied", started[1:2], [bead.fate.reapplied]))
    return "; ".join(one for one in wrong if one)


def _sessions(facts: Facts, kind: str, key: str) -> list[Record]:
    opened = {event["entity"] for event in facts.of("session.opened") if event["data"]["bead"] == facts.ids[key]}
    return [event for event in facts.of(kind) if event["entity"] in opened]


def _conflict(facts: Facts) -> str:
    outcomes = sorted([one["outcome"] for one in facts.setbacks(key)] for key in RIVALS)
    absent = [key for key in RIVALS if f'"{key}"' not in facts.dimensions]
    return _differs("came back", outcomes, [[], ["conflicted"]]) or _differs("not on the target", absent, [])


def _side_by_side(facts: Facts) -> str:
    busy, most = set[str](), 0
    for event in facts.of("session.started", "session.ended"):
        (busy.add if event["type"] == "session.started" else busy.discard)(event["entity"])
        most = max(most, len(busy))
    return "" if 1 < most <= PLACES else f"{most} at once"


def _needs(facts: Facts) -> str:
    return "; ".join(facts.missing)


def _blocked(facts: Facts) -> str:
    blocked = [key for key, bead in facts.beads.items() if bead["state"] in ("blocked", "escalated")]
    expected = [bead.key for bead in BEADS if bead.fate.state == "blocked"]
    asked = [raised["about"] for raised in map(_about, facts.escalations)]
    return _differs("blocked", blocked, expected) or _differs("asked for", asked, [facts.ids[key] for key in expected])


def _about(escalation: Record) -> Record:
    about = escalation["about"]
    return {"about": about["id"] if isinstance(about, dict) else str(about).rpartition("/")[2]}


def _waiting(facts: Facts) -> str:
    waiting = [bead.key for bead in BEADS if bead.fate.state == "slung"]
    begun = [key for key in waiting if _sessions(facts, "session.opened", key)]
    return _differs("begun", begun, []) or _differs("convoy", facts.convoy["state"], "open")


def _target(facts: Facts) -> str:
    told = [(event["entity"], event["data"]["target_commit"]) for event in facts.of("bead.landed")]
    found = [(landing.bead, landing.commit) for landing in facts.landings]
    lands = [bead.key for bead in BEADS if bead.fate.state == "landed"]
    return _differs("git", found, told) or _differs("landed", len(told), len(lands))


def _tests(facts: Facts) -> str:
    failed = [f"{run.commit[:12]}: {run.says}" for run in facts.runs if not run.passed]
    return "; ".join(failed) or _differs("checkouts", len(facts.runs), 1 + len(facts.landings))


def _kept(facts: Facts) -> str:
    """Every attempt that had commits and came back."""
    attempts = [one for key in BY_KEY for one in facts.setbacks(key) if one.get("commit")]
    listed = {branch["commit"] for branch in facts.branches}
    lost = [one["session"] for one in attempts if one["commit"] not in listed]
    return _differs("not listed", lost, []) or ("" if attempts else "no attempt came back with commits")


def _verified(facts: Facts) -> str:
    return "; ".join(facts.verified["complaints"]) if not facts.verified["ok"] else ""


def _why(facts: Facts) -> str:
    chain = facts.why.get("chain") or [{"type": "nothing", "actor": "nobody"}]
    ends = [(chain[0]["type"], chain[0]["actor"]), chain[-1]["type"]]
    return _differs("from and to", ends, [("bead.slung", "overseer"), "submission.landed"])


def _trace(facts: Facts) -> str:
    nodes: list[Record] = list(facts.trace["roots"])
    types = set[str]()
    while nodes:
        node = nodes.pop()
        types.add(node.get("type", ""))
        nodes += node["children"]
    whole = {"bead.slung", "session.started", "submission.conflicted", "bead.returned", "bead.landed"}
    return _differs("missing", sorted(whole - types), [])


_LOOKS: dict[str, Look] = {
    "Of two that conflict one comes back, is told so, and both land": _conflict,
    f"Workers are at work side by side, at most {PLACES}": _side_by_side,
    "Nobody begins before what the bead needs is on the target": _needs,
    "Only what cannot be done is blocked, and a person is asked": _blocked,
    "What needs the blocked bead has not begun": _waiting,
    "The target holds what has landed, in that order, and nothing else": _target,
    "The project's tests pass at every commit of the target": _tests,
    "What did not land is kept on branches": _kept,
    "gt verify finds nothing wrong": _verified,
    "gt why leads from the last landing back to the person's command": _why,
    "gt trace tells the whole story of a bead": _trace,
}
