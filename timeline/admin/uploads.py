"""Adding articles: hand them in, check what was found, look at what was read, have it stored."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.
# ruff: noqa: ARG002

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import StringIO
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.csrf import csrf_exempt
from django_countries import countries

from timeline import documents, edtf_dates, loading, uploading
from timeline.admin.base import CuratorAdmin
from timeline.bounding import check_size
from timeline.documents import Document, Unreadable
from timeline.imports import storing
from timeline.imports.refused import RefusedRows, ending
from timeline.models import Event, Kind, Mention, Status, Upload, UploadedArticle
from timeline.passages import Piece, pieces

IN_FULL = 3  # articles of an upload whose texts stand on its page; more have a page each
MEGABYTE = 1_000_000


class FileInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class Files(forms.FileField):
    """Any number of files."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = data if isinstance(data, (list, tuple)) else [data] if data else []
        return [cast("UploadedFile", super(Files, self).clean(one, initial)) for one in given]


def limits() -> str:
    return (
        f"At most {settings.UPLOAD_FILES} files, together {settings.UPLOAD_MEGABYTES} MB and "
        f"{settings.UPLOAD_ARTICLES} articles; a text at most {documents.MAXIMUM_BYTES // MEGABYTE} MB."
    )


class HandInForm(forms.Form):
    """A pasted text, or files, or both."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    text = forms.CharField(
        label="Paste an article",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "class": "vLargeTextField"}),
        help_text="Its first line is the headline. Its date is asked for next, if the text doesn’t begin "
        "with a line such as “date 2021-09-28 Headline”.",
    )
    attached = Files(
        label="Or choose files",
        required=False,
        allow_empty_file=True,
        widget=FileInput(attrs={"accept": ",".join((*documents.SUFFIXES, ".gz"))}),
    )

    pasted: Document | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        read = ", ".join(documents.SUFFIXES)
        self.fields["attached"].help_text = f"Read are {read}. {limits()}"

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if text.strip():
            try:
                self.pasted = uploading.parse_pasted(text)
            except Unreadable as error:
                raise ValidationError(f"{error.reason} {error.mend}") from error
        return text

    def clean_attached(self) -> list[UploadedFile]:
        files: list[UploadedFile] = self.cleaned_data["attached"]
        if len(files) > settings.UPLOAD_FILES:
            raise ValidationError(
                f"These are {len(files)} files. {limits()} Choose fewer, and hand in the rest by itself."
            )
        size = sum(file.size or 0 for file in files)
        if size > settings.UPLOAD_MEGABYTES * MEGABYTE:
            raise ValidationError(
                f"Together the files have {size / MEGABYTE:.1f} MB. {limits()} Hand them in bit by bit."
            )
        return files

    def clean(self) -> dict[str, Any]:
        given = cast("dict[str, Any]", super().clean())
        if not self.errors and not self.pasted and not given.get("attached"):
            raise ValidationError("Paste an article, or choose at least one file.")
        return given


class EventsForm(forms.Form):
    """A file of events, and what its rows don't say of themselves."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    attached = forms.FileField(
        label="File of events",
        allow_empty_file=True,
        help_text="Read are TimelineJS files (JSON, or the sheet as CSV), ACLED’s CSV, and the timeline’s "
        "own CSV and JSON. Which one it is, is found out from what is in it.",
    )
    collection = forms.CharField(
        required=False,
        max_length=200,
        help_text="What its rows are known by when they come again: give the same name then. Without one, "
        "the file’s is taken, and “acled” for ACLED.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    kind = forms.ChoiceField(
        label="Kind",
        choices=Kind.choices,
        initial=Kind.OTHER,
        help_text="That of events whose row names none.",
    )

    def clean_attached(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["attached"]
        if (file.size or 0) > settings.UPLOAD_MEGABYTES * MEGABYTE:
            raise ValidationError(
                f"It has {(file.size or 0) / MEGABYTE:.1f} MB, and an upload may have "
                f"{settings.UPLOAD_MEGABYTES}. Have it brought in with `manage.py importevents`, "
                "which has no limit."
            )
        return file


class ArticleForm(forms.ModelForm):
    """What was found of an article, for correction."""

    headline = forms.CharField(required=False, widget=forms.TextInput(attrs={"class": "vLargeTextField"}))
    published = forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "0001-01-01"}),
        help_text="Words such as “last month” are read against this day.",
    )
    action = forms.ChoiceField(label="What to do", choices=UploadedArticle.Action)

    class Meta:
        model = UploadedArticle
        fields = ["headline", "published", "publisher", "url", "action"]
        widgets = {"url": forms.TextInput(attrs={"class": "vLargeTextField"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        article = self.instance
        choices: list[tuple[str, str]] = []
        if not article.same:
            choices.append((uploading.Action.ADD, uploading.Action.ADD.label))
        if article.same and article.like:
            choices.append((uploading.Action.REPLACE, "Correct the stored article’s date and origin"))
        elif article.like:
            choices.append((uploading.Action.REPLACE, "Replace the stored article with this text"))
        self.fields["action"].choices = [*choices, (uploading.Action.LEAVE, uploading.Action.LEAVE.label)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = cast("dict[str, Any]", super().clean())
        if given.get("action") != uploading.Action.LEAVE:
            if not given.get("published") and "published" not in self.errors:
                self.add_error("published", "Give the day that it was published.")
            if not given.get("headline"):
                self.add_error("headline", "Give it a headline.")
        return given


class ArticleForms(forms.BaseModelFormSet):
    def clean(self) -> None:
        super().clean()
        replaced: set[int] = set()
        for form in self.forms:
            article = cast("UploadedArticle", form.instance)
            if form.errors or article.action == uploading.Action.LEAVE:
                continue
            try:
                uploading.corrected(article)
            except Unreadable as error:
                form.add_error(None, f"{error.reason} {error.mend}")
            if article.action == uploading.Action.REPLACE and article.like_id:
                if article.like_id in replaced:
                    form.add_error("action", "Another article above replaces the same one.")
                replaced.add(article.like_id)


CheckForms = forms.modelformset_factory(UploadedArticle, form=ArticleForm, formset=ArticleForms, extra=0)


@dataclass(frozen=True)
class Draft:
    """A passage that isn't stored yet, with all that the markup of a text asks of one."""

    pk: str
    source_id: int
    number: int
    start: int
    end: int
    kind: str
    event: SimpleNamespace
    leads_to: str
    standing: str = Mention.Standing.CURRENT


@dataclass(frozen=True)
class Look:
    """An article as the machine reads it."""

    article: UploadedArticle
    text: str
    pieces: list[Piece[Draft]]
    events: list[dict[str, Any]]


def look_at(article: UploadedArticle) -> Look:
    text = article.text
    if article.published and article.headline:
        text = uploading.corrected(article).text
    drafts: list[Draft] = []
    events: list[dict[str, Any]] = []
    joined = Event.objects.in_bulk([told["joins"] for told in article.reading if told["joins"]])
    for number, told in enumerate(article.reading, 1):
        place = f"event-{article.pk}-{number}"
        for passage in told["passages"]:
            pk = f"{article.pk}-{len(drafts)}"
            drafts.append(
                Draft(
                    pk,
                    article.pk,
                    number,
                    passage["start"],
                    passage["end"],
                    told["kind"],
                    SimpleNamespace(title=told["title"]),
                    f"#{place}",
                )
            )
        events.append(_shown(told, number, place, text, joined))
    return Look(article, text, pieces(text, drafts), events)


def _shown(
    told: dict[str, Any], number: int, place: str, text: str, joined: dict[int, Event]
) -> dict[str, Any]:
    spans = [item for passage in told["passages"] for item in passage["spans"].items()]
    return {
        "number": number,
        "place": place,
        "title": told["title"],
        "kind": Kind(told["kind"]).label,
        "date": edtf_dates.in_words(told["date"]),
        "status": Status(told["status"]).label + (", disputed" if told["disputed"] else ""),
        "country": countries.name(told["country"]) if told["country"] else "",
        "participants": ", ".join(f"{p['name']} ({p['role']})" for p in told["participants"]),
        "counts": ", ".join(_count(count) for count in told["counts"]),
        "words": [(field, text[start:end]) for field, (start, end) in spans],
        "joins": joined.get(told["joins"]),
        "because": told["because"],
    }


def _count(count: dict[str, Any]) -> str:
    least, most = count["minimum"], count["maximum"]
    if least == most:
        number = f"{least:,}"
    elif most is None:
        number = f"at least {least:,}"
    elif least is None:
        number = f"at most {most:,}"
    else:
        number = f"{least:,} to {most:,}"
    return f"{number} {count['what']}"


@admin.register(Upload)
class UploadAdmin(CuratorAdmin):
    """Uploads, each on the page of the state that it is in. Who may add sources may do all here."""

    list_display = ["__str__", "user", "made_at", "standing", "articles_in_it"]
    list_filter = ["state"]
    date_hierarchy = "made_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        uploads: QuerySet[Upload] = super().get_queryset(request).select_related("user")
        return uploads.annotate(number=Count("articles"))

    def _may(self, request: HttpRequest) -> bool:
        return cast("User", request.user).has_perm("timeline.add_source")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """An upload goes with its drafts, on which nobody has permissions of their own."""
        shown, counted, _, protected = super().get_deleted_objects(objs, request)
        return shown, counted, set(), protected

    @admin.display(description="state", ordering="state")
    def standing(self, upload: Upload) -> str:
        return "Failed" if upload.problem else upload.get_state_display()

    @admin.display(description="articles", ordering="number")
    def articles_in_it(self, upload: Any) -> int:
        return int(upload.number)

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view
        own = [
            path("add/", self._bounded(guarded(self.add_view)), name="timeline_upload_add"),
            path("events/", self._bounded(guarded(self.events_view)), name="timeline_upload_events"),
            path("<int:pk>/refused/", guarded(self.refused), name="timeline_upload_refused"),
            path("<int:pk>/progress/", guarded(self.progress), name="timeline_upload_progress"),
            path("<int:pk>/articles/<int:article>/", guarded(self.article), name="timeline_upload_article"),
        ]
        return [*own, *super().get_urls()]

    def _bounded(self, view: Callable[..., Any]) -> Callable[..., HttpResponse]:
        """The view, with words instead of a bare error for who sends more than a request may hold.

        Exempt only here, so that the size is looked at before anything is read: the view inside checks the
        token.
        """

        @csrf_exempt
        def bounded(request: HttpRequest) -> HttpResponse:
            try:
                check_size(int(request.META.get("CONTENT_LENGTH") or 0))
                return cast("HttpResponse", view(request))
            except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
                if not self.has_add_permission(request):
                    raise PermissionDenied from None
                return self._page(request, "too_much.html", "That is too much at once", status=413)

        return bounded

    def _page(
        self, request: HttpRequest, template: str, title: str, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        return self.show(request, f"upload/{template}", title, status=status, limits=limits(), **context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = HandInForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            upload = uploading.hand_in(
                cast("User", request.user), given["key"], form.pasted, given["attached"]
            )
            return redirect("admin:timeline_upload_change", upload.pk)
        return self._page(
            request,
            "add.html",
            "Add article",
            form=form,
            most_bytes=settings.UPLOAD_MEGABYTES * MEGABYTE,
            most_files=settings.UPLOAD_FILES,
        )

    def _may_events(self, request: HttpRequest) -> bool:
        return cast("User", request.user).has_perm("timeline.add_event") and self._may(request)

    def events_view(self, request: HttpRequest) -> HttpResponse:
        """A file of events is handed in; it is looked through before it is stored."""
        if not self._may_events(request):
            raise PermissionDenied
        form = EventsForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                upload = uploading.hand_in_events(
                    cast("User", request.user),
                    given["key"],
                    given["attached"],
                    given["collection"],
                    given["kind"],
                )
                return redirect("admin:timeline_upload_change", upload.pk)
            except Unreadable as error:
                form.add_error("attached", f"{error.reason} {error.mend}")
        most = settings.UPLOAD_MEGABYTES * MEGABYTE
        return self._page(request, "events.html", "Import events", form=form, most_bytes=most, most_files=1)

    def refused(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The refused rows of a file of events as a file, to be mended and handed in again."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = get_object_or_404(Upload, pk=pk)
        file = uploading.brought(upload)
        if file is None:
            messages.warning(request, "No file is kept of it: nothing was refused.")
            return redirect("admin:timeline_upload_change", upload.pk)
        out = StringIO(newline="")
        rows = RefusedRows(out, file.format)
        for verdict in file.look(likes=0):
            rows.add(verdict)
        rows.close()
        if not out.getvalue():
            messages.warning(request, "No row of it can be mended by itself: mend the file, and import that.")
            return redirect("admin:timeline_upload_change", upload.pk)
        name = f"{slugify(upload.collection) or 'events'}-refused{ending(file.format)}"
        headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""}
        kind = "application/json" if ending(file.format) == ".json" else "text/csv; charset=utf-8"
        return HttpResponse(out.getvalue(), content_type=kind, headers=headers)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        upload = self.get_object(request, object_id)
        if upload is None:
            raise Http404
        if upload.is_of_events and not self._may_events(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._move(request, upload)
        return self._show(request, upload)

    def _move(self, request: HttpRequest, upload: Upload) -> HttpResponse:
        """Take the upload on, as the button that was pressed says, from where its page has shown it."""
        is_as_shown = request.POST.get("turn") == str(upload.turn)
        match request.POST.get("do") if is_as_shown else None, upload.state:
            case "read", Upload.State.CHECKING:
                forms_of = self._check_forms(upload, request.POST)
                if not forms_of.is_valid():
                    return self._show(request, upload, forms_of)
                with transaction.atomic():
                    forms_of.save()
                    moved = uploading.read(upload)
                    if not moved:  # nothing may change under what is being read
                        transaction.set_rollback(True)
            case "correct", Upload.State.READ:
                moved = uploading.back_to_checking(upload)
            case "save", Upload.State.READ:
                moved = uploading.save(upload)
                if moved:
                    what = "events" if upload.is_of_events else "articles"
                    self.log_change(request, upload, f"Had its {what} stored.")
            case "again", _:
                moved = uploading.try_again(upload)
            case _:
                moved = False
        if not moved:
            messages.warning(request, "That has been done already. This is how it stands now.")
        return redirect("admin:timeline_upload_change", upload.pk)

    def _check_forms(self, upload: Upload, data: Any = None) -> Any:
        articles = upload.articles.filter(reason="", outcome="").select_related("same", "like")
        return CheckForms(data, queryset=articles, prefix="article")

    def _show(self, request: HttpRequest, upload: Upload, forms_of: Any = None) -> HttpResponse:
        failed = upload.articles.exclude(reason="")
        context: dict[str, Any] = {"upload": upload, "failed": failed}
        if upload.problem:
            return self._page(request, "failed.html", "It didn’t work", **context)
        if upload.is_busy:
            uploading.look_after()
            uploading.wake()
            return self._page(request, "progress.html", upload.get_state_display(), **context, **told(upload))
        if upload.is_of_events:
            return self._show_events(request, upload)
        if upload.state == Upload.State.CHECKING:
            forms_of = forms_of or self._check_forms(upload)
            return self._page(request, "check.html", "Check what was found", forms=forms_of, **context)
        if upload.state == Upload.State.READ:
            articles = upload.articles.filter(reason="").select_related("same", "like")
            chosen = articles.exclude(action=uploading.Action.LEAVE)
            full = chosen.count() <= IN_FULL
            looks = [look_at(article) for article in chosen] if full else []
            return self._page(
                request,
                "look.html",
                "Look at what was read",
                looks=looks,
                chosen=chosen if full else chosen.defer("text"),
                left=articles.filter(action=uploading.Action.LEAVE).defer("text"),
                **context,
            )
        return self._page(request, "stored.html", "Stored", results=list(_results(upload)), **context)

    def _show_events(self, request: HttpRequest, upload: Upload) -> HttpResponse:
        """The verdicts on the rows, before they are stored or after."""
        if upload.state == Upload.State.STORED:
            imported = upload.imported
            tally = imported.verdicts if imported else {}
            return self._page(
                request, "events_stored.html", "Stored", upload=upload, imported=imported,
                tally=_tally(tally), gone=tally.get("gone", 0), refused=tally.get("refused", 0),
            )  # fmt: skip
        tally = upload.preview.get("tally", {})
        rows = upload.preview.get("rows", [])
        return self._page(
            request, "events_look.html", "Look through the rows", upload=upload, rows=rows,
            tally=_tally(tally), wanted=tally.get("new", 0) + tally.get("changed", 0),
            refused=tally.get("refused", 0), more=sum(tally.values()) - len(rows),
        )  # fmt: skip

    def article(self, request: HttpRequest, pk: int, article: int) -> HttpResponse:
        """One article of many, as the machine reads it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(
            UploadedArticle.objects.select_related("upload", "same", "like"),
            pk=article,
            upload=pk,
            upload__state=Upload.State.READ,
        )
        return self._page(request, "article.html", row.headline, upload=row.upload, look=look_at(row))

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, for the page that shows it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = get_object_or_404(Upload, pk=pk)
        uploading.look_after()
        return JsonResponse({"state": upload.state, "busy": upload.is_busy, **told(upload)})


def told(upload: Upload) -> dict[str, Any]:
    """How far a task is, in words and numbers."""
    if uploading.is_waiting(upload):
        words = "It waits for its turn."
        if settings.TIMELINE_TASKS == "worker":
            words += " If that lasts, see that `manage.py db_worker` is running."
    elif upload.total:
        unit = "files" if upload.state == Upload.State.OPENING else "articles"
        unit = "rows" if upload.is_of_events else unit
        words = f"{upload.done} of {upload.total} {unit}."
    else:
        words = f"{upload.done} rows so far." if upload.is_of_events and upload.done else "It has begun."
    return {"words": words, "done": upload.done, "total": upload.total}


def _tally(counts: dict[str, Any]) -> list[tuple[str, int]]:
    """(verdict, number of rows) of each verdict that was given."""
    return [(str(outcome), counts[outcome]) for outcome in storing.Outcome if counts.get(outcome)]


def _results(upload: Upload) -> Iterable[dict[str, Any]]:
    articles = list(upload.articles.exclude(outcome="").select_related("source"))
    mentions = Mention.objects.filter(source__in=[article.source_id for article in articles])
    events: dict[int, dict[int, dict[str, Any]]] = {}
    for mention in mentions.select_related("event").order_by("start", "pk"):
        told_of = events.setdefault(mention.source_id, {})
        told_of.setdefault(mention.event_id, {"event": mention.event, "because": mention.merge_reason})
    for article in articles:
        yield {
            "article": article,
            "outcome": OUTCOMES[article.outcome],
            "events": list(events.get(article.source_id or 0, {}).values()),
        }


OUTCOMES: dict[str, str] = {
    loading.Outcome.NEW: "Stored",
    loading.Outcome.CHANGED: "Stored in place of the earlier text",
    loading.Outcome.UNCHANGED: "Stored already; nothing was changed",
    loading.Outcome.FAILED: "Not stored",
}
