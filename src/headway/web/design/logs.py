"""Structured logs without personal data: what happened, where, with which status; never a name, an address or a body."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse


class JsonFormatter(logging.Formatter):
    """One JSON object a line. Of an exception only its type and place are told, since its text may hold data."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        for name in ("method", "view", "status_code", "duration_ms"):
            if hasattr(record, name):
                line[name] = getattr(record, name)
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            if trace is not None:
                line["place"] = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        return json.dumps(line)


def _event(record: logging.LogRecord) -> str:
    """What happened, as its author wrote it, before anything was put into it. Django puts the client's own words into the
    message where a request is suspicious; there its logger's name says enough."""
    if not isinstance(record.msg, str) or record.name.startswith("django.security"):
        return record.name
    return record.msg


class RequestLog:
    """A line for each request, where the log's level is INFO: which view answered how, in how many milliseconds. The
    address is not in it: it may hold what somebody searched for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.log = logging.getLogger("headway.requests")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and note it."""
        began = time.perf_counter()
        response = self.get_response(request)
        matched = request.resolver_match
        self.log.info(
            "request",
            extra={
                "method": request.method if request.method in _METHODS else "other",
                "view": matched.view_name if matched else "",
                "status_code": response.status_code,
                "duration_ms": round(1000 * (time.perf_counter() - began), 1),
            },
        )
        return response


_METHODS = ("GET", "HEAD", "POST", "OPTIONS")
