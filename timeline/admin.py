"""Where curators correct the machine. What they set by hand is locked: no reload undoes it.

Events, passages and sources can't be deleted here, because the next load would bring them back: an event is
rejected instead, a passage is moved to another event. Sources are changed by changing their files.
"""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.
# ruff: noqa: ARG002

import re
from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import BaseModelAdmin, IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django_countries.filters import CountryFilter

from timeline import resolving
from timeline.models import Actor, Event, Mention, Participation, Review, Source, surroundings, validate_edtf

admin.site.site_header = admin.site.site_title = "Political event timeline"
admin.site.index_title = "Curators’ room"

COUNTED = ("detained", "killed", "injured", "fled", "sentenced", "attended")
READING = ("kind", "title", "date", "status", "disputed", "country", "cited")
HOW_TO_COUNT = 'Write a JSON list such as [{"what": "detained", "minimum": 800, "maximum": null}]'


class JSONList(forms.JSONField):
    """JSON that a person types: what can't be read is an error of the form, however deep or long it is."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (RecursionError, ValueError) as error:
            raise ValidationError(self.error_messages["invalid"], "invalid", {"value": value}) from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except (RecursionError, ValueError):
            return InvalidJSONInput(data)


def validate_counts(counts: Any) -> None:
    """Refuse what isn't a list of numbers of people, and say which entry is wrong and how."""
    if not isinstance(counts, list):
        raise ValidationError(f"{HOW_TO_COUNT}.")
    for number, count in enumerate(counts, 1):
        if problem := _wrong_with(count):
            raise ValidationError(f"Entry {number}: {problem}. {HOW_TO_COUNT}.")


def _wrong_with(count: Any) -> str:
    if not isinstance(count, dict) or set(count) != {"what", "minimum", "maximum"}:
        return "it must have “what”, “minimum” and “maximum” and nothing else"
    if count["what"] not in COUNTED:
        return f"“what” must be one of {', '.join(COUNTED)}"
    least, most = count["minimum"], count["maximum"]
    if any(type(edge) is not int or edge < 0 for edge in (least, most) if edge is not None):
        return "“minimum” and “maximum” must be whole numbers, or null where no limit is told"
    if least is None and most is None:
        return "one of “minimum” and “maximum” must be a number"
    if least is not None and most is not None and least > most:
        return "“minimum” is above “maximum”"
    return ""


def validate_names(names: Any) -> None:
    """Refuse what isn't a list of names."""
    usable = isinstance(names, list) and all(isinstance(name, str) and name.isprintable() for name in names)
    if not usable:
        raise ValidationError('Write a JSON list of names, such as ["A. Person"].')


def refresh(events: Iterable[Event]) -> None:
    """Resolve events anew from their passages, but for what is locked."""
    for event in events:
        resolving.refresh(event)


def page_link(row: Source | Event | Actor | Mention) -> SafeString:
    return format_html('<a href="{}">Open</a>', row.get_absolute_url())


def change_link(row: Event | Mention | Source, words: str) -> SafeString:
    address = reverse(f"admin:timeline_{type(row).__name__.lower()}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, words)


def in_context(mention: Mention) -> SafeString:
    """The passage marked in the words around it, as a link to its place in the article."""
    return format_html(
        '<a href="{}">{}{}<mark>{}</mark>{}{}</a>',
        mention.get_absolute_url(),
        "…" if mention.prefix else "",
        mention.prefix,
        mention.quote,
        mention.suffix,
        "…" if mention.suffix else "",
    )


def listed(passages: Iterable[tuple[Mention, SafeString]]) -> SafeString:
    """Passages in context, each with a link to what it belongs to and one to itself."""
    return format_html_join(
        "",
        "<p>{}<br>{} · {} · {}</p>",
        (
            (
                in_context(mention),
                owner,
                mention.get_standing_display(),
                change_link(mention, "the passage itself"),
            )
            for mention, owner in passages
        ),
    )


def passages_of(field: str) -> Coalesce:
    """How many passages a row has, counted for the rows shown and no others."""
    counted = Mention.objects.filter(**{field: OuterRef("pk")}).order_by().values(field)
    return Coalesce(Subquery(counted.annotate(number=Count("pk")).values("number")), 0)


class KeptInTime(ChangeList):
    """A list that answers an impossible year in its address as it does any other bad address."""

    def get_filters(self, request: HttpRequest) -> Any:
        try:
            return super().get_filters(request)
        except (OverflowError, ValueError) as error:
            raise IncorrectLookupParameters(error) from error


class Chooser(AutocompleteSelect):
    """Django's widget, but a key that can't be one is shown as no choice instead of failing the page."""

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if re.fullmatch("[0-9]{1,18}", key)], attrs)


class Choosing(BaseModelAdmin):
    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = Chooser(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class CuratorAdmin(Choosing, admin.ModelAdmin):
    """What all the lists share."""

    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeptInTime

    @admin.display(description="page")
    def page(self, row: Source | Event | Actor | Mention) -> SafeString:
        return page_link(row)


class Kept(CuratorAdmin):
    """Rows that the next load would bring back can't be deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Source)
class SourceAdmin(Kept):
    """Articles, to be read only: they are loaded from files, and a load would undo what is changed here."""

    list_display = ["headline", "publisher", "published", "passages_told", "is_current", "page"]
    list_filter = [("replaced_by", admin.EmptyFieldListFilter)]
    search_fields = ["headline", "publisher", "path", "sha256__startswith"]
    date_hierarchy = "published"
    fieldsets = [
        (
            None,
            {
                "fields": ["headline", "publisher", "url", "published"],
                "description": "Articles can’t be changed here: their passages are cited by place. Change "
                "the file and load it again; this text is kept, marked as replaced.",
            },
        ),
        ("Text", {"fields": ["text", "sha256"]}),
        ("Passages", {"fields": ["passages"]}),
        ("Loading", {"fields": ["path", "loaded_at", "extractor", "replaced_by"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        sources: QuerySet[Source] = super().get_queryset(request).defer("text")
        return sources.annotate(number_told=passages_of("source"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="passages", ordering="number_told")
    def passages_told(self, source: Any) -> int:
        return int(source.number_told)

    @admin.display(description="current", boolean=True)
    def is_current(self, source: Source) -> bool:
        return source.replaced_by_id is None

    @admin.display(description="in context")
    def passages(self, source: Source) -> SafeString:
        mentions = source.mentions.select_related("event").order_by("start", "pk")
        return listed((mention, change_link(mention.event, str(mention.event))) for mention in mentions)


class LockedFilter(admin.SimpleListFilter):
    title = "set by hand"
    parameter_name = "locked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Some fields"), ("no", "No field")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "yes":
                return queryset.exclude(locked_fields=[])
            case "no":
                return queryset.filter(locked_fields=[])
        return queryset


class EvidenceFilter(admin.SimpleListFilter):
    title = "evidence"
    parameter_name = "evidence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("current", "Stands in a current text"), ("none", "No passage, or none that stands")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        standing = Exists(Mention.objects.filter(event=OuterRef("pk"), standing=Mention.Standing.CURRENT))
        match self.value():
            case "current":
                return queryset.filter(standing)
            case "none":
                return queryset.filter(~standing)
        return queryset


class ParticipationInline(Choosing, admin.TabularInline):
    model = Participation
    autocomplete_fields = ["actor"]
    extra = 0
    verbose_name_plural = "participants"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participation]:
        return super().get_queryset(request).select_related("actor")


class DatedForm(forms.ModelForm):
    """A form with a date that is refused before it gets into the row, which couldn't show itself with it."""

    def clean_date(self) -> str:
        value: str = self.cleaned_data["date"]
        validate_edtf(value)
        return value


class EventForm(DatedForm):
    """An event, and which of its locks to take off."""

    counts = JSONList(
        required=False, validators=[validate_counts], help_text=f"How many people. {HOW_TO_COUNT}."
    )
    unlock = forms.MultipleChoiceField(
        label="Give back to the machine",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Ticked fields are read from the passages again, now and at every load.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        event = self.instance
        self.fields["unlock"].choices = [(name, capfirst(name)) for name in event.locked_fields]  # type: ignore[attr-defined]
        self.fields["seen"].initial = event.updated_at.isoformat() if event.pk else ""

    def clean_counts(self) -> list[Any]:
        return self.cleaned_data["counts"] or []

    def clean(self) -> dict[str, Any]:
        """Refuse what was written over an older state: what only looks changed would be locked too."""
        given = cast("dict[str, Any]", super().clean())
        if self.instance.pk and "seen" in self.changed_data:
            raise ValidationError(
                "A load or another curator changed this event while you had it open. "
                "Open it again and repeat your change."
            )
        return given


@admin.register(Event)
class EventAdmin(Kept):
    """Events. What is changed here is locked against reloads until the lock is taken off."""

    form = EventForm
    inlines = [ParticipationInline]
    list_display = [
        "title", "when", "kind", "status", "country", "disputed", "review", "passages_told", "set_by_hand",
        "page",
    ]  # fmt: skip
    list_filter = [
        "review", LockedFilter, EvidenceFilter, "kind", "status", "disputed", ("country", CountryFilter),
    ]  # fmt: skip
    search_fields = ["title", "summary", "participations__actor__name"]
    date_hierarchy = "earliest"
    actions = ["confirm", "reject", "back_to_unreviewed"]
    readonly_fields = ["passages", "set_by_hand", "created_at", "updated_at"]
    fieldsets = [
        (
            None,
            {
                "fields": ["title", "kind", "date", "status", "disputed", "country", "counts"],
                "description": "What you change here is locked: no load of articles will ever undo it.",
            },
        ),
        (
            "Curators",
            {
                "fields": ["review", "summary"],
                "description": "Events can’t be deleted, because the next load would bring them back. "
                "Reject one, and readers see it no more; it stays rejected.",
            },
        ),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Event | None = None) -> Any:
        fieldsets: list[Any] = [*super().get_fieldsets(request, obj)]
        if obj:
            may_change = self.has_change_permission(request, obj)
            locks = ["set_by_hand", "unlock"] if may_change and obj.locked_fields else ["set_by_hand"]
            history = ["created_at", "updated_at", *(["seen"] if may_change else [])]
            fieldsets += [
                ("Set by hand", {"fields": locks}),
                ("Passages", {"fields": ["passages"]}),
                ("History", {"fields": history}),
            ]
        return fieldsets

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        events: QuerySet[Event] = super().get_queryset(request)
        return events.annotate(number_told=passages_of("event"))

    @admin.display(description="date", ordering="sort_date")
    def when(self, event: Event) -> str:
        return event.date_in_words

    @admin.display(description="passages", ordering="number_told")
    def passages_told(self, event: Any) -> int:
        return int(event.number_told)

    @admin.display(description="set by hand", empty_value="")
    def set_by_hand(self, event: Event) -> str:
        return ", ".join(event.locked_fields)

    @admin.display(description="in context")
    def passages(self, event: Event) -> SafeString:
        mentions = event.mentions.select_related("source").defer("source__text")
        return listed((mention, change_link(mention.source, str(mention.source))) for mention in mentions)

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: Any) -> None:
        given_back = form.cleaned_data.get("unlock", [])
        obj.locked_fields = [name for name in obj.locked_fields if name not in given_back]
        # An event that was made by hand is the curator's in every field.
        obj.lock(form.changed_data if change else Event.READ_FIELDS)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        event = cast("Event", form.instance)
        if any(formset.model is Participation and formset.has_changed() for formset in formsets):
            event.lock(["participants"])
            event.save(update_fields=["locked_fields", "updated_at"])
        if form.cleaned_data.get("unlock"):
            refresh([event])

    @admin.action(description="Confirm the chosen events", permissions=["change"])
    def confirm(self, request: HttpRequest, events: QuerySet[Event]) -> None:
        self._review(request, events, Review.CONFIRMED)

    @admin.action(description="Reject the chosen events: readers see them no more", permissions=["change"])
    def reject(self, request: HttpRequest, events: QuerySet[Event]) -> None:
        self._review(request, events, Review.REJECTED)

    @admin.action(description="Put the chosen events back to unreviewed", permissions=["change"])
    def back_to_unreviewed(self, request: HttpRequest, events: QuerySet[Event]) -> None:
        self._review(request, events, Review.UNREVIEWED)

    def _review(self, request: HttpRequest, events: QuerySet[Event], review: Review) -> None:
        with transaction.atomic():
            changed = list(events.exclude(review=review))
            events.exclude(review=review).update(review=review, updated_at=timezone.now())
            if changed:
                LogEntry.objects.log_actions(
                    cast("int", request.user.pk),
                    cast("QuerySet[Event]", changed),
                    CHANGE,
                    [{"changed": {"fields": ["Review"]}}],
                )
        plural = "event is" if len(changed) == 1 else "events are"
        self.message_user(request, f"{len(changed)} {plural} now {review.label.lower()}.", messages.SUCCESS)


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
        refresh([left, obj.event] if moved else [obj.event])
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


class ActorForm(forms.ModelForm):
    aliases = JSONList(
        required=False,
        validators=[validate_names],
        help_text='Other names that articles use: a JSON list such as ["A. Person"].',
    )

    def clean_aliases(self) -> list[str]:
        return self.cleaned_data["aliases"] or []


@admin.register(Actor)
class ActorAdmin(CuratorAdmin):
    form = ActorForm
    list_display = ["name", "kind", "country", "number_of_events", "page"]
    list_filter = ["kind", ("country", CountryFilter)]
    search_fields = ["name", "aliases"]
    fieldsets = [
        (
            None,
            {
                "fields": ["name", "kind", "country", "aliases"],
                "description": "An actor that takes part in an event can’t be deleted. If you change the "
                "name, the old one stays as an alias: articles that use it still mean this actor.",
            },
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Actor]:
        parts = Participation.objects.filter(actor=OuterRef("pk")).order_by().values("actor")
        number = Subquery(parts.annotate(number=Count("event", distinct=True)).values("number"))
        actors: QuerySet[Actor] = super().get_queryset(request)
        return actors.annotate(number_of_events=Coalesce(number, 0))

    def save_model(self, request: HttpRequest, obj: Actor, form: Any, change: Any) -> None:
        if change and "name" in form.changed_data:
            # Articles go on using the old name: without it the next load would make the actor anew.
            names = dict.fromkeys([*obj.aliases, form.initial["name"]])
            obj.aliases = [name for name in names if name != obj.name]
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Actor | None = None) -> bool:
        unused = obj is None or not obj.participations.exists()
        return unused and super().has_delete_permission(request, obj)

    @admin.display(description="events", ordering="number_of_events")
    def number_of_events(self, actor: Any) -> int:
        return int(actor.number_of_events)
