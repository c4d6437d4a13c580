"""Answers as JSON for programs, and as a page for people who look at them in a browser."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from drf_spectacular.utils import OpenApiParameter
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from timeline.api.problems import BadParameters

# Signs that turn the direction of the text around them: on a page they would show JSON as what it isn't.
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


MOST_SHOWN = 10  # choices of a parameter


class Negotiation(DefaultContentNegotiation):
    """By `format` in the address, else by Accept."""

    def filter_renderers(self, renderers: Iterable[Any], format: str) -> list[Any]:  # noqa: A002
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            formats = ", ".join(renderer.format for renderer in renderers)
            raise BadParameters([("format", f"Choose from those offered: {formats}.")])
        return found


class JSON(JSONRenderer):
    """JSON in one way only, so that an answer can be kept for whoever asks next."""

    def get_indent(self, accepted_media_type: str, renderer_context: Mapping[str, Any]) -> None:  # noqa: ARG002
        return None


class HTML(BaseRenderer):
    """The answer on a page of the site, with what else can be asked for."""

    media_type = "text/html"
    format = "html"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        told = renderer_context or {}
        view, request, response = told["view"], told["request"], told["response"]
        site = request.build_absolute_uri("/")
        context = {
            "name": view.name,
            "description": view.__doc__,
            # An answer to HEAD is kept for GET too.
            "method": "GET" if request.method == "HEAD" else request.method,
            "address": request.build_absolute_uri(),
            "takes": [_shown(parameter) for parameter in view.takes],
            "status": f"{response.status_code} {response.reason_phrase}",
            "as_json": _with(request, format="json"),
            "previous": data.get("previous"),
            "next": data.get("next"),
            "answer": in_html(data, site),
        }
        return render_to_string("api.html", context, request=request)


def _shown(parameter: OpenApiParameter) -> dict[str, Any]:
    """A parameter as the page has it: its choices where they are few, and the way to an example."""
    schema: Any = parameter.type
    choices = [choice for choice in schema.get("items", schema).get("enum", []) if choice]
    values = [example.value for example in parameter.examples]
    query = QueryDict(mutable=True)
    for value in values:
        query.setlist(parameter.name, value if isinstance(value, list) else [value])
    return {
        "name": parameter.name,
        "meaning": parameter.description,
        "choices": choices if len(choices) <= MOST_SHOWN else [],
        "example": query.urlencode(),
    }


def _with(request: Request, **parameters: str) -> str:
    query = request.GET.copy()
    for name, value in parameters.items():
        query[name] = value
    return f"?{query.urlencode()}"


def in_html(data: Any, site: str) -> SafeString:
    """JSON to be read by people: addresses of the site itself are links, no sign turns the others around."""
    written = json.dumps(data, indent=2, ensure_ascii=False)
    written = TURNING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", written)
    pieces = re.split(rf'"({re.escape(site)}[^"\\\s]*)"', written)
    told = (_link(piece) if place % 2 else piece for place, piece in enumerate(pieces))
    return format_html_join("", "{}", ((piece,) for piece in told))


def _link(address: str) -> SafeString:
    return format_html('"<a href="{}">{}</a>"', address, address)
