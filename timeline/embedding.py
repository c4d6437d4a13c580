"""The timeline on other sites: in frames, as oEmbed tells of them, and as pictures that go with links.

Frames are the only pages that other sites may frame. They are the same for everybody: no cookie is looked at.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

from csp.decorators import csp_replace
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.clickjacking import xframe_options_exempt

from timeline import about, charts
from timeline.about import About
from timeline.answers import View, read_only, site
from timeline.filters import Selection
from timeline.models import Event, Kind
from timeline.views import chart_of, overview_of, told_of, zoom

LISTED = 20  # events in a frame
KEPT = 3600  # seconds that a site may keep what oEmbed told it
MOST_PIXELS = 10_000


def framed(view: View) -> View:
    """Make of a function a page that other sites may show in a frame."""
    page: Any = csp_replace({"frame-ancestors": ["*"]})(xframe_options_exempt(read_only(view)))

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.COOKIES.clear()
        response: HttpResponse = page(request, *args, **kwargs)
        return response

    return answer


@framed
def timeline(request: HttpRequest) -> HttpResponse:
    """The timeline with its filters, but not the form: chart, the first events, the way to all of it."""
    selection = Selection(request.GET)
    keys = selection.listed[:LISTED].tolist()
    found = Event.objects.public().with_evidence().in_bulk(keys)
    context = {
        "about": about.of_timeline(selection, site(request)),
        "selection": selection,
        "problems": selection.problems,
        "events": [found[key] for key in keys if key in found],
        "total": len(selection.rows),
        "undated": len(selection.rows) - len(selection.dated),
        "kinds": Kind.choices,
        "chart": charts.svg_context(chart_of(selection), zoom(selection, reverse("timeline"))),
        "overview": overview_of(selection),
    }
    return render(request, "embed/timeline.html", context)


@framed
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event as a card; one that is gone is told of, for the frame is on a page of somebody else."""
    shown = _readable(pk)
    if shown is None:
        return render(request, "embed/gone.html", status=404)
    if shown.pk != pk:
        return redirect("embedded_event", shown.pk)
    told = told_of(shown)
    return render(
        request, "embed/event.html", told | {"about": about.of_event(shown, told["told"], site(request))}
    )


def _readable(pk: int) -> Event | None:
    """The event that this id means, if readers see it."""
    found = Event.objects.filter(pk=pk).first()
    readable = Event.objects.public().prefetch_related("mentions", "participations__actor")
    return readable.filter(pk=found.root.pk).first() if found else None


# oEmbed


@read_only
def oembed(request: HttpRequest) -> HttpResponse:
    """The frame for the address of a timeline or an event of this site, as oEmbed 1.0 has it."""
    form = FORMATS.get(request.GET.get("format", "json"))
    if form is None:
        return _refusal("Write format=json or format=xml.", 501)
    try:
        asked = _given(request.GET)
        width, height = (_limit(request.GET, name) for name in ("maxwidth", "maxheight"))
    except BadRequest as error:
        return _refusal(str(error), 400)
    told = _about(asked, request)
    wide, high = min(about.WIDE, width), min(told.height, height)
    return form(
        {
            "version": "1.0",
            "type": "rich",
            "provider_name": about.SITE,
            "provider_url": f"{site(request)}/",
            "title": told.title,
            "cache_age": KEPT,
            "html": about.frame(told.frame, told.heading, wide, high),
            "width": wide,
            "height": high,
        }
    )


def _refusal(message: str, status: int) -> HttpResponse:
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")


def _given(query: QueryDict) -> str:
    if asked := query.get("url"):
        return asked
    raise BadRequest("Give the address of a page of this site: /oembed?url=…")


def _limit(query: QueryDict, name: str) -> int:
    written = query.get(name, "")
    if not written:
        return MOST_PIXELS
    if not (written.isascii() and written.isdigit() and 0 < int(written[:9]) <= MOST_PIXELS):
        raise BadRequest(f"{name} must be a number of pixels, 1 to {MOST_PIXELS}.")
    return int(written)


def _about(address: str, request: HttpRequest) -> About:
    """What there is at an address of this site; 404 at any other."""
    try:
        parts = urlsplit(address)
        found = resolve(parts.path or "/")
    except (ValueError, Resolver404) as error:
        raise Http404("No page of this site can be framed from there.") from error
    if parts.scheme in ("http", "https") and parts.netloc.lower() == request.get_host().lower():
        if found.url_name in ("timeline", "embed"):
            return about.of_timeline(Selection(QueryDict(parts.query)), site(request))
        if found.url_name in ("event", "embedded_event") and (shown := _readable(found.kwargs["pk"])):
            return about.of_event(shown, told_of(shown)["told"], site(request))
    raise Http404("No page of this site can be framed from there.")


def _xml(values: Mapping[str, Any]) -> HttpResponse:
    root = Xml.Element("oembed")
    for name, value in values.items():
        Xml.SubElement(root, name).text = "".join(filter(_in_xml, str(value)))
    return HttpResponse(Xml.tostring(root, "utf-8", xml_declaration=True), content_type="text/xml")


def _in_xml(sign: str) -> bool:
    """Whether XML 1.0 can hold this character at all."""
    return sign in "\t\n\r" or " " <= sign <= "\ud7ff" or "\ue000" <= sign <= "\ufffd" or sign >= "\U00010000"


FORMATS: dict[str, Callable[[Mapping[str, Any]], HttpResponse]] = {"json": JsonResponse, "xml": _xml}


# Pictures


@read_only
def picture(request: HttpRequest) -> HttpResponse:
    """The chart of the same query string as a picture."""
    selection = Selection(request.GET)
    told = about.of_timeline(selection, site(request))
    note, _, _ = told.description.partition(", read out")
    drawn = charts.picture(chart_of(selection), told.title, f"{note} · {request.get_host()}")
    return HttpResponse(drawn, content_type="image/png")


@read_only
def event_picture(request: HttpRequest, pk: int) -> HttpResponse:
    """An event in words as a picture."""
    shown = get_object_or_404(Event.objects.public().with_evidence(), pk=pk)
    told = [(mention.source, [mention]) for mention in shown.mentions.all()]
    found = about.quote_of(told)
    drawn = charts.card(
        kind=shown.kind,
        status=shown.status,
        disputed=shown.disputed,
        facts=about.facts_of(shown),
        title=charts.line(shown.title, 200),
        quote=f"“{charts.line(found[1].quote, 400)}”" if found else "",
        source=charts.line(about.named(found[0]), 120) if found else "",
        site=f"{about.SITE} · {request.get_host()}",
    )
    return HttpResponse(drawn, content_type="image/png")
