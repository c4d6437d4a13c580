"""Lines of the log: for people or for programs, each with the id of the request that it is about.

One line a request says method, path, status, time and size. It says neither who asked nor what for: no
address, no name, no query.
"""

import logging
import os
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django_guid import get_guid
from gunicorn.glogging import Logger
from pythonjsonlogger.json import JsonFormatter

FORMATS: tuple[str, ...] = ("plain", "json")
ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PROBES = ("/healthz", "/readyz")  # asked every few seconds: only what goes wrong is a line
LONGEST_PATH = 200  # characters of it that are logged
PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"
LINE = "%(method)s %(path)r %(status)s %(ms)s ms %(bytes)s bytes %(request_id)s"
FIELDS = ["levelname", "name", "message", "process"]
NAMES = {"levelname": "level", "name": "logger"}

Answer = Callable[[HttpRequest], HttpResponseBase]
requests = logging.getLogger("timeline.requests")


def chosen_format() -> str:
    """That of the environment, else for people where one looks on, for programs where lines are kept."""
    return os.environ.get("TIMELINE_LOG_FORMAT") or ("plain" if sys.stderr.isatty() else "json")


def formatter() -> logging.Formatter:
    """What writes lines in the chosen format: `plain`, or `json` with an object a line."""
    if chosen_format() == "plain":
        return logging.Formatter(PLAIN)
    return JsonFormatter(FIELDS, rename_fields=NAMES, timestamp="time", json_ensure_ascii=False)


class WithRequest(logging.Filter):
    """Adds the id of the request that is being answered."""

    def filter(self, record: logging.LogRecord) -> bool:
        number = get_guid()
        if number and not hasattr(record, "request_id"):
            record.request_id = number
        # Django adds the whole request, whose name in the log would say its query.
        record.__dict__.pop("request", None)
        return True


def well_formed_ids(get_response: Answer) -> Answer:
    """Middleware that lets an X-Request-ID through only from a proxy of ours, and only if it is one."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if not (settings.PROXIES and ID.fullmatch(request.META.get("HTTP_X_REQUEST_ID", ""))):
            request.META.pop("HTTP_X_REQUEST_ID", None)
        return get_response(request)

    return answer


class ServerLogger(Logger):
    """gunicorn's own lines in the same shape, and one a request, written once its last byte is sent."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)  # type: ignore[no-untyped-call]  # gunicorn has no types
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter())

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:  # noqa: ARG002
        well = resp.status_code == HTTPStatus.OK and environ.get("PATH_INFO") in PROBES
        level = logging.DEBUG if well else logging.INFO
        if not requests.isEnabledFor(level):
            return
        line = {
            "method": environ.get("REQUEST_METHOD", "")[:20],
            "path": environ.get("PATH_INFO", "")[:LONGEST_PATH],
            "status": resp.status_code,
            "ms": round(request_time.total_seconds() * 1000, 1),
            "bytes": resp.sent,
            "request_id": next((value for name, value in resp.headers if name.lower() == "x-request-id"), ""),
        }
        requests.log(level, LINE, line, extra=line)
