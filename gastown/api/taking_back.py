"""What a person can do about a bead that another town has, when that town is away too: only the hub knows that."""

from gastown.actors.commands.command import Command
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.kernel.answer import Accepted
from gastown.api.call import Call, DecidedAgainstError
from gastown.bus.hub_protocol import Member
from gastown.errors import GastownError
from gastown.events.ids import BeadId
from gastown.projections import beads
from gastown.projections.rfc3339 import utc


async def ordered(call: Call, bead: BeadId, command: Command) -> Accepted:
    """As `call.order`; a refusal because of where the bead is says so if nobody can be reached there."""
    try:
        return await call.order(MAYOR, command)
    except DecidedAgainstError as refusal:
        await _explain(call, bead, refusal)
        raise


async def _explain(call: Call, bead: BeadId, refusal: GastownError) -> None:
    row = beads.show(call.store, bead) or {}
    away = row.get("abroad", {}).get("away")
    if away is None or row["status"] == "closed" or call.desk.abroad is None:
        return
    town = await call.desk.abroad.member(away["town"])
    if town is None or (town.connected and not town.gone):
        return
    refusal.message = f"{refusal.message}, {_why(town)}"
    lost = f"is it lost for good: gt adopt {town.name} FOLDER"
    refusal.hint = f"once it is back, {refusal.hint}" if town.gone == "left" else f"{lost}; else {refusal.hint}"


def _why(town: Member) -> str:
    if town.gone:
        return "which left the hub" if town.gone == "left" else "which was revoked at the hub"
    return f"which the hub saw last at {utc(town.seen)}" if town.seen else "which the hub has not seen"
