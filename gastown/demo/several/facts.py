"""What did happen in all towns: asked of their logs through `gt`, and of git."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gastown.demo.origin import Landing
from gastown.demo.programs import Record
from gastown.demo.several.stage import Stage
from gastown.demo.several.story import HELD, HOME


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """ids: of the beads at home, by their keys; beads: likewise, as they are shown there. landings: what git says came
    to the target, first to last. adoption: what was said of it. towns: as home sees them. trace: of the held bead.
    """

    ids: Mapping[str, str]
    beads: Mapping[str, Record]
    convoy: Record
    landings: tuple[Landing, ...]
    adoption: Record
    towns: tuple[Record, ...]
    verified: Any
    trace: Record


async def gather(stage: Stage, ids: Mapping[str, str], convoy: str, base: str, adoption: Record) -> Facts:
    """Raises CallFailedError and GitFailedError."""
    home = stage.towns[HOME]
    listed = {bead["id"]: bead for bead in await home.ask("bead", "list")}
    return Facts(
        ids=ids,
        beads={key: listed[bead] for key, bead in ids.items()},
        convoy=await home.ask("convoy", "show", convoy),
        landings=tuple(await stage.origin.landings(base)),
        adoption=adoption,
        towns=tuple((await home.ask("towns"))["towns"]),
        verified=await home.ask("verify", "--all", ok=(0, 7)),
        trace=await home.ask("trace", ids[HELD]),
    )
