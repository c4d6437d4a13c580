"""What is wrong, in words: for programs in the one shape of RFC 9457, for browsers as a page."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: str) -> dict[str, Any]:
    """An answer's body; `detail` says what is wrong and how to mend it."""
    known = HTTPStatus(status)
    return {"type": "about:blank", "title": known.phrase, "status": known.value, "detail": detail}


def later(why: str) -> str:
    """The detail of an answer with Retry-After."""
    return f"{why} Retry-After says how many seconds to wait."


def put_off(
    request: HttpRequest, status: HTTPStatus, why: str, seconds: int, context: dict[str, Any]
) -> HttpResponse:
    """The answer to what may be asked again in so many seconds; `context` is that of the status's page."""
    response: HttpResponse
    if request.get_preferred_type([MEDIA_TYPE, "text/html"]) == "text/html":
        response = render(request, f"{status.value}.html", context, status=status)
    else:
        response = JsonResponse(problem(status, later(why)), status=status, content_type=MEDIA_TYPE)
    response["Retry-After"] = str(seconds)
    add_never_cache_headers(response)
    return response
