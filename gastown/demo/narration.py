"""What happens, as it happens: a line for each event that a person would want to hear of."""

from collections.abc import Callable
from typing import TypeAlias

import anyio

from gastown.demo.programs import Record

Say: TypeAlias = Callable[[str, str], None]
"""A line, and how it looks: "", bold, dim, red, green, yellow."""

WIDTH = 98  # columns
_PATIENCE = 5.0  # seconds
Told: TypeAlias = tuple[str, str, str]
"""Who, what, and how it looks."""


class Narrator:
    """Remembers who works on what, and in which order things come."""

    def __init__(self, say: Say, seconds: Callable[[], float]) -> None:
        self._position = 0
        self._changed = anyio.Event()
        self._say = say
        self._seconds = seconds
        self._titles: dict[str, str] = {}
        self._opened: dict[str, Record] = {}

    def note(self, who: str, what: str, style: str = "") -> None:
        line = f"{self._seconds():6.1f} s  {who:<9} {what}"
        self._say(line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…", style)

    def hear(self, event: Record) -> None:
        told = self._told(event)
        if told is not None:
            self.note(*told)
        self._position = event["position"]
        self._changed.set()
        self._changed = anyio.Event()

    async def told(self, position: int) -> None:
        """Returns when everything up to there has been heard, or when that takes too long."""
        with anyio.move_on_after(_PATIENCE):
            while self._position < position:
                await self._changed.wait()

    def _told(self, event: Record) -> Told | None:
        kind, entity, data = event["type"], event["entity"], event["data"]
        if kind == "bead.created":
            self._titles[entity] = data["title"]
        elif kind == "session.opened":
            self._opened[entity] = data
        elif kind in _OF_BEADS:
            return _OF_BEADS[kind](self._titles[entity], data, self._polecat(data.get("session", "")))
        elif kind in _OF_SESSIONS:
            opened = self._opened.get(entity, {})
            return _OF_SESSIONS[kind](self._title(opened, entity), data, opened)
        elif kind == "rig.held":
            return "mayor", f"holds     rig {entity}: {data['reason']}", "red"
        elif kind in _OF_SUBMISSIONS:
            opened = self._opened.get(entity.partition(".")[2], {})
            return _OF_SUBMISSIONS[kind](self._title(opened, entity), data)
        return None

    def _title(self, opened: Record, entity: str) -> str:
        return self._titles.get(str(opened.get("bead", "")), entity)

    def _polecat(self, session: str) -> str:
        return self._opened.get(session, {}).get("polecat", "")


def _began(title: str, data: Record, opened: Record) -> Told:
    number, again = opened["number"], data.get("reapplied", 0)
    more = [f"attempt {number}"] if number > 1 else []
    more += [f"{again} earlier commit{'s' if again > 1 else ''} re-applied"] if again else []
    more += [f"{data['left']} not"] if data.get("left", 0) else []
    detail = f" ({', '.join(more)})" if more else ""
    return opened["polecat"], f"begins    {title}{detail}", ""


def _ended(title: str, data: Record, opened: Record) -> Told | None:
    if data["outcome"] in ("submitted", "withdrawn"):
        return None
    kept = f", kept on {data['kept']}" if data.get("kept") else ""
    verb = _ENDS.get(data["outcome"], "fails")
    return opened.get("polecat", ""), f"{verb:<9} {title}: {data['reason']}{kept}", "yellow"


_ENDS = {"died": "dies", "no_commits": "ends", "timed_out": "ends", "interrupted": "stops"}


def _handed_in(title: str, data: Record, polecat: str) -> Told:
    return polecat, f"hands in  {title} ({data['commit'][:8]})", ""


def _landed(title: str, data: Record, _: str) -> Told:
    return "refinery", f"lands     {title} as {data['target_commit'][:8]}", "green"


def _closed(title: str, data: Record, polecat: str) -> Told:
    return polecat, f"closes    {title}: {data['reason']}", "green"


def _blocked(title: str, data: Record, _: str) -> Told:
    return "mayor", f"blocks    {title}: {data['reason']}", "red"


def _red(title: str, data: Record) -> Told:
    return "refinery", f"refuses   {title}: gate {data['gate']} is red (exit {data['exit_code']})", "yellow"


def _conflicted(title: str, data: Record) -> Told:
    return "refinery", f"refuses   {title}: conflict in {', '.join(data['files'])}", "yellow"


def _broke(title: str, data: Record) -> Told:
    return "refinery", f"stumbles  {title}: {data['what']}: {data['reason']}", "red"


_OF_BEADS = {
    "bead.submitted": _handed_in,
    "bead.landed": _landed,
    "bead.closed": _closed,
    "bead.blocked": _blocked,
}
_OF_SESSIONS = {"session.started": _began, "session.ended": _ended}
_OF_SUBMISSIONS = {"submission.red": _red, "submission.conflicted": _conflicted, "submission.broke": _broke}
