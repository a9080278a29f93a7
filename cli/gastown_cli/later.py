"""Imports that only some calls pay for."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def module(name: str) -> Any:
    """One of this package's modules, imported now."""
    full = f"gastown_cli.{name}"
    __import__(full)
    return sys.modules[full]
