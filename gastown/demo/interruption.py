"""Told to stop, a story ends where it is; what follows it, the taking down, is not interrupted."""

import signal

import anyio
from anyio.abc import TaskStatus


async def stop_on_signal(story: anyio.CancelScope, *, task_status: TaskStatus[None]) -> None:
    """Told again while everything goes down, it goes down in order all the same."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        task_status.started()
        async for _ in signals:
            story.cancel()
