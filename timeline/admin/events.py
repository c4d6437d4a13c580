"""The events, their fields, and their locks."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.
# ruff: noqa: ARG002

from collections.abc import Iterator, Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm as BaseActionForm
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django_countries.filters import CountryFilter

from timeline.admin.base import Choosing, DatedForm, Kept, passages_of
from timeline.admin.deciding import REASON, deciding, reason_field, what_it_is_now
from timeline.admin.fields import HOW_TO_COUNT, JSONList, validate_counts
from timeline.admin.locks import held_by_hand, machine_says, newer
from timeline.admin.markup import change_link, listed
from timeline.admin.merging import Merging, split_link
from timeline.admin.quality import Reporting
from timeline.admin.review import ReviewQueue
from timeline.admin.wording import LABELS
from timeline.curating import Conflict, Unsuitable, add, correct, hold, keep, review, standing, token
from timeline.models import Actor, Event, Mention, Participation, Review

TOGETHER = 1000
# Events at once: nobody else can write meanwhile. Each that is kept is a decision of its own.
MOST_REVIEWED, MOST_KEPT = 20_000, 200


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


LOCK = "unlock_"


class EventForm(DatedForm):
    """An event, why it is changed, and beside each field that is set by hand the way to give it back."""

    by: User | None = None  # who fills it in

    counts = JSONList(
        required=False, validators=[validate_counts], help_text=f"How many people. {HOW_TO_COUNT}."
    )
    reason = reason_field()
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    unlock_kind = forms.BooleanField(required=False)
    unlock_title = forms.BooleanField(required=False)
    unlock_date = forms.BooleanField(required=False)
    unlock_status = forms.BooleanField(required=False)
    unlock_disputed = forms.BooleanField(required=False)
    unlock_country = forms.BooleanField(required=False)
    unlock_counts = forms.BooleanField(required=False)
    unlock_participants = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        event = self.instance
        self.fields["seen"].initial = token(event) if event.pk else ""
        says = machine_says(event) if event.pk else {}
        for name in Event.READ_FIELDS:
            if name not in says:
                self.fields.pop(LOCK + name, None)
            elif lock := self.fields.get(LOCK + name):
                is_locked = name in event.locked_fields
                to_do = "Give back to the machine" if is_locked else "Take what is read now"
                lock.label = f"{to_do}: {LABELS[name].lower()}"
                lock.help_text = (held_by_hand if is_locked else newer)(says[name])

    def clean_counts(self) -> list[Any]:
        return self.cleaned_data["counts"] or []

    def clean(self) -> dict[str, Any]:
        """Refuse what was written over an older state: what only looks changed would be locked too.

        The event is held from here on, so that nobody comes in between.
        """
        given = cast("dict[str, Any]", super().clean())
        if self.instance.pk:
            try:
                hold([self.instance], {self.instance.pk: given.get("seen", "")}, by=self.by)
            except Conflict as error:
                raise ValidationError(str(error)) from error
        return given

    @property
    def unlocked(self) -> list[str]:
        """The fields to give back."""
        return [name for name in Event.READ_FIELDS if self.cleaned_data.get(LOCK + name)]

    @property
    def corrected(self) -> dict[str, Any]:
        """The fields that were given another value."""
        names = [*Event.READ_FIELDS, "summary"]
        return {name: self.cleaned_data[name] for name in names if name in self.changed_data}


class ActionForm(BaseActionForm):
    """What to do with the chosen events, and why."""

    reason = forms.CharField(
        label="Reason:", required=False, max_length=REASON, widget=forms.TextInput(attrs={"size": 30})
    )


@admin.register(Event)
class EventAdmin(ReviewQueue, Merging, Reporting, Kept):
    """Events. What is changed here is locked against reloads until the lock is taken off."""

    form = EventForm
    action_form = ActionForm
    change_form_template = "admin/timeline/event/change_form.html"
    inlines = [ParticipationInline]
    list_display = [
        "title", "when", "kind", "status", "country", "disputed", "review", "passages_told", "set_by_hand",
        "page",
    ]  # fmt: skip
    list_filter = [
        "review", "has_news", LockedFilter, EvidenceFilter, "kind", "status", "disputed",
        ("country", CountryFilter),
    ]  # fmt: skip
    search_fields = ["title", "summary", "participations__actor__name"]
    date_hierarchy = "earliest"
    actions = ["confirm", "reject", "back_to_unreviewed", "keep_as_confirmed", "merge_chosen"]
    readonly_fields = ["passages", "set_by_hand", "locks", "created_at", "updated_at"]
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
                "fields": ["review", "summary", "reason"],
                "description": "Events can’t be deleted, because the next load would bring them back. "
                "Reject one, and readers see it no more; it stays rejected.",
            },
        ),
    ]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """The page of an import leads to its events."""
        return lookup == "origin__imported__exact" or super().lookup_allowed(lookup, value, request)

    def get_fieldsets(self, request: HttpRequest, obj: Event | None = None) -> Any:
        fieldsets: list[Any] = [*super().get_fieldsets(request, obj)]
        if obj is None:
            return fieldsets
        if not self.has_change_permission(request, obj):
            locks = ["locks"] if obj.locked_fields or obj.has_news else []
            plain = (None, {"fields": fieldsets[0][1]["fields"]})
            curators = ("Curators", {"fields": ["review", "summary", *locks]})
            return [plain, curators, *_at_the_end("", "set_by_hand")]
        name, options = fieldsets[0]
        offered = machine_says(obj)
        beside = [(one, LOCK + one) if one in offered else one for one in options["fields"]]
        fieldsets[0] = name, {**options, "fields": beside}
        may_split = request.user.has_perm("timeline.change_mention")
        fieldsets += _at_the_end(split_link(obj) if may_split else "", "set_by_hand", "seen")
        if "participants" in offered:
            fieldsets.append(("Who took part", {"fields": [f"{LOCK}participants"]}))
        return fieldsets

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """What was merged into another event is for looking at, until the merge is undone."""
        merged = obj is not None and obj.merged_into_id is not None
        return not merged and super().has_change_permission(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        try:
            if request.method == "POST" and object_id and self.has_change_permission(request):
                # It may have been merged while it was open.
                for event in filter(None, [self.get_object(request, object_id)]):
                    standing(event)
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Unsuitable as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj: Event | None = kwargs.get("obj")
        if obj:
            context |= what_it_is_now(request, obj)
        return super().render_change_form(request, context, *args, **kwargs)

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

    @admin.display(description="locks")
    def locks(self, event: Event) -> SafeString:
        """For those who may only look, in one place."""
        said = machine_says(event)
        return format_html_join("", "<p>{}. {}</p>", ((LABELS[name], words) for name, words in said.items()))

    @admin.display(description="in context")
    def passages(self, event: Event) -> SafeString:
        mentions = event.mentions.select_related("source").defer("source__text")
        return listed((mention, change_link(mention.source, str(mention.source))) for mention in mentions)

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: Any) -> None:
        """Nothing yet: fields and participants are one decision."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        for formset in formsets:
            formset.save(commit=False)  # for the log; what it would write is written below
        event, given = cast("Event", form.instance), form.cleaned_data
        decided = deciding(request, given["reason"])
        parts = _parts(formsets)
        if not change:
            add(event, parts=parts or (), **decided)
            return
        verdict = Review(given["review"]) if "review" in form.changed_data else None
        if form.corrected or form.unlocked or parts is not None or verdict:
            correct(
                event,
                form.corrected,
                parts=parts,
                unlock=form.unlocked,
                verdict=verdict,
                seen=given["seen"],
                **decided,
            )

    @admin.action(description="Confirm the chosen events", permissions=["change"])
    def confirm(self, request: HttpRequest, events: QuerySet[Event]) -> None:
        self._review(request, events, Review.CONFIRMED)

    @admin.action(description="Reject the chosen events: readers see them no more", permissions=["change"])
    def reject(self, request: HttpRequest, events: QuerySet[Event]) -> None:
        self._review(request, events, Review.REJECTED)

    @admin.action(description="Put the chosen events back to unreviewed", permissions=["change"])
    def back_to_unreviewed(self, request: HttpRequest, events: QuerySet[Event]) -> None:
        self._review(request, events, Review.UNREVIEWED)

    @admin.action(
        description="Keep the chosen events as they were confirmed, whatever is read now",
        permissions=["change"],
    )
    def keep_as_confirmed(self, request: HttpRequest, events: QuerySet[Event]) -> None:
        news = events.filter(has_news=True)
        if self._too_many(request, news.count(), MOST_KEPT):
            return
        try:
            with transaction.atomic():
                chosen = [keep(event, **deciding(request)) for event in news]
        except Unsuitable as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        words = "event is" if len(chosen) == 1 else "events are"
        self.message_user(request, f"{len(chosen)} {words} kept as confirmed.", messages.SUCCESS)

    def _review(self, request: HttpRequest, events: QuerySet[Event], verdict: Review) -> None:
        keys = list(events.exclude(review=verdict).order_by("pk").values_list("pk", flat=True))
        if self._too_many(request, len(keys), MOST_REVIEWED):
            return
        try:
            with transaction.atomic():
                number = sum(self._review_some(request, chosen, verdict) for chosen in batches(keys))
        except Unsuitable as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        plural = "event is" if number == 1 else "events are"
        self.message_user(request, f"{number} {plural} now {verdict.label.lower()}.", messages.SUCCESS)

    def _too_many(self, request: HttpRequest, number: int, most: int) -> bool:
        """Whether these are more than one request may decide about, which is then told."""
        if number > most:
            words = f"These are {number:,} events. At most {most:,} can be decided at once: choose fewer."
            self.message_user(request, words, messages.ERROR)
        return number > most

    def _review_some(self, request: HttpRequest, keys: Sequence[int], verdict: Review) -> int:
        chosen = list(Event.objects.filter(pk__in=keys))
        changed = review(chosen, verdict, **deciding(request))
        if changed:
            told = [{"changed": {"fields": ["Review"]}}]
            by = cast("User", request.user)
            LogEntry.objects.log_actions(by.pk, cast("QuerySet[Event]", changed), CHANGE, told)
        return len(changed)


def batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many as one decision is about at most, so that it can be undone while somebody waits."""
    return (keys[start : start + TOGETHER] for start in range(0, len(keys), TOGETHER))


def _at_the_end(about_passages: str, *shown: str) -> list[Any]:
    return [
        ("Passages", {"fields": ["passages"], "description": about_passages}),
        ("History", {"fields": ["created_at", "updated_at", *shown]}),
    ]


def _parts(formsets: Any) -> list[tuple[Actor, str]] | None:
    """Who takes part by the form; None where that wasn't changed."""
    for formset in formsets:
        if formset.model is Participation and formset.has_changed():
            kept = [one.cleaned_data for one in formset.forms if one not in formset.deleted_forms]
            return [(given["actor"], given["role"]) for given in kept if given]
    return None
