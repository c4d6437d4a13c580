"""How often one address may ask."""

from django.conf import settings
from django.core.cache import caches
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from timeline.throttling import address_of


class ByAddress(SimpleRateThrottle):
    """TIMELINE_API_RATE for each address, counted for all processes of this machine together.

    Whose address it is, our own proxies say, as with logins. Requests of one address that are counted at the
    very same moment in two processes may count as one.
    """

    scope = "api"

    @property
    def cache(self) -> object:  # type: ignore[override]
        return caches["asking"]

    def get_rate(self) -> str:
        return settings.API_RATE

    def get_cache_key(self, request: Request, view: APIView) -> str:  # noqa: ARG002
        return f"{address_of(request)}"
