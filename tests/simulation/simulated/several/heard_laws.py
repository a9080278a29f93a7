"""What holds of what towns say to each other, whatever befell them. Each law gives the breaches it finds, in words."""

from collections import Counter
from collections.abc import Iterator

from gastown.events.bead import BeadAssigned, BeadReceived, CommitsBrought, CommitsMissed
from gastown.events.envelope import Recorded
from gastown.events.handover import HandoverOffered
from gastown.events.ids import abroad
from gastown.events.letter import LetterSent
from gastown.events.mail import MailDeadLettered, MailPassedOn, MailSent, town_of
from gastown.events.rig import RigMoved
from gastown.projections.across import HEARD
from simulated.several.towns import Towns


def each_word_is_taken_once_and_in_order(towns: Towns) -> Iterator[str]:
    """What a town made of others' words: each is a word of the town that is said to have said it, one decision each, in
    the order of that log."""
    said = _said(towns)
    for station in towns.all:
        positions: dict[str, set[int]] = {}
        last: dict[tuple[str, str], int] = {}
        for one in station.observer.events:
            command, actor = one.envelope.command, one.envelope.actor
            if not command.startswith(HEARD):
                if actor.startswith("town/"):
                    yield f"{one.entity} of {station.name} at {one.position} is of {actor}, and answers {command}"
                continue
            positions.setdefault(command, set()).add(one.position)
            where = said.get(command.removeprefix(HEARD), {})
            speaker = actor.removeprefix("town/")
            places = {log: at for log, (town, at) in where.items() if town == speaker}
            if not places:
                yield f"{one.entity} of {station.name} answers {command}, which {speaker} never said"
            for log, at in places.items():
                if at < last.get((speaker, log), 0):
                    yield f"{station.name} made something of {command} after a later word of {speaker}"
                last[speaker, log] = at
        for command, ones in positions.items():
            if max(ones) - min(ones) + 1 != len(ones):
                yield f"{station.name} decided on {command} at {sorted(ones)}"


def _said(towns: Towns) -> dict[str, dict[str, tuple[str, int]]]:
    """By event, where it stands: in the log of each incarnation, whose it is and at which position."""
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for station in towns.all:
        for one in station.observer.events:
            found.setdefault(one.envelope.id, {})[station.world.incarnation] = (station.name, one.position)
    return found


def letters_arrive_once(towns: Towns) -> Iterator[str]:
    """Each letter to another town ends once: there, where it is once, or back with its sender, with the reason."""
    got: Counter[tuple[str, str]] = Counter()
    for station in towns.now.values():
        got.update((station.name, one.entity.id) for one in station.observer.events if _is_mail(one))
    for station in towns.now.values():
        ends: Counter[str] = Counter()
        passed: Counter[str] = Counter()
        for one in station.observer.events:
            ends[one.entity.id] += isinstance(one.envelope.data, MailPassedOn | MailDeadLettered)
            passed[one.entity.id] += isinstance(one.envelope.data, MailPassedOn)
        for one in station.observer.events:
            if not isinstance(one.envelope.data, LetterSent):
                continue
            receiver, _, mail = one.entity.id.partition(".")
            there = got[receiver, abroad(station.name, mail)]
            if ends[mail] != 1 or there != passed[mail]:
                yield f"letter {mail} of {station.name} ended {ends[mail]} times, and is {there} times in {receiver}"


def commits_come_before_the_work(towns: Towns) -> Iterator[str]:
    """Nobody is given a bead before what came along with it is there, or known not to come; either is said once,
    and again where the town is adopted, if nothing was made of them meanwhile."""
    for station in towns.all:
        coming, again, received = dict[str, int](), dict[str, int](), dict[str, int]()
        for one in station.observer.events:
            key = one.entity.id
            match one.envelope.data:
                case BeadReceived(incarnation=incarnation, epoch=epoch) if incarnation:
                    coming[key] = received[key] = epoch
                case RigMoved(bare=True):
                    again |= received
                case CommitsBrought(epoch=epoch) | CommitsMissed(epoch=epoch):
                    if epoch not in (coming.pop(key, None), again.pop(key, None)):
                        yield f"{key} of {station.name}: commits of epoch {epoch} came twice, or to nobody"
                case BeadAssigned() | HandoverOffered() as begun if getattr(begun, "bead", key) in coming:
                    yield f"{type(begun).__name__} of {key} in {station.name} before its commits were there"
                case _:
                    pass


def _is_mail(one: Recorded) -> bool:
    return isinstance(one.envelope.data, MailSent) and not town_of(one.envelope.data.to)[0]
