"""The pages. Views only compose: filters choose, charts draw, templates show."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any

import numpy as np
from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse

from timeline import about, charts, facts, passages, places, search, strips
from timeline.answers import read_only, site
from timeline.exports.formats import FORMATS
from timeline.facets import facets
from timeline.filters import Problem, Selection
from timeline.models import (
    Actor,
    Event,
    Kind,
    Mention,
    Origin,
    Participation,
    Source,
    among,
    of_public_events,
    only_confirmed,
)

PER_PAGE = 50


def _page(selection: Selection, number: int) -> tuple[Page[Event], list[Problem]]:
    """This page of the list, else the first, and all that is wrong with what was asked."""
    paginator: Paginator[Any] = Paginator(selection.listed, PER_PAGE)
    problems = selection.problems
    if number > paginator.num_pages:
        problems = [*problems, Problem("page", "Page", f"The last page is {paginator.num_pages}.")]
        number = 1
    page = paginator.page(number)
    keys = page.object_list.tolist()  # type: ignore[attr-defined]
    events = Event.objects.public().as_listed().in_bulk(keys)
    page.object_list = [events[key] for key in keys if key in events]
    return page, problems


def listing(selection: Selection, number: int) -> dict[str, Any]:
    """What every page with a list shows of a selection."""
    page, problems = _page(selection, number)
    words = selection.words
    return {
        "selection": selection,
        "page": page,
        "problems": problems,
        "undated": len(selection.rows) - len(selection.dated),
        "found": search.forms(words, _texts(page.object_list)) if words else frozenset(),
    }


def drawing(selection: Selection, chart: charts.Chart) -> dict[str, Any]:
    """What every page with a chart shows of a selection."""
    return {
        "kinds": Kind.choices,
        "chart": charts.svg_context(chart, zoom(selection)),
        "overview": overview_of(selection),
        "table": charts.table(*charts.entries(selection.columns, selection.dated, "kind"), selection.window),
    }


def _downloads(query: QueryDict) -> list[tuple[str, str]]:
    """The files with the events that a query string chooses: what each is, and its address."""
    written = f"?{query.urlencode()}" if query else ""
    return [(form.label, reverse(form.name) + written) for form in FORMATS]


def _feed(query: QueryDict) -> tuple[str, str]:
    """Where to follow what is new and what changes among the same events."""
    return "Atom feed of what is new and changed", reverse("feed", query=query)


def _texts(events: Iterable[Event]) -> Iterator[str]:
    """What the list shows of these events that a search looks through."""
    for event in events:
        yield event.title
        for mention in event.mentions.all():
            yield mention.quote
            yield mention.source.headline


def zoom(selection: Selection, page: str = "") -> Callable[[date, date], str]:
    """Makes of a first and a last day the address of the same timeline, on that page, with that window."""

    query = selection.parameters.copy()
    query["from"] = query["to"] = ""
    # Written once: a chart has a thousand of these, in which nothing but the days is another.
    written = f"&{query.urlencode()}&"
    for name in ("from", "to"):
        written = written.replace(f"&{name}=&", f"&{name}={{{name}}}&")

    def address(first: date, last: date) -> str:
        return f"{page}?{written[1:-1].format_map({'from': first, 'to': last})}"

    return address


def overview_of(selection: Selection) -> dict[str, Any] | None:
    """All that is chosen but for its window."""
    known = selection.columns
    rows = selection.chosen(but=["from", "to"]) & ((known.first > 0) | (known.last > 0))
    shown = charts.overview(known.first[rows], known.last[rows])
    return charts.overview_context(shown, selection.window) if shown else None


def chart_of(selection: Selection, *, quoted: bool = False) -> charts.Chart:
    """The chosen events drawn one by one, or counted where they are too many for that.

    Only Plotly's figure shows the words of passages, and has to have them `quoted`.
    """
    known, rows = selection.columns, selection.dated
    if len(rows) <= charts.LIMIT:
        ids = json.dumps(known.pk[rows].tolist())
        events = Event.objects.public().filter(pk__in=among(ids)).chronological()
        dots = charts.read(events, quoted=quoted)
        return charts.marks(dots, charts.lanes_by(selection.group, dots), selection.window)
    return charts.bins(*charts.entries(known, rows, selection.group), selection.window)


def _shown(selection: Selection) -> dict[str, Any]:
    query = selection.parameters.copy()
    query.pop("group", None)
    for name, key in selection.only.items():
        query[name] = str(key)
    downloads = {"downloads": [*_downloads(query), _feed(query)]}
    return listing(selection, selection.page) | drawing(selection, chart_of(selection)) | downloads


@read_only
def timeline(request: HttpRequest) -> HttpResponse:
    """The timeline: filters, chart, and the same events as a list."""
    selection = Selection(request.GET)
    context = _shown(selection) | {"facets": facets(selection), "panel": _panel(selection)}
    page = context["page"]
    context["only_confirmed"] = only_confirmed()
    context["about"] = about.of_timeline(selection, site(request), page.object_list, page.number)
    return render(request, "timeline.html", context)


def _panel(selection: Selection) -> dict[str, Any] | None:
    """The event that is looked at beside the timeline, between its neighbours in view."""
    event = Event.objects.public().filter(pk=selection.event).first() if selection.event else None
    if event is None:
        return None
    known, rows = selection.columns, selection.rows
    places = np.flatnonzero(known.pk[rows] == event.pk)
    near: dict[str, Any] = {}
    if len(places):
        place = int(places[0])
        for name, other in (("previous", place - 1), ("next", place + 1)):
            if 0 <= other < len(rows):
                near[name] = Event.objects.public().filter(pk=int(known.pk[rows[other]])).first()
        near["place"], near["of"] = place + 1, len(rows)
    return told_of(event) | near


@read_only
def figure(request: HttpRequest) -> HttpResponse:
    """The chart of the same query string, as Plotly's JSON; `layout.meta` says what it leaves out."""
    selection = Selection(request.GET)
    drawn = charts.plotly_figure(chart_of(selection, quoted=True), meta(selection))
    return HttpResponse(charts.plotly_json(drawn), content_type="application/json")


def meta(selection: Selection) -> dict[str, Any]:
    """What a figure leaves out, and what is wrong with what was asked."""
    return {
        "events": len(selection.rows),
        "drawn": len(selection.dated),
        "undated": len(selection.rows) - len(selection.dated),
        "errors": {problem.name: problem.message for problem in selection.problems},
    }


def told_of(event: Event) -> dict[str, Any]:
    """An event's facts with the words behind each, and its passages by source."""
    mentions = [mention for mention in event.mentions.all() if not mention.is_taken_back]
    sources = Source.objects.in_bulk({mention.source_id for mention in mentions})
    for mention in mentions:
        mention.source = sources[mention.source_id]
    by_source = [
        (source, list(group))
        for source, group in groupby(
            sorted(mentions, key=lambda mention: (mention.source.published, mention.source_id)),
            key=lambda mention: mention.source,
        )
    ]
    return {
        "event": event,
        "fields": facts.fields(event, mentions),
        "counts": facts.counts(event, mentions),
        "participants": facts.participants(event, mentions),
        "several": len(sources) > 1,
        "told": by_source,
        "compared": facts.compare(event, by_source) if len(by_source) > 1 else [],
    }


def _sees_all(request: HttpRequest) -> bool:
    """Whether this reader may look at what is kept from the others."""
    return request.user.is_active and request.user.is_staff and request.user.has_perm("timeline.view_event")


@read_only
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event: its facts with the words behind each, and its sources side by side."""
    public = Event.objects.public()
    shown = get_object_or_404(Event.objects.prefetch_related("mentions", "participations__actor"), pk=pk)
    if shown.merged_into_id:
        # Not for ever: the merge may be undone.
        return redirect(shown.root)
    if not shown.is_public and not _sees_all(request):
        raise Http404("Readers do not see this event.")
    told = told_of(shown)
    context = told | {
        "about": about.of_event(shown, told["told"], site(request)) if shown.is_public else None,
        "site": site(request),
        "previous": public.before(shown),
        "next": public.after(shown),
        "origin": _origin(shown),
        "downloads": [
            (form.label, reverse(f"{form.name}-one", args=[pk]))
            for form in FORMATS
            if form.one and shown.is_public
        ],
    }
    return render(request, "event.html", context)


def _origin(event: Event) -> Origin | None:
    """Where an imported event came from."""
    return Origin.objects.filter(event=event).select_related("imported").first() if event.imported else None


@read_only
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source: its whole text with every passage marked and led back to its event."""
    shown = get_object_or_404(Source.objects.select_related("replaced_by").defer("replaced_by__text"), pk=pk)
    mentions = passages_of(shown)
    is_public = bool(mentions) or not only_confirmed()
    if not is_public and not _sees_all(request):
        raise Http404("Readers do not see this source.")
    context = marked(shown, mentions) | {
        "is_public": is_public,
        "about": about.of_source(shown, site(request)) if is_public else None,
        "site": site(request),
        "make": _address_to_make(request, shown),
        "downloads": _downloads_of(shown, mentions),
    }
    return render(request, "source.html", context)


def passages_of(shown: Source) -> list[Mention]:
    """All that readers see marked in a text, in its order."""
    found = Mention.objects.standing_by().filter(of_public_events(), source=shown).select_related("event")
    found = found.defer("spans", "rules", "counts", "participants", "event__counts", "event__locked_fields")
    mentions = [*found, *(_moved(shown) if shown.replaced_by_id else [])]
    mentions.sort(key=lambda mention: (mention.start, mention.pk))
    return mentions


def marked(shown: Source, mentions: list[Any]) -> dict[str, Any]:
    """A text with these passages of it marked and led back to their events."""
    events: dict[int, Event] = {}
    for number, mention in enumerate(mentions, 1):
        mention.number = number
        mention.leads_to = mention.event.get_absolute_url()
        if mention.event_id not in events:
            mention.event.first_mention = mention
            events[mention.event_id] = mention.event
    return {
        "source": shown,
        "mentions": mentions,
        "length": len(shown.text),
        "strip": strips.strip(events.values(), Kind.values),
        "web_address": shown.url if shown.url.startswith(("https://", "http://")) else "",
        "kind_of_place": places.kind_of(shown),
        "places": places.marks(shown),
        "pieces": passages.pieces(shown.text, mentions),
        "replaced": shown.replaces.defer("text").order_by("loaded_at"),
    }


def _downloads_of(shown: Source, mentions: Iterable[Mention]) -> list[tuple[str, str]]:
    """The files with a text, and with the events of which its own passages tell."""
    tells = any(mention.source_id == shown.pk for mention in mentions)
    text = [("The plain text (its bytes have the SHA-256)", reverse("source-text", args=[shown.pk]))]
    query = QueryDict(f"source={shown.pk}")
    own = ("W3C Web Annotations of this text", reverse("source-annotations", args=[shown.pk]))
    events = [own, *_downloads(query), _feed(query)]
    return [*text, *events] if tells else [] if only_confirmed() else text


def _address_to_make(request: HttpRequest, shown: Source) -> str:
    """Where a curator makes a passage of words of the text; nowhere for anyone else, or in an old text."""
    may = request.user.is_staff and request.user.has_perm("timeline.add_mention")
    if not may or shown.replaced_by_id:
        return ""
    return reverse("admin:timeline_mention_add", query={"source": shown.pk})


def _moved(old: Source) -> list[Mention]:
    """Passages of the newer texts whose words stand in this old one too, placed where they stand in it.

    A load moves passages to the new text; addresses that were copied before still name the old one.
    """
    following = dict(
        Source.objects.filter(path=old.path, replaced_by__isnull=False).values_list("pk", "replaced_by")
    )
    newer: list[int] = []
    key = old.replaced_by_id
    while key and key not in newer:
        newer.append(key)
        key = following.get(key)
    newest = Mention.objects.standing_by().filter(of_public_events(), source__in=newer)
    moved = []
    for mention in newest.select_related("event"):
        start = old.text.find(mention.quote)
        if start >= 0:
            mention.start, mention.end = start, start + len(mention.quote)
            moved.append(mention)
    return moved


@read_only
def actor(request: HttpRequest, pk: int) -> HttpResponse:
    """One actor: names, parts played, and a timeline of them."""
    shown = get_object_or_404(Actor.objects.select_related("merged_into"), pk=pk)
    if shown.merged_into_id:
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(f"{shown.root.get_absolute_url()}{query}")
    is_public = Actor.objects.public().filter(pk=pk).exists()
    if not is_public and not _sees_all(request):
        raise Http404("Readers do not see this actor.")
    roles = Participation.objects.filter(of_public_events(), actor=shown).order_by("role")
    selection = Selection(request.GET, {"actor": shown.pk})
    context = _shown(selection)
    page = context["page"]
    context |= {
        "about": about.of_actor(shown, selection, site(request), page.number) if is_public else None,
        "actor": shown,
        "is_public": is_public,
        "nothing": QueryDict(),
        "roles": [
            (Participation.Role(role).label, count)
            for role, count in roles.values_list("role").annotate(Count("pk"))
        ],
    }
    return render(request, "actor.html", context)


def failed(request: HttpRequest) -> HttpResponse:
    """The page of a mistake of ours. It asks no database, and names the number that the log has it under."""
    number = getattr(request, "correlation_id", "")
    return HttpResponseServerError(render_to_string("500.html", {"number": number}))
