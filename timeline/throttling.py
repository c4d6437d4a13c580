"""How often one address may ask for what is dear, and how many failed logins are borne.

Asking is counted for all processes of a machine together; requests of one address that are counted at the
very same moment in two of them may count as one. Downloads are written while they are sent, so a reader who
takes them slowly holds a thread: a process gives out only so many at once.

Of logins, this is what django-axes leaves to the site to say. Counted is the pair of a name and an address,
so that nobody can lock a curator out by knowing the name, and the address alone, more patiently, so that
nobody can go through many names. Whether there is such a name makes no difference to anything.
"""

import math
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import BoundedSemaphore
from time import time
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.core.cache import caches
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from timeline import problems

AN_ADDRESS = 4  # times as many failures are borne from an address in all as with one name from it
LONGEST_NAME = 150  # letters: no account has a longer one
OF_A_NETWORK = 64  # bits: a reader with IPv6 has so many addresses that only their network tells them apart
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
DOWNLOADS = 3  # at once from a process, which has 4 threads (gunicorn.conf.py): one is left for pages
SOON = 5  # seconds after which a download may be free


def address_of(request: HttpRequest) -> str | None:
    """Where a request comes from: what the outermost of our own proxies saw, or whoever is at the other end.

    Each proxy adds to the end of X-Forwarded-For whom it was asked by. What stands before the entries of our
    own proxies (TIMELINE_PROXIES) is what the client says, which anybody may make up.
    """
    peer = _normal(request.META.get("REMOTE_ADDR", ""))
    if not settings.PROXIES:
        return peer
    passed_on = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if len(passed_on) < settings.PROXIES:
        return peer
    return _normal(passed_on[-settings.PROXIES]) or peer


def name_of(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The name that was given, as much of it as can be kept: Django's form takes one of any length."""
    given = (credentials or {}).get("username") or request.POST.get("username")
    return given[:LONGEST_NAME] if given else None


def _normal(written: str) -> str | None:
    """The address, of IPv6 its network; None where it is none."""
    try:
        address = ip_address(written.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Network((int(address), OF_A_NETWORK), strict=False).network_address)
    return str(address)


def wait(request: HttpRequest, what: str, rate: str) -> int:
    """Seconds until this address may ask again; 0 where it may now, which is then counted.

    A rate is a number of requests and a unit of time, such as `120/minute`, or `off`.
    """
    if rate == "off":
        return 0
    most, _, unit = rate.partition("/")
    stretch, gone = divmod(time(), SECONDS[unit])
    key = f"{what}/{address_of(request)}/{stretch:.0f}"
    asked = caches["asking"].get(key, 0)
    if asked >= int(most):
        return max(1, math.ceil(SECONDS[unit] - gone))
    caches["asking"].set(key, asked + 1, SECONDS[unit])
    return 0


def too_often(request: HttpRequest) -> HttpResponse | None:
    """Count a request that has to be worked for (TIMELINE_PAGE_RATE); the answer to one too many."""
    seconds = wait(request, "pages", settings.PAGE_RATE)
    return refusal(request, seconds, "That is too often from where you are.") if seconds else None


def refusal(request: HttpRequest, seconds: int, why: str) -> HttpResponse:
    """Says how long to wait."""
    context = {"why": why, "seconds": seconds}
    return problems.put_off(request, HTTPStatus.TOO_MANY_REQUESTS, why, seconds, context)


class Download:
    """One of the downloads that a process gives out at once: the pieces of it, and an end in any case."""

    free = BoundedSemaphore(DOWNLOADS)

    def __init__(self) -> None:
        self.begun = self.free.acquire(blocking=False)
        self.pieces: Iterator[bytes] = iter(())

    def of(self, pieces: Iterable[bytes]) -> "Download":
        self.pieces = iter(pieces)
        return self

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces

    def close(self) -> None:
        """Called when the answer has been sent, and when nobody takes it any more."""
        if self.begun:
            self.begun = False
            self.free.release()


class Attempts(AxesDatabaseHandler):
    """Failed logins in the database; those of an address in all are borne longer than those with one name."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        pair, address = map(_failures, self.get_user_attempts(request, credentials))
        return max(pair, address // AN_ADDRESS)

    def get_user_attempts(
        self, request: HttpRequest, credentials: dict[str, Any] | None = None
    ) -> list[QuerySet[AccessAttempt]]:
        """Of each sort those that count; none from before the clock was set back, for which nobody waits."""
        now = timezone.now()
        return [
            some.filter(attempt_time__lte=now) for some in super().get_user_attempts(request, credentials)
        ]

    def reset_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Forget what failed with this name from this address.

        What failed with other names stays counted: else whoever has an account could guess at others without
        end, and log in now and then.
        """
        pair, _ = self.filter_user_attempts(request, credentials)
        count, _ = pair.delete()
        return int(count)


def _failures(attempts: QuerySet[AccessAttempt]) -> int:
    return sum(attempts.values_list("failures_since_start", flat=True))


def locked_out(
    request: HttpRequest, _response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The page that says how long to wait. It is the same whoever asks, and for whatever name."""
    minutes = _minutes_left(request, credentials)
    response = render(request, "429.html", {"minutes": minutes}, status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(60 * minutes)
    add_never_cache_headers(response)
    return response


def _minutes_left(request: HttpRequest, credentials: dict[str, Any] | None) -> int:
    """Until the last of the failures that count is old enough; what fails while one is locked out doesn't."""
    pair, address = Attempts().get_user_attempts(request, credentials)
    locking = pair if _failures(pair) >= settings.AXES_FAILURE_LIMIT else address
    last = max(locking.values_list("attempt_time", flat=True), default=timezone.now())
    left = last + settings.AXES_COOLOFF_TIME - timezone.now()
    return max(1, math.ceil(left.total_seconds() / 60))
