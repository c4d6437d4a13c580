"""How often one address may ask the API."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from timeline import throttling


class ByAddress(BaseThrottle):
    """TIMELINE_API_RATE for each address, whatever it asks for: counted as pages are, but apart from them."""

    def allow_request(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        self.seconds = throttling.wait(request, "api", settings.API_RATE)
        return not self.seconds

    def wait(self) -> float:
        return self.seconds
