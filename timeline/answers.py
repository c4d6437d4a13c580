"""Answers to readers: compressed, remembered, and not sent again to who has them.

What a page shows depends on its address and on what the database holds, and the latter has a revision
(`columns.current`). So an answer is made once a revision and kept in this process; a browser that still has
the same one is told so (304). Whoever is logged in gets pages of their own, which are not kept. What has to
be made is counted for whoever asks, so that nobody can keep the site busy alone.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial, wraps
from http import HTTPStatus
from pathlib import Path
from threading import BoundedSemaphore, Lock
from time import monotonic
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
STALE = 20.0  # seconds after which an answer isn't given any more while another is made
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
        address = _digest(*_asked(request, form))
        etag = f'W/"{_digest(address, columns.current().revision)}"'
        known = get_conditional_response(request, etag=etag)
        if known is not None and known.status_code == 304:
            return _addressed(known, etag)
        make = partial(view, request, *args, **kwargs)
        if not kept or len(request.get_full_path()) > LONGEST_ADDRESS:
            return _addressed_if_found(make(), etag)
        return _once(address, etag, make)

    return answer


@dataclass(frozen=True)
class _Kept:
    etag: str
    response: HttpResponseBase
    made: float  # by the monotonic clock

    @property
    def will_do(self) -> bool:
        """Whether it may be given while the next is made."""
        return columns.may_be_behind() and monotonic() - self.made < STALE


def _once(address: str, etag: str, make: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """What is kept for this address, else made; of those who ask meanwhile, each waits at most for that."""
    kept: _Kept | None = caches[PAGES].get(address)
    if kept and kept.etag == etag:
        return kept.response
    turn = _turns[int(address[:2], 16)]
    if not turn.acquire(blocking=False):
        if kept and kept.will_do:
            return kept.response
        turn.acquire()
    try:
        again: _Kept | None = caches[PAGES].get(address)  # another may have made it meanwhile
        if again and again.etag == etag:
            return again.response
        with _making:
            response = _addressed_if_found(make(), etag)
        small = isinstance(response, HttpResponse) and len(response.content) <= LARGEST
        if response.status_code == HTTPStatus.OK and small:
            caches[PAGES].set(address, _Kept(etag, response, monotonic()))
        return response
    finally:
        turn.release()


def _addressed_if_found(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    return _addressed(response, etag) if response.status_code == HTTPStatus.OK else response


def _addressed(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"  # kept by the browser, and asked about each time
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    return response


def _asked(request: HttpRequest, form: str) -> tuple[str, ...]:
    """All that an answer depends on but what the database holds."""
    gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    place = (request.scheme or "", request.get_host(), request.get_full_path())
    return (_release(), settings.PUBLIC, str(gzip), form, *place)


def _digest(*parts: str) -> str:
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
