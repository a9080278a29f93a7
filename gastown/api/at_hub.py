"""What of a bead that is to go to another town does not lie at the hub yet: the other town takes it up only then."""

from gastown.api.desk import Desk
from gastown.errors import GastownError
from gastown.projections.kernel.store import Record


async def not_at_hub(desk: Desk, bead: Record) -> str:
    """What is waited for, "" for nothing. bead: as `beads.show` gives it, of this town."""
    abroad: Record = bead.get("abroad", {})
    long: dict[str, str] = bead.get("kept_apart", {})
    if not long or desk.abroad is None or not any(abroad.get(name) for name in ("slung_to", "offered", "away")):
        return ""
    if bead["status"] == "closed":
        return ""
    try:
        copy = await desk.abroad.own_texts()
        lacking = [name for name, digest in long.items() if copy is None or not await copy.holds(digest)]
    except GastownError as error:
        return f"nobody can say whether its long texts are at the hub: {error.message}"
    named = " and ".join(lacking).replace("_criteria", "")
    return f"its {named} has not come to the hub yet" if lacking else ""
