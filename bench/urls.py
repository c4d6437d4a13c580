"""The site's addresses, and one more with the least that Django can answer."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from bench.serving import BARE_VIEW

handler500 = "timeline.views.failed"


def ok(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path(BARE_VIEW.removeprefix("/"), ok), path("", include("timeline.urls"))]
