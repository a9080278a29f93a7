"""A town made of parts: its folder, its repositories, its log; at rest, and not started."""

import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from gastown import clock, config
from gastown.adapters.git.luggage import unpack
from gastown.adapters.git.program import GitProgram
from gastown.adapters.git.repositories import Repositories
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.jetstream_texts import JetStreamTexts
from gastown.bus.loading import load
from gastown.config import TownConfig
from gastown.errors import RefusedError
from gastown.moving.log_of_town import server_of
from gastown.moving.parts import Manifest, RigPart, log_lines, text_file
from gastown.moving.settling import Move, Settling
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS


def refuse_used(folder: Path) -> None:
    """Raises RefusedError unless the folder is new or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RefusedError(f"{folder} is not empty", "give a folder that is new or empty")


@asynccontextmanager
async def folder_of_parts(place: Path) -> AsyncGenerator[Path]:
    """A folder beside `place`, on its disk, for as long as the context is open."""
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = place.with_name(f".{place.name}.{clock.new_id()}.parts")
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def make(
    manifest: Manifest, parts: Path, town: TownConfig, move: Callable[[TownConfig], Move]
) -> tuple[TownConfig, int]:
    """The town, and the position its log stands at. What fails half way leaves the folder as it was.

    town: as it is to be, its folder new or empty. Raises GastownError, OSError.
    """
    was_there = town.path.exists()
    try:
        laid_out = config.lay_out(town.path, town.name, town.incarnation)
        made = msgspec.structs.replace(town, path=laid_out.path)
        for rig in manifest.rigs:
            await _unpack(rig, parts, made)
        position = await _fill(manifest, parts, made, move(made))
        config.save(made)
    except BaseException:
        _clear(town.path, was_there)
        raise
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


def _clear(folder: Path, keep: bool) -> None:
    if not folder.exists():
        return
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    if not keep:
        folder.rmdir()
