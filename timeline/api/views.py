"""What can be asked for. Views only compose: filters choose, `paging` cuts, `exports.evidence` tells."""

# drf-spectacular's generator comes without types.
# mypy: allow-untyped-calls

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from timeline import answers
from timeline.api import paging, parameters, problems, rendering, shapes
from timeline.api.throttling import ByAddress
from timeline.exports import evidence
from timeline.models import Actor, Event, Source
from timeline.problems import MEDIA_TYPE

Teller = Callable[[list[int], str], Iterator[evidence.Told]]
LARGEST_ID = 2**63 - 1
WRONG = {
    400: "A parameter can’t be taken; `errors` says which and why.",
    404: "There is nothing at this address.",
    406: "Neither JSON nor HTML is acceptable.",
    429: "That was too often; `Retry-After` says how many seconds to wait.",
}
ELSEWHERE = OpenApiResponse(description="It was merged into another; `Location` has its address.")
OF_ANSWERS, OF_PAGES, OF_EVENTS = parameters.of_answers(), parameters.of_pages(), parameters.of_events()


class Reading(APIView):
    """Something that is only read, by anybody."""

    http_method_names = ["get", "head", "options"]
    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = []
    renderer_classes = [rendering.JSON, rendering.HTML]
    content_negotiation_class = rendering.Negotiation
    throttle_classes = [ByAddress]
    takes = OF_ANSWERS
    name = ""

    def get(self, request: Request, **_named: Any) -> HttpResponseBase:
        answer = answers.remembered(gzip_page(self._made), form=request.accepted_renderer.format)
        return answer(request)

    def _made(self, request: Request) -> HttpResponse:
        """The answer as it is kept."""
        told = self.told(request)
        if isinstance(told, HttpResponse):
            return told
        made = super().finalize_response(request, Response(told)).render()
        return HttpResponse(made.content, headers=made.headers)

    def told(self, request: Request) -> Any:
        """What the answer says, as plain values, or an answer that leads elsewhere."""
        raise NotImplementedError

    def get_exception_handler(self) -> Any:
        return problems.answer

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final: Any = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(final, Response) and final.exception and final.accepted_renderer.format != "html":
            final.content_type = MEDIA_TYPE
        return final


def documented(operation: str, shape: Any, other: dict[int, Any] | None = None) -> Any:
    """Say in the schema what a view takes and answers."""
    responses: dict[Any, Any] = {(200, "application/json"): shape, (200, "text/html"): str, **(other or {})}
    for status, meaning in WRONG.items():
        responses[status, MEDIA_TYPE] = OpenApiResponse(shapes.Problem, meaning)
        responses[status, "text/html"] = OpenApiResponse(str, meaning)

    def decorated(view: type[Reading]) -> type[Reading]:
        told = extend_schema(operation_id=operation, parameters=view.takes, responses=responses, auth=[])
        return extend_schema_view(get=told)(view)

    return decorated


def _page(request: Request, page: paging.Page, count: int, results: Iterator[evidence.Told]) -> evidence.Told:
    return {
        "count": count,
        "next": _address(request, page.next),
        "previous": _address(request, page.previous),
        "results": list(results),
    }


def _address(request: Request, cursor: paging.Cursor | None) -> str | None:
    """Of the page that the cursor leads to, chosen as this one is."""
    if cursor is None:
        return None
    query = request.GET.copy()
    query["cursor"] = str(cursor)
    return str(request.build_absolute_uri(f"{request.path}?{query.urlencode()}"))


@documented("readRoot", shapes.Root)
class Root(Reading):
    """What there is to ask for. Everything is read only, and open to anybody."""

    name = "API"

    def told(self, request: Request) -> evidence.Told:
        parameters.nothing(request.GET)
        return {
            name: request.build_absolute_uri(reverse(f"api:{name}"))
            for name in ("events", "sources", "actors", "schema")
        }


@documented("listEvents", shapes.Events)
class Events(Reading):
    """Events with their evidence, chosen as on the timeline: the filters of its address work here too."""

    takes = OF_EVENTS
    name = "Events"

    def told(self, request: Request) -> evidence.Told:
        chosen, asked = parameters.selection(request.GET)
        order, cursor, size = asked["order"], asked["cursor"], asked["page_size"]
        if order == "changed":
            page = paging.by_field(chosen.events, order, cursor, size, moment="updated_at")
        else:
            page = paging.in_time(chosen, order, cursor, size)
        return _page(request, page, len(chosen.rows), evidence.events(page.keys, answers.site(request)))


@documented("readEvent", shapes.Event, {302: ELSEWHERE})
class OneEvent(Reading):
    """One event with its evidence."""

    name = "Event"

    def told(self, request: Request) -> Any:
        return _merged(Event, "event", self.kwargs["pk"]) or _one(evidence.events, request, self.kwargs["pk"])


@documented("listSources", shapes.Sources)
class Sources(Reading):
    """The articles, in the order in which they were loaded. The text stands at each one’s own address."""

    takes = OF_PAGES
    name = "Sources"

    def told(self, request: Request) -> evidence.Told:
        rows = Source.objects.public()
        page = _by_id(request, rows)
        told = evidence.sources(page.keys, answers.site(request), whole=False)
        return _page(request, page, rows.count(), told)


@documented("readSource", shapes.WholeSource)
class OneSource(Reading):
    """One article with its whole text. The events that it tells of are at events/?source= with its id."""

    name = "Source"

    def told(self, request: Request) -> Any:
        return _one(evidence.sources, request, self.kwargs["pk"])


@documented("listActors", shapes.Actors)
class Actors(Reading):
    """Who takes part in events, by id. The events of one are at events/?actor= with its id."""

    takes = OF_PAGES
    name = "Actors"

    def told(self, request: Request) -> evidence.Told:
        rows = Actor.objects.public().filter(merged_into=None)
        page = _by_id(request, rows)
        return _page(request, page, rows.count(), evidence.actors(page.keys, answers.site(request)))


@documented("readActor", shapes.Actor, {302: ELSEWHERE})
class OneActor(Reading):
    """One actor."""

    name = "Actor"

    def told(self, request: Request) -> Any:
        return _merged(Actor, "actor", self.kwargs["pk"]) or _one(evidence.actors, request, self.kwargs["pk"])


class AsJSON(OpenApiJsonRenderer):
    media_type = "application/json"
    format = "json"


class AsYAML(OpenApiYamlRenderer):
    media_type = "application/yaml"
    format = "yaml"


@extend_schema_view(get=extend_schema(exclude=True))
class Schema(Reading):
    """The API as OpenAPI has it."""

    renderer_classes = [AsJSON, AsYAML]
    name = "Schema"

    def told(self, request: Request) -> Any:
        parameters.nothing(request.GET)
        return SchemaGenerator().get_schema(public=True)


@extend_schema_view(get=extend_schema(exclude=True))
class Nothing(Reading):
    """There is nothing here."""

    name = "Not here"

    def told(self, request: Request) -> Any:  # noqa: ARG002
        raise NotFound


def _by_id(request: Request, rows: QuerySet[Any]) -> paging.Page:
    asked = parameters.page(request.GET)
    return paging.by_field(rows, "id", asked["cursor"], asked["page_size"])


def _one(tell: Teller, request: Request, pk: int) -> evidence.Told:
    """What there is to tell of one row."""
    parameters.nothing(request.GET)
    told = next(iter(tell([pk], answers.site(request))), None) if pk <= LARGEST_ID else None
    if told is None:
        raise NotFound
    return told


def _merged(model: type[Event | Actor], name: str, pk: int) -> HttpResponse | None:
    """The way to the row that this one was merged into, if it was; not for ever, as it may be undone."""
    merged = model.objects.filter(pk=pk, merged_into__isnull=False).select_related("merged_into").first()
    return redirect(f"api:{name}", pk=merged.root.pk) if merged else None
