"""What is on the page, to take away: the chosen events in every format of `timeline.exports`."""

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

from timeline.answers import read_only, streamed
from timeline.exports import json_document
from timeline.exports.chosen import Chosen
from timeline.exports.formats import Format, in_pieces
from timeline.filters import Problem, Selection
from timeline.models import Event, Source

LONGEST_NAME = 100  # of a file, without the ending


@streamed
def download(request: HttpRequest, form: Format) -> HttpResponseBase:
    """The events that the query string chooses, as the page with the same one lists them."""
    selection = Selection(request.GET)
    if problems := [*selection.problems, *_unknown(request, selection)]:
        return _refused(problems, form)
    site = _site(request)
    query = selection.parameters.urlencode()
    address = site + reverse("timeline") + (f"?{query}" if query else "")
    chosen = Chosen(selection.listed, site, address, timezone.now())
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
    site = _site(request)
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


def _site(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def _unknown(request: HttpRequest, selection: Selection) -> list[Problem]:
    """Parameters that no filter knows: misspelt, they would let everything out."""
    known = {*selection.filters.form.fields, *selection.view.fields}
    return [Problem(name, name, "There is no such parameter.") for name in request.GET if name not in known]


def _refused(problems: list[Problem], form: Format) -> HttpResponse:
    """Says what is wrong with the address, in JSON to whoever asked for that."""
    if "json" in form.content_type:
        told = [{"parameter": one.name, "problem": one.message} for one in problems]
        return JsonResponse({"problems": told}, status=400)
    lines = [f"{one.name}: {one.message}\n" for one in problems]
    return HttpResponse("".join(lines), status=400, content_type="text/plain; charset=utf-8")


def _sent(request: HttpRequest, form: Format, chosen: Chosen, words: list[str]) -> HttpResponseBase:
    """The file itself, written while it is sent, so that it takes no more memory when it is larger."""
    name = f"{slugify(' '.join(words))[:LONGEST_NAME].rstrip('-')}-{chosen.at:%Y-%m-%d}.{form.extension}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if request.method == "HEAD":
        return HttpResponse(content_type=form.content_type, headers=headers)
    written = in_pieces(form.write(chosen))
    return StreamingHttpResponse(written, content_type=form.content_type, headers=headers)
