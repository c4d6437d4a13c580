"""What a query string asks for: the one place that knows its parameters.

Choosing events: `kind`, `country`, `status`, `review` (each may be given several times), `actor`, `source`
(by id), `disputed` (true or false), `from`, `to` (a year, month or day) and `text`.
Showing them: `group` (kind, country or actor), `order` (date or -date) and `page`.
"""

# django-filter comes without types.
# mypy: allow-untyped-calls

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.choices import CallableChoiceIterator
from django.utils.functional import cached_property
from django_countries import countries
from django_filters.filters import CharFilter, Filter
from django_filters.filterset import FilterSet

from timeline import edtf_dates
from timeline.models import Actor, Event, EventQuerySet, Kind, Mention, Participation, Review, Source, Status

MAX_WORDS = 8
OFFERED = 50
ANY = ("", "Any")
Edge = Literal["earliest", "latest"]


class EdgeField(forms.CharField):
    """One edge of a window, written as a year, month or day: its first or its last day."""

    def __init__(self, *, edge: Edge, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)
        self.edge: Edge = edge
        self.widget.attrs |= {"placeholder": "such as 2020-08", "autocomplete": "off"}

    def clean(self, value: Any) -> date | None:
        written = super().clean(value)
        if not written:
            return None
        try:
            if "/" in written or not written.isascii():
                raise edtf_dates.InvalidDate(written)
            edge: date | None = getattr(edtf_dates.bounds(written), self.edge)
        except edtf_dates.InvalidDate as error:
            raise ValidationError(
                "Write a year, a month or a day: 2020, 2020-08 or 2020-08-09.", code="invalid"
            ) from error
        return edge


class FilterForm(forms.Form):
    """The filters as a reader fills them in.

    Any country, actor or source is accepted; those that a reader would look for are offered.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked for when the form is shown, once; the data of the chart is had without.
        self._offer("country", lambda: self._countries)
        self._offer("actor", lambda: self._actors)
        self._offer("source", lambda: self._sources)

    def _offer(self, name: str, choices: Callable[[], list[tuple[Any, str]]]) -> None:
        self.fields[name].widget.choices = CallableChoiceIterator(choices)

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if first and last and first > last:
            self.add_error("to", "The window ends before it begins.")
        return self.cleaned_data

    @cached_property
    def _countries(self) -> list[tuple[Any, str]]:
        present = Event.objects.public().order_by().values_list("country", flat=True).distinct()
        codes = {*present, *self.cleaned_data.get("country", ())} - {""}
        return sorted(((code, countries.name(code)) for code in codes), key=lambda choice: choice[1])

    @cached_property
    def _actors(self) -> list[tuple[Any, str]]:
        busiest = Actor.objects.annotate(parts=Count("participations")).filter(parts__gt=0)
        return self._with_chosen("actor", busiest.order_by("-parts", "name")[:OFFERED])

    @cached_property
    def _sources(self) -> list[tuple[Any, str]]:
        return self._with_chosen("source", Source.objects.current().defer("text")[:OFFERED])

    def _with_chosen(self, name: str, offered: Iterable[Any]) -> list[tuple[Any, str]]:
        chosen = self.cleaned_data.get(name)
        rows = {*offered, *([chosen] if chosen else [])}
        return [ANY, *((row.pk, str(row)) for row in sorted(rows, key=str))]


class ChoicesField(forms.MultipleChoiceField):
    """Several choices; one left blank in the address is none."""

    def to_python(self, value: Any) -> list[str]:
        return [choice for choice in dict.fromkeys(super().to_python(value)) if choice]


class AnyOf(Filter):
    """Events whose field has one of the chosen values; none chosen, no filter."""

    field_class: type[forms.Field] = ChoicesField

    def __init__(self, label: str, choices: list[tuple[str, str]]) -> None:
        super().__init__(
            lookup_expr="in",
            label=label,
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": "Choose from those offered."},
        )


class ById(Filter):
    """Events that have to do with one row of another table."""

    field_class: type[forms.Field] = forms.ModelChoiceField


class YesOrNo(Filter):
    """Events of which something is true, or is not."""

    field_class: type[forms.Field] = forms.TypedChoiceField


class WindowEdge(Filter):
    """Events that can have happened on this side of a day."""

    field_class: type[forms.Field] = EdgeField


class EventFilter(FilterSet):
    """The filters; with any one of them in error, nothing is filtered."""

    kind = AnyOf("Kind", Kind.choices)
    country = AnyOf("Country", list(countries))
    status = AnyOf("Status", Status.choices)
    review = AnyOf("Review", [(value, label) for value, label in Review.choices if value != Review.REJECTED])
    disputed = YesOrNo(
        label="Disputed",
        choices=[ANY, ("true", "Disputed"), ("false", "Not disputed")],
        coerce={"true": True, "false": False}.get,
        error_messages={"invalid_choice": "Choose from those offered."},
    )
    actor = ById(
        label="Actor",
        method="with_actor",
        queryset=Actor.objects.all(),
        error_messages={"invalid_choice": "There is no such actor."},
    )
    source = ById(
        label="Source",
        method="told_by",
        queryset=Source.objects.defer("text"),
        error_messages={"invalid_choice": "There is no such source."},
    )
    text = CharFilter(
        method="containing",
        max_length=200,
        label="Words",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    class Meta:
        model = Event
        fields: list[str] = []
        form = FilterForm

    @classmethod
    def get_filters(cls) -> dict[str, Filter]:
        # Added here because `from` can't be an attribute's name.
        edges = {
            "from": WindowEdge(method="since", label="From", edge="earliest"),
            "to": WindowEdge(method="until", label="To", edge="latest"),
        }
        return {**super().get_filters(), **edges}

    def filter_queryset(self, queryset: EventQuerySet) -> EventQuerySet:
        return queryset if self.errors else super().filter_queryset(queryset)

    @staticmethod
    def since(events: EventQuerySet, _name: str, first: date) -> EventQuerySet:
        return events.in_window(first, None)

    @staticmethod
    def until(events: EventQuerySet, _name: str, last: date) -> EventQuerySet:
        return events.in_window(None, last)

    @staticmethod
    def with_actor(events: EventQuerySet, _name: str, actor: Actor) -> EventQuerySet:
        return events.filter(pk__in=Participation.objects.filter(actor=actor).values("event"))

    @staticmethod
    def told_by(events: EventQuerySet, _name: str, source: Source) -> EventQuerySet:
        return events.filter(pk__in=Mention.objects.filter(source=source).values("event"))

    @staticmethod
    def containing(events: EventQuerySet, _name: str, text: str) -> EventQuerySet:
        """Every word must stand in the title, in a quote or in a source's headline."""
        for word in text.split()[:MAX_WORDS]:
            told = Mention.objects.filter(event=OuterRef("pk")).filter(
                Q(quote__icontains=word) | Q(source__headline__icontains=word)
            )
            events = events.filter(Q(title__icontains=word) | Exists(told))
        return events


class ViewForm(forms.Form):
    """How the chosen events are shown."""

    DEFAULTS = {"group": "kind", "order": "date", "page": 1}

    group = forms.ChoiceField(
        label="Lanes by",
        required=False,
        choices=[("kind", "Kind"), ("country", "Country"), ("actor", "Actor")],
        error_messages={"invalid_choice": "Choose from those offered."},
    )
    order = forms.ChoiceField(
        label="List",
        required=False,
        choices=[("date", "Oldest first"), ("-date", "Newest first")],
        error_messages={"invalid_choice": "Choose from those offered."},
    )
    page = forms.IntegerField(min_value=1, max_value=1_000_000, required=False)

    def value_of(self, name: str) -> Any:
        """The value asked for, or the default where there is none or it is not valid."""
        self.errors  # noqa: B018  (asking for the errors validates)
        return self.cleaned_data.get(name) or self.DEFAULTS[name]


@dataclass(frozen=True)
class Problem:
    """Something in the query string that can't be taken as it is."""

    name: str
    label: str
    message: str


@dataclass(frozen=True)
class Chip:
    """One filter in force, and the parameters without it."""

    label: str
    without: QueryDict


class Selection:
    """The events that a query string chooses, and how they are to be shown."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        self.filters = EventFilter(query, queryset=Event.objects.public())
        self.view = ViewForm(query)

    @cached_property
    def events(self) -> EventQuerySet:
        """The chosen events, in time; all public ones where a filter is in error."""
        chosen: EventQuerySet = self.filters.qs
        return chosen.chronological()

    @property
    def listed(self) -> EventQuerySet:
        """The chosen events in the order asked for, undated last either way."""
        return self.events.chronological(newest_first=self.view.value_of("order") == "-date")

    @property
    def group(self) -> str:
        return str(self.view.value_of("group"))

    @property
    def page(self) -> int:
        return int(self.view.value_of("page"))

    @cached_property
    def window(self) -> tuple[date | None, date | None]:
        """First and last day asked for; None where that side is open."""
        if self.filters.errors:
            return None, None
        return self.filters.form.cleaned_data["from"], self.filters.form.cleaned_data["to"]

    @cached_property
    def problems(self) -> list[Problem]:
        """What is wrong with the query string, in the form's order."""
        return [
            Problem(name, str(form[name].label), str(message))
            for form in (self.filters.form, self.view)
            for name, messages in form.errors.items()
            for message in messages
        ]

    @cached_property
    def parameters(self) -> QueryDict:
        """The parameters in force, in one order whatever order they came in; none that is in error."""
        return _query_dict(self._in_force)

    @cached_property
    def _in_force(self) -> list[tuple[str, str]]:
        names = [] if self.filters.errors else list(self.filters.form.fields)
        names += [name for name in ("group", "order") if name not in self.view.errors]
        return [
            (name, value.strip())
            for name in names
            for value in (
                dict.fromkeys(self.query.getlist(name))
                if isinstance(self.filters.form.fields.get(name), forms.MultipleChoiceField)
                else [self.query.get(name, "")]
            )
            if value.strip() and value != ViewForm.DEFAULTS.get(name)
        ]

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters in force in words, each with the way to drop it."""
        return [
            Chip(
                self._in_words(name, value),
                _query_dict([other for other in self._in_force if other != (name, value)]),
            )
            for name, value in self._in_force
            if name in self.filters.form.fields
        ]

    def _in_words(self, name: str, value: str) -> str:
        field = self.filters.form.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            return str(self.filters.form.cleaned_data[name])
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
        if isinstance(field, EdgeField):
            return f"{field.label.lower() if field.label else name} {edtf_dates.in_words(value)}"
        return f"“{value}”"


def _query_dict(parameters: list[tuple[str, str]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in parameters:
        query.appendlist(name, value)
    return query
