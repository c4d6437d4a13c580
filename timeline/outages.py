"""Requests while the database is away, busy or full: they wait for it, and are told in words if in vain."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from timeline import problems, transactions

PATIENCE = 20.0  # seconds: fewer than a proxy waits
SAFE = ("GET", "HEAD", "OPTIONS")
RETRY_AFTER = 10  # seconds

View = Callable[..., HttpResponseBase]


class Outages:
    """Middleware around the views alone, the last in the list.

    Who only reads is answered once the database is back. What writes begins when it can be reached, and is
    never carried out twice: where another writer was in the way, the curator is asked to send it again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase:
        answer = partial(_answered, view, request, *args, **kwargs)
        try:
            if request.method in SAFE:
                return transactions.retried(answer, PATIENCE)
            transactions.retried(_reach, PATIENCE)
            return answer()
        except Error as error:
            if not (transactions.passes(error) or transactions.is_full(error)):
                raise
            transactions.logger.exception("The database failed a request. %s", transactions.mend(error))
            return _sorry(request, error)


def _reach() -> None:
    if not connection.in_atomic_block:
        connection.ensure_connection()
        connection.close_if_unusable_or_obsolete()
        connection.ensure_connection()


def _answered(view: View, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """The view's answer, with what its template asks of the database."""
    response = view(*args, **kwargs)
    if callable(finish := getattr(response, "render", None)):
        finish()
    return response


def _sorry(request: HttpRequest, error: Exception) -> HttpResponse:
    full = transactions.is_full(error)
    context = {"full": full, "writing": request.method not in SAFE, "unsure": transactions.is_lost(error)}
    away = "The database can’t be reached, or is busy."
    why = "There is no room left where the database is." if full else away
    return problems.put_off(request, HTTPStatus.SERVICE_UNAVAILABLE, why, RETRY_AFTER, context)
