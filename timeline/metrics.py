"""How a server does, for Prometheus: each worker counts in files of its own, any of them tells those of all.

gunicorn.conf.py calls on this where TIMELINE_METRICS_PORT is set; elsewhere nothing is counted.
"""

import logging
import os
import shutil
import socket
from collections.abc import Callable, Iterable
from functools import cache
from http.server import HTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, values
from prometheus_client.exposition import MetricsHandler
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where prometheus_client looks for it
LOOPBACK = "127.0.0.1"
VIEW = "timeline.view"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
PATIENCE = 10  # seconds for whoever asks to say so

logger = logging.getLogger(__name__)
Answer = Callable[[HttpRequest], HttpResponseBase]


class Stock(Protocol):
    """What the database holds (timeline/stock.py)."""

    def collect(self) -> Iterable[Metric]: ...

    def change_known(self) -> int | None: ...


def views_named(get_response: Answer) -> Answer:
    """Middleware that leaves the name of the view where the server finds it."""
    if not settings.METRICS_PORT:
        raise MiddlewareNotUsed

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if match := request.resolver_match:
            request.META[VIEW] = match.view_name
        return response

    return answer


class Figures:
    """What a worker counts. They need no registry: what is told is read from the files."""

    def __init__(self) -> None:
        self.requests = Counter(
            "timeline_requests",
            "Requests answered, by view: static files are “static”, what no view answered is “none”.",
            ["view", "status"],
            registry=None,
        )
        self.seconds = Histogram(
            "timeline_request_seconds",
            "From a request’s head to the last byte of its answer.",
            ["view"],
            registry=None,
            buckets=SECONDS,
        )
        self.change_known = Gauge(
            "timeline_columns_change",
            "The last change of the database that a worker’s columns know of, as of its last answer.",
            registry=None,
            multiprocess_mode="liveall",
        )


class Server:
    """What the workers of one gunicorn share: a folder of figures and a socket to ask at. Has its hooks.

    A worker has a number, which goes to another when it ends, and its files with it: there are never more
    than of as many workers as ran at once.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.listener: socket.socket | None = None
        self.figures: Figures | None = None
        self.stock: Stock | None = None

    def prepare(self) -> None:
        """Make the folder, and remove those of servers that were killed."""
        try:
            for folder in (self.folder.parent.parent, self.folder.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in self.folder.parent.iterdir():
                if left == self.folder or not _lives(left.name):
                    shutil.rmtree(left)
            self.folder.mkdir(mode=0o700)
        except OSError as error:
            raise ImproperlyConfigured(
                f"No metrics: {self.folder} can’t be written ({error.strerror}). Set TIMELINE_CACHE_FOLDER."
            ) from error
        os.environ[FOLDER] = str(self.folder)

    def listen(self) -> None:
        """Open the socket, in the process that the workers come from."""
        try:
            # A server that takes over from this one (USR2) has the same port for a while.
            self.listener = socket.create_server((LOOPBACK, self.port), reuse_port=True)
        except OSError as error:
            raise ImproperlyConfigured(
                f"No metrics: port {self.port} can’t be opened ({error.strerror}). "
                "Set TIMELINE_METRICS_PORT to another."
            ) from error
        self.listener.settimeout(0)  # all workers are told of who asks, and one is first

    def number(self, server: Any, worker: Any) -> None:
        """Before the fork: give the worker the first number that is free."""
        taken = {one.number for one in server.WORKERS.values()}
        worker.number = next(number for number in count() if number not in taken)

    def forked(self, _server: Any, worker: Any) -> None:
        """In the new worker: go on counting where the one before with this number ended."""
        values.ValueClass = values.MultiProcessValue(lambda: worker.number)  # type: ignore[no-untyped-call]
        self.figures = Figures()

    def serve(self, stock: Stock) -> None:
        """In a worker: answer who asks, in a thread that never keeps it from ending."""
        if not self.listener:
            return
        self.stock = stock
        registry = CollectorRegistry()
        registry.register(stock)
        MultiProcessCollector(registry, str(self.folder))  # type: ignore[no-untyped-call]
        teller = _Teller(self.listener, registry)
        Thread(target=teller.serve_forever, name="metrics", daemon=True).start()

    def begun(self, _worker: Any, request: Any) -> None:
        request.begun = monotonic()

    def answered(self, _worker: Any, request: Any, environ: dict[str, Any], response: Any) -> None:
        """Count an answer; one that was never begun is a mistake of ours."""
        if not self.figures:
            return
        static = environ.get("PATH_INFO", "").startswith(settings.STATIC_URL)
        view = environ.get(VIEW) or ("static" if static else "none")
        self.figures.requests.labels(view, str(getattr(response, "status_code", None) or 500)).inc()
        self.figures.seconds.labels(view).observe(monotonic() - request.begun)
        known = self.stock.change_known() if self.stock else None
        if known is not None:
            self.figures.change_known.set(known)

    def gone(self, _server: Any, worker: Any) -> None:
        """A worker has ended, however: what only the living have isn't told of it any more."""
        mark_process_dead(worker.number, str(self.folder))  # type: ignore[no-untyped-call]

    def end(self, _server: Any) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def of_this_server() -> Server:
    """The same after gunicorn has read its configuration again."""
    server = Server(Path(settings.CACHE_FOLDER) / "metrics" / str(os.getpid()), settings.METRICS_PORT)
    server.prepare()
    return server


def _lives(name: str) -> bool:
    """Whether there is a process with this number."""
    try:
        os.kill(int(name), 0)
    except PermissionError:
        return True
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    return True


class _Teller(HTTPServer):
    """Tells all figures to one who asks after the other, on a socket that is open already."""

    def __init__(self, listener: socket.socket, registry: CollectorRegistry) -> None:
        handler = type("Handler", (MetricsHandler,), {"registry": registry, "timeout": PATIENCE})
        super().__init__(listener.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, _request: Any, _address: Any) -> None:
        logger.error("Metrics can’t be told.", exc_info=True)  # noqa: LOG014 (called where it is caught)
