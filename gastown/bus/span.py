"""A span under way, whoever makes it."""

from typing import TypeAlias

Attribute: TypeAlias = str | int | float | bool


class Span:
    """A span under way. traceparent: what its children are handed."""

    __slots__ = ("span_id", "trace_id", "traceparent")

    def __init__(self, trace_id: str, span_id: str, flags: str) -> None:
        self.trace_id = trace_id
        self.span_id = span_id
        self.traceparent = f"00-{trace_id}-{span_id}-{flags}"
