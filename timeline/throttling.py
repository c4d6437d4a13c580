"""How many failed logins are borne: what django-axes leaves to the site to say.

Counted is the pair of a name and an address, so that nobody can lock a curator out by knowing the name, and
the address alone, more patiently, so that nobody can go through many names. Whether there is such a name
makes no difference to anything.
"""

import math
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

AN_ADDRESS = 4  # times as many failures are borne from an address in all as with one name from it
LONGEST_NAME = 150  # letters: no account has a longer one
OF_A_NETWORK = 64  # bits: a reader with IPv6 has so many addresses that only their network tells them apart


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


class Attempts(AxesDatabaseHandler):
    """Failed logins in the database; those of an address in all are borne longer than those with one name."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        pair, address = map(_failures, self.get_user_attempts(request, credentials))
        return max(pair, address // AN_ADDRESS)

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
