"""What a town consists of, as files in a folder: its log up to a position, and what of git that log names."""

import gzip
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import msgspec

from gastown import clock
from gastown.adapters.git.luggage import Luggage, pack
from gastown.adapters.git.program import GitProgram
from gastown.adapters.git.repositories import Repositories
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.jetstream_texts import JetStreamTexts
from gastown.bus.loading import Message
from gastown.bus.subjects import entity_of
from gastown.bus.texts import Texts
from gastown.config import TownConfig
from gastown.errors import RefusedError
from gastown.events.ids import AccountName, Commit, Entity, RigName
from gastown.events.kept import Digest
from gastown.events.rig import RigConfig
from gastown.moments import Moment
from gastown.moving import own_files
from gastown.moving.log_of_town import server_of
from gastown.projections import accounts, branches, merge_queue, rigs
from gastown.projections.kernel.store import Store
from gastown.projections.views import as_of
from gastown.projections.when import when

FORMAT = 1
LOG = "log.gz"
"""A line a message: kind, id, and the events as JSON."""


class RigPart(msgspec.Struct, frozen=True, kw_only=True):
    """last_landing: the commit on the target, "" for none. luggage: what is in `<name>.pack`, None for nothing."""

    name: RigName
    config: RigConfig
    last_landing: Commit = ""
    luggage: Luggage | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts are of. path: of the town's folder. at: when they were gathered, seconds since the epoch.

    own_files: see `own_files.py`. secrets: by account, the variables whose values stay behind.
    """

    format: int
    name: str
    incarnation: str
    lineage: str
    path: str
    nats_url: str
    position: int
    events: int
    at: float
    rigs: tuple[RigPart, ...]
    texts: tuple[Digest, ...] = ()
    own_files: tuple[str, ...] = ()
    secrets: dict[AccountName, tuple[str, ...]] = {}


async def gather(town: TownConfig, moment: Moment | None, folder: Path) -> Manifest:
    """Write the parts of the town as of `moment` (None: now) into `folder`, while it works or is down.

    First the log, then git: what the log names is in git before it is named. Raises GastownError.
    """
    async with server_of(town) as connection:
        log = JetStreamEventLog(connection, town.name, town.incarnation)
        now = clock.now()
        position = (await when(log, await log.last_position() if moment is None else moment, now)).position
        if not position:
            raise RefusedError(f"the log of {town.path} is empty", f"start the town once: gt --town {town.path} up")
        store = await as_of(log, position)
        try:
            await _write_log(log, position, folder / LOG)
            texts = await _write_texts(JetStreamTexts(connection, town.name, town.incarnation), folder)
            parts = [await _gather_rig(town, store, rig["name"], folder) for rig in rigs.listing(store)]
            events, secrets = store.mark.events, accounts.secrets(store)
        finally:
            store.close()
    return Manifest(
        format=FORMAT,
        name=town.name,
        incarnation=town.incarnation,
        lineage=town.lineage,
        path=str(town.path),
        nats_url=town.nats_url,
        position=position,
        events=events,
        at=now,
        rigs=tuple(parts),
        texts=texts,
        own_files=own_files.gather(town.path, folder),
        secrets=secrets,
    )


async def _write_log(log: JetStreamEventLog, until: int, file: Path) -> None:
    with gzip.open(file, "wb", compresslevel=1) as lines:
        async with aclosing(log.read_raw(until=until)) as chunks:
            async for chunk in chunks:
                lines.write(b"".join(log_line(entity_of(subject), payload) for _, subject, payload in chunk))


def log_line(entity: Entity, payload: bytes) -> bytes:
    """One message, as `log_lines` reads it.

    Neither a token of a subject nor JSON as it is written here holds a space or an end of line of its own.
    """
    if b"\n" in payload:
        payload = msgspec.json.format(payload, indent=-1)
    return b"%b %b %b\n" % (entity.kind.encode(), entity.id.encode(), payload)


async def _write_texts(texts: Texts, folder: Path) -> tuple[Digest, ...]:
    """All that are kept beside the log: what was kept after the position is named by nothing, and harmless."""
    digests = tuple(sorted(await texts.digests()))
    for digest in digests:
        text_file(folder, digest).write_text(await texts.text(digest), encoding="utf-8", newline="")
    return digests


def text_file(folder: Path, digest: Digest) -> Path:
    """Where a text of this digest lies."""
    return folder / f"text-{digest}"


async def log_lines(folder: Path) -> AsyncIterator[Message]:
    """What was written as the log."""
    for message in _read_lines(folder / LOG):
        yield message


def _read_lines(file: Path) -> Iterator[Message]:
    with gzip.open(file, "rb") as lines:
        for line in lines:
            kind, identifier, payload = line[:-1].split(b" ", 2)
            yield Entity(kind.decode(), identifier.decode()), payload


async def _gather_rig(town: TownConfig, store: Store, name: RigName, folder: Path) -> RigPart:
    config = rigs.config(store, name)
    if config is None:
        raise AssertionError(name)  # it was listed a moment ago, by the same views
    landed = merge_queue.landed_on(store, name)
    named = dict(branches.pins(store, name))
    also = [one["candidate"] for one in merge_queue.queue(store, name) if one["candidate"]]
    repositories = Repositories(town.path / "rigs" / name, config, GitProgram())
    luggage = await pack(repositories, named, also, folder / f"{name}.pack")
    return RigPart(
        name=name, config=config, last_landing=landed[-1]["target_commit"] if landed else "", luggage=luggage
    )
