"""Logs: one JSON object a line on standard error, with the trace that the line belongs to."""

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import msgspec

from gastown.bus.tracing import current
from gastown.loggers import EventDict, Processor, WrappedLogger, structlog


def setup_logs(process_name: str, *, level: str = "info", stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's logging of this process to `stream` (standard error by default)."""
    out = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _Where(process_name),
        structlog.processors.format_exc_info,
    ]
    render = structlog.processors.JSONRenderer(serializer=_to_json)
    structlog.configure(
        processors=[*processors, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Lossy(out))),
        cache_logger_on_first_use=False,
    )
    lines = logging.StreamHandler(out)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    lines.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=processors, processors=[strip, render]))
    logging.basicConfig(handlers=[lines], level=max(number, logging.WARNING), force=True)


class _Lossy:
    """A line that finds no room on the disk is lost; whoever wrote it goes on."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._out.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._out.flush()


class _Where:
    """Adds the process, and the trace and span that the code works for."""

    def __init__(self, process_name: str) -> None:
        self._process_name = process_name

    def __call__(self, _: WrappedLogger, __: str, event_dict: EventDict) -> EventDict:
        event_dict["process"] = self._process_name
        span = current.get()
        if span is not None:
            event_dict["trace_id"] = span.trace_id
            event_dict["span_id"] = span.span_id
        return event_dict


def _to_json(line: Any, **_: Any) -> str:
    return msgspec.json.encode(line, enc_hook=repr).decode()
