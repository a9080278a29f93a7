"""A file that grows, read as it does: whole lines, as soon as they are there.

Linux says when something in a folder has changed (inotify); elsewhere it is looked, a hundred times a second, for as
long as somebody wants to know.
"""

import ctypes
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

import anyio

MOST = 256 * 1024
"""Bytes read at a time."""
_LOOK = 0.01
"""Seconds between two looks, where nobody says when something has changed."""
_MODIFIED, _CREATED, _MOVED_TO = 0x2, 0x100, 0x80
_EVENTS = 4096  # bytes of what inotify tells at a time

Changed: TypeAlias = Callable[[], Awaitable[None]]
"""Returns when something in the folder may have changed since it was last called, or since the watch began."""


@asynccontextmanager
async def watched(folder: Path) -> AsyncGenerator[Changed]:
    """Raises OSError: the folder is not there."""
    if sys.platform != "linux":
        yield partial(anyio.sleep, _LOOK)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if watch < 0:  # the user has too many of them
        yield partial(anyio.sleep, _LOOK)
        return
    try:
        if libc.inotify_add_watch(watch, os.fsencode(folder), _MODIFIED | _CREATED | _MOVED_TO) < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))

        async def changed() -> None:
            await anyio.wait_readable(watch)
            os.read(watch, _EVENTS)

        yield changed
    finally:
        os.close(watch)


def lines_from(file: Path, offset: int, *, over: bool) -> tuple[bytes, int]:
    """What has come since `offset`, up to the last end of a line, and the offset behind it.

    over: nothing more is written, so that a last line without an end is one. A line longer than MOST comes in pieces.
    A file that has become shorter was cut (output.max): it goes on at its end.
    """
    try:
        with file.open("rb") as content:
            size = content.seek(0, os.SEEK_END)
            if offset > size:
                return b"", size
            content.seek(offset)
            chunk = content.read(MOST)
    except FileNotFoundError:
        return b"", offset
    end = chunk.rfind(b"\n") + 1
    if not end and (over or len(chunk) == MOST):
        end = len(chunk)
    if over and len(chunk) < MOST:
        end = len(chunk)
    return chunk[:end], offset + end


def last_lines(file: Path, count: int) -> tuple[bytes, int]:
    """The last whole lines, up to `count`, and the offset behind them."""
    try:
        with file.open("rb") as content:
            size = content.seek(0, os.SEEK_END)
            begin = max(0, size - 200 * max(count, 1))
            content.seek(begin)
            chunk = content.read(size - begin)
    except FileNotFoundError:
        return b"", 0
    end = chunk.rfind(b"\n") + 1
    lines = chunk[:end].splitlines(keepends=True)
    return b"".join(lines[max(0, len(lines) - count) :]) if count > 0 else b"", begin + end
