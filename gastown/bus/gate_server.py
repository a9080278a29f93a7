"""The configuration of a town's gate: the server at which hosts on other machines meet their town. Pure.

It is not the log's server, and nothing links the two: whatever an outer host does, what it reaches is here, and what
is here is requests and their answers. (The log's own account cannot take part in more than one: 2.15.1 lets `$G`
neither export nor import, and the log is not moved to another.) Every outer host has an account of its own; nothing
passes between accounts but what is named here, and an answer ends in the account of whoever asked. A host's name is
the last part of every subject that it may use. `infra/nats/gate.conf` has the reasons line by line.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from gastown.bus.gate_protocol import ASKED, JOIN
from gastown.bus.server import quoted

TOWN_USER, SYSTEM_USER, INVITED_USER = "town", "system", "invited"
INVITED_PASSWORD = "invited"
INVITED_INBOX = "_INBOX.invited"
"""What the subjects of answers to an invited one begin with."""


class HostLogin(msgspec.Struct, frozen=True, kw_only=True):
    """A host that may connect. key: public."""

    host: str
    key: str


class GatePlace(msgspec.Struct, frozen=True, kw_only=True):
    """listen: "host:port". password: of the town's own users. town, incarnation: whose gate it is."""

    listen: str
    certificate: Path
    key: Path
    password: str
    town: str
    incarnation: str


_TEMPLATE = """\
server_name: "gate"
listen: {listen}
max_payload: 8MB
tls {{
  cert_file: {certificate}
  key_file: {key}
}}
system_account: SYS
accounts {{
  SYS: {{ users: [ {{ user: {system}, password: {password} }} ] }}
  GUESTS: {{
    users: [ {{ user: {invited}, password: {open}, permissions: {{
      publish: [{join}], subscribe: ["{inbox}.>"] }} }} ]
    imports: [ {{ service: {{ account: TOWN, subject: {join} }} }} ]
  }}
  TOWN: {{
    users: [ {{ user: {town_user}, password: {password} }} ]
    exports: [
      {{ service: {join} }}
{exports}    ]
    imports: [
{imports}    ]
  }}
{accounts}}}
"""

_TOWN_IMPORT = """\
      {{ service: {{ account: {account}, subject: {served} }} }}
"""

_ACCOUNT = """\
  {account}: {{
    users: [ {{ nkey: {key}, permissions: {{
      publish: [{asks}, "_R_.>", "{inbox}.>"]
      subscribe: [{served}, "{inbox}.>"] }} }} ]
    exports: [ {{ service: {served} }} ]
    imports: [
{imports}    ]
  }}
"""

_TOWN_EXPORT = """\
      {{ service: {asked} }}
"""

_HOST_IMPORT = """\
      {{ service: {{ account: TOWN, subject: {asked} }} }}
"""


def account_of(host: str) -> str:
    return f"HOST_{host}"


def inbox_of(host: str) -> str:
    """What the subjects of answers to that host begin with."""
    return f"_INBOX.{host}"


def host_service(host: str) -> str:
    """What it serves; "": the home host."""
    return f"host.{host}" if host else "host"


def render_gate(place: GatePlace, logins: Iterable[HostLogin]) -> str:
    """The configuration file. It holds a password: write it with mode 0600. Raises ValueError."""
    hosts = sorted(logins, key=lambda login: login.host)
    return _TEMPLATE.format(
        listen=quoted(place.listen),
        certificate=quoted(str(place.certificate)),
        key=quoted(str(place.key)),
        password=quoted(place.password),
        system=SYSTEM_USER,
        invited=INVITED_USER,
        open=INVITED_PASSWORD,
        inbox=INVITED_INBOX,
        join=_subject(place, JOIN),
        town_user=TOWN_USER,
        exports="".join(_TOWN_EXPORT.format(asked=_subject(place, f"{service}.*")) for service in ASKED),
        imports="".join(
            _TOWN_IMPORT.format(account=account_of(one.host), served=_served(place, one.host)) for one in hosts
        ),
        accounts="".join(_account(place, one) for one in hosts),
    )


def _account(place: GatePlace, login: HostLogin) -> str:
    asked = [_subject(place, f"{service}.{login.host}") for service in ASKED]
    return _ACCOUNT.format(
        account=account_of(login.host),
        key=login.key,
        asks=", ".join(asked),
        served=_served(place, login.host),
        inbox=inbox_of(login.host),
        imports="".join(_HOST_IMPORT.format(asked=subject) for subject in asked),
    )


def _served(place: GatePlace, host: str) -> str:
    return _subject(place, host_service(host))


def _subject(place: GatePlace, service: str) -> str:
    return quoted(f"svc.{place.town}.{place.incarnation}.{service}")
