"""A new, separate town made of the log of another up to some moment."""

from pathlib import Path

from gastown import clock
from gastown.actors.commands.deacon import ForkTown
from gastown.config import TownConfig
from gastown.moments import Moment
from gastown.moving.backup import mark_of
from gastown.moving.making import folder_of_parts, make, refuse_used
from gastown.moving.parts import Manifest, gather
from gastown.moving.settling import Move


async def fork(town: TownConfig, moment: Moment | None, folder: Path, name: str) -> tuple[TownConfig, Manifest, int]:
    """Make it in `folder`, which is new or empty, while `town` works or is down. Not started; with its position.

    It has the same events at the same positions up to the moment, then its own: what was under way is ended, its rigs
    have no origin, so that nothing it does reaches what the other works on. moment None: now. Raises GastownError,
    OSError.
    """
    refuse_used(folder)
    new = TownConfig(path=folder, name=name, incarnation=clock.new_id(), nats_url=town.nats_url)
    async with folder_of_parts(folder) as parts:
        manifest = await gather(town, moment, parts)
        made, position = await make(manifest, parts, new, lambda made: _forked(manifest, made))
        return made, manifest, position


def _forked(manifest: Manifest, town: TownConfig) -> Move:
    forked = ForkTown(
        name=town.name,
        incarnation=town.incarnation,
        of_name=manifest.name,
        of=manifest.incarnation,
        position=manifest.position,
    )
    return Move(
        to=forked,
        mark=mark_of(town),
        why=f"forked from {manifest.name} at position {manifest.position}: it has no origin",
        hint="gt rig set {rig} --location URL, then: gt rig resume {rig}",
        detach=True,
    )
