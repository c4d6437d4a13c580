"""The events, their fields, and their locks."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.
# ruff: noqa: ARG002

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django_countries.filters import CountryFilter

from timeline.admin.base import Choosing, DatedForm, Kept, passages_of
from timeline.admin.fields import HOW_TO_COUNT, JSONList, validate_counts
from timeline.admin.markup import change_link, listed
from timeline.admin.quality import Reporting
from timeline.models import Event, Mention, Participation, Review
from timeline.resolving import refresh


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
class EventAdmin(Reporting, Kept):
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
            refresh(event)

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
