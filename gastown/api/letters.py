"""Mail from and to other towns: TOWN/ADDRESS, where ADDRESS is read by that town."""

from gastown.actors.commands.letters import HearLetter
from gastown.api.addresses import recipient
from gastown.api.call import Call
from gastown.bus.arrivals import Arrival
from gastown.errors import GastownError, UsageError
from gastown.events.letter import LetterEvent, LetterSent
from gastown.events.mail import Address, town_address
from gastown.projections import rigs
from gastown.projections.kernel.store import Store


async def addressed(call: Call, written: str) -> Address:
    """As events write it: of this town, or of a town at the same hub. Raises UnknownThingError, RefusedError."""
    first, _, rest = written.strip().strip("/").partition("/")
    if call.desk.abroad is None or rigs.config(call.store, first) is not None:
        return recipient(call.store, written).address
    if first == call.desk.town.name and rest:
        return recipient(call.store, rest).address
    if first not in await call.desk.abroad.others():
        return recipient(call.store, written).address
    if not rest:
        raise UsageError(f"{first} is a town", f"to its person: gt mail send {first}/overseer ...")
    return town_address(first, rest)


def heard(store: Store, arrival: Arrival, fact: LetterEvent) -> HearLetter:
    """What the Deacon is told of it: whom such a letter is for is known to the views."""
    _, _, mail = arrival.entity.id.partition(".")
    to, wrong = _here(store, fact.to) if isinstance(fact, LetterSent) else ("", "")
    return HearLetter(
        town=arrival.town,
        mail=mail,
        incarnation=arrival.stream.rpartition("_")[2],
        position=arrival.position,
        fact=fact,
        to=to,
        wrong=wrong,
    )


def _here(store: Store, written: str) -> tuple[Address, str]:
    """The address, or why there is none."""
    try:
        return recipient(store, written).address, ""
    except GastownError as error:
        return "", f"{error.message}; {error.hint}" if error.hint else error.message
