"""Beads with their long texts in full, for those who read them: a bead's own page, and a worker's brief."""

from gastown.bus.texts import Texts
from gastown.projections.kernel.store import Record


async def in_full(texts: Texts, bead: Record) -> Record:
    """The bead as `beads.show` gives it, each text as it was written. Raises TextLostError, LogUnavailableError."""
    apart: dict[str, str] = bead.get("kept_apart", {})
    whole = {name: await texts.text(digest) for name, digest in apart.items()}
    return {name: value for name, value in (bead | whole).items() if name != "kept_apart"}
