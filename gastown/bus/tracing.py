"""W3C trace context in every command, event and effect; spans go to a collector where one is named.

Ids are real with and without a collector, so the log alone can tell what caused what. OpenTelemetry's SDK is imported
only when one of its standard variables asks for an exporter (OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT,
OTEL_EXPORTER_OTLP_TRACES_ENDPOINT): without one a span costs a few microseconds and no memory.
"""

import os
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Protocol

from gastown.bus.span import Attribute, Span
from gastown.clock import random_hex
from gastown.loggers import get_logger

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED = "01"

_log = get_logger("gastown.bus")


current: ContextVar[Span | None] = ContextVar("current_span", default=None)
"""The span that the running code works for, so that its log lines can say so."""


class Exporter(Protocol):
    """Makes the spans of a process that exports them (`trace_export.py`)."""

    def span(
        self, name: str, traceparent: str, links: Sequence[str], attributes: Mapping[str, Attribute] | None
    ) -> AbstractContextManager[Span]: ...

    def shutdown(self) -> None: ...


_exporter: Exporter | None = None


@contextmanager
def start_span(
    name: str, traceparent: str = "", links: Sequence[str] = (), attributes: Mapping[str, Attribute] | None = None
) -> Generator[Span]:
    """A span below `traceparent`; "" or a malformed one begins a new trace. links: traceparents of other traces."""
    made = _exporter.span(name, traceparent, links, attributes) if _exporter else nullcontext(_begin(traceparent))
    with made as span:
        token = current.set(span)
        try:
            yield span
        finally:
            current.reset(token)


def trace_id_of(traceparent: str) -> str:
    """The trace that a traceparent belongs to, 32 hexadecimal digits; "" when it is none."""
    match = _TRACEPARENT.fullmatch(traceparent)
    return match[1] if match else ""


def setup_tracing(service_name: str) -> None:
    """Export the spans of this process as the standard OTEL_* variables say; not at all when they say nothing."""
    global _exporter  # noqa: PLW0603  one exporter a process, as OpenTelemetry itself has it
    names = _exporters(os.environ)
    if names and _exporter is None:
        from gastown.bus.trace_export import OpenTelemetryExporter  # only who exports pays for the import

        _exporter = OpenTelemetryExporter(service_name, names)


def shutdown_tracing() -> None:
    """Send what is left and stop; gives up after 3 s when the collector does not answer."""
    global _exporter
    exporter, _exporter = _exporter, None
    if exporter is not None:
        exporter.shutdown()


def _begin(traceparent: str) -> Span:
    match = _TRACEPARENT.fullmatch(traceparent)
    trace_id, flags = (match[1], match[3]) if match else (random_hex(16), _SAMPLED)
    return Span(trace_id, random_hex(8), flags)


def _exporters(environ: Mapping[str, str]) -> list[str]:
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    has_endpoint = any(environ.get(f"OTEL_EXPORTER_OTLP_{name}") for name in ("ENDPOINT", "TRACES_ENDPOINT"))
    wanted = environ.get("OTEL_TRACES_EXPORTER") or ("otlp" if has_endpoint else "none")
    names = [name.strip().lower() for name in wanted.split(",")]
    for unknown in sorted(set(names) - {"otlp", "console", "none"}):
        _log.warning("tracing.unknown_exporter", exporter=unknown, known="otlp, console, none")
    return [] if "none" in names else [name for name in names if name in ("otlp", "console")]
