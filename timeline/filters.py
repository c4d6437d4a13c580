"""What a query string asks for: the one place that knows its parameters.

Choosing events: `kind`, `country`, `status`, `review`, `disputed`, `actor`, `source` (each may be given
several times; the last two are ids), `from`, `to` (a year, month or day) and `text`.
Showing them: `group` (kind, country or actor), `order` (date, -date or rank), `page` and `event` (an id).

Every filter says twice what it chooses: as a queryset, for whoever goes through the events row by row, and
as a mask over `columns.Columns`, for counting and paging any number of them. A test holds the one against
the other.
"""

# django-filter comes without types.
# mypy: allow-untyped-calls

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Self

import numpy as np
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import cached_property
from django_countries import countries
from django_filters.filters import CharFilter, Filter
from django_filters.filterset import FilterSet
from numpy.typing import NDArray

from timeline import columns, edtf_dates, search
from timeline.columns import Columns, Mask
from timeline.models import Actor, Event, EventQuerySet, Kind, Mention, Participation, Review, Source, Status

Edge = Literal["earliest", "latest"]
FEW = 50_000  # rows, which are sorted faster than picked from all rows in time
MOST_CHOSEN = 50  # values of one parameter


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
    """The filters as a reader fills them in."""

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if first and last and first > last:
            self.add_error("to", "The window ends before it begins.")
        return self.cleaned_data


class ChoicesField(forms.MultipleChoiceField):
    """Several choices; one left blank in the address is none."""

    def __deepcopy__(self, memo: Any) -> Self:
        # For each request's form; what is offered isn't copied with it, for nothing changes that.
        return forms.Field.__deepcopy__(self, memo)

    def to_python(self, value: Any) -> list[str]:
        return [choice for choice in dict.fromkeys(super().to_python(value)) if choice]


class KeysField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Several rows by their ids; one left blank in the address is none."""

    def clean(self, value: Any) -> Any:
        written = [one for one in dict.fromkeys(value or ()) if one]
        if not written:
            return []
        if len(written) > MOST_CHOSEN:
            raise ValidationError(f"Choose at most {MOST_CHOSEN}.", code="too_many")
        if not all(one.isascii() and one.isdigit() and len(one) < 19 for one in written):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        keys = list(dict.fromkeys(self.meant(str(int(one)) for one in written)))
        found = {str(row.pk): row for row in super().clean(keys)}
        return [found[key] for key in keys]

    def meant(self, keys: Iterable[str]) -> Iterable[str]:
        """The rows that are meant by those that are asked for."""
        return keys


class ActorsField(KeysField):
    """Several actors: one that was merged into another means that, in addresses that were kept too."""

    def meant(self, keys: Iterable[str]) -> Iterable[str]:
        asked = list(keys)
        away = Actor.objects.filter(pk__in=asked, merged_into__isnull=False).select_related("merged_into")
        roots = {str(actor.pk): str(actor.root.pk) for actor in away}
        return [roots.get(key, key) for key in asked]


class AnyOf(Filter):
    """Events whose field has one of the chosen values; none chosen, no filter."""

    field_class: type[forms.Field] = ChoicesField

    def __init__(self, label: str, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(
            lookup_expr="in",
            label=label,
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": "Choose from those offered."},
            **kwargs,
        )

    def __deepcopy__(self, memo: Any) -> Self:
        # For each request's set of filters; the field of 250 countries is made once.
        self.field  # noqa: B018
        return copy(self)

    def mask(self, known: Columns, value: Sequence[str]) -> Mask:
        codes = columns.CODES[self.field_name]
        chosen = np.zeros(len(codes), dtype=bool)
        chosen[[codes[one] for one in value]] = True
        mask: Mask = chosen[getattr(known, self.field_name)]
        return mask


class TrueOrFalse(AnyOf):
    """Events of which something is true, or is not."""

    def filter(self, qs: EventQuerySet, value: Sequence[str]) -> EventQuerySet:
        chosen: EventQuerySet = super().filter(qs, [one == "true" for one in value])
        return chosen

    def mask(self, known: Columns, value: Sequence[str]) -> Mask:
        held: Mask = getattr(known, self.field_name)
        return np.isin(held, [one == "true" for one in value])


class HavingTo(Filter):
    """Events that have to do with one of some rows of another table: actors, or sources."""

    field_class: type[forms.Field] = KeysField

    def __init__(self, label: str, queryset: Any, **kwargs: Any) -> None:
        super().__init__(
            label=label,
            queryset=queryset,
            error_messages={"invalid_choice": f"There is no such {label.lower()}."},
            **kwargs,
        )

    @property
    def field(self) -> forms.Field:
        """Offers what readers may see, asked for anew each time: no name of anything else gets out."""
        field: Any = super().field
        field.queryset = self.extra["queryset"].public()
        return field  # type: ignore[no-any-return]

    def filter(self, qs: EventQuerySet, value: Sequence[Any]) -> EventQuerySet:
        if not value:
            return qs
        between: Any = Participation if self.field_name == "actor" else Mention
        return qs.filter(pk__in=between.objects.filter(**{f"{self.field_name}__in": value}).values("event"))

    def mask(self, known: Columns, value: Sequence[Any]) -> Mask:
        rows, others = known.pairs(self.field_name)
        return known.mask(rows[np.isin(others, [one.pk for one in value])])


class TakenPartIn(HavingTo):
    """Events that one of some actors takes part in."""

    field_class = ActorsField


class WindowEdge(Filter):
    """Events that can have happened on this side of a day."""

    field_class: type[forms.Field] = EdgeField

    def filter(self, qs: EventQuerySet, value: date | None) -> EventQuerySet:
        return qs.in_window(value, None) if self.field_name == "from" else qs.in_window(None, value)

    def mask(self, known: Columns, value: date) -> Mask:
        day = value.toordinal()
        dated = (known.first > 0) | (known.last > 0)
        if self.field_name == "from":
            mask: Mask = dated & ((known.last >= day) | (known.last == 0))
        else:
            mask = dated & (known.first <= day)
        return mask


class Words(CharFilter):
    """Events told of with all these words."""

    def filter(self, qs: EventQuerySet, value: str) -> EventQuerySet:
        query = search.parse(value)
        return qs.filter(pk__in=search.keys(query)) if query else qs


class EventFilter(FilterSet):
    """The filters; with any one of them in error, nothing is filtered."""

    kind = AnyOf("Kind", Kind.choices)
    status = AnyOf("Status", Status.choices)
    country = AnyOf("Country", list(countries))
    review = AnyOf("Review", [(value, label) for value, label in Review.choices if value != Review.REJECTED])
    disputed = TrueOrFalse("Disputed", [("true", "Disputed"), ("false", "Not disputed")])
    actor = TakenPartIn("Actor", Actor.objects.all())
    source = HavingTo("Source", Source.objects.defer("text"))
    text = Words(
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
            "from": WindowEdge(field_name="from", label="From", edge="earliest"),
            "to": WindowEdge(field_name="to", label="To", edge="latest"),
        }
        return {**super().get_filters(), **edges}

    def filter_queryset(self, queryset: EventQuerySet) -> EventQuerySet:
        return queryset if self.errors else super().filter_queryset(queryset)

    def masks(self, known: Columns) -> dict[str, Mask]:
        """What each filter in force chooses, alone, but for `text`; nothing where one is in error."""
        if self.errors:
            return {}
        values = self.form.cleaned_data
        return {
            name: one.mask(known, values[name])
            for name, one in self.filters.items()
            if values[name] and name != "text"
        }


class ViewForm(forms.Form):
    """How the chosen events are shown."""

    DEFAULTS = {"group": "kind", "page": 1, "event": None}

    group = forms.ChoiceField(
        label="Lanes by",
        required=False,
        choices=[("kind", "Kind"), ("country", "Country"), ("actor", "Actor")],
        error_messages={"invalid_choice": "Choose from those offered."},
    )
    order = forms.ChoiceField(
        label="List",
        required=False,
        choices=[
            ("", "Usual order"),
            ("date", "Oldest first"),
            ("-date", "Newest first"),
            ("rank", "Best match first"),
        ],
        error_messages={"invalid_choice": "Choose from those offered."},
    )
    page = forms.IntegerField(min_value=1, max_value=1_000_000, required=False)
    event = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def value_of(self, name: str) -> Any:
        """The value asked for, or the default where there is none or it is not valid."""
        self.errors  # noqa: B018  (asking for the errors validates)
        return self.cleaned_data.get(name) or self.DEFAULTS.get(name)


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

    def __init__(self, query: QueryDict, only: Mapping[str, int] | None = None) -> None:
        """`only` names a row that all events have to do with, whatever the query says: `{"actor": 12}`."""
        self.only = dict(only or {})
        query = query.copy()
        for name in self.only:  # what such a page leads to has one of either name
            query.pop(name, None)
        self.query = query
        self.filters = EventFilter(query, queryset=Event.objects.public())
        self.view = ViewForm(query)

    def only_with(self, name: str, key: int) -> "Selection":
        """The same choice among the events that have to do with one row: `only_with("actor", 12)`."""
        other = copy(self)
        for cached in ("events", "masks", "_chosen", "_numbers", "rows", "dated", "listed"):
            vars(other).pop(cached, None)
        other.only = {**self.only, name: key}
        return other

    def unknown(self, *own: str) -> list[Problem]:
        """Parameters that are neither known here nor `own`: misspelt, they would let everything out."""
        known = {*self.filters.form.fields, *self.view.fields, *own}
        return [
            Problem(name, name, "There is no such parameter.") for name in self.query if name not in known
        ]

    # Row by row

    @cached_property
    def events(self) -> EventQuerySet:
        """The chosen events, in time; all public ones where a filter is in error."""
        chosen: EventQuerySet = self.filters.qs
        for name, key in self.only.items():
            chosen = self.filters.filters[name].filter(chosen, [key])
        return chosen.chronological()

    # By the columns

    @cached_property
    def columns(self) -> Columns:
        return columns.current()

    @cached_property
    def masks(self) -> dict[str, Mask]:
        """What is chosen by each filter in force, and by being public, which no reader can drop."""
        known = self.columns
        masks = {"public": known.public, **self.filters.masks(known)}
        if self.words:
            masks["text"] = known.mask(self._found_rows)
        for name, key in self.only.items():
            masks[f"only {name}"] = known.with_(name, key)
        return masks

    @cached_property
    def _chosen(self) -> dict[tuple[str, ...], Mask]:
        """What was chosen already, by the names of the masks: most facets ask for the same."""
        return {}

    @cached_property
    def _numbers(self) -> dict[tuple[str, ...], NDArray[np.intp]]:
        return {}

    def _left(self, but: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in self.masks if name not in but)

    def chosen(self, *, but: Sequence[str] = ()) -> Mask:
        """The rows that all filters choose, those named in `but` left out; not to be written to."""
        names = self._left(but)
        if names not in self._chosen:
            first, *others = (self.masks[name] for name in names)
            chosen = first.copy() if others else first
            for mask in others:
                chosen &= mask
            self._chosen[names] = chosen
        return self._chosen[names]

    def numbers(self, *, but: Sequence[str] = ()) -> NDArray[np.intp]:
        """The same as numbers of rows, by which columns are read faster."""
        names = self._left(but)
        if names not in self._numbers:
            self._numbers[names] = np.flatnonzero(self.chosen(but=but))
        return self._numbers[names]

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        """The rows of the chosen events in time, the undated last."""
        known = self.columns
        if len(self.masks) == 1:
            return known.order
        rows = self.numbers().astype(np.int32)
        if len(rows) > FEW:
            return known.order[self.chosen()[known.order]]
        days = known.days(rows)
        return rows[np.argsort(np.where(days > 0, days, columns.UNDATED), kind="stable")]

    @cached_property
    def dated(self) -> NDArray[np.int32]:
        """Those of the rows whose events can be drawn."""
        return self.rows[self.columns.days(self.rows) > 0]

    @cached_property
    def listed(self) -> NDArray[np.int64]:
        """The ids of the chosen events in the order of the list."""
        known, rows = self.columns, self.rows
        if self.order == "rank":
            found = self._found_rows
            if len(found) <= search.MOST_RANKED:
                return known.pk[found[self.chosen()[found]]]
        if self.order != "date":
            dated = known.days(rows) > 0
            rows = np.concatenate([rows[dated][::-1], rows[~dated][::-1]])
        return known.pk[rows]

    @cached_property
    def words(self) -> search.Query | None:
        """What is looked for in the texts, if anything."""
        return None if self.filters.errors else search.parse(self.filters.form.cleaned_data["text"])

    @cached_property
    def found(self) -> NDArray[np.int64]:
        """The ids of all events with the words that are looked for, the best first if they can be ranked."""
        return search.find(self.words) if self.words else np.empty(0, np.int64)

    @cached_property
    def _found_rows(self) -> NDArray[np.int64]:
        return self.columns.rows_of(self.found)

    @property
    def group(self) -> str:
        return str(self.view.value_of("group"))

    @property
    def order(self) -> str:
        """`date`, `-date` or, where words are looked for and nothing else is asked, `rank`."""
        asked = self.view.value_of("order")
        if asked == "rank" and not self.words:
            return "date"
        return str(asked or ("rank" if self.words else "date"))

    @property
    def page(self) -> int:
        return int(self.view.value_of("page"))

    @property
    def event(self) -> int | None:
        """The id of the event that is looked at beside the timeline."""
        key: int | None = self.view.value_of("event")
        return key

    @cached_property
    def window(self) -> tuple[date | None, date | None]:
        """First and last day asked for; None where that side is open."""
        if self.filters.errors:
            return None, None
        return self.filters.form.cleaned_data["from"], self.filters.form.cleaned_data["to"]

    # In words

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
            for value in self._values(name)
            if value.strip() and not (name == "group" and value == "kind")
        ]

    def _values(self, name: str) -> Iterable[str]:
        field = self.filters.form.fields.get(name)
        if isinstance(field, KeysField):
            return [str(row.pk) for row in self.filters.form.cleaned_data[name]]
        if isinstance(field, ChoicesField):
            return dict.fromkeys(self.query.getlist(name))
        return [self.query.get(name, "")]

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
        if isinstance(field, KeysField):
            return next(str(one) for one in self.filters.form.cleaned_data[name] if str(one.pk) == value)
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
