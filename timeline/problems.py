"""What is wrong, for programs: in the one shape of RFC 9457."""

from http import HTTPStatus
from typing import Any

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: str) -> dict[str, Any]:
    """An answer's body; `detail` says what is wrong and how to mend it."""
    known = HTTPStatus(status)
    return {"type": "about:blank", "title": known.phrase, "status": known.value, "detail": detail}


def too_often(why: str) -> str:
    """The detail of an answer with Retry-After."""
    return f"{why} Retry-After says how many seconds to wait."
