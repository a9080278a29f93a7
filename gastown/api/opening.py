"""From a request to a call: who speaks, with what words, and as of when."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast

import msgspec

from gastown.api.abroad import Of
from gastown.api.call import Call, Method
from gastown.api.desk import Desk
from gastown.api.identity import person_only, speaker_of
from gastown.api.protocol import LONGEST_TEXT, LONGEST_WORD, Common, Request
from gastown.bus.tracing import start_span
from gastown.clock import new_id, now
from gastown.errors import RefusedError, UnknownThingError, UsageError
from gastown.events.ids import meant
from gastown.moments import moment
from gastown.projections.kernel.store import Store
from gastown.projections.views import as_of
from gastown.projections.when import When, when

T = TypeVar("T")

_COMMON = frozenset(Common.__struct_fields__)
LONG_TEXTS = frozenset({"description", "acceptance", "notes"})
BEADS = ("bead", "beads", "needs", "add_needs", "remove_needs", "ids", "words", "id", "submission", "commit", "mail")
"""Params that name beads, or mails, among other things: TOWN/ID and TOWN.ID are understood wherever a bead's id is."""
LARGEST_NUMBER = 2**62
"""What the views' database counts with."""
LONGEST_AWAY = 100_000
"""Messages of another town's log that are read for one answer as of then: two seconds, at the rate of a hub."""
_TO = "gives it work; all else is done on its machine"
_SHORTER = ("keep it short, and put the rest into a bead's notes", "put it into the repository, and say where")
_ID = re.compile(r"[0-9A-Za-z_-]{0,64}")


@asynccontextmanager
async def opened(
    desk: Desk, request: Request, method: Method[Any], emit: Callable[[Any], Awaitable[None]]
) -> AsyncGenerator[tuple[Call, Any]]:
    """The call and its method's params; an earlier view of the town is held while the context is open.

    Raises UsageError, RefusedError, UnknownThingError, LogUnavailableError.
    """
    _no_giant(request.method, request.params)
    common = _common(request)
    speaker = speaker_of(common, desk.town)
    if not method.workers:
        person_only(speaker, request.method)
    params = _by_own_names(_own(request, method.params), common.of or desk.town.name)
    async with _reading(desk, request.method, method, common.of) as (read, of):
        then = await _then(read, request.method, method, common.at)
        store = await _store_then(read, method, params, then, of)
        command_id = common.command_id or new_id()
        try:
            with start_span(request.method, common.traceparent, attributes={"actor": speaker.actor}) as span:
                yield (
                    Call(
                        desk=read,
                        home=desk,
                        speaker=speaker,
                        store=store,
                        then=then,
                        command_id=command_id,
                        traceparent=span.traceparent,
                        emit=emit,
                        of=of,
                    ),
                    params,
                )
        finally:
            if store is not read.store:
                store.close()


@asynccontextmanager
async def _reading(desk: Desk, name: str, method: Method[Any], of: str) -> AsyncGenerator[tuple[Desk, Of | None]]:
    """The desk with the log and the views that are to be read. Raises UnknownThingError, RefusedError."""
    if of in ("", desk.town.name):
        yield desk, None
        return
    if desk.abroad is None:
        raise UnknownThingError(f"no town called {of!r}: this one is a member of no hub", "its path: --town PATH")
    if not method.timed and of in await desk.abroad.others(gone=True):
        raise RefusedError(f"{name} is for {of} itself; from here it is only read", f"gt sling BEAD --to {of} {_TO}")
    async with desk.abroad.town(of, held=not method.log_only) as away:
        yield replace(desk, log=away.log, store=away.store, texts=away.texts), away.of


def _common(request: Request) -> Common:
    given = {name: value for name, value in request.params.items() if name in _COMMON}
    common = _converted(request, given, Common)
    if not _ID.fullmatch(common.command_id):
        raise UsageError(f"{request.method}: {common.command_id[:80]!r} cannot be a command's id", "a ULID is one")
    return common


def _own(request: Request, kind: type[T]) -> T:
    return _converted(request, {name: value for name, value in request.params.items() if name not in _COMMON}, kind)


def _by_own_names(params: T, town: str) -> T:
    """With beads called as in the town that is asked."""
    struct: Any = params
    given = {name: value for name in BEADS if (value := getattr(struct, name, None))}
    own = {
        name: meant(town, value) if isinstance(value, str) else tuple(meant(town, one) for one in value)
        for name, value in given.items()
    }
    return msgspec.structs.replace(struct, **own) if own else params


def _converted(request: Request, given: dict[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise UsageError(f"{request.method}: {error}") from error


def _no_giant(method: str, params: dict[str, Any]) -> None:
    for name, value in params.items():
        for text in _leaves(value):
            if isinstance(text, int) and abs(text) > LARGEST_NUMBER:
                raise UsageError(
                    f"{method}: {name} is a number that nothing here can have", f"at most {LARGEST_NUMBER}"
                )
            if not isinstance(text, str):
                continue
            limit = LONGEST_TEXT if name in LONG_TEXTS else LONGEST_WORD
            if len(text) > limit // 4 and len(text.encode()) > limit:
                raise RefusedError(f"{method}: {name} is longer than {limit} bytes", _SHORTER[name in LONG_TEXTS])


def _leaves(value: Any) -> Iterator[str | int]:
    """All texts and whole numbers in a param, however deep they lie."""
    pending: list[Any] = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, str | int):
            yield one
        elif isinstance(one, dict):
            fields = cast("dict[str, Any]", one)
            pending += [*fields, *fields.values()]
        elif isinstance(one, list):
            pending += cast("list[Any]", one)


async def _then(desk: Desk, name: str, method: Method[Any], at: int | str | None) -> When | None:
    if at is None:
        return None
    if not method.timed:
        raise UsageError(f"{name} answers for now only", "leave out --at")
    time = now()
    return await when(desk.log, moment(str(at), time), time)


async def _store_then(desk: Desk, method: Method[Any], params: Any, then: When | None, of: Of | None) -> Store:
    if then is None:
        return desk.store
    entities = None if method.about is None else await method.about(desk, params)
    if of is not None and entities is None and then.position > LONGEST_AWAY:
        msg = f"all that {of.town} was at position {then.position} would have to be read from the hub"
        raise RefusedError(msg, f"ask there; or of one bead, or of a position up to {LONGEST_AWAY}")
    return await as_of(desk.log, then.position, entities)
