"""The pages. Views only compose: filters choose, charts draw, templates show."""

from django.http import HttpRequest, HttpResponse


def timeline(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


figure = event = source = actor = timeline
