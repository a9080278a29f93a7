"""Older schemas made new, on raw dictionaries, when reading.

`UPCASTS[tag][n - 1]` turns schema n into schema n + 1; `SCHEMA[tag]` is the newest (1 where none is named).
A new field with a default needs no upcast.
"""

from collections.abc import Callable
from typing import Any

UPCASTS: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], ...]] = {}

SCHEMA: dict[str, int] = {tag: len(upcasts) + 1 for tag, upcasts in UPCASTS.items()}
