"""Packages that others load wherever they find them, for what nobody here uses: each start of a program would pay."""

import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def hidden(*names: str) -> Generator[None]:
    """None of these is found by what is imported meanwhile. Those that are loaded already stay as they are."""
    hide = [name for name in names if name not in sys.modules]
    for name in hide:
        sys.modules[name] = None  # type: ignore[assignment]  what the import system takes for "there is none"
    try:
        yield
    finally:
        for name in hide:
            del sys.modules[name]
