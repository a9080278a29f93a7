"""The facts as one document: what `gt demo --json` prints, and what its page is made of."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from gastown.demo.expectations import Expectation
from gastown.demo.facts import Facts
from gastown.demo.programs import Record
from gastown.demo.story import BY_KEY


def account(facts: Facts) -> Record:
    """{town, position, beads, landed, reworked, refused, kept, checkouts, verify, why, trace, events}."""
    return {
        "town": facts.town,
        "position": facts.events[-1]["position"],
        "beads": [_bead(facts, key) for key in facts.ids],
        "landed": _landed(facts),
        "reworked": [one for key in facts.ids for one in _reworked(facts, key)],
        "refused": [*_refused(facts), *_blocked(facts)],
        "kept": facts.branches,
        "checkouts": msgspec.to_builtins(facts.runs),
        "verify": facts.verified,
        "why": facts.why,
        "trace": facts.trace,
        "events": len(facts.events),
    }


def verdict(expectations: Sequence[Expectation], seconds: float, folder: Path | None, *, up: bool) -> Record:
    """{ok, seconds, folder, up, expectations}. folder: where all of it is kept, None when it is gone. up: it runs."""
    return {
        "ok": all(one.holds for one in expectations),
        "seconds": round(seconds, 1),
        "folder": str(folder) if folder else None,
        "up": up,
        "expectations": [{"name": one.name, "holds": one.holds, "wrong": one.wrong} for one in expectations],
    }


def _bead(facts: Facts, key: str) -> Record:
    found = facts.beads[key]
    shown = ("id", "title", "state", "attempts", "landed_commit")
    return {"key": key, **{name: found[name] for name in shown}, "needs": [facts.ids[need] for need in _needs(key)]}


def _needs(key: str) -> Sequence[str]:
    return BY_KEY[key].needs


def _landed(facts: Facts) -> list[Record]:
    """In the order of the log."""
    runs = {run.commit: run for run in facts.runs}
    found: list[Record] = []
    for event in facts.of("bead.landed"):
        commit = event["data"]["target_commit"]
        run = runs.get(commit)
        tests: Any = {"passed": run.passed, "says": run.says} if run else None
        found.append({"commit": commit, **_who(facts, event["entity"]), "position": event["position"], "tests": tests})
    return found


def _who(facts: Facts, bead: str) -> Record:
    return {"bead": bead, "title": facts.beads[facts.key_of(bead)]["title"]}


def _reworked(facts: Facts, key: str) -> list[Record]:
    state = facts.beads[key]["state"]
    shown = ("session", "outcome", "reason", "kept")
    return [
        {**_who(facts, facts.ids[key]), **{name: one.get(name, "") for name in shown}, "then": state}
        for one in facts.setbacks(key)
    ]


def _refused(facts: Facts) -> list[Record]:
    """By the Refinery."""
    beads = {event["entity"]: event["data"]["bead"] for event in facts.of("submission.received")}
    return [
        {"by": "refinery", **_who(facts, beads[event["entity"]]), "what": event["entity"], "why": _why(event)}
        for event in facts.of("submission.red", "submission.conflicted")
    ]


def _why(event: Record) -> str:
    data = event["data"]
    if event["type"] == "submission.red":
        return f"gate {data['gate']} is red (exit {data['exit_code']})"
    return f"conflicts with the target in {', '.join(data['files'])}"


def _blocked(facts: Facts) -> list[Record]:
    return [
        {"by": "mayor", **_who(facts, event["entity"]), "what": "another attempt", "why": event["data"]["reason"]}
        for event in facts.of("bead.blocked")
    ]
