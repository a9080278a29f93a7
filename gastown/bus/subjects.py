"""Names on the wire: a subject for each entity, a stream for each life of a town, a subject for each service."""

from functools import lru_cache

from gastown.events.ids import Entity

_CACHED = 65_536  # as many entities as a busy town touches; one costs about 400 bytes
_FORBIDDEN = frozenset("*> \t\r\n\f\v\0")


def stream_name(town: str, incarnation: str) -> str:
    """The stream that holds the log. A new incarnation is a new name: a log is never made again under an old one."""
    return f"EV_{town}_{incarnation}"


def owner_of(stream: str) -> str:
    """The town whose log that stream is, "" where it is none. No incarnation holds an underscore; a name may."""
    prefix, _, rest = stream.partition("_")
    return rest.rpartition("_")[0] if prefix == "EV" else ""


def incarnation_of(stream: str) -> str:
    """Of the town whose log that stream is."""
    return stream.rpartition("_")[2]


def log_subjects(town: str) -> str:
    """Every subject of a town's log."""
    return f"ev.{town}.>"


def service_subject(town: str, incarnation: str, service: str) -> str:
    return _checked(f"svc.{town}.{incarnation}.{service}")


def every_name(town: str, incarnation: str, service: str) -> str:
    """The services `<service>.<name>` of all names."""
    return f"{service_subject(town, incarnation, service)}.*"


@lru_cache(maxsize=_CACHED)
def subject_of(town: str, entity: Entity) -> str:
    """`ev.<town>.<kind>.<id>`; an id may hold dots, a kind may not. Raises ValueError."""
    if "." in entity.kind:
        msg = f"the kind of {entity} holds a dot"
        raise ValueError(msg)
    return _checked(f"ev.{town}.{entity.kind}.{entity.id}")


@lru_cache(maxsize=_CACHED)
def entity_of(subject: bytes) -> Entity:
    """The entity whose subject this is; one that nobody owns where somebody else wrote under a subject of no entity."""
    _, _, kind, *rest = subject.decode(errors="backslashreplace").split(".", 3)
    return Entity(kind, rest[0] if rest else "")


def _checked(subject: str) -> str:
    if not all(subject.split(".")) or _FORBIDDEN.intersection(subject):
        msg = f"not a subject: {subject!r}"
        raise ValueError(msg)
    return subject
