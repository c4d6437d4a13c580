"""What is on the page, to take away: the chosen events in every format of `timeline.exports`."""

from dataclasses import replace
from functools import partial
from itertools import chain, islice

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from timeline import answers
from timeline.answers import read_only, streamed
from timeline.exports import annotations, feeds, json_document
from timeline.exports.chosen import Chosen
from timeline.exports.formats import ANNOTATIONS, Format, in_pieces
from timeline.filters import Problem, Selection
from timeline.models import Event, Mention, Source, of_public_events

LONGEST_NAME = 100  # of a file, without the ending


@streamed
def download(request: HttpRequest, form: Format) -> HttpResponseBase:
    """The events that the query string chooses, as the page with the same one lists them."""
    selection = Selection(request.GET)
    if problems := [*selection.problems, *selection.unknown()]:
        return _refused(problems, form.content_type)
    site = answers.site(request)
    query = selection.parameters.urlencode()
    address = site + reverse("timeline") + (f"?{query}" if query else "")
    filters = tuple(chip.label for chip in selection.chips)
    chosen = Chosen(selection.listed, site, address, timezone.now(), filters)
    words = [value for name in selection.filters.form.fields for value in selection.parameters.getlist(name)]
    return _sent(request, form, chosen, [form.stem, *words])


@streamed
def download_one(request: HttpRequest, form: Format, pk: int) -> HttpResponseBase:
    """One event."""
    event = get_object_or_404(Event, pk=pk)
    if event.merged_into_id:
        return redirect(f"{form.name}-one", event.root.pk)
    if not event.is_public:
        raise Http404("Readers do not see this event.")
    site = answers.site(request)
    chosen = Chosen([pk], site, site + event.get_absolute_url(), timezone.now())
    return _sent(request, form, chosen, [f"event-{pk}"])


@read_only
def text(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001
    """The text of a source, byte for byte as its SHA-256 is of it."""
    source = get_object_or_404(Source.objects.public(), pk=pk)
    headers = {"Content-Disposition": f'attachment; filename="source-{pk}.txt"'}
    return HttpResponse(source.text.encode(), content_type="text/plain; charset=utf-8", headers=headers)


@read_only
def schema(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """What the JSON of events holds, in JSON Schema."""
    return HttpResponse(json_document.SCHEMA.read_bytes(), content_type="application/schema+json")


def _refused(problems: list[Problem], content_type: str) -> HttpResponse:
    """Says what is wrong with the address, in JSON to whoever asked for that."""
    if "json" in content_type:
        told = [{"parameter": one.name, "problem": one.message} for one in problems]
        return JsonResponse({"problems": told}, status=400)
    lines = [f"{one.name}: {one.message}\n" for one in problems]
    return HttpResponse("".join(lines), status=400, content_type="text/plain; charset=utf-8")


def _sent(request: HttpRequest, form: Format, chosen: Chosen, words: list[str]) -> HttpResponseBase:
    """The file itself, written while it is sent, so that it takes no more memory when it is larger."""
    name = f"{slugify(' '.join(words))[:LONGEST_NAME].rstrip('-')}-{chosen.at:%Y-%m-%d}.{form.extension}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if request.method == "HEAD":
        return StreamingHttpResponse((), content_type=form.content_type, headers=headers)
    written = in_pieces(form.write(chosen))
    # What fails before the first piece has an answer that says so, and a small file is one piece.
    written = chain(list(islice(written, 1)), written)
    return StreamingHttpResponse(written, content_type=form.content_type, headers=headers)


@streamed
def annotations_of_source(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The passages of one source, as annotations of its page."""
    source = get_object_or_404(Source.objects.public().defer("text"), pk=pk)
    told = Mention.objects.standing_by().filter(of_public_events(), source=source)
    keys = list(told.order_by("event").values_list("event", flat=True).distinct())
    site = answers.site(request)
    chosen = Chosen(keys, site, site + source.get_absolute_url(), timezone.now())
    form = replace(ANNOTATIONS, write=partial(annotations.of_source, source=pk))
    return _sent(request, form, chosen, [f"source-{pk}", form.stem])


@read_only
def feed(request: HttpRequest) -> HttpResponse:
    """The chosen events as a feed, those changed last on its first page."""
    selection = Selection(request.GET)
    asked = request.GET.get("before", "")
    before = feeds.change(asked)
    problems = [*selection.problems, *selection.unknown("before")]
    if asked and not before:
        problems.append(Problem("before", "Before", "Take it from a link of the feed, or leave it out."))
    if problems:
        return _refused(problems, feeds.CONTENT_TYPE)
    site, query = answers.site(request), selection.parameters.copy()
    for name in ("group", "order"):
        query.pop(name, None)

    def address(name: str, **more: str) -> str:
        parameters = query.copy()
        parameters.update(more)
        return site + reverse(name, query=parameters)

    found = selection.events.by_change(before).values_list("updated_at", "pk")[: feeds.AT_A_TIME + 1]
    changes = [feeds.Change(*row) for row in found]
    shown = changes[: feeds.AT_A_TIME]
    pages = feeds.Pages(
        this=address("feed", **({"before": asked} if before else {})),
        first=address("feed"),
        next=address("feed", before=str(shown[-1])) if len(changes) > len(shown) else "",
    )
    filters = tuple(chip.label for chip in selection.chips)
    chosen = Chosen([one.key for one in shown], site, address("timeline"), timezone.now(), filters)
    return HttpResponse(feeds.feed(chosen, pages), content_type=feeds.CONTENT_TYPE)
