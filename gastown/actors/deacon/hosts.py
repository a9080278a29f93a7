"""Rules about hosts.

- One process acts as a host: the last that arrived under its name. Each has an epoch, one more than the one before; one
  that was succeeded does not come again.
- A host that lets its lease run out loses nothing by it. At home that is escalated, until it is heard again or
  succeeded: nothing goes on meanwhile.
- One on another machine is given up after a while: it is lost, and escalated, until another process comes in its name.
- One that is taken down says so: it is given nothing more, and what it has ends. That is nobody's loss, and nothing is
  escalated, also where its last word does not arrive.
- Who may be a host on another machine is said here: whoever came with an invitation, once and in time, until it leaves
  or is revoked. Of an invitation only a digest is kept.
- The Mayor is told how it stands with those on other machines.
"""

from collections.abc import Iterator
from hmac import compare_digest
from typing import assert_never

import msgspec

from gastown.actors.commands.hosts import (
    AdmitHost,
    DismissHost,
    GreetHost,
    InviteHost,
    ReportFarewell,
    ReportHostHeard,
    ReportHostLost,
    ReportHostSilent,
    RevokeHost,
)
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.places import ReportPlace
from gastown.actors.deacon.matters import closed, raised
from gastown.actors.deacon.state import Deacon, Lease, Outer
from gastown.actors.effects import Effect, Message, Tell
from gastown.actors.kernel.role import Change, Decision, Parked, Rejected
from gastown.bus.public_keys import is_public_user_key
from gastown.events import host
from gastown.events.escalation import EscalationRaised
from gastown.events.host import (
    HostAdmitted,
    HostArrived,
    HostEnded,
    HostEvent,
    HostInvited,
    HostLeft,
    HostLost,
    HostReturned,
    HostRevoked,
    HostSilent,
    HostTakenDown,
)
from gastown.events.ids import NAME, Entity, HostName
from gastown.events.place import Standing

HOST_SILENT = "host-silent"
"""The escalation, at home."""
_ASK = "ask for a new one: gt host invite NAME"


def let_in(state: Deacon) -> dict[HostName, str]:
    """The hosts on other machines that may act for the town, with the key of each."""
    return {name: known.key for name, known in sorted(state.outer.items()) if known.key}


def entity(name: HostName) -> Entity:
    return Entity(host.KIND, host.entity_id(name))


def greet(state: Deacon, command: GreetHost) -> Decision:
    name, lease = command.name, state.lease(command.name)
    known = state.outer.get(name, Outer())
    if name and not known.key:
        return Rejected(f"{name} is no host of this town", "gt host invite NAME, at home", "refused")
    if command.host == lease.host:
        return ()
    if command.host in state.hosts:
        reason = f"host {command.host} was succeeded by {lease.host}, epoch {lease.epoch}"
        return Rejected(reason, "it is to end; the daemon starts another if one is needed", "taken")
    slots = min(known.most, command.slots or known.most)
    arrived = HostArrived(host=command.host, machine=command.machine, epoch=lease.epoch + 1, slots=slots)
    matter = _lost_matter(name) if name else HOST_SILENT
    return (Change(entity(name), arrived), *closed(state, matter, f"host {command.host} took over"))


def fall_silent(state: Deacon, command: ReportHostSilent) -> Decision:
    lease = state.lease(command.name)
    if lease.silent or not _holds(state, command):
        return ()
    if lease.closing:
        return (Change(entity(command.name), HostEnded(host=command.host, epoch=command.epoch)),)
    silent = HostSilent(host=command.host, epoch=command.epoch, seconds=command.seconds)
    if command.name or state.raised.get(HOST_SILENT):
        return (Change(entity(command.name), silent),)
    matter = EscalationRaised(
        about=entity(""),
        severity="high",
        reason=f"nothing was heard of the town's host for {command.seconds:g} s: no work begins, lands or ends",
        hint="it is started again by itself; if this stays, see logs/host.log and logs/daemon.log",
    )
    return Change(entity(""), silent), raised(HOST_SILENT, matter)


def be_heard(state: Deacon, command: ReportHostHeard) -> Decision:
    if not state.lease(command.name).silent or not _holds(state, command):
        return ()
    returned = Change(entity(command.name), HostReturned(host=command.host, epoch=command.epoch))
    return (returned,) if command.name else (returned, *closed(state, HOST_SILENT, "heard again"))


def be_lost(state: Deacon, command: ReportHostLost) -> Decision:
    if not command.name or not state.lease(command.name).silent or not _holds(state, command):
        return ()
    lost = HostLost(host=command.host, epoch=command.epoch, seconds=command.seconds)
    matter = EscalationRaised(
        about=entity(command.name),
        severity="medium",
        reason=f"nothing was heard of host {command.name} for {command.seconds:g} s: its sessions go on elsewhere",
        hint=f"it comes back by itself when its machine does; if it never will: gt host revoke {command.name}",
    )
    return Change(entity(command.name), lost), raised(_lost_matter(command.name), matter)


def bid_farewell(state: Deacon, command: ReportFarewell) -> Decision:
    """Of the host at home the town goes down too."""
    if not command.name or not _holds(state, command):
        return ()
    if command.over:
        return (Change(entity(command.name), HostEnded(host=command.host, epoch=command.epoch)),)
    taken = HostTakenDown(host=command.host, epoch=command.epoch)
    return () if state.lease(command.name).closing else (Change(entity(command.name), taken),)


def invite(state: Deacon, command: InviteHost) -> Decision:
    name, known = command.name, state.outer.get(command.name)
    if not NAME.fullmatch(name) or name == host.HOME:
        return Rejected(f"a host cannot be called {name!r}", "letters, digits, - and _, and not host", "usage")
    if known is not None and known.key:
        return Rejected(f"{name} is a host already", f"another name, or first: gt host revoke {name}", "taken")
    if command.expires <= command.at or command.slots < 1:
        return Rejected("the invitation would be good for nothing", "gt host invite NAME --slots 2 --for 24h", "usage")
    made = HostInvited(
        invitation=command.invitation, digest=command.digest, expires=command.expires, slots=command.slots
    )
    return (Change(entity(name), made),)


def admit(state: Deacon, command: AdmitHost) -> Decision:
    known = state.outer.get(command.name)
    given = known is not None and known.invitation == command.invitation
    if known is None or not given or not compare_digest(known.digest, command.digest):
        return Rejected("this town has given no such invitation", _ASK, "unknown")
    if known.used:
        if known.key and known.key == command.key:
            return ()  # the first answer may have been lost
        return Rejected("the invitation has been used already", _ASK)
    if known.expires <= command.at:
        return Rejected("the invitation has expired", _ASK)
    if not is_public_user_key(command.key):  # it would also break the server's configuration
        return Rejected("that is no key of a host", code="usage")
    if command.key in let_in(state).values():
        return Rejected("this key is known here already, as another host's", "join with a new key")
    admitted = HostAdmitted(invitation=command.invitation, key=command.key)
    return (Change(entity(command.name), admitted),)


def dismiss(state: Deacon, command: DismissHost) -> Decision:
    known = state.outer.get(command.name)
    if known is None:
        return _unknown(command.name)
    return _gone(state, command.name, HostLeft(), "it left") if known.key else ()


def revoke(state: Deacon, command: RevokeHost) -> Decision:
    known = state.outer.get(command.name)
    if known is None:
        return _unknown(command.name)
    if not known.key and not known.is_invited:
        return ()
    return _gone(state, command.name, HostRevoked(by=command.by), "it was revoked")


def _gone(state: Deacon, name: HostName, event: HostLeft | HostRevoked, how: str) -> Decision:
    return (Change(entity(name), event), *closed(state, _lost_matter(name), how))


def _unknown(name: HostName) -> Rejected:
    return Rejected(f"there is no host {name} here", "see them: gt host list", "unknown")


def _holds(state: Deacon, command: ReportHostSilent | ReportHostHeard | ReportHostLost | ReportFarewell) -> bool:
    lease = state.lease(command.name)
    return not lease.over and (lease.host, lease.epoch) == (command.host, command.epoch)


def _lost_matter(name: HostName) -> str:
    return f"host-lost.{name}"


def due(state: Deacon) -> Iterator[Effect]:
    """The last word about each host of which the Mayor is to know."""
    for name, known in state.outer.items():
        if known.standing is None:
            continue
        report = ReportPlace(
            host=name,
            number=known.changes,
            standing=known.standing,
            epoch=state.lease(name).epoch,
            slots=known.slots,
        )
        yield Tell(key=f"tell:place:{name}.{known.changes}", about=entity(name), messages=(Message(MAYOR, report),))


def park(state: Deacon, parked: Parked) -> Deacon:
    """Fail closed: who may have been revoked by what cannot be read is not let in."""
    outer = state.outer
    for name in state.outer:
        if parked.covers(entity(name)):
            outer = outer.set(name, Outer())
    return msgspec.structs.replace(state, outer=outer)


def evolve(state: Deacon, name: HostName, event: HostEvent) -> Deacon:
    replace = msgspec.structs.replace
    lease, known = state.lease(name), state.outer.get(name, Outer())
    match event:
        case HostArrived(host=process, epoch=epoch):
            state = replace(state, hosts=state.hosts.set(process, epoch))
            lease, known = Lease(host=process, epoch=epoch), replace(_now(known, "up"), slots=event.slots)
        case HostSilent():
            lease, known = replace(lease, silent=True), _now(known, "silent")
        case HostReturned():
            lease, known = replace(lease, silent=False), _now(known, "up")
        case HostLost():
            lease, known = replace(lease, over=True), _now(known, "lost")
        case HostTakenDown():
            lease, known = replace(lease, silent=False, closing=True), _now(known, "closing")
        case HostEnded():
            lease, known = replace(lease, over=True), _now(known, "down")
        case HostInvited(invitation=key, digest=digest, expires=expires, slots=most):
            known = replace(known, invitation=key, digest=digest, expires=expires, used=False, most=most)
        case HostAdmitted(key=key):
            known = replace(known, key=key, used=True)
        case HostLeft():
            lease, known = replace(lease, over=True), _cut_off(known, "left")
        case HostRevoked():
            lease, known = replace(lease, over=True), _cut_off(known, "revoked")
        case _:
            assert_never(event)
    state = replace(state, leases=state.leases.set(name, lease))
    return replace(state, outer=state.outer.set(name, known)) if name else state


def moved(state: Deacon) -> Deacon:
    """The log goes on as another town's: epochs count on, and nobody from elsewhere is a host of it."""
    leases, outer = state.leases, state.outer
    for name, lease in state.leases.items():
        leases = leases.set(name, Lease(epoch=lease.epoch, over=name != ""))
    for name, known in state.outer.items():
        outer = outer.set(name, _cut_off(known, "left"))
    return msgspec.structs.replace(state, leases=leases, outer=outer)


def _now(known: Outer, standing: Standing) -> Outer:
    return msgspec.structs.replace(known, standing=standing, changes=known.changes + 1)


def _cut_off(known: Outer, standing: Standing) -> Outer:
    """One that never came is nobody's loss."""
    gone = msgspec.structs.replace(known, key="", invitation="", digest="")
    return gone if known.standing is None else _now(gone, standing)
