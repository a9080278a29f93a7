"""With a collector, OpenTelemetry gets the whole story: no span without its parent, one trace from sling to landing."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector:
    """Takes OTLP over HTTP on a free port, as a real one does."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        collector = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    for scope in resource.scope_spans:
                        collector.spans += scope.spans
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


def test_no_span_is_an_orphan_and_a_landing_belongs_to_the_trace_of_its_sling(make_town, collector):
    town = make_town(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_EXPORTER_OTLP_COMPRESSION="none")
    town.install().up()
    rig = town.rig("traced")
    bead = rig.bead("Be seen", "echo x > x; git add x; git commit -qm x; gt done")
    rig.sling(bead)
    town.lands(bead)
    slung = next(event for event in town.events("--entity", bead) if event["type"] == "bead.slung")
    landed = next(event for event in town.events("--entity", bead) if event["type"] == "bead.landed")
    town.end()

    known = {span.span_id for span in collector.spans}
    orphans = [span.name for span in collector.spans if span.parent_span_id and span.parent_span_id not in known]
    assert orphans == []
    names = {span.name for span in collector.spans if span.trace_id.hex() == slung["trace"]}
    assert slung["trace"] == landed["trace"]
    assert {"decide mayor.sling_beads", "RunSession", "ProveCandidate", "LandCandidate"} <= names
