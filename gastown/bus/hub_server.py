"""The configuration of a hub's server: who may connect, and what of whom reaches whom. Pure.

Every town has an account of its own, and nothing passes between accounts but what is named here. One account with
permissions is not enough: a request's sender chooses where the answer goes, JetStream answers with a message's own
content, and so a town had the hub say whatever it liked on any subject (tried: it made another town leave). An answer
that crosses accounts ends in the account of whoever asked. `infra/nats/hub.conf` has the reasons line by line.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from gastown.bus.hub_protocol import HUB, JOIN_SUBJECT
from gastown.bus.objects import luggage_bucket, stream_of, texts_bucket
from gastown.bus.server import quoted
from gastown.bus.subjects import stream_name

TOWNS_USER, LOG_USER, SYSTEM_USER, INVITED_USER = "towns", "registrar", "system", "invited"
INVITED_PASSWORD = "invited"
INVITED_INBOX = "_INBOX.invited"
"""What the subjects of answers to an invited one begin with."""
_DOMAIN = "_hub"
"""Of the hub's JetStream, and no town's name. Towns call it `$JS.hub.API`, which each one's account imports: of the
true name the server makes the way to the account's own JetStream, which it has not."""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A town that may connect. key: public. fenced: another goes on in its place; it is told so, and that is all."""

    town: str
    incarnation: str
    key: str
    fenced: bool = False


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One of the servers of a hub that is a cluster. routes: "tls://host:port", all of them. authority: PEM file."""

    name: str
    listen: str
    routes: tuple[str, ...]
    authority: Path


class HubPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a hub's server listens and what it keeps where. leafs, clients: "host:port". password: of its own users."""

    leafs: str
    clients: str
    store: Path
    certificate: Path
    key: Path
    password: str
    node: Node | None = None


_TEMPLATE = """\
server_name: {name}
listen: {clients}
max_payload: 8MB
tls {{
  cert_file: {certificate}
  key_file: {key}
}}
leafnodes {{
  listen: {leafs}
  compression: s2_fast
  tls {{
    cert_file: {certificate}
    key_file: {key}
  }}
}}
jetstream {{
  store_dir: {store}
  domain: {domain}
  sync_interval: 100ms
  max_file_store: 1PB
  max_memory_store: 256MB
}}
{cluster}system_account: SYS
accounts {{
  SYS: {{ users: [ {{ user: {system}, password: {password} }} ] }}
  HUB: {{ jetstream: enabled, users: [ {{ user: {registrar}, password: {password} }} ] }}
  GUESTS: {{
    users: [ {{ user: {invited}, password: {open}, permissions: {{
      publish: [{join}], subscribe: ["{inbox}.>"] }} }} ]
    imports: [ {{ service: {{ account: TOWNS, subject: {join} }} }} ]
  }}
  TOWNS: {{
{jetstream}    users: [ {{ user: {towns}, password: {password} }} ]
    exports: [
      {{ service: {join} }}
      {{ service: "ask.hub.>" }}
      {{ service: "$JS.API.DIRECT.GET.>", response: stream }}
      {{ service: "$JS.API.STREAM.INFO.>" }}
    ]
    imports: [
{imports}    ]
  }}
{accounts}}}
"""

_COPYING = "    jetstream: enabled\n"

_CLUSTER = """\
cluster {{
  name: hub
  listen: {listen}
  tls {{
    cert_file: {certificate}
    key_file: {key}
    ca_file: {authority}
  }}
  routes: [{routes}]
}}
"""

_COPIED_IMPORTS = """\
      {{ service: {{ account: {account}, subject: "$JS.{town}.API.CONSUMER.CREATE.{stream}" }} }}
      {{ service: {{ account: {account}, subject: "$JS.{town}.API.STREAM.INFO.{stream}" }} }}
      {{ service: {{ account: {account}, subject: "$JS.FC.{stream}.>" }} }}
"""

_TOWN_IMPORTS = """\
{copied_imports}      {{ stream: {{ account: {account}, subject: "sync.hub.{town}.>" }} }}
"""

_COPIED_SUBJECTS = """\
        "$JS.{town}.API.CONSUMER.CREATE.{stream}", "$JS.{town}.API.STREAM.INFO.{stream}", "$JS.FC.{stream}.>",
"""

_COPIED_EXPORTS = """\
      {{ service: "$JS.{town}.API.CONSUMER.CREATE.{stream}" }}
      {{ service: "$JS.{town}.API.STREAM.INFO.{stream}" }}
      {{ service: "$JS.FC.{stream}.>" }}
"""

_ACCOUNT = """\
  {account}: {{
    users: [ {{ nkey: {key}, permissions: {{
      publish: ["ask.hub.{town}.>", "sync.hub.{town}.>", "_R_.>", "$JS.hub.API.DIRECT.GET.>",
        "$JS.hub.API.STREAM.INFO.>"]
      subscribe: [
{copied_subjects}        "_INBOX.{town}.>"] }} }} ]
    exports: [
{copied_exports}      {{ stream: "sync.hub.{town}.>" }}
    ]
    imports: [
      {{ service: {{ account: TOWNS, subject: "ask.hub.{town}.>" }} }}
      {{ service: {{ account: TOWNS, subject: "$JS.API.DIRECT.GET.>" }}, to: "$JS.hub.API.DIRECT.GET.>" }}
      {{ service: {{ account: TOWNS, subject: "$JS.API.STREAM.INFO.>" }}, to: "$JS.hub.API.STREAM.INFO.>" }}
    ]
  }}
"""

_FENCED_ACCOUNT = """\
  {account}: {{
    users: [ {{ nkey: {key}, permissions: {{
      publish: ["ask.hub.{town}.hello"], subscribe: ["_INBOX.{town}.>"] }} }} ]
    imports: [
      {{ service: {{ account: TOWNS, subject: "ask.hub.{town}.hello" }} }}
    ]
  }}
"""


def account_of(login: Login) -> str:
    return f"TOWN_{login.town}_{login.incarnation}"


def render_hub(place: HubPlace, logins: Iterable[Login], *, copying: bool = True) -> str:
    """The configuration file. It holds a password: write it with mode 0600. Raises ValueError.

    copying False: without JetStream for the copies. A server that starts with them asks towns that are not there yet,
    and then waits for 40 s; switched on once the towns are back, they go on at once.
    """
    logins = sorted(logins, key=account_of)
    at_work = [login for login in logins if not login.fenced]
    return _TEMPLATE.format(
        name=quoted(place.node.name if place.node else HUB),
        cluster=_cluster(place, place.node) if place.node else "",
        domain=_DOMAIN,
        clients=quoted(place.clients),
        leafs=quoted(place.leafs),
        certificate=quoted(str(place.certificate)),
        key=quoted(str(place.key)),
        store=quoted(str(place.store)),
        password=quoted(place.password),
        system=SYSTEM_USER,
        registrar=LOG_USER,
        towns=TOWNS_USER,
        invited=INVITED_USER,
        open=INVITED_PASSWORD,
        inbox=INVITED_INBOX,
        join=quoted(JOIN_SUBJECT),
        jetstream=_COPYING if copying else "",
        imports="".join(_filled(_TOWN_IMPORTS, login) for login in at_work),
        accounts="".join(_filled(_FENCED_ACCOUNT if login.fenced else _ACCOUNT, login) for login in logins),
    )


def _cluster(place: HubPlace, node: Node) -> str:
    return _CLUSTER.format(
        listen=quoted(node.listen),
        certificate=quoted(str(place.certificate)),
        key=quoted(str(place.key)),
        authority=quoted(str(node.authority)),
        routes=", ".join(map(quoted, node.routes)),
    )


def is_copying(config: str) -> bool:
    """Whether that configuration has JetStream for the copies."""
    return f"  TOWNS: {{\n{_COPYING}" in config


def copied_of(town: str, incarnation: str) -> tuple[str, ...]:
    """The streams of a town that the hub may copy: its log, and the buckets beside it."""
    buckets = (texts_bucket(town, incarnation), luggage_bucket(town, incarnation))
    return (stream_name(town, incarnation), *map(stream_of, buckets))


def _filled(template: str, login: Login) -> str:
    account, town = account_of(login), login.town
    streams = copied_of(town, login.incarnation)

    def each(part: str) -> str:
        return "".join(part.format(account=account, town=town, stream=stream) for stream in streams)

    return template.format(
        account=account,
        town=town,
        key=login.key,
        copied_imports=each(_COPIED_IMPORTS),
        copied_subjects=each(_COPIED_SUBJECTS),
        copied_exports=each(_COPIED_EXPORTS),
    )
