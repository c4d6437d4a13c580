"""Two addresses for what watches over the site: does a process live, and can it answer readers?

They are answered before anything else may refuse the request: a probe comes over plain HTTP and calls the
site by the address of a container, which neither the redirect to HTTPS nor the check of the host lets pass.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse

from timeline.logs import PROBES

LIVE, READY = PROBES
PATIENCE = 3.0  # seconds for the database

logger = logging.getLogger(__name__)
Answer = Callable[[HttpRequest], HttpResponseBase]


@dataclass(frozen=True)
class Problem:
    """What keeps the site from answering, and what to do; never an address or a password."""

    what: str
    mend: str


class Migration(NamedTuple):
    app: str
    name: str


def probes(get_response: Answer) -> Answer:
    """Middleware that answers the two addresses and nothing else."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in PROBES:
            return get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return live() if request.path_info == LIVE else ready()

    return answer


def live() -> HttpResponse:
    """A thread of this process was free to say so. The database isn't asked: restarting won't mend it."""
    return _told([])


def ready() -> HttpResponse:
    """Whether readers can be answered, else why not."""
    return _told([*_of_the_database(), *_of_static_files()])


def _told(problems: list[Problem]) -> HttpResponse:
    told = {"status": "unavailable" if problems else "ok", "problems": [asdict(one) for one in problems]}
    response = JsonResponse(told, status=HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK)
    response["Cache-Control"] = "no-store"
    response["Content-Length"] = str(len(response.content))
    return response


# One thread asks the database. While it hangs, all probes are told so, and no more threads are lost to it.
_asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ready")


def _of_the_database() -> Iterator[Problem]:
    asked = _asking.submit(unapplied)
    try:
        missing = asked.result(timeout=PATIENCE)
    except TimeoutError:
        asked.cancel()
        yield Problem(
            f"The database has not answered within {PATIENCE:g} seconds.",
            "See whether it runs, and whether it is overloaded.",
        )
    except DatabaseError as error:
        logger.warning("Not ready: the database can’t be used (%s).", error)
        yield Problem(
            "The database can’t be used.",
            "See whether it runs and DATABASE_URL is right. The log has the cause.",
        )
    else:
        if missing:
            names = ", ".join(f"{one.app}.{one.name}" for one in missing)
            yield Problem(f"Migrations are missing: {names}.", "Run `manage.py migrate`.")


def unapplied() -> list[Migration]:
    """The latest migrations of this release that the database hasn't got; for a thread of its own."""
    try:
        applied = MigrationRecorder(connection).applied_migrations()
        return [one for one in _latest() if one not in applied]
    finally:
        connection.close()


@lru_cache(maxsize=1)
def _latest() -> tuple[Migration, ...]:
    """The last migration of each app, as the files have them. Those before it can't be missing alone."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return tuple(Migration(*node) for node in sorted(loader.graph.leaf_nodes()))


def _of_static_files() -> Iterator[Problem]:
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        yield Problem("The static files are missing.", "Run `make setup`, or `manage.py collectstatic`.")
