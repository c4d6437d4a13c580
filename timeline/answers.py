"""Answers to readers: compressed, remembered, and not sent again to who has them.

What a page shows depends on its address and on what the database holds, and the latter has a revision
(`columns.current`). So an answer is made once a revision and kept in this process; a browser that still has
the same one is told so (304). Whoever is logged in gets pages of their own, which are not kept. What has to
be made is counted for whoever asks, so that nobody can keep the site busy alone.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache, wraps
from http import HTTPStatus
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from timeline import columns, throttling

View = Callable[..., HttpResponseBase]
PAGES = "pages"
# Of those who ask for the same at once one has it made, and the others wait: a turn a beginning of its key.
_turns = [Lock() for _ in range(256)]
# Threads of a process share one processor: more at once would only take more memory.
_making = BoundedSemaphore(2)
LONGEST_ADDRESS = 2000  # longer ones are answered, but not kept
LARGEST = 100_000  # bytes: so are larger answers, which are those of the few who don't take compressed ones


def site(request: HttpRequest) -> str:
    """What whole addresses begin with, such as `https://timeline.example.org`."""
    return request.build_absolute_uri("/").rstrip("/")


def read_only(view: View) -> View:
    """Make of a function a page that is only read, and sent compressed: it holds no secret."""
    # Nothing can be written, so any other method is answered with 405, not with a missing token.
    return csrf_exempt(require_safe(remembered(counted(gzip_page(view)))))


def counted(view: View) -> View:
    """Let an address have so many of these in a while, and no more."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return throttling.too_often(request) or view(request, *args, **kwargs)

    return answer


def streamed(view: View) -> View:
    """Make of a function a file that is written while it is sent: as `read_only`, but never kept."""
    return csrf_exempt(require_safe(remembered(counted(_few_at_once(gzip_page(view))), kept=False)))


def _few_at_once(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        place = throttling.Download()
        if not place.begun:
            return throttling.refusal(request, throttling.SOON, "Too many files are being downloaded.")
        try:
            response = view(request, *args, **kwargs)
        except BaseException:
            place.close()
            raise
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = place.of(response.streaming_content)  # type: ignore[arg-type]
        else:
            place.close()
        return response

    return answer


def remembered(view: View, form: str = "", *, kept: bool = True) -> View:
    """Make an answer once a revision of the data; `form` tells answers at one address from each other."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.DEBUG or settings.SESSION_COOKIE_NAME in request.COOKIES:
            columns.hurry()
            own = view(request, *args, **kwargs)
            own["Cache-Control"] = "private, no-store"
            patch_vary_headers(own, ["Cookie"])
            return own
        key = _key(request, form)
        etag = f'W/"{key}"'
        known = get_conditional_response(request, etag=etag)
        if known is not None and known.status_code == 304:
            return _addressed(known, etag)
        if not kept:
            return _addressed_if_found(view(request, *args, **kwargs), etag)
        before: HttpResponseBase | None = caches[PAGES].get(key)
        if before is not None:
            return before
        with _turns[int(key[:2], 16)], _making:
            before = caches[PAGES].get(key)  # another may have made it meanwhile
            return before or _keep(request, key, _addressed_if_found(view(request, *args, **kwargs), etag))

    return answer


def _keep(request: HttpRequest, key: str, response: HttpResponseBase) -> HttpResponseBase:
    """The answer, which is remembered if it is one that others will want."""
    small = isinstance(response, HttpResponse) and len(response.content) <= LARGEST
    if response.status_code == HTTPStatus.OK and small and len(request.get_full_path()) <= LONGEST_ADDRESS:
        caches[PAGES].set(key, response)
    return response


def _addressed_if_found(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    return _addressed(response, etag) if response.status_code == HTTPStatus.OK else response


def _addressed(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"  # kept by the browser, and asked about each time
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    return response


def _key(request: HttpRequest, form: str) -> str:
    gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    parts = (
        _release(),
        settings.PUBLIC,
        columns.current().revision,
        str(gzip),
        form,
        request.scheme or "",
        request.get_host(),
        request.get_full_path(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _release() -> str:
    """What tells one release of the site from another: another may show the same otherwise."""
    files = [
        *sorted((settings.BASE_DIR / "templates").rglob("*.html")),
        *sorted((settings.BASE_DIR / "timeline").rglob("*.py")),
        Path(settings.STATIC_ROOT) / "staticfiles.json",
    ]
    told = hashlib.sha256()
    for file in files:
        if file.is_file():
            told.update(file.read_bytes())
    return told.hexdigest()
