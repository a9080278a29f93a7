"""How a town is let in by a hub: by an invitation, with a key that stays here."""

from gastown import hub_link
from gastown.actors.mayor.state import Membership
from gastown.bus import invitation
from gastown.bus.hub import Hub, granted
from gastown.bus.hub_protocol import HUB, Join
from gastown.bus.hub_protocol import Joined as LetIn
from gastown.bus.invitation import Invitation
from gastown.config import TownConfig
from gastown.errors import RefusedError
from gastown.hub_link import HubLink


def refuse(town: TownConfig, given: Invitation, now: float, *, own_server: bool, member_of: str) -> None:
    """Raises RefusedError. member_of: the hub that lets it in, "" where none does: who is lost is not left first."""
    if not own_server:
        msg = "the town's log is on a NATS server of your own, which this cannot connect to a hub"
        raise RefusedError(msg, 'only a town with its own server joins: gt config set nats.url ""')
    if town.name == HUB:
        raise RefusedError(f"no member of a hub can be called {HUB}", "gt install --name NAME makes another town")
    if given.town != town.name:
        msg = f"the invitation to {given.hub} is for {given.town}, and this town is {town.name}"
        raise RefusedError(msg, f"ask for one of its own: gt hub invite {town.name}")
    if member_of:
        msg = f"the town is a member of {member_of} already, by another invitation"
        raise RefusedError(msg, "gt towns shows it; gt leave first to join another")
    invitation.check(given, now)


async def let_in(town: TownConfig, hub: Hub, given: Invitation, known: Membership) -> HubLink:
    """What is needed to connect, which is kept when this returns. Raises GastownError: nothing has changed."""
    asked = Join(
        invitation=given.id,
        secret=given.secret,
        town=town.name,
        incarnation=town.incarnation,
        key=hub_link.key(town).public,
        epoch=known.epoch,
        lineage=town.lineage,
    )
    answer = granted(await hub.ask_at_door(given.urls, given.ca, asked), LetIn)
    link = HubLink(
        hub=answer.hub,
        name=town.name,
        urls=answer.leaf_urls,
        join_urls=answer.join_urls or given.urls,
        epoch=answer.epoch,
        invitation=given.id,
    )
    return hub_link.write(town, link, answer.ca)
