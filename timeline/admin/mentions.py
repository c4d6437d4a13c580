"""The passages: which event each tells of, and those that a curator found."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.
# ruff: noqa: ARG002

import re
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from timeline import curating
from timeline.admin.base import DatedForm, Kept
from timeline.admin.deciding import deciding, reason_field, undo_link
from timeline.admin.keys import is_key
from timeline.admin.markup import change_link, in_context
from timeline.admin.merging import OFFERED, likely_events
from timeline.curating import token
from timeline.extraction import titles
from timeline.history import last_decision
from timeline.models import Event, Kind, Mention, Review, Source, Status

READING = ("kind", "title", "date", "status", "disputed", "country", "cited")
WORDED = ("kind", "date", "status", "country")  # fields of which the words can be told
OF_EVENT = forms.fields_for_model(Event, ["date", "disputed", "country"])
NEW = "new"
OFFERED_OF_SOURCE = 30  # events
AROUND = 300  # characters on each side of words that are looked at


class NewMentionForm(forms.ModelForm):
    """A passage that a curator has found: the words themselves, or the place where they stand.

    It tells of an event that is there, or of one that is described along with it.
    """

    may_add_events = True  # whether the curator may

    quote = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="The words, copied from the article’s text. If empty, they are taken from the place below.",
    )
    start = forms.IntegerField(
        required=False,
        min_value=0,
        help_text="Where they begin, in characters of the text; needed if they stand there more than once.",
    )
    end = forms.IntegerField(
        required=False, min_value=1, help_text="Where they end; needed only without words."
    )
    belongs = forms.ChoiceField(
        label="Tells of", required=False, widget=forms.RadioSelect, help_text="Or choose another event below."
    )
    kind = forms.ChoiceField(required=False, choices=[("", "–"), *Kind.choices])
    title = forms.CharField(
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="If empty, it is made as the machine makes titles, of kind, words and country.",
    )
    date = OF_EVENT["date"]
    status = forms.ChoiceField(required=False, choices=Status.choices, initial=Status.OCCURRED)
    disputed = OF_EVENT["disputed"]
    country = OF_EVENT["country"]
    reason = reason_field()

    class Meta:
        model = Mention
        fields = ["source", "event", "quote", "start", "end", "cited"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in WORDED:
            self.fields[f"{name}_words"] = forms.CharField(
                label=f"Words of the {name}",
                required=False,
                widget=forms.TextInput(attrs={"class": "vTextField"}),
                help_text="As they stand within the passage. If empty, all of it is shown.",
            )
        self.fields["event"].required = False
        self.fields["event"].label = "Another event"
        self.fields["belongs"].choices = self._choices()  # type: ignore[attr-defined]

    def _choices(self) -> list[tuple[str, str]]:
        """The events of the same article and likely ones, the former first; and a new one."""
        known = self.data.get("source") if self.is_bound else self.initial.get("source")
        key = str(known) if is_key(str(known)) else "0"
        source = Source.objects.filter(pk=key).defer("text").first()
        offered: list[Event] = []
        if source:
            told = Event.objects.public().filter(mentions__in=source.mentions.standing_by()).distinct()
            offered = list(told.chronological()[:OFFERED_OF_SOURCE])
            countries = {str(event.country) for event in offered}
            offered += likely_events(None, source.published, countries)[:OFFERED]
        choices = [(str(event.pk), str(event)) for event in dict.fromkeys(offered)]
        new = [(NEW, "A new event, described below")] if self.may_add_events else []
        return [*choices, *new]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        source, belongs = given.get("source"), given.get("belongs")
        if belongs and belongs != NEW:
            given["event"] = Event.objects.get(pk=belongs)
        event = given.get("event")
        if not source or self.errors:
            return given
        if source.replaced_by_id:
            raise ValidationError(
                {"source": "This text has been replaced. Choose the article’s current one."}
            )
        if belongs != NEW and not event:
            new = ", or describe a new one" if self.may_add_events else ""
            raise ValidationError({"event": f"Choose the event that the passage tells of{new}."})
        quote = given["quote"].replace("\r\n", "\n")
        start, end = place(source.text, quote, given["start"], given["end"])
        given |= {"start": start, "end": end, "quote": source.text[start:end]}
        given["words"] = self._words(start, given["quote"])
        if belongs == NEW:
            given["event"] = None
            given["new"] = self._new(given)
        else:
            self._possible(given)
        return given

    def _words(self, start: int, quote: str) -> dict[str, list[int]]:
        """Where in the text the words behind a field stand, for those that were given."""
        words = {}
        for name in WORDED:
            if told := self.cleaned_data[f"{name}_words"]:
                at = quote.find(told)
                if at < 0:
                    raise ValidationError({f"{name}_words": "These words don’t stand within the passage."})
                words[name] = [start + at, start + at + len(told)]
        return words

    def _new(self, given: dict[str, Any]) -> Event:
        """The event that was described, checked; its title as the machine would make it if none was given."""
        if not given["kind"]:
            raise ValidationError({"kind": "Choose what kind of event it is."})
        title = given["title"] or titles.base(given["kind"], given["quote"], "", str(given["country"] or ""))
        event = Event(title=title, status=given["status"] or Status.OCCURRED)
        for name in ("kind", "date", "disputed", "country"):
            setattr(event, name, given[name])
        event.full_clean()
        return event

    def _possible(self, given: dict[str, Any]) -> None:
        event = given["event"].root
        given["event"] = event
        if event.review == Review.REJECTED:
            raise ValidationError({"event": "It is rejected. Put it back first, or choose another event."})
        there = event.mentions.standing_by().filter(
            source=given["source"], start=given["start"], end=given["end"]
        )
        if there.exists():
            raise ValidationError({"event": "That event has this passage already."})

    def _post_clean(self) -> None:
        """All is checked above; the row itself is made by `curating`."""


def place(text: str, quote: str, start: int | None, end: int | None) -> tuple[int, int]:
    """Where the words stand in the text; ValidationError where that isn't told or isn't so."""
    if not quote.strip():
        if start is None or end is None:
            raise ValidationError(
                {"quote": "Copy the words from the text, or give both their start and end."}
            )
        if not text[start:end].strip() or end > len(text):
            raise ValidationError({"end": f"There are no words at {start} to {end}."})
        return start, end
    if start is None:
        start = text.find(quote)
        if start < 0:
            raise ValidationError({"quote": "These words don’t stand in the text, letter by letter."})
        if text.find(quote, start + 1) >= 0:
            raise ValidationError({"start": "The words stand there more than once: say where they begin."})
    if text[start : start + len(quote)] != quote or end not in (None, start + len(quote)):
        raise ValidationError({"quote": "These are not the words at that place of the source’s text."})
    return start, start + len(quote)


class MentionForm(DatedForm):
    """A stored passage: it can be moved to another event; its words stay as they are."""

    reason = reason_field()
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = self.instance.event  # which the form takes out of the row
        self.fields["seen"].initial = token(self.left)

    def clean(self) -> dict[str, Any]:
        given = cast("dict[str, Any]", super().clean())
        mention, event = self.instance, given.get("event")
        if given.get("seen") and given["seen"] != token(self.left):
            raise ValidationError(
                "A load or another curator changed the passage’s event while you had it open. "
                "Open it again and repeat your change."
            )
        passage = Q(source=mention.source_id, start=mention.start, end=mention.end)
        if event and event.mentions.filter(passage).exclude(pk=mention.pk).exists():
            raise ValidationError({"event": "That event has this passage already."})
        if event and event.merged_into and event != self.left:
            raise ValidationError({"event": f"It was merged into “{event.root.title}”. Choose that instead."})
        return given


@admin.register(Mention)
class MentionAdmin(Kept):
    """Passages. They can be moved between events and added, never altered."""

    form = MentionForm
    add_form_template = "admin/timeline/mention/add_form.html"
    list_display = ["__str__", "event", "source", "kind", "status", "standing", "placed_by_hand", "page"]
    list_filter = ["standing", "placed_by_hand", "kind", "status"]
    list_select_related = ["event", "source"]
    search_fields = ["quote", "event__title", "source__headline"]
    date_hierarchy = "source__published"
    autocomplete_fields = ["source", "event"]
    # What the machine read, and what nobody may change.
    fixed = [
        "source", "context", "start", "end", "participants", "counts", "words", "rules", "extractor",
        "standing", "placed_by_hand", "merge_reason",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mention]:
        return super().get_queryset(request).select_related("event", "source").defer("source__text")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        if obj is None:
            may = request.user.has_perm("timeline.add_event")
            kwargs["form"] = type("NewMentionForm", (NewMentionForm,), {"may_add_events": may})
            # Of the fields some are the event's and some are made for the form.
            kwargs["fields"] = NewMentionForm.Meta.fields
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Mention | None = None) -> list[str]:
        if obj is None:
            return []
        return [*self.fixed, *READING] if obj.extractor else self.fixed

    def get_fieldsets(self, request: HttpRequest, obj: Mention | None = None) -> Any:
        if obj is None:
            new = ["kind", "title", "date", "status", "disputed", "country"]
            words = [f"{name}_words" for name in WORDED]
            may = request.user.has_perm("timeline.add_event")
            return [
                ("The words", {"fields": ["source", "quote", ("start", "end")]}),
                ("The event", {"fields": ["belongs", "event"]}),
                *([("If it is a new event", {"fields": new})] if may else []),
                ("Words behind each field", {"fields": words, "classes": ["collapse"]}),
                ("Who says so, and why it is added", {"fields": ["cited", "reason"]}),
            ]
        decided = [("Decision", {"fields": ["reason", "seen"]})]
        return [
            (
                None,
                {
                    "fields": ["context", "source", "event", "placed_by_hand", "merge_reason"],
                    "description": "A passage that tells of another event can be moved to it; no load moves "
                    "it back. Passages can’t be deleted: reject the event, or move the passage.",
                },
            ),
            (
                "What it says",
                {
                    "fields": [*READING, "participants", "counts"],
                    "description": "The machine’s own reading stays as it is; correct the event instead.",
                },
            ),
            ("Where it stands", {"fields": ["start", "end", "words", "rules", "standing", "extractor"]}),
            *(decided if self.has_change_permission(request, obj) else []),
        ]

    @admin.display(description="passage")
    def context(self, mention: Mention) -> SafeString:
        return in_context(mention)

    @admin.display(description="words behind each field", empty_value="")
    def words(self, mention: Mention) -> SafeString:
        text = mention.source.text
        return format_html_join(
            "", "{}: “{}”<br>", ((name, text[slice(*span)]) for name, span in mention.spans.items())
        )

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        extra = {**(extra_context or {}), "passage": _looked_at(request.GET)}
        return super().add_view(request, form_url, extra)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except curating.Unsuitable as error:  # between the form's own check and the decision
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Mention, form: Any, change: Any) -> None:
        given = form.cleaned_data
        decided = deciding(request, given["reason"])
        if not change:
            event = given.get("new") or given["event"]
            place_ = given["source"], given["start"], given["end"]
            made = curating.add_mention(*place_, event, cited=given["cited"], words=given["words"], **decided)
            obj.pk = made.pk
            obj.refresh_from_db()
            self._offer_undo(request, obj)
            return
        seen = given["seen"] or None
        said = {name: given[name] for name in READING if name in form.changed_data}
        if said:
            curating.correct_mention(obj, said, seen=seen, **decided)
            seen = None
        if "event" in form.changed_data:
            to, before = given["event"], form.left.review
            left = curating.move(obj, to, seen={form.left.pk: seen} if seen else None, **decided)
            self._tell(request, left, before)
        if said or "event" in form.changed_data:
            obj.refresh_from_db()
            self._offer_undo(request, obj)

    def _tell(self, request: HttpRequest, left: Event, before: str) -> None:
        """That the event which a passage left has none, and what came of it."""
        if left.mentions.standing_by().exists():
            return
        words = "{} has no passage left. Reject it if nothing else speaks for it."
        if left.review == Review.REJECTED != before:
            self.log_change(request, left, [{"changed": {"fields": ["Review"]}}])
            words = "{} has no passage left, so it is now rejected."
        self.message_user(request, format_html(words, change_link(left, left.title)), messages.WARNING)

    def _offer_undo(self, request: HttpRequest, mention: Mention) -> None:
        decision = last_decision(mention)
        if link := undo_link(request, decision):
            self.message_user(request, format_html("{}.{}", decision, link), messages.SUCCESS)


def _looked_at(asked: QueryDict) -> dict[str, Any] | None:
    """The words that an address names, marked in those around them."""
    numbers = [asked.get(name, "") for name in ("source", "start", "end")]
    if not all(re.fullmatch(r"[0-9]{1,9}", number) for number in numbers):
        return None
    key, start, end = map(int, numbers)
    source = Source.objects.filter(pk=key).first()
    if source is None or not start < end <= len(source.text):
        return None
    before, after = max(0, start - AROUND), end + AROUND
    return {
        "source": source,
        "before": f"{'…' if before else ''}{source.text[before:start]}",
        "words": source.text[start:end],
        "after": f"{source.text[end:after]}{'…' if after < len(source.text) else ''}",
        "address": source.address_of(start, end),
    }
