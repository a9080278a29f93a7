"""The output of a program that does not stop printing: how it began and what is new stay, the middle is taken out.

The program writes to the file itself, past us, and always at the end of it; so the file is made shorter in place.
"""

import os
import re
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread

from gastown.loggers import get_logger

_log = get_logger("gastown.host")

_EVERY = 0.5
"""Seconds between two looks at the size. A disk takes a gigabyte in that time at most."""
_HEAD, _NEW = 8, 2
"""What stays of the size that is allowed: an eighth from the beginning, half from the end."""
_CHUNK = 256 * 1024
_NOTE = "\n[gt: {:>15} bytes of output are left out here: output.max]\n"
_NOTED = re.compile(rb"\n\[gt: +(\d+) bytes of output are left out here: output\.max\]\n")


class ShortOutput:
    """Of one program. most: bytes; 0: however long."""

    def __init__(self, file: Path, most: int) -> None:
        self._file = file
        self._most = most

    @asynccontextmanager
    async def kept(self) -> AsyncGenerator[None]:
        """Short, as long as this is open, and at its end."""
        async with anyio.create_task_group() as tasks:
            if self._most:
                tasks.start_soon(self._keep)
            yield
            tasks.cancel_scope.cancel()
        await self.shorten()

    async def _keep(self) -> None:
        while True:
            await anyio.sleep(_EVERY)
            await self.shorten()

    async def shorten(self) -> None:
        """If it is too long."""
        if not self._most or self._size() <= self._most:
            return
        try:
            await anyio.to_thread.run_sync(self._cut)
        except OSError as error:
            _log.warning("output.not_shortened", file=str(self._file), error=str(error))

    def _size(self) -> int:
        try:
            return self._file.lstat().st_size
        except OSError:
            return 0

    def _cut(self) -> None:
        descriptor = os.open(self._file, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)  # it lies where workers can write
        try:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
                self._take_out(descriptor, found.st_size)
        finally:
            os.close(descriptor)

    def _take_out(self, descriptor: int, size: int) -> None:
        """What is written meanwhile is taken along; only what comes in the very moment of the truncation is lost.

        Unless more comes than can be copied: then that is left out, too.
        """
        place, source = self._most // _HEAD, _line_at(descriptor, size - self._most // _NEW)
        note = len(_NOTE.format(0))
        noted = _NOTED.fullmatch(os.pread(descriptor, note, place))  # an earlier time, also by an earlier host
        left_out = source - place + (int(noted[1]) - note if noted else 0)
        place += os.pwrite(descriptor, _NOTE.format(left_out).encode(), place)
        while source < size + self._most and (chunk := os.pread(descriptor, _CHUNK, source)):
            place += os.pwrite(descriptor, chunk, place)
            source += len(chunk)
        os.ftruncate(descriptor, place)


def _line_at(descriptor: int, offset: int) -> int:
    """Where the next line begins; `offset` if that is far."""
    return offset + os.pread(descriptor, _CHUNK, offset).find(b"\n") + 1
