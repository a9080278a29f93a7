"""Trace ids are real with and without a collector; with one, it is told."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gastown.bus.tracing import current, setup_tracing, shutdown_tracing, start_span, trace_id_of

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
WELL_FORMED = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]")


@pytest.fixture(autouse=True)
def no_exporter(monkeypatch):
    for name in ("SDK_DISABLED", "TRACES_EXPORTER", "EXPORTER_OTLP_ENDPOINT", "EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(f"OTEL_{name}", raising=False)
    yield
    shutdown_tracing()


@pytest.fixture
def collector(monkeypatch):
    """A collector on loopback; gives the requests it got, decoded."""
    requests = []

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            requests.append((self.path, ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    yield requests
    server.shutdown()
    serving.join()
    server.server_close()


def assert_family():
    """A child has its parent's trace and an id of its own; a root has a trace of its own."""
    with start_span("child", PARENT) as child:
        assert WELL_FORMED.fullmatch(child.traceparent)
        assert child.trace_id == trace_id_of(child.traceparent) == trace_id_of(PARENT)
        assert child.traceparent != PARENT
        assert current.get() is child
        with start_span("grandchild", child.traceparent) as grandchild:
            assert grandchild.trace_id == child.trace_id
            assert grandchild.traceparent != child.traceparent
        assert current.get() is child
    assert current.get() is None
    with start_span("root") as root, start_span("another root", "") as another:
        assert WELL_FORMED.fullmatch(root.traceparent)
        assert len({root.trace_id, another.trace_id, child.trace_id}) == 3


def test_spans_have_real_ids_without_any_set_up():
    assert_family()


def test_spans_have_real_ids_where_no_exporter_is_asked_for():
    setup_tracing("test")
    assert_family()


def test_spans_have_real_ids_where_the_sdk_is_disabled(monkeypatch, collector):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    setup_tracing("test")
    assert_family()
    shutdown_tracing()
    assert collector == []


def test_a_collector_is_told_name_parent_links_attributes_and_the_service(collector):
    setup_tracing("gastown-test")
    assert_family()
    with start_span("decide", PARENT, links=[OTHER, "nonsense"], attributes={"bead": "ap-1", "count": 2}) as span:
        pass
    shutdown_tracing()
    [(path, request)] = collector
    assert path == "/v1/traces"
    [resource_spans] = request.resource_spans
    resource = {a.key: a.value.string_value for a in resource_spans.resource.attributes}
    assert resource["service.name"] == "gastown-test"
    [scope] = resource_spans.scope_spans
    by_name = {exported.name: exported for exported in scope.spans}
    assert set(by_name) == {"child", "grandchild", "root", "another root", "decide"}
    told = by_name["decide"]
    assert span.traceparent.startswith(f"00-{told.trace_id.hex()}-{told.span_id.hex()}-")
    assert told.parent_span_id.hex() == PARENT.split("-")[2]
    assert [link.trace_id.hex() for link in told.links] == [trace_id_of(OTHER)]
    assert {a.key for a in told.attributes} == {"bead", "count"}
    assert by_name["grandchild"].parent_span_id == by_name["child"].span_id
    assert by_name["root"].parent_span_id == by_name["another root"].parent_span_id == b""


def test_a_span_that_ends_in_an_exception_says_so(collector):
    setup_tracing("test")
    with pytest.raises(RuntimeError), start_span("broken", PARENT):
        raise RuntimeError("a bug")
    assert current.get() is None
    shutdown_tracing()
    [(_, request)] = collector
    [broken] = request.resource_spans[0].scope_spans[0].spans
    assert broken.status.code == broken.status.STATUS_CODE_ERROR
    assert [event.name for event in broken.events] == ["exception"]


def test_the_exporter_variable_turns_it_off_or_to_the_console(monkeypatch, collector, capsys):
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    setup_tracing("test")
    assert_family()
    shutdown_tracing()
    assert collector == []
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    setup_tracing("test")
    assert_family()
    shutdown_tracing()
    assert collector == []
    assert '"name": "grandchild"' in capsys.readouterr().out


def test_an_exporter_that_is_not_known_is_named(monkeypatch, capsys):
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "zipkin")
    setup_tracing("test")
    assert "zipkin" in capsys.readouterr().out
    assert_family()


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "x",
        f"00-{'0' * 32}-{'1' * 16}-01",
        f"00-{'1' * 32}-{'0' * 16}-01",
        PARENT + "-x",
        PARENT.upper(),
        "ff" + PARENT[2:],
    ],
)
def test_a_malformed_parent_begins_a_new_trace(nonsense):
    assert trace_id_of(nonsense) == ""
    with start_span("root", nonsense) as span:
        assert WELL_FORMED.fullmatch(span.traceparent)
