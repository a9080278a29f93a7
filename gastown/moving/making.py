"""A town made of parts: its folder, its repositories, its log; at rest, and not started."""

import fcntl
import os
import re
import shutil
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import msgspec

from gastown import clock, config, durable
from gastown.adapters.git.luggage import unpack
from gastown.adapters.git.program import GitProgram
from gastown.adapters.git.repositories import Repositories
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.jetstream_texts import JetStreamTexts
from gastown.bus.loading import load
from gastown.config import TownConfig
from gastown.daemon.log_server import end_server
from gastown.errors import RefusedError
from gastown.moving import own_files
from gastown.moving.log_of_town import server_of
from gastown.moving.parts import Manifest, RigPart, log_lines, text_file
from gastown.moving.settling import Move, Settling
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS

_PARTS, _MAKING = ".parts", ".making"
"""How the folders end that are beside what they are for until it is whole."""


def refuse_used(folder: Path) -> None:
    """Raises RefusedError unless the folder is new or empty, and can be put in place as a whole."""
    if os.path.ismount(folder):
        raise RefusedError(f"{folder} is the top of a disk", "give a folder in it")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RefusedError(f"{folder} is not empty", "give a folder that is new or empty")


@asynccontextmanager
async def folder_of_parts(place: Path) -> AsyncGenerator[Path]:
    """A folder beside `place`, on its disk, for as long as the context is open. What killed ones left there goes."""
    place.parent.mkdir(parents=True, exist_ok=True)
    sweep(place)
    folder = place.with_name(f".{place.name}.{clock.new_id()}{_PARTS}")
    folder.mkdir(mode=0o700)
    try:
        with _in_use(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _in_use(folder: Path) -> Generator[None]:
    """Until its end, or this process's: the lock goes with it, whatever kills it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def sweep(place: Path) -> None:
    """Remove what was left beside `place` by a backup, restore or fork that was killed there."""
    named = re.compile(rf"\.{re.escape(place.name)}\.[0-9A-Z]+({_PARTS}|{_MAKING})")
    for left in place.parent.iterdir():
        if named.fullmatch(left.name) and left.is_dir() and not left.is_symlink():
            with suppress(BlockingIOError), _in_use(left):
                end_server(left / "log")
                shutil.rmtree(left, ignore_errors=True)


async def make(
    manifest: Manifest, parts: Path, town: TownConfig, move: Callable[[TownConfig], Move]
) -> tuple[TownConfig, int]:
    """The town, and the position its log stands at. It is made beside its folder and renamed there when it is whole:
    what fails, or is killed, half way leaves the folder as it was.

    town: as it is to be, its folder new or empty. Raises GastownError, OSError.
    """
    making = town.path.with_name(f".{town.path.name}.{clock.new_id()}{_MAKING}")
    making.mkdir(mode=0o700)
    try:
        with _in_use(making):
            made, position = await _make_at(making, manifest, parts, town, move)
            os.sync()  # plain files, too: what is in its place is whole, also after a power cut
            making.rename(town.path)
            durable.flush_names(town.path.parent)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return msgspec.structs.replace(made, path=town.path), position


async def _make_at(
    making: Path, manifest: Manifest, parts: Path, town: TownConfig, move: Callable[[TownConfig], Move]
) -> tuple[TownConfig, int]:
    made = msgspec.structs.replace(town, path=config.lay_out(making, town.name, town.incarnation).path)
    for rig in manifest.rigs:
        await _unpack(rig, parts, made)
    own_files.put(made.path, manifest.own_files, parts)
    position = await _fill(manifest, parts, made, move(made))
    config.save(made)
    return made, position


async def _unpack(rig: RigPart, parts: Path, town: TownConfig) -> None:
    if rig.luggage is not None and rig.luggage.refs:
        repositories = Repositories(town.path / "rigs" / rig.name, rig.config, GitProgram())
        await unpack(repositories, rig.luggage, parts / f"{rig.name}.pack")


async def _fill(manifest: Manifest, parts: Path, town: TownConfig, move: Move) -> int:
    async with server_of(town) as connection:
        loaded = await load(connection, town.name, town.incarnation, log_lines(parts))
        if loaded != manifest.position:
            raise RefusedError(f"the log has {loaded} messages, not {manifest.position}", "use another backup")
        texts = JetStreamTexts(connection, town.name, town.incarnation)
        for digest in manifest.texts:
            await texts.keep(text_file(parts, digest).read_bytes().decode())
        log = JetStreamEventLog(connection, town.name, town.incarnation)
        store = Store(town.views, VIEWS, town.incarnation)
        try:
            return await Settling(log, store, move).settle(manifest.rigs)
        finally:
            store.close()
