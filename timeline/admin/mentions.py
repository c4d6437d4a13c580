"""The passages: which event each tells of, and those that a curator found."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.
# ruff: noqa: ARG002

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from timeline.admin.base import DatedForm, Kept
from timeline.admin.markup import change_link, in_context
from timeline.models import Event, Mention, Review, surroundings
from timeline.resolving import refresh

READING = ("kind", "title", "date", "status", "disputed", "country", "cited")


class NewMentionForm(forms.ModelForm):
    """A passage that a curator has found: the words themselves, or the place where they stand."""

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

    class Meta:
        model = Mention
        fields = ["source", "event", "quote", "start", "end", "cited"]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        source, event = given.get("source"), given.get("event")
        if not source or not event or self.errors:
            return given
        if source.replaced_by_id:
            raise ValidationError(
                {"source": "This text has been replaced. Choose the article’s current one."}
            )
        quote = given["quote"].replace("\r\n", "\n")
        start, end = place(source.text, quote, given["start"], given["end"])
        given |= {"start": start, "end": end, "quote": source.text[start:end]}
        mention = self.instance
        mention.prefix, mention.suffix = surroundings(source.text, start, end)
        # The curator says that the passage tells of this event: it is taken to say what the event says.
        for name in READING:
            if name != "cited":
                setattr(mention, name, getattr(event, name))
        span = [start, end]
        mention.counts = [{**count, "span": span} for count in event.counts]
        mention.participants = [
            {
                "name": part.actor.name,
                "role": part.role,
                "kind": part.actor.kind,
                "country": str(part.actor.country.code or ""),
                "span": span,
            }
            for part in event.participations.select_related("actor")
        ]
        mention.placed_by_hand = True
        return given

    def _post_clean(self) -> None:
        # Without a place there is no passage that the model could check.
        if not self.errors:
            super()._post_clean()  # type: ignore[misc]  # Django documents it; its stubs do not


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

    def clean(self) -> dict[str, Any]:
        given = cast("dict[str, Any]", super().clean())
        mention, event = self.instance, given.get("event")
        passage = Q(source=mention.source_id, start=mention.start, end=mention.end)
        if event and event.mentions.filter(passage).exclude(pk=mention.pk).exists():
            raise ValidationError({"event": "That event has this passage already."})
        return given


@admin.register(Mention)
class MentionAdmin(Kept):
    """Passages. They can be moved between events and added, never altered."""

    form = MentionForm
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
            kwargs["form"] = NewMentionForm
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Mention | None = None) -> list[str]:
        if obj is None:
            return []
        return [*self.fixed, *READING] if obj.extractor else self.fixed

    def get_fieldsets(self, request: HttpRequest, obj: Mention | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": NewMentionForm.Meta.fields})]
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

    def save_model(self, request: HttpRequest, obj: Mention, form: Any, change: Any) -> None:
        moved = change and "event" in form.changed_data
        if moved:
            obj.placed_by_hand, obj.merge_reason = True, ""
        super().save_model(request, obj, form, change)
        if not (change and form.changed_data):
            return
        left = Event.objects.get(pk=form.initial["event"])
        for event in [left, obj.event] if moved else [obj.event]:
            refresh(event)
        if moved and not left.mentions.exists():
            self._settle(request, left)

    def _settle(self, request: HttpRequest, left: Event) -> None:
        """Take an event without any evidence from the readers, unless a curator has decided about it."""
        # Another curator may have decided since it was read.
        left = Event.objects.select_for_update().get(pk=left.pk)
        words = "{} has no passage left. Reject it if nothing else speaks for it."
        if not left.is_curated:
            left.review = Review.REJECTED
            left.save(update_fields=["review", "updated_at"])
            self.log_change(request, left, [{"changed": {"fields": ["Review"]}}])
            words = "{} has no passage left, so it is now rejected."
        self.message_user(request, format_html(words, change_link(left, left.title)), messages.WARNING)
