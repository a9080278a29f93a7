"""Where a simulation steps in: between two inner steps of what a fake does, as a host can be killed between two."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

Pause: TypeAlias = Callable[[str], Awaitable[None]]
"""Awaited with the name of the step ("push: underway"). What is changed between two of them is changed at once. What it
raises is what befalls the host there: GitFailedError for a git that failed, anything else for its end."""


async def no_pause(step: str) -> None:
    """Goes on."""
