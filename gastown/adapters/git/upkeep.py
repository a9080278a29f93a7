"""Upkeep: what was stored object by object is put into packs now and then, so that a rig's repositories stay small.

Nothing is ever thrown away, reachable or not: a pack takes every loose object, and an object goes only when a pack has
it. So no pin and no unfinished submission needs to be known here, and a death in the middle loses nothing.
"""

import os
from collections.abc import Awaitable
from pathlib import Path

import anyio.to_thread

from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.repositories import Repositories

LOOSE_OBJECTS = 2000
"""A file each, of a disk block at least: below this many there is nothing to be won."""

_PACKING = ("-c", "pack.threads=1", "repack", "-q", "-d", "-l", "--geometric=2", "--no-write-bitmap-index")
"""Small packs are rolled up until each is twice the next: every object is written a few times in its life, not every
time. -l: what the Refinery's repository holds is not packed a second time in the workers'."""


class Upkeep:
    """Of one rig."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    async def tend(self, limit: int) -> bool:
        """See RigGit.tend."""
        if self._repositories.config.filter:
            return False  # gits of today forget which packs came from the origin incomplete, and may be so
        done = False
        refinery, work = self._repositories.refinery_dir, self._repositories.work_dir
        if await _loose(refinery) > limit:
            done = True
            await self._pack_refinery()
        if await _loose(work) > limit:
            done = True
            await self._in_order(self._repositories.in_work(*_PACKING, step="packing the workers' objects"))
        return done

    async def _pack_refinery(self) -> None:
        refinery = self._repositories.refinery
        await refinery.run("pack-refs", "--all", step="packing refs")
        await self._in_order(refinery.run(*_PACKING, step="packing the Refinery's objects"))

    async def _in_order(self, packing: Awaitable[object]) -> None:
        """What breaks off, on a full disk too, leaves no half pack behind."""
        try:
            await packing
        except GitFailedError:
            await anyio.to_thread.run_sync(self._repositories.locks.clear)
            raise


async def _loose(repository: Path) -> int:
    return await anyio.to_thread.run_sync(count_loose, repository)


def count_loose(repository: Path) -> int:
    """Objects that are files of their own. Blocks."""
    objects = repository / "objects"
    if not objects.is_dir():
        return 0
    return sum(len(os.listdir(folder)) for folder in objects.iterdir() if len(folder.name) == 2)
