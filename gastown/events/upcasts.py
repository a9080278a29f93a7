"""Older schemas made new, on raw dictionaries, when reading.

`UPCASTS[tag][n - 1]` turns schema n into schema n + 1; `SCHEMA[tag]` is the newest (1 where none is named).
`FORMER` holds what goes by another tag today. A new field with a default needs no upcast.
"""

from collections.abc import Callable
from typing import Any

FORMER: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "rig.paused": lambda old: {**old, "type": "rig.held", "cause": "pause", "depth": "pause"},
    "rig.resumed": lambda old: {**old, "type": "rig.freed", "cause": "pause"},
}
"""Tags that are no longer written, and how what was written under them reads today (its own schema 1)."""

UPCASTS: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], ...]] = {}

SCHEMA: dict[str, int] = {tag: len(upcasts) + 1 for tag, upcasts in UPCASTS.items()}
