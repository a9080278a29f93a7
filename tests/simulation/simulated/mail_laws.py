"""What holds of mail, nudges and asks, whatever befell the town. Each law gives the breaches it finds, in words."""

from collections import Counter
from collections.abc import Iterator

from gastown.actors.mayor.phases import Closed, Landed
from gastown.actors.mayor.state import Mayor
from gastown.actors.polecat.messages import NOTES_WANTED
from gastown.events import mail
from gastown.events.ask import AskAnswered, AskClosed, AskRaised
from gastown.events.envelope import Recorded
from gastown.events.ids import SessionId
from gastown.events.mail import MailDeadLettered, MailId, MailRead, MailSent, MailTold
from gastown.events.turn import MessageQueued, MessagesTaken
from simulated.talkers import SAFE, Allowed, Told
from simulated.turn_laws import messages_in, sessions

WAITS = "waits"


def mail_comes_to_an_end(events: list[Recorded], mayor: Mayor, told: list[Told]) -> Iterator[str]:
    """Once: told to whoever works on its bead, or back to its sender; it waits while somebody may work there yet."""
    sent: dict[MailId, MailSent] = {}
    ends: dict[MailId, list[str]] = {}
    heard = {(one.session, message) for one in told for message in messages_in(one)}
    for one in events:
        key = one.entity.id
        match one.envelope.data:
            case MailSent() as letter:
                sent[key] = letter
            case MailTold(session=session):
                ends.setdefault(key, []).append("told")
                if (session, key) not in heard:
                    yield f"mail {key} is noted as told to {session}, which knows nothing of it"
            case MailRead() | MailDeadLettered():
                ends.setdefault(key, []).append(type(one.envelope.data).__name__)
            case _:
                pass
    for key, letter in sent.items():
        how = ends.get(key, [WAITS])
        if len(how) > 1:
            yield f"mail {key} came to an end {how}"
        bead = mayor.beads.get(mail.bead_of(letter.to))
        if how == [WAITS] and bead is not None and isinstance(bead.phase, Landed | Closed):
            yield f"mail {key} waits for {letter.to}, which is {type(bead.phase).__name__}"
        if how == ["MailDeadLettered"] and letter.sender != mail.TOWN and f"{key}-back" not in sent:
            yield f"mail {key} reached nobody, and its sender is not told"


def nudges_are_told_or_sent_back(events: list[Recorded]) -> Iterator[str]:
    back = Counter(one.entity.id for one in events if isinstance(one.envelope.data, MailSent))
    for session in sessions(events):
        taken = {message for one in session.all(MessagesTaken) for message in one.messages}
        for nudge in session.all(MessageQueued):
            known = (nudge.message in taken) + back[f"{nudge.message}-back"]
            if not nudge.mail and nudge.message != NOTES_WANTED and session.ended is not None and known != 1:
                yield f"nudge {nudge.message} to {session.key} is told or sent back {known} times"


def nothing_is_allowed_by_itself(events: list[Recorded], allowed: list[Allowed]) -> Iterator[str]:
    """What an agent had to ask for and was let do, a rule allows, or a person has; and each ask is closed once."""
    titles: dict[str, tuple[SessionId, str]] = {}
    by_persons: set[tuple[SessionId, str]] = set()
    closed: Counter[str] = Counter()
    for one in events:
        match one.envelope.data:
            case AskRaised(ask=ask, title=title):
                titles[ask] = (one.entity.id, title)
            case AskAnswered(ask=ask, allow=True):
                by_persons.add(titles[ask])
            case AskClosed(ask=ask):
                closed[ask] += 1
            case _:
                pass
    for one in allowed:
        if one.title != SAFE and (one.session, one.title) not in by_persons:
            yield f"{one.session} was let do what is {one.title}, and nobody had said so"
    yield from (f"ask {ask} was closed {closed[ask]} times" for ask in titles if closed[ask] != 1)
