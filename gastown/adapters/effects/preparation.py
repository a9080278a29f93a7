"""What every fresh worktree gets before anything runs in it: files that git ignores, and the rig's setup command."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import anyio.to_thread
import msgspec

from gastown.adapters.gates.port import Check, Checks
from gastown.adapters.processes.family import Mark
from gastown.adapters.still import Still
from gastown.events.rig import RigConfig


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """log: where the output of setup goes. still: see Check."""

    folder: Path
    config: RigConfig
    environment: Mapping[str, str]
    mark: Mark
    log: Path
    still: Still


class SetupBroke(msgspec.Struct, frozen=True):
    reason: str
    tail: str = ""


async def prepare(preparation: Preparation, checks: Checks) -> SetupBroke | None:
    """None: the folder is ready."""
    config = preparation.config
    try:
        if config.copy:
            await anyio.to_thread.run_sync(copy_files, config, preparation.folder)
    except (OSError, ValueError) as error:
        return SetupBroke(f"files could not be copied from {config.copy_from}: {error}")
    if not config.setup:
        return None
    result = await checks.run(
        Check(
            command=config.setup,
            folder=preparation.folder,
            environment=preparation.environment,
            mark=preparation.mark,
            timeout=config.setup_timeout,
            log=preparation.log,
            still=preparation.still,
        )
    )
    return None if result.verdict == "passed" else SetupBroke(f"setup: {result.reason}", result.tail)


def copy_files(config: RigConfig, folder: Path) -> None:
    """Bring what the rig's `copy` patterns match below `copy_from` to the same places in `folder`.

    Raises OSError, and ValueError for a pattern that leads out of `copy_from`.
    """
    source = Path(config.copy_from)
    for pattern in config.copy:
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            msg = f"{pattern!r} leads out of the folder"
            raise ValueError(msg)
        for found in sorted(source.glob(pattern)):
            _copy(found, folder / found.relative_to(source))


def _copy(found: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if found.is_dir() and not found.is_symlink():
        shutil.copytree(found, place, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
    else:
        shutil.copy2(found, place, follow_symlinks=False)
