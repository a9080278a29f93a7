"""Spans for a collector: OpenTelemetry's SDK behind the two calls of `tracing.Exporter`. Imported when asked for."""

import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gastown.bus.span import Attribute, Span

SHUTDOWN_SECONDS = 3.0

_propagator = TraceContextTextMapPropagator()


class OpenTelemetryExporter:
    """A tracing.Exporter. names: "otlp" (over HTTP) or "console" (standard output), each at most once."""

    def __init__(self, service_name: str, names: Sequence[str]) -> None:
        resource = Resource.create({"service.name": service_name})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        for name in dict.fromkeys(names):
            self._provider.add_span_processor(BatchSpanProcessor(_span_exporter(name)))
        self._tracer = self._provider.get_tracer("gastown")

    @contextmanager
    def span(
        self, name: str, traceparent: str, links: Sequence[str], attributes: Mapping[str, Attribute] | None
    ) -> Generator[Span]:
        """As `tracing.start_span`. An exception that passes is recorded on the span."""
        others = [trace.Link(context) for context in map(_span_context, links) if context.is_valid]
        span = self._tracer.start_span(name, context=_context(traceparent), links=others, attributes=attributes)
        with trace.use_span(span, end_on_exit=True):
            made = span.get_span_context()
            yield Span(f"{made.trace_id:032x}", f"{made.span_id:016x}", f"{made.trace_flags:02x}")

    def shutdown(self) -> None:
        """Left alone, the SDK tries for 30 s to reach a collector that is away."""
        flushing = threading.Thread(target=self._provider.shutdown, daemon=True)
        flushing.start()
        flushing.join(SHUTDOWN_SECONDS)


def _context(traceparent: str) -> Context:
    return _propagator.extract({"traceparent": traceparent}, context=Context())


def _span_context(traceparent: str) -> trace.SpanContext:
    return trace.get_current_span(_context(traceparent)).get_span_context()


def _span_exporter(name: str) -> SpanExporter:
    if name == "console":
        return ConsoleSpanExporter(out=sys.stdout)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # 100 ms, for this case alone

    return OTLPSpanExporter()
