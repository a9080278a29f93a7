"""What the main views look like on a terminal of a hundred columns."""

import io
import re
from pathlib import Path
from typing import Any

import pytest

from gastown_cli.families import FAMILIES
from gastown_cli.later import module
from gastown_cli.output import Page, duration, width_of

LONG = "Write the changelog for the release, with everything that matters to whoever upgrades from the last one"
BEADS = [
    {"id": "ap-8d8e", "priority": 0, "state": "blocked", "issue_type": "bug", "rig": "app", "title": "Größe, 大きさ"},
    {
        "id": "ap-b1",
        "priority": 2,
        "state": "running",
        "issue_type": "task",
        "rig": "app",
        "title": LONG,
        "assignee": "app/polecats/toast",
    },
]
SUBMISSION = {
    "submission": "app.ap-b1-1",
    "place": 1,
    "bead": "ap-b1",
    "state": "queued",
    "rig": "app",
    "session": "ap-b1-1",
    "commit": "5e50a50f5f48aaaa",
    "reason": "",
    "title": LONG,
}
ESCALATION = {
    "id": "ap-8d8e.1",
    "about": "ap-8d8e",
    "kind": "bead",
    "severity": "high",
    "reason": "3 failed runs",
    "hint": "gt retry ap-8d8e",
    "state": "open",
    "raised_at": "2026-11-22T08:44:57.604Z",
    "how": "",
}
ASK = {
    "id": "ap-8d8e-1.1",
    "session": "ap-8d8e-1",
    "bead": "ap-8d8e",
    "agent": "cc",
    "tool": "Bash",
    "title": "make install",
    "asked_at": "2026-11-22T08:44:57.604Z",
    "state": "waiting",
    "allow": None,
    "reason": "",
    "by": "",
    "how": "",
}
POLICY = {
    "rig": "app",
    "default": "ask",
    "network": False,
    "unasking": "refuse",
    "set_at": "2026-11-22T08:44:57.604Z",
    "by": "overseer",
    "rules": [
        {"decide": "allow", "tool": "shell", "command": "git commit *", "path": "", "title": "", "roles": []},
        {"decide": "deny", "tool": "", "command": "", "path": "/etc/*", "title": "", "roles": ["polecat"]},
    ],
}
BUDGET = {
    "scope": "rig:app",
    "amount": 10.0,
    "spent": 9.75,
    "guessed": 0.5,
    "reserved": 0.2,
    "left": 0.05,
    "set_at": "2026-11-22T08:40:00.000Z",
    "reason": "budget rig:app: 9.75 of 10.00 USD are spent, and a turn of cc is reserved at 0.40",
    "hint": "gt budget set rig:app USD",
}
USED = {
    "of": "cc",
    "turns": 12,
    "untold": 1,
    "unpriced": 2,
    "fresh": 1_250_000,
    "cache_read": 9_000_000,
    "cache_write": 40_000,
    "output": 88_000,
    "cost": 9.25,
    "guessed": 0.5,
}
RIG = {
    "name": "app",
    "state": "paused",
    "target": "main",
    "origin": "/srv/app.git",
    "holds": [
        {
            "rig": "app",
            "cause": "pause",
            "depth": "pause",
            "reason": "denied",
            "hint": "gt rig resume app",
            "by": "overseer",
            "since": "2026-11-22T08:40:00.000Z",
        }
    ],
    "landing": "main",
    "land": "push",
    "prefix": "ap",
    "gates": [{"name": "test", "command": "make test"}, {"name": "lint", "command": "make lint"}],
}


def node(kind: str, what: str, start: float, since: float, *children: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "what": what,
        "start": start,
        "since_cause": since,
        "time": "2026-11-22T08:44:57.604Z",
        "children": list(children),
    }


TREE = node(
    "bead",
    "slung to app, in convoy cv-uayqd",
    100.0,
    0.0,
    node(
        "session",
        "session 1 opened",
        101.0,
        1.0,
        node("session", "process 7 runs on gt/ap-b1-1, from d4a07b5e3e9b", 102.0, 1.0),
        node(
            "session",
            "session ended, submitted",
            104.0,
            3.0,
            node("submission", "queued to land: 5e50a50f5f48", 104.05, 0.05),
        ),
    ),
)


WELL = {"epoch": 0, "limit": 21_474_836_480, "full": False, "gone": "", "fenced": False, "formers": 0}
"""What is said of a town at a hub that has nothing to say of it."""
BEHIND = {"verify": "_show_verified", "agents": "_show_agents"}
"""What shows the answer of a verb that does more than ask."""


def show(path: str, data: Any, *, color: bool = False, width: int = 100) -> str:
    family = path.partition(" ")[0]
    verb = next(verb for verb in module(FAMILIES[family]).VERBS if verb.path == path)
    out = io.StringIO()
    show = getattr(verb.run, "show", None) or getattr(module(FAMILIES[family]), BEHIND[path])
    show(data, Page(out, color=color, width=width))
    return out.getvalue()


VIEWS: dict[str, Any] = {
    "ready": BEADS,
    "bead list": BEADS,
    "bead show": {
        **BEADS[0],
        "convoy": "cv-uayqd",
        "attempts": 3,
        "submission": None,
        "blocked_reason": "3 failed runs",
        "created_at": "2026-11-22T08:44:57.604Z",
        "created_by": "overseer",
        "description": "Two lines\nof what is wrong.",
        "acceptance_criteria": "A test shows it",
        "needs": [{"id": "ap-b1", "state": "landed", "title": "First this"}],
        "returned": [{"session": "ap-8d8e-1", "outcome": "failed", "kept": "gt/kept/ap-8d8e-1", "reason": "exit 2"}],
    },
    "convoy show": {
        "id": "cv-uayqd",
        "title": "All of it",
        "state": "open",
        "done": 1,
        "total": 2,
        "landed": 1,
        "beads": [
            {"id": "ap-b1", "state": "landed", "landed_commit": "8f3854da72c7aaaa", "title": "First this"},
            {"id": "ap-8d8e", "state": "blocked", "landed_commit": None, "title": LONG},
        ],
    },
    "status": {
        "town": "springfield",
        "state": "up",
        "position": 58,
        "events": 64,
        "processes": [
            {"name": "daemon", "pid": 7416, "rss": 24_000_000},
            {"name": "town", "pid": 7424, "rss": 42_400_000},
        ],
        "counts": {"beads": {"landed": 3, "running": 1}},
        "budgets": [BUDGET],
        "holds": RIG["holds"],
        "accounts": [
            {
                "account": "work",
                "state": "throttled",
                "until": "2026-11-22T09:44:57.604Z",
                "reason": "Rate limit reached",
                "session": "",
            },
            {"account": "agent.sh", "state": "login", "until": None, "reason": "no login", "session": ""},
            {"account": "home", "state": "tried", "until": None, "reason": "529", "session": "ap-b1-1"},
        ],
        "rigs": [RIG],
        "polecats": [
            {"address": "app/polecats/toast", "state": "working", "agent": "sh", "pid": 7, "session": "ap-b1-1"},
            {"address": "app/polecats/nux", "state": "idle", "agent": None, "pid": None, "session": None},
        ],
        "queue": [SUBMISSION],
        "parked": [],
        "escalations": [ESCALATION],
        "asks": [ASK],
    },
    "towns": {
        "hub": "north",
        "name": "a",
        "epoch": 0,
        "up": True,
        "since": "2026-11-22T08:40:00.000Z",
        "trouble": "",
        "asked_at": "2026-11-22T08:44:57.604Z",
        "age": 0.0,
        "towns": [
            {
                "name": "a",
                "here": True,
                "connected": True,
                "seen_at": "2026-11-22T08:44:57.604Z",
                "position": 1204,
                "lag": 0,
                **WELL,
                "copy_age": 0.0,
                "load": {
                    "workers": {"now": 3, "most": 8},
                    "beads": {"ready": 2, "waiting": 1, "at_work": 4, "blocked": 0},
                    "cost": 3.25,
                    "agents": ["claude", "shell"],
                    "held": "",
                },
            },
            {
                "name": "b",
                "here": False,
                "connected": False,
                "seen_at": "2026-11-22T05:44:57.604Z",
                "position": 77,
                "lag": 12,
                **WELL,
                "epoch": 1,
                "formers": 1,
                "limit": 4096,
                "full": True,
                "copy_age": 10_800.0,
                "load": {
                    "workers": {"now": 0, "most": 8},
                    "beads": {"ready": 0, "waiting": 0, "at_work": 0, "blocked": 1},
                    "cost": 0.0,
                    "agents": ["shell"],
                    "held": "wrong branch",
                },
            },
            {
                "name": "c",
                "here": False,
                "connected": False,
                "seen_at": None,
                "position": 0,
                "lag": 0,
                **WELL,
                "gone": "revoked",
                "copy_age": None,
                "load": None,
            },
        ],
    },
    "mq list": [SUBMISSION],
    "budget list": [{**BUDGET, "scope": "day", "guessed": 0.0, "reason": ""}, BUDGET],
    "costs": {"by": "agent", "rows": [USED], "total": USED},
    "rig list": [RIG],
    "escalations": [ESCALATION],
    "report": {
        "since": "2026-11-22T00:44:00.000Z",
        "landed": [
            {
                "bead": "ap-b1",
                "rig": "app",
                "landed_commit": "8f3854da72c7aaaa",
                "landed_at": "2026-11-22T08:44:57.604Z",
                "attempts": 2,
                "title": "First this",
            }
        ],
        "closed": [{"bead": "ap-c1", "title": "Not that", "reason": "not wanted"}],
        "returned": [{"bead": "ap-8d8e", "session": "ap-8d8e-1", "outcome": "failed", "reason": "exit 2"}],
        "needs_you": {
            "blocked": [{"bead": "ap-8d8e", "title": "Broken", "state": "blocked", "reason": "3 failed runs"}],
            "held": [{"submission": "app.ap-b1-1", "bead": "ap-b1", "title": "First this"}],
            "holds": RIG["holds"],
            "asks": [ASK],
            "escalations": [ESCALATION, {**ESCALATION, "id": "asked.ap-8d8e-1.1", "reason": "A or B?"}],
            "mail": 2,
        },
        "kept": [{"bead": "ap-8d8e", "rig": "app", "commit": "924ba13ce717aaaa", "branch": "gt/kept/ap-8d8e-1"}],
        "took": {"sessions": 4, "submitted": 2, "seconds": 754.0, "costs": USED},
        "budgets": [],
    },
    "log": [
        {
            "time": "2026-11-22T08:44:57.604Z",
            "kind": "bead",
            "what": "created: First this",
            "actor": "overseer",
        },
        {"time": "2026-11-23T08:44:57.614Z", "kind": "session", "what": "session ended, submitted", "actor": "host"},
    ],
    "trace": {
        "id": "ap-b1",
        "kind": "bead",
        "events": 5,
        "roots": [
            {"command": "c", "actor": "overseer", "cause": "", "start": 100.0, "seconds": 4.05, "children": [TREE]}
        ],
    },
    "why": {
        "commit": "8f3854da72c7aaaa",
        "bead": "ap-b1",
        "submission": "app.ap-b1-1",
        "chain": [
            {
                "position": 7,
                "time": "2026-11-22T08:44:57.604Z",
                "kind": "bead",
                "entity": "ap-b1",
                "what": "slung to app, in convoy cv-uayqd",
                "actor": "overseer",
            },
            {
                "position": 112,
                "time": "2026-11-22T08:45:57.604Z",
                "kind": "submission",
                "entity": "app.ap-b1-1",
                "what": "on the target: 8f3854da72c7",
                "actor": "host",
            },
        ],
    },
    "asks": [ASK, {**ASK, "id": "ap-8d8e-1.2", "state": "closed", "allow": False, "by": "overseer", "reason": "no"}],
    "policy list": [POLICY],
    "verify": {
        "ok": False,
        "log": True,
        "views": True,
        "git": False,
        "rigs": [{"rig": "app", "landed": 3, "pins": 4, "complaints": ["the pin is gone"]}],
        "complaints": ["rig app: the pin is gone"],
    },
    "hook": {
        "bead": BEADS[0],
        "session": "ap-8d8e-1",
        "rig": "app",
        "address": "app/polecats/toast",
        "agent": "sh",
        "worktree": "/town/rigs/app/sandboxes/ap-8d8e-1",
        "branch": "gt/ap-8d8e-1",
    },
}
"""The data of each view's answer."""

GOLDEN = Path(__file__).parent / "views"


@pytest.mark.parametrize("path", VIEWS)
def test_a_view_looks_as_it_did(path):
    shown = show(path, VIEWS[path])
    assert shown == (GOLDEN / f"{path.replace(' ', '_')}.txt").read_text()
    assert all(width_of(line) <= 100 for line in shown.splitlines())
    assert "\x1b" not in shown


@pytest.mark.parametrize("path", VIEWS)
def test_colour_changes_nothing_but_the_colour(path):
    coloured = show(path, VIEWS[path], color=True)
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == show(path, VIEWS[path]).splitlines()


def test_into_a_pipe_nothing_is_cut():
    assert LONG in show("ready", BEADS, width=0)


@pytest.mark.parametrize(
    "path", ["ready", "bead list", "convoy list", "mq list", "rig list", "agent list", "branches", "budget list"]
)
def test_an_empty_list_says_so(path):
    assert show(path, []).count("\n") == 1


def test_what_workers_wrote_cannot_steer_the_terminal():
    evil = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\r\n\x9b31m"
    shown = show("ready", [{**BEADS[0], "title": evil}])
    assert shown.count("\n") == 2
    assert not set(shown) & set("\x1b\x07\r\u202e\x9b")
    peek = {"session": "s", "address": "a", "host": "", "state": "working", "outcome": "", "text": f"a\n\tb{evil}"}
    assert not set(show("peek", peek)) & set("\x1b\x07\r\u202e\x9b")
    assert "\n\tb" in show("peek", peek)


def test_a_diff_into_a_pipe_is_what_git_said():
    patch = "diff --git a/x b/x\n+\tcaf\u00e9\x1b[0m\r\n"
    assert show("diff", {"patch": patch}, width=0) == patch
    assert "\x1b" not in show("diff", {"patch": patch})


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "40 ms"), (0.44, "0.4 s"), (12.2, "12 s"), (185, "3 m 05 s"), (7800, "2 h 10 m"), (3599.7, "1 h 00 m")],
)
def test_durations_are_short(seconds, text):
    assert duration(seconds) == text


def test_colour_is_for_terminals_that_want_it(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for name in ("NO_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    assert Page.on(Terminal()).color
    assert not Page.on(io.StringIO()).color
    monkeypatch.setenv("COLUMNS", "77")
    assert (Page.on(Terminal()).width, Page.on(io.StringIO()).width) == (77, 0)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Page.on(Terminal()).color


def test_a_bead_that_waits_for_a_place_has_a_why() -> None:
    here = {"where": "", "reason": "4 of 4 places are taken", "hint": "gt config set max_polecats N"}
    box = {"where": "box", "reason": "it is down", "hint": "on box: gt host up DIR"}
    shown = show("why", {"bead": "ap-b1", "waits": [here, box]})
    assert [line.split()[0] for line in shown.splitlines()] == ["ap-b1", "WHERE", "here", "box"]


def test_where_agents_run_is_shown_once_any_runs_elsewhere() -> None:
    one = {"role": "polecat", "state": "working", "agent": "sh", "pid": 7, "bead": "ap-b1", "host": ""}
    rows = [{**one, "address": "app/polecats/toast"}, {**one, "address": "app/polecats/nux"}]
    assert "HOST" not in show("agents", rows)
    rows[1]["host"] = "east"
    shown = show("agents", rows).splitlines()
    assert "HOST" in shown[0]
    assert ["east" in line for line in shown[1:]] == [False, True]


def test_where_a_bead_that_left_has_landed_is_shown() -> None:
    commit = "8f3854da72c7aaaa"
    landed = {"landed": {"town": "c", "rig": "app", "commit": commit}}
    shown = show("bead show", {**VIEWS["bead show"], "state": "landed", "abroad": landed}, width=0)
    assert "at c as 8f3854da72c7, in its rig app, whose origin gt rig show app --town c tells" in shown
    (row,) = VIEWS["report"]["landed"]
    assert "c/app" in show("report", {**VIEWS["report"], "landed": [{**row, "landed_in": "c/app"}]})


def test_what_came_along_with_a_bead_is_shown_while_it_comes_and_when_it_does_not() -> None:
    coming = show("bead show", {**VIEWS["bead show"], "abroad": {"fetching": True}}, width=0)
    assert "for the commits that came along" in coming
    missed = show("bead show", {**VIEWS["bead show"], "abroad": {"without": "it is lost"}}, width=0)
    assert "the commits that came along: it is lost" in missed
