"""The pages. Views only compose: filters choose, charts draw, templates show."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any

import numpy as np
from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from timeline import charts, facts, passages, places, search, strips
from timeline.answers import read_only
from timeline.facets import facets
from timeline.filters import Problem, Selection
from timeline.models import Actor, Event, Kind, Mention, Participation, Source, only_confirmed

PER_PAGE = 50


def _page(selection: Selection) -> tuple[Page[Event], list[Problem]]:
    """The page of the list that is asked for, else the first, and all that is wrong with what was asked."""
    paginator: Paginator[Any] = Paginator(selection.listed, PER_PAGE)
    problems = selection.problems
    number = selection.page
    if number > paginator.num_pages:
        problems = [*problems, Problem("page", "Page", f"The last page is {paginator.num_pages}.")]
        number = 1
    page = paginator.page(number)
    keys = page.object_list.tolist()  # type: ignore[attr-defined]
    events = Event.objects.public().with_evidence().in_bulk(keys)
    page.object_list = [events[key] for key in keys if key in events]
    return page, problems


def _listing(selection: Selection) -> dict[str, Any]:
    """What every page with a chart and a list shows of a selection."""
    page, problems = _page(selection)
    words = selection.words
    return {
        "selection": selection,
        "page": page,
        "problems": problems,
        "undated": len(selection.rows) - len(selection.dated),
        "kinds": Kind.choices,
        "found": search.forms(words, _texts(page.object_list)) if words else frozenset(),
        "chart": charts.svg_context(_chart(selection), _zoom(selection)),
        "overview": _overview(selection),
        "table": charts.table(*charts.entries(selection.columns, selection.dated, "kind"), selection.window),
    }


def _texts(events: Iterable[Event]) -> Iterator[str]:
    """What the list shows of these events that a search looks through."""
    for event in events:
        yield event.title
        for mention in event.mentions.all():
            yield mention.quote
            yield mention.source.headline


def _zoom(selection: Selection) -> Callable[[date, date], str]:
    """Makes of a first and a last day the address of the same timeline with that window."""

    def address(first: date, last: date) -> str:
        query = selection.parameters.copy()
        query["from"], query["to"] = first.isoformat(), last.isoformat()
        return f"?{query.urlencode()}"

    return address


def _overview(selection: Selection) -> dict[str, Any] | None:
    """All that is chosen but for its window."""
    known = selection.columns
    rows = selection.chosen(but=["from", "to"]) & ((known.first > 0) | (known.last > 0))
    shown = charts.overview(known.first[rows], known.last[rows])
    return charts.overview_context(shown, selection.window) if shown else None


def _chart(selection: Selection) -> charts.Chart:
    """The chosen events drawn one by one, or counted where they are too many for that."""
    known, rows = selection.columns, selection.dated
    if len(rows) <= charts.LIMIT:
        dots = charts.read(Event.objects.public().filter(pk__in=known.pk[rows].tolist()).chronological())
        return charts.marks(dots, charts.lanes_by(selection.group, dots), selection.window)
    return charts.bins(*charts.entries(known, rows, selection.group), selection.window)


@read_only
def timeline(request: HttpRequest) -> HttpResponse:
    """The timeline: filters, chart, and the same events as a list."""
    selection = Selection(request.GET)
    context = _listing(selection) | {"facets": facets(selection), "panel": _panel(selection)}
    context["only_confirmed"] = only_confirmed()
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
    return _told(event) | near


@read_only
def figure(request: HttpRequest) -> HttpResponse:
    """The chart of the same query string, as Plotly's JSON; `layout.meta` says what it leaves out."""
    selection = Selection(request.GET)
    chart = _chart(selection)
    meta = {
        "events": len(selection.rows),
        "drawn": len(selection.dated),
        "undated": len(selection.rows) - len(selection.dated),
        "errors": {problem.name: problem.message for problem in selection.problems},
    }
    return HttpResponse(
        charts.plotly_json(charts.plotly_figure(chart, meta)), content_type="application/json"
    )


def _told(event: Event) -> dict[str, Any]:
    """An event's facts with the words behind each, and its passages by source."""
    mentions = [mention for mention in event.mentions.all() if not mention.is_taken_back]
    sources = Source.objects.in_bulk({mention.source_id for mention in mentions})
    for mention in mentions:
        mention.source = sources[mention.source_id]
    told = [
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
        "told": told,
        "compared": facts.compare(event, told) if len(told) > 1 else [],
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
    context = _told(shown) | {
        "site": request.build_absolute_uri("/").rstrip("/"),
        "previous": public.before(shown).first(),
        "next": public.after(shown).first(),
    }
    return render(request, "event.html", context)


@read_only
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source: its whole text with every passage marked and led back to its event."""
    shown = get_object_or_404(Source.objects.select_related("replaced_by").defer("replaced_by__text"), pk=pk)
    told = (
        Mention.objects.standing_by()
        .filter(source=shown, event__in=Event.objects.public())
        .select_related("event")
    )
    told = told.defer("spans", "rules", "counts", "participants", "event__counts", "event__locked_fields")
    mentions = [*told, *(_moved(shown) if shown.replaced_by_id else [])]
    mentions.sort(key=lambda mention: (mention.start, mention.pk))
    is_public = bool(mentions) or not only_confirmed()
    if not is_public and not _sees_all(request):
        raise Http404("Readers do not see this source.")
    events: dict[int, Event] = {}
    for number, mention in enumerate(mentions, 1):
        mention.number = number
        mention.leads_to = mention.event.get_absolute_url()
        if mention.event_id not in events:
            mention.event.first_mention = mention
            events[mention.event_id] = mention.event
    context = {
        "source": shown,
        "is_public": is_public,
        "site": request.build_absolute_uri("/").rstrip("/"),
        "mentions": mentions,
        "length": len(shown.text),
        "strip": strips.strip(events.values(), Kind.values),
        "web_address": shown.url if shown.url.startswith(("https://", "http://")) else "",
        "kind_of_place": places.kind_of(shown),
        "places": places.marks(shown),
        "pieces": passages.pieces(shown.text, mentions),
        "replaced": shown.replaces.defer("text").order_by("loaded_at"),
        "make": _address_to_make(request, shown),
    }
    return render(request, "source.html", context)


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
    told = Mention.objects.standing_by().filter(source__in=newer, event__in=Event.objects.public())
    moved = []
    for mention in told.select_related("event"):
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
    roles = Participation.objects.filter(actor=shown, event__in=Event.objects.public()).order_by("role")
    context = _listing(Selection(request.GET, {"actor": shown.pk})) | {
        "actor": shown,
        "is_public": is_public,
        "nothing": QueryDict(),
        "roles": [
            (Participation.Role(role).label, count)
            for role, count in roles.values_list("role").annotate(Count("pk"))
        ],
    }
    return render(request, "actor.html", context)
