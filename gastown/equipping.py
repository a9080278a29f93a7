"""What goes along with an effect to the host that carries it out, as the views know it now."""

from pathlib import Path

import msgspec

from gastown.actors.effects import HostEffect, ProveCandidate, RunSession, TakeTurn, TellNow
from gastown.actors.kernel.remote_host import Equipment
from gastown.bus import luggage_protocol
from gastown.bus.texts import Texts, shortened
from gastown.events.ids import SessionId
from gastown.projections import accounts, briefing, definitions, last_landings, policies, rigs, so_far
from gastown.projections.kernel.store import Store
from gastown.tokens import session_token


async def equipment(store: Store, texts: Texts, town: Path, effect: HostEffect) -> Equipment:
    """town: its folder. Raises GastownError: it cannot be had now."""
    rig = getattr(effect, "rig", "")
    given = Equipment(rig=rigs.config(store, rig) if rig else None)
    if isinstance(effect, RunSession):
        set_to, policy = definitions.settings(store), policies.for_rig(store, rig)
        handoff = so_far.for_session(store, effect.session) if effect.resume else ""
        given = msgspec.structs.replace(
            given,
            most_output=set_to["output.max"],
            fill=set_to["handoff.fill"],
            policy=policy,
            handoff=await shortened(texts, handoff),
            account=accounts.spec(store, effect.account),
        )
        return await _briefed(store, texts, town, effect.session, given)
    if isinstance(effect, ProveCandidate):
        return msgspec.structs.replace(given, look_from=last_landings.look_from(store, rig, effect.bead))
    if isinstance(effect, TakeTurn | TellNow) and effect.prime:
        return await _briefed(store, texts, town, effect.session, given, again=True)
    return given


def with_papers(secret: bytes, effect: RunSession, given: Equipment) -> Equipment:
    """By which whoever works in the session, and the host that it is given to, are known to be those.

    secret: the town's, which no host on another machine has.
    """
    permit = luggage_protocol.permit(secret, effect.host, effect.rig, effect.session) if effect.host else ""
    return msgspec.structs.replace(given, token=session_token(secret, effect.session), permit=permit)


async def _briefed(
    store: Store, texts: Texts, town: Path, session: SessionId, given: Equipment, *, again: bool = False
) -> Equipment:
    told = await briefing.for_session(store, texts, session, town, again=again)
    lasting, task = await shortened(texts, told.instructions), await shortened(texts, told.task)
    return msgspec.structs.replace(given, instructions=lasting, brief=task, mails=told.mails)
