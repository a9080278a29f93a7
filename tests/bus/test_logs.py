"""Log lines can be read by a machine, and belong to a trace."""

import io
import logging
from datetime import datetime

import msgspec
import pytest
import structlog

from gastown.bus.logs import setup_logs
from gastown.bus.tracing import start_span
from gastown.loggers import get_logger


@pytest.fixture
def lines():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    out = io.StringIO()
    setup_logs("town", stream=out)
    yield lambda: [msgspec.json.decode(line) for line in out.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_is_one_json_object_with_time_level_event_and_process(lines):
    get_logger("x").warning("log.full", bytes=12, path=object, text="two\nlines")
    [line] = lines()
    assert (line["level"], line["event"], line["process"], line["bytes"]) == ("warning", "log.full", "town", 12)
    assert datetime.fromisoformat(line["time"]).tzinfo is not None
    assert line["text"] == "two\nlines"
    assert "object" in line["path"]
    assert "trace_id" not in line


def test_a_line_inside_a_span_carries_its_ids(lines):
    with start_span("decide") as span:
        get_logger().info("inside")
    get_logger().info("outside")
    inside, outside = lines()
    assert inside["trace_id"] == span.trace_id
    assert f"-{inside['span_id']}-" in span.traceparent
    assert "trace_id" not in outside


def test_exceptions_and_the_standard_librarys_log_come_out_the_same_way(lines):
    try:
        raise RuntimeError("a bug")
    except RuntimeError:
        get_logger().exception("actor.failed")
        logging.getLogger("nats.aio.client").exception("nats: encountered error")
    for line in lines():
        assert line["level"] == "error"
        assert "RuntimeError: a bug" in line["exception"]
        assert line["process"] == "town"
    assert [line["event"] for line in lines()] == ["actor.failed", "nats: encountered error"]


def test_what_is_below_the_level_is_left_out(lines):
    get_logger().debug("detail")
    logging.getLogger("other").info("chatter")
    assert lines() == []
