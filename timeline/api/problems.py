"""What an answer says that isn't what was asked for: always in the one shape of RFC 9457."""

from http import HTTPStatus
from typing import Any

from django.http import Http404
from rest_framework.exceptions import APIException, MethodNotAllowed, NotAcceptable, NotFound, Throttled
from rest_framework.response import Response
from rest_framework.views import exception_handler

from timeline.problems import later, problem


class BadParameters(APIException):
    """Parameters that can't be taken, each with what is wrong with it."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("The query string can’t be taken as it is.")
        self.errors = errors


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to a request that went wrong; None where the server is at fault."""
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = problem(response.status_code, _detail(error))
    if isinstance(error, BadParameters):
        response.data["errors"] = [{"parameter": name, "message": message} for name, message in error.errors]
    return response


def _detail(error: Exception) -> str:
    """What is wrong and how to mend it."""
    if isinstance(error, Throttled):
        return later("That is too often.")
    if isinstance(error, Http404 | NotFound):
        return "There is nothing at this address, or it isn’t open to readers."
    if isinstance(error, MethodNotAllowed):
        return "Everything here is only read: use GET, HEAD or OPTIONS."
    if isinstance(error, NotAcceptable):
        return "Ask for application/json or text/html."
    return str(getattr(error, "detail", error))
