"""A town that was lost for good goes on here, from the hub's copy of its log, under the next epoch.

What the copy does not hold is lost: what had not reached the hub, long texts too, commits that are not at the rigs'
origins, secrets. Killed at any moment, it goes on where it was when it is repeated.
"""

import gzip
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import msgspec

from gastown import clock, config, durable, hub_link
from gastown.actors.commands.deacon import RestoreTown
from gastown.bus.event_log import LogReader
from gastown.bus.hub import granted
from gastown.bus.hub_protocol import AWAY, AskAdoption, AskTowns, Joined, Member
from gastown.bus.jetstream_copies import JetStreamCopies
from gastown.bus.keys import new_user_key, user_key
from gastown.bus.nats_connection import INBOX, NatsConnection, connect
from gastown.bus.nats_hub import NatsHub
from gastown.bus.texts import TextLostError, TextReader
from gastown.config import TownConfig
from gastown.errors import RefusedError, TakenError, UnknownThingError
from gastown.events.codec import encode
from gastown.events.envelope import Recorded
from gastown.events.kept import Digest, digests_in
from gastown.events.town import TownForked, TownInstalled
from gastown.hub_link import HubLink
from gastown.moving.backup import mark_of
from gastown.moving.making import folder_of_parts, make, refuse_used
from gastown.moving.parts import FORMAT, LOG, Manifest, RigPart, log_line, text_file
from gastown.moving.settling import Move
from gastown.projections import accounts, merge_queue, rigs
from gastown.projections.kernel.store import Store
from gastown.projections.rfc3339 import utc
from gastown.projections.views import as_of


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to be the town, noted beside its folder until it is there. of: the incarnation of the lost one.

    instead: of one that was to go on for that, and was lost before the hub had anything of it; "" for none.

    position: up to which nobody hears that log again. What is copied beyond it before the lost one is fenced is heard
    twice, and known."""

    town: str
    of: str
    position: int
    incarnation: str
    seed: str
    instead: str = ""


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """lost: as the hub knew it. texts: how many texts of its log lie nowhere. position: at which it stands now."""

    town: TownConfig
    lost: Member
    manifest: Manifest
    texts: int
    epoch: int
    position: int


async def adopt(helper: TownConfig, name: str, folder: Path, *, force: bool) -> Adopted:
    """helper: a member of the hub, and up. folder: new or empty. Not started.

    Raises GastownError, OSError; UnreachableError where the hub is away.
    """
    link = hub_link.read(helper)
    if link is None:
        raise RefusedError(f"{helper.name} is a member of no hub", "gt join INVITATION; or name a town that is: --town")
    if name == link.name:
        raise RefusedError(f"{name} is this town itself", "it is another machine that goes on for a lost one")
    async with _connected(helper) as connection:
        hub = NatsHub(connection, link.name)
        lost = _lost(granted(await hub.ask(AskTowns()), tuple[Member, ...]), name)
        claim = await _claimed(folder, lost, connection, force=force)
        asked = AskAdoption(
            town=name,
            incarnation=claim.incarnation,
            key=user_key(claim.seed).public,
            position=claim.position,
            of=claim.instead or claim.of,
            force=force,
        )
        let_in = granted(await hub.ask(asked), Joined)
        copies = JetStreamCopies(connection)
        log, texts = copies.log(name, claim.of), copies.texts(name, claim.of)
        until = await log.last_position()  # the lost one is fenced: nothing comes any more
        made = await _made(log, texts, claim, until, folder, lost, let_in)
    _member(made.town, claim, let_in)
    _note(folder).unlink()
    return made


async def goes_on_in(helper: TownConfig, name: str, folder: Path) -> Member | None:
    """As the hub knows it, if what lies in this folder is the town of that name, wholly there; else None.

    Raises as `adopt` does.
    """
    link = hub_link.read(helper)
    if link is None or _note(folder).exists() or not (folder / config.FILE).exists():
        return None
    async with _connected(helper) as connection:
        members = granted(await NatsHub(connection, link.name).ask(AskTowns()), tuple[Member, ...])
    found = config.load(folder).incarnation
    return next((member for member in members if (member.name, member.incarnation) == (name, found)), None)


@asynccontextmanager
async def _connected(town: TownConfig) -> AsyncGenerator[NatsConnection]:
    """To the town's own server, and through it to the hub. Raises UnreachableError."""
    login = town.nats()
    inbox = f"{INBOX}.{town.name}"
    async with connect(login.url, name="gt adopt", user=login.user, password=login.password, inbox=inbox) as connection:
        yield connection


def _lost(members: tuple[Member, ...], name: str) -> Member:
    found = next((member for member in members if member.name == name), None)
    if found is None:
        raise UnknownThingError(f"there is no town {name} at the hub", "gt towns")
    return found


async def _claimed(folder: Path, lost: Member, connection: NatsConnection, *, force: bool) -> Claim:
    """What was noted by one that was killed, or a new one, noted. Raises RefusedError, TakenError."""
    note = _note(folder)
    if note.exists():
        claim = msgspec.json.decode(note.read_bytes(), type=Claim)
        if claim.town == lost.name and lost.incarnation in (claim.instead or claim.of, claim.incarnation):
            return claim
    refuse_used(folder)
    if lost.connected or (lost.quiet < AWAY and not force):
        hint = f"stop it there (gt down); after {AWAY:.0f} s, or with --force, it is taken for lost"
        raise TakenError(f"{lost.name} is alive: it has been away for {lost.quiet:.0f} s", hint)
    of = lost.heir_of or lost.incarnation
    if not lost.position and not lost.heir_of:
        hint = (
            "one that was just started shows it in a few seconds: then the same again; else nothing can go on from it"
        )
        raise RefusedError(f"the hub shows no copy of the log of {lost.name}", hint)
    last = await JetStreamCopies(connection).log(lost.name, of).last_position()
    key, incarnation = new_user_key(), clock.new_id()
    instead = lost.incarnation if lost.heir_of else ""
    claim = Claim(town=lost.name, of=of, position=last, incarnation=incarnation, seed=key.seed, instead=instead)
    note.parent.mkdir(parents=True, exist_ok=True)
    durable.write(note, msgspec.json.encode(claim), mode=0o600)
    return claim


def _note(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.adoption")


async def _made(
    log: LogReader, texts: TextReader, claim: Claim, until: int, folder: Path, lost: Member, let_in: Joined
) -> Adopted:
    """The town, or what an earlier attempt has made of it."""
    async with folder_of_parts(folder) as parts:
        manifest, lacking = await _gather(log, texts, claim, until, parts)
        town = TownConfig(path=folder, name=claim.town, incarnation=claim.incarnation, restored_from=manifest.lineage)
        position = 0
        if not _is_there(folder, claim):
            town, position = await make(manifest, parts, town, lambda made: _adopted(manifest, made))
    return Adopted(town=town, lost=lost, manifest=manifest, texts=lacking, epoch=let_in.epoch, position=position)


def _is_there(folder: Path, claim: Claim) -> bool:
    return (folder / config.FILE).exists() and config.load(folder).incarnation == claim.incarnation


def _adopted(manifest: Manifest, town: TownConfig) -> Move:
    restored = RestoreTown(
        name=town.name,
        incarnation=town.incarnation,
        of=manifest.incarnation,
        position=manifest.position,
        at=manifest.at,
        bare=True,
    )
    return Move(
        to=restored,
        mark=mark_of(town),
        why=f"adopted at {utc(manifest.at)} from the hub's copy; what landed since is looked for at its origin",
        hint="it goes on by itself once the origin has answered; see gt rig check {rig}; has it moved: gt rig set {rig}"
        " --location URL",
        forsake=True,
    )


def _member(town: TownConfig, claim: Claim, let_in: Joined) -> None:
    durable.write(hub_link.key_file(town), claim.seed.encode(), mode=0o600)
    link = HubLink(
        hub=let_in.hub, name=town.name, urls=let_in.leaf_urls, join_urls=let_in.join_urls, epoch=let_in.epoch
    )
    hub_link.write(town, link, let_in.ca)


async def _gather(log: LogReader, texts: TextReader, claim: Claim, until: int, folder: Path) -> tuple[Manifest, int]:
    """The parts of the lost town that the hub has, and how many texts it lacks."""
    lineage, named = await _write_log(log, claim, until, folder / LOG)
    brought = await _bring(texts, named, folder)
    store = await as_of(log, until)
    try:
        manifest = Manifest(
            format=FORMAT,
            name=claim.town,
            incarnation=claim.of,
            lineage=lineage,
            path="",
            nats_url="",
            position=until,
            events=store.mark.events,
            at=clock.now(),
            rigs=tuple(_rig(store, rig["name"]) for rig in rigs.listing(store)),
            texts=brought,
            secrets=accounts.secrets(store),
        )
        return manifest, len(named) - len(brought)
    finally:
        store.close()


async def _bring(texts: TextReader, named: set[Digest], folder: Path) -> tuple[Digest, ...]:
    """Write those that the hub has to `folder`. Raises LogUnavailableError."""
    brought: list[Digest] = []
    for digest in sorted(named):
        with suppress(TextLostError):
            text_file(folder, digest).write_text(await texts.text(digest), encoding="utf-8", newline="")
            brought.append(digest)
    return tuple(brought)


async def _write_log(log: LogReader, claim: Claim, until: int, file: Path) -> tuple[str, set[Digest]]:
    """-> the lineage that the log tells, and the texts that lie beside it."""
    lineage, texts = claim.of, set[Digest]()
    with gzip.open(file, "wb", compresslevel=1) as lines:
        async with aclosing(log.read(until=until)) as messages:
            async for message in messages:
                lines.write(log_line(message[0].entity, encode([recorded.envelope for recorded in message])))
                lineage = _lineage(message, lineage)
                texts |= {digest for recorded in message for digest in digests_in(recorded.envelope.data)}
    return lineage, texts


def _lineage(message: tuple[Recorded, ...], before: str) -> str:
    """A fork begins one of its own; a restored town is of the one it was restored from."""
    for recorded in message:
        if isinstance(recorded.envelope.data, TownInstalled | TownForked):
            return recorded.envelope.data.incarnation
    return before


def _rig(store: Store, name: str) -> RigPart:
    found = rigs.config(store, name)
    if found is None:
        raise AssertionError(name)  # it was listed a moment ago, by the same views
    landed = merge_queue.landed_on(store, name)
    return RigPart(name=name, config=found, last_landing=landed[-1]["target_commit"] if landed else "")
