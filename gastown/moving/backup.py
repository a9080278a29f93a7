"""A town kept in one file, and made again of it.

Its prices and directives go along. No secret of the town's folder is in the file: a restored town makes its own, and
lacks those of accounts. What the log holds is (an agent's `--env`
values, too), so the file is for its user alone.
"""

from pathlib import Path

import msgspec

from gastown import clock
from gastown.actors.commands.deacon import RestoreTown
from gastown.config import FILE, TownConfig, load
from gastown.errors import GastownError, TakenError, UsageError
from gastown.moving import archive
from gastown.moving.making import folder_of_parts, make, refuse_used
from gastown.moving.parts import Manifest, gather
from gastown.moving.settling import Move
from gastown.projections.rfc3339 import utc


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What was written. missing: commits that the log names and git does not hold, by rig."""

    manifest: Manifest
    size: int

    @property
    def missing(self) -> dict[str, tuple[str, ...]]:
        lost = {rig.name: rig.luggage.missing for rig in self.manifest.rigs if rig.luggage is not None}
        return {name: commits for name, commits in lost.items() if commits}


async def back_up(town: TownConfig, file: Path) -> Backup:
    """Write `file`, in place of one that is there, while the town works or is down. Raises GastownError, OSError."""
    _refuse_no_place(file)
    async with folder_of_parts(file) as parts:
        manifest = await gather(town, None, parts)
        return Backup(manifest=manifest, size=archive.write(manifest, parts, file))


def _refuse_no_place(file: Path) -> None:
    if file.is_dir() or not file.parent.is_dir():
        raise UsageError(f"{file} cannot be a file", "gt backup FILE, in a folder that is there")


async def restore(manifest: Manifest, file: Path, folder: Path, name: str) -> tuple[TownConfig, int]:
    """The town that `file` (of that manifest) was made of, as of then, in `folder`, which is new or empty. Not started.

    It goes on under an incarnation of its own, and is of the same lineage: only one of these may live on a machine.
    Raises GastownError, OSError.
    """
    refuse_used(folder)
    town = TownConfig(
        path=folder,
        name=name or manifest.name,
        incarnation=clock.new_id(),
        nats_url=manifest.nats_url,
        restored_from=manifest.lineage,
    )
    async with folder_of_parts(folder) as parts:
        archive.extract(file, parts)
        return await make(manifest, parts, town, lambda made: _restored(manifest, made))


def _restored(manifest: Manifest, town: TownConfig) -> Move:
    restored = RestoreTown(
        name=town.name,
        incarnation=town.incarnation,
        of=manifest.incarnation,
        position=manifest.position,
        at=manifest.at,
    )
    why = f"restored from a backup made at {utc(manifest.at)}; what landed since is looked for at its origin"
    return Move(
        to=restored,
        mark=mark_of(town),
        why=why,
        hint="it goes on by itself once the origin has answered; see gt rig check {rig}; has it moved: gt rig set {rig}"
        " --location URL",
        detach=False,
    )


def mark_of(town: TownConfig) -> str:
    """What the sessions of a town that has moved are told apart by from those its log does not know."""
    return town.incarnation[-4:].lower()


def refuse_beside_itself(manifest: Manifest) -> None:
    """Raises TakenError while the town that was backed up is where it was."""
    path = Path(manifest.path)
    if not (path / FILE).is_file():
        return
    try:
        there = load(path)
    except GastownError:
        return
    if there.lineage == manifest.lineage:
        raise TakenError(
            f"the town that this is a backup of is still at {path}, and both would do the same work",
            f"put it out of the way first (mv {path} {path}.old); for a second town: gt --town {path} fork DIR",
        )
