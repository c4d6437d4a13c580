"""The pages. Views only compose: filters choose, charts draw, templates show."""

from collections.abc import Callable
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from timeline import charts, facts, passages, strips
from timeline.filters import Problem, Selection
from timeline.models import Actor, Event, EventQuerySet, Kind, Mention, Participation, Review, Source

PER_PAGE = 50


def read_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make of a function a page that is only read, and sent compressed: it holds no secret."""
    # Nothing can be written, so any other method is answered with 405, not with a missing token.
    return csrf_exempt(gzip_page(require_safe(view)))


def _page(selection: Selection, events: EventQuerySet, count: int) -> tuple[Page[Event], list[Problem]]:
    """The page of the list that is asked for, else the first, and all that is wrong with what was asked."""
    paginator = Paginator(events.with_evidence(), PER_PAGE)
    paginator.count = count
    if selection.page <= paginator.num_pages:
        return paginator.page(selection.page), selection.problems
    beyond = Problem("page", "Page", f"The last page is {paginator.num_pages}.")
    return paginator.page(1), [*selection.problems, beyond]


@read_only
def timeline(request: HttpRequest) -> HttpResponse:
    """The timeline: filters, chart, and the same events as a list."""
    selection = Selection(request.GET)
    counts = selection.events.aggregate(all=Count("pk"), undated=Count("pk", filter=Q(sort_date=None)))
    page, problems = _page(selection, selection.listed, counts["all"])
    context = {
        "selection": selection,
        "page": page,
        "problems": problems,
        "undated": counts["undated"],
        "kinds": Kind.choices,
        "marked_kinds": zip(Kind.values, selection.filters.form["kind"], strict=True),
        "folded": not {"country", "status", "review", "disputed", "actor", "source", "order"}
        & {*selection.parameters, *(problem.name for problem in problems)},
    }
    return render(request, "timeline.html", context)


@read_only
def figure(request: HttpRequest) -> HttpResponse:
    """The chart of the same query string, as Plotly's JSON; `layout.meta` says what it leaves out."""
    selection = Selection(request.GET)
    counts = selection.events.aggregate(all=Count("pk"), undated=Count("pk", filter=Q(sort_date=None)))
    dots = charts.read(selection.events)
    drawing = charts.timeline(dots, charts.lanes_by(selection.group, dots), *selection.window)
    drawing.layout.meta = {
        "events": counts["all"],
        "drawn": len(dots),
        "undated": counts["undated"],
        "errors": {problem.name: problem.message for problem in selection.problems},
    }
    return HttpResponse(drawing.to_json(validate=False), content_type="application/json")


@read_only
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event: its facts with the words behind each, and its sources side by side."""
    public = Event.objects.public()
    shown = get_object_or_404(Event.objects.prefetch_related("mentions", "participations__actor"), pk=pk)
    if shown.review == Review.REJECTED and not request.user.is_staff:
        raise Http404("A curator has rejected this event.")
    mentions = list(shown.mentions.all())
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
    context = {
        "event": shown,
        "site": request.build_absolute_uri("/").rstrip("/"),
        "fields": facts.fields(shown, mentions),
        "counts": facts.counts(shown, mentions),
        "participants": facts.participants(shown, mentions),
        "several": len(sources) > 1,
        "told": told,
        "compared": facts.compare(shown, told) if len(told) > 1 else [],
        "previous": public.before(shown).first(),
        "next": public.after(shown).first(),
    }
    return render(request, "event.html", context)


@read_only
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source: its whole text with every passage marked and led back to its event."""
    shown = get_object_or_404(Source.objects.select_related("replaced_by").defer("replaced_by__text"), pk=pk)
    told = Mention.objects.filter(source=shown, event__in=Event.objects.public()).select_related("event")
    told = told.defer("spans", "rules", "counts", "participants", "event__counts", "event__locked_fields")
    mentions = [*told, *(_moved(shown) if shown.replaced_by_id else [])]
    mentions.sort(key=lambda mention: (mention.start, mention.pk))
    events: dict[int, Event] = {}
    for number, mention in enumerate(mentions, 1):
        mention.number = number  # type: ignore[attr-defined]
        mention.leads_to = mention.event.get_absolute_url()  # type: ignore[attr-defined]
        if mention.event_id not in events:
            mention.event.first_mention = mention  # type: ignore[attr-defined]
            events[mention.event_id] = mention.event
    context = {
        "source": shown,
        "site": request.build_absolute_uri("/").rstrip("/"),
        "mentions": mentions,
        "length": len(shown.text),
        "strip": strips.strip(events.values(), Kind.values),
        "web_address": shown.url if shown.url.startswith(("https://", "http://")) else "",
        "pieces": passages.pieces(shown.text, mentions),
        "replaced": shown.replaces.defer("text").order_by("loaded_at"),
    }
    return render(request, "source.html", context)


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
    told = Mention.objects.filter(source__in=newer, event__in=Event.objects.public()).select_related("event")
    moved = []
    for mention in told:
        start = old.text.find(mention.quote)
        if start >= 0:
            mention.start, mention.end = start, start + len(mention.quote)
            moved.append(mention)
    return moved


@read_only
def actor(request: HttpRequest, pk: int) -> HttpResponse:
    """One actor: names, parts played, and a timeline of them."""
    shown = get_object_or_404(Actor, pk=pk)
    selection = Selection(request.GET)
    events = Event.objects.public().filter(actors=shown).distinct()
    page, problems = _page(selection, events.chronological(), events.count())
    roles = Participation.objects.filter(actor=shown, event__in=Event.objects.public()).order_by("role")
    context = {
        "actor": shown,
        "page": page,
        "problems": problems,
        "kinds": Kind.choices,
        "nothing": QueryDict(),
        "roles": [
            (Participation.Role(role).label, count)
            for role, count in roles.values_list("role").annotate(Count("pk"))
        ],
    }
    return render(request, "actor.html", context)
