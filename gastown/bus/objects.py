"""How a bucket of an object store lies in its stream: as every NATS client lays one out (`nats object ls` shows it).

A town's buckets are in its own server. The hub has a copy of each, at the same positions, under the same names.
"""

import base64
from typing import Any

import msgspec

CHUNK = 128 * 1024
"""Bytes of a message: what the object stores of all clients use; a server of the user's own takes it by default."""


class Object(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one. nuid: of its chunks; each attempt to keep it has one of its own."""

    name: str
    bucket: str
    nuid: str
    size: int
    chunks: int
    digest: str


class _State(msgspec.Struct, frozen=True):
    subjects: dict[str, int] = {}


class Page(msgspec.Struct, frozen=True):
    """Of a stream's subjects."""

    state: _State
    total: int = 0


def texts_bucket(town: str, incarnation: str) -> str:
    """Long texts: they belong to the log, and stay as long."""
    return f"TX_{town}_{incarnation}"


def luggage_bucket(town: str, incarnation: str) -> str:
    """What is on its way to other towns: it serves for a while."""
    return f"LG_{town}_{incarnation}"


def stream_of(bucket: str) -> str:
    return f"OBJ_{bucket}"


def chunk_subject(bucket: str, nuid: str) -> str:
    return f"$O.{bucket}.C.{nuid}"


def meta_subject(bucket: str, name: str = "") -> str:
    """name: "" for all."""
    return f"$O.{bucket}.M.{base64.urlsafe_b64encode(name.encode()).decode() if name else '>'}"


def name_in(subject: str) -> str:
    return base64.urlsafe_b64decode(subject.rpartition(".")[2]).decode()


def written(digest: bytes) -> str:
    """A SHA-256 as it stands in an Object."""
    return f"SHA-256={base64.urlsafe_b64encode(digest).decode()}"


def bucket_config(bucket: str) -> dict[str, Any]:
    """As the object stores of all clients are made. Making what is there already changes nothing."""
    return {
        "name": stream_of(bucket),
        "subjects": [f"$O.{bucket}.C.>", f"$O.{bucket}.M.>"],
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "allow_rollup_hdrs": True,
        "allow_direct": True,
        "num_replicas": 1,
    }
