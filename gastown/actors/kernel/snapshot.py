"""A snapshot: what every owner remembers at one position of the log, as bytes and back.

A cache, never the truth: without it the log is folded from its beginning. What is in it is made up of pieces, so that
neither writing nor reading keeps the loop for longer than a decision takes.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from types import GenericAlias
from typing import Any, TypeVar, cast, get_args, get_origin

import msgspec
from immutables import Map

from gastown.actors.commands.command import Owner
from gastown.actors.kernel.memory import OwnerMemory, Thread
from gastown.actors.kernel.role import Role
from gastown.events.ids import CommandId, Entity, EventId

PIECE = 1_000
"""Entries a piece. 1,000 beads take 1 ms to encode (measured)."""
_LENGTH = 4  # bytes before each piece

T = TypeVar("T")


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """One owner's memory, held still. threads: a copy."""

    role: Role[Any]
    owner: Owner
    state: Any
    threads: dict[Entity, Thread]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """All owners at once. Every message up to `position` is in it, and some behind it may be.

    parked: there is something in the log that this version cannot read.
    """

    position: int
    event: EventId
    answered: tuple[tuple[CommandId, tuple[int, ...]], ...]
    owners: tuple[Remembered, ...]
    parked: bool = False


class _Head(msgspec.Struct, frozen=True):
    position: int
    event: EventId


class _Piece(msgspec.Struct, frozen=True, array_like=True):
    """part: "state" (its large maps left out), "threads", or the map of the state of that name. owner None: answers."""

    owner: Owner | None
    part: str
    data: msgspec.Raw


def pieces(moment: Moment) -> Iterator[bytes]:
    """The bytes of a snapshot, a piece at a time."""
    yield _framed(_encode(_Head(moment.position, moment.event)))
    for answers in _slices(moment.answered):
        yield _piece(None, "answered", answers)
    for one in moment.owners:
        maps = _maps(one.role.states)
        yield _piece(one.owner, "state", _without(one.state, maps))
        for name in maps:
            for entries in _slices(getattr(one.state, name).items()):
                yield _piece(one.owner, name, dict(entries))
        for threads in _slices(one.threads.items()):
            yield _piece(one.owner, "threads", [(entity.kind, entity.id, thread) for entity, thread in threads])


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot that was read."""

    position: int
    event: EventId
    answered: list[tuple[CommandId, tuple[int, ...]]]
    memories: dict[Owner, OwnerMemory]


def read(payload: bytes, roles: Mapping[str, Role[Any]], only: Owner | None = None) -> Past:
    """only: this owner's memory alone, and no answers. Raises msgspec.MsgspecError where it is no snapshot."""
    frames = _frames(payload)
    head = msgspec.msgpack.decode(next(frames, b""), type=_Head)
    answered: list[tuple[CommandId, tuple[int, ...]]] = []
    found: dict[Owner, list[_Piece]] = {}
    for frame in frames:
        piece = _decode_piece(frame)
        if piece.owner is None and only is None:
            answered += msgspec.msgpack.decode(piece.data, type=list[tuple[CommandId, tuple[int, ...]]])
        elif piece.owner is not None and only in (None, piece.owner):
            found.setdefault(piece.owner, []).append(piece)
    memories = {owner: _memory(roles[owner.role], owner, parts) for owner, parts in found.items()}
    return Past(position=head.position, event=head.event, answered=answered, memories=memories)


def _memory(role: Role[Any], owner: Owner, parts: list[_Piece]) -> OwnerMemory:
    memory, maps = OwnerMemory(role, owner), _maps(role.states)
    entries: dict[str, dict[Any, Any]] = {name: {} for name in maps}
    for piece in parts:
        if piece.part == "state":
            memory.state = msgspec.msgpack.decode(piece.data, type=role.states, dec_hook=_to_map)
        elif piece.part == "threads":
            memory.threads.update(_threads(piece.data))
        else:
            of = GenericAlias(dict, maps[piece.part])
            entries[piece.part].update(msgspec.msgpack.decode(piece.data, type=of, dec_hook=_to_map))
    if maps:
        memory.state = msgspec.structs.replace(memory.state, **{name: Map(entries[name]) for name in maps})
    return memory


def _threads(data: msgspec.Raw) -> Iterator[tuple[Entity, Thread]]:
    kinds: dict[str, str] = {}  # each once in memory, not once an entity
    for kind, key, thread in msgspec.msgpack.decode(data, type=list[tuple[str, str, Thread]]):
        yield Entity(kinds.setdefault(kind, kind), key), thread


@cache
def _maps(states: Any) -> Mapping[str, tuple[Any, Any]]:
    """The fields of a state that are maps, with the types of keys and values. None in a state of several phases."""
    if not isinstance(states, type):
        return {}
    fields = msgspec.structs.fields(states)
    return {field.name: get_args(field.type) for field in fields if get_origin(field.type) is Map}


def _without(state: Any, maps: Iterable[str]) -> Any:
    nothing: Map[Any, Any] = Map()
    return msgspec.structs.replace(state, **dict.fromkeys(maps, nothing))


def _slices(entries: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(entries)
    while piece := list(islice(rest, PIECE)):
        yield piece


def _piece(owner: Owner | None, part: str, data: Any) -> bytes:
    return _framed(_encode(_Piece(owner, part, msgspec.Raw(_encode(data)))))


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(_LENGTH, "big") + data


def _frames(payload: bytes) -> Iterator[memoryview]:
    rest = memoryview(payload)
    while rest:
        end = _LENGTH + int.from_bytes(rest[:_LENGTH], "big")
        yield rest[_LENGTH:end]
        rest = rest[end:]


def _from_map(value: Any) -> Any:
    if isinstance(value, Map):
        return dict(cast("Map[Any, Any]", value))
    raise NotImplementedError


def _to_map(kind: Any, value: Any) -> Any:
    if get_origin(kind) is not Map:
        raise NotImplementedError
    return Map(msgspec.convert(value, GenericAlias(dict, get_args(kind)), dec_hook=_to_map))


_encode = msgspec.msgpack.Encoder(enc_hook=_from_map).encode
_decode_piece = msgspec.msgpack.Decoder(_Piece).decode
