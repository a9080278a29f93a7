"""Storing a pack in the Refinery's repository: each object's name is computed anew, and what is broken is refused."""

from pathlib import Path

from gastown.adapters.git.repository import Repository

LOOSE_LIMIT = 200
"""Objects up to which they are stored one by one: many small packs slow down every later look-up."""


async def store(refinery: Repository, pack: Path, step: str) -> None:
    """Flushed to disk, as that repository is configured. Raises GitFailedError."""
    words = (
        ("unpack-objects", "-q", "--strict") if count(pack) <= LOOSE_LIMIT else ("index-pack", "--stdin", "--strict")
    )
    await refinery.run(*words, step=step, stdin=pack)


def count(pack: Path) -> int:
    """Objects in it, as it says itself."""
    with pack.open("rb") as file:
        return int.from_bytes(file.read(12)[8:], "big")
