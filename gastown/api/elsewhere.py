"""The parts of a story that other towns' logs tell: of a bead that was worked on there, of a request that led there."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import msgspec

from gastown.api import stories
from gastown.api.call import Call
from gastown.errors import GastownError
from gastown.events.envelope import Recorded
from gastown.events.ids import abroad, at_home
from gastown.projections import across, beads, merge_queue
from gastown.projections.across import Story, Told
from gastown.projections.kernel.store import Record

PATIENCE = 5.0
"""Seconds that one other town may keep a story waiting."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """away: of each other town that tells a part, how old that is. missing: those that tell nothing now, and why."""

    story: Story
    away: list[dict[str, Any]] = []
    missing: list[dict[str, str]] = []

    def towns(self) -> dict[str, Any]:
        """{towns, missing}; nothing of a story of one town."""
        return {"towns": self.away, "missing": self.missing} if self.away or self.missing else {}


async def of_beads(call: Call, keys: Sequence[str], events: list[Recorded]) -> Found:
    """keys: of the town that the call is about. events: what that one tells."""
    names = [abroad(call.town, key) for key in keys]

    async def told(there: Call) -> list[Recorded]:
        known = [at_home(there.town, name) for name in names]
        return [
            event
            for key in known
            if beads.show(there.store, key) is not None
            for event in await stories.of_bead(there, key)
        ]

    return await _gathered(call, events, told)


async def of_trace(call: Call, trace: str, events: list[Recorded]) -> Found:
    async def told(there: Call) -> list[Recorded]:
        return await stories.of_trace(there, trace)

    return await _gathered(call, events, told)


async def _gathered(call: Call, events: list[Recorded], told: Callable[[Call], Awaitable[list[Recorded]]]) -> Found:
    """From town to town, as each names others. As of an earlier moment the town that was asked speaks alone: positions
    are its own."""
    parts = [Told(town=call.town, events=tuple(events))]
    away: list[dict[str, Any]] = []
    missing: list[dict[str, str]] = []
    pending, seen = across.other_towns(events), {call.town}
    while pending and call.then is None:
        name = pending.pop(0)
        if name in seen:
            continue
        seen.add(name)
        try:
            async with _town(call, name) as there:
                part = await told(there)
                away.append(there.of.shown() if there.of else _here(there))
        except GastownError as error:
            missing.append({"town": name, "reason": error.message})
            continue
        parts.append(Told(town=name, events=tuple(part)))
        pending += across.other_towns(part)
    return Found(story=across.joined(parts, call.town), away=away, missing=missing)


def _here(call: Call) -> dict[str, Any]:
    return {"town": call.town, "position": call.store.position, "connected": True, "at": None, "age": 0.0}


@asynccontextmanager
async def _town(call: Call, name: str) -> AsyncGenerator[Call]:
    """The same call, about that town. Raises GastownError."""
    home = call.home
    if name == home.town.name:
        yield replace(call, desk=home, store=home.store, of=None)
        return
    if home.abroad is None:
        raise GastownError("this town is a member of no hub", "gt join INVITATION")
    async with home.abroad.town(name, patience=PATIENCE) as away:
        yield replace(call, desk=replace(home, log=away.log, store=away.store), store=away.store, of=away.of)


@asynccontextmanager
async def town_that_landed(call: Call, submission: str) -> AsyncGenerator[Call]:
    """The same call about the town whose submission that is; where no town knows it, as it is."""
    if call.then is None and merge_queue.show(call.store, submission) is None:
        async with aclosing(_others(call)) as towns:
            async for there in towns:
                if merge_queue.show(there.store, submission) is not None:
                    yield there
                    return
    yield call


async def landing_of(call: Call, commit: str) -> Record | None:
    """The submission of another town that landed so, see `merge_queue.landing_of`."""
    async with aclosing(_others(call)) as towns:
        async for there in towns:
            if (found := merge_queue.landing_of(there.store, commit.lower())) is not None:
                return found
    return None


async def _others(call: Call) -> AsyncGenerator[Call]:
    """The same call about each other town that can be read."""
    home = call.home
    if home.abroad is None:
        return
    for name in (home.town.name, *await home.abroad.others()):
        if name == call.town:
            continue
        with suppress(GastownError):  # nothing can be said of it, and nothing is
            async with _town(call, name) as there:
                yield there
