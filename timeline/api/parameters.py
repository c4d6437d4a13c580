"""The query string of the API: the filters of the timeline's page, and which page of what they choose.

What isn't known is refused, and so is what is given twice where one is meant: a program that misspells a
filter must not take all events for those that it asked for. `group` and `event` say how the timeline shows
what it has chosen; they are let pass, so that its addresses can be used as they are.
"""

# django-filter comes without types.
# mypy: allow-untyped-calls

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from timeline.api.paging import Cursor
from timeline.api.problems import BadParameters
from timeline.filters import MOST_CHOSEN, ChoicesField, EdgeField, EventFilter, KeysField, Selection

PASSED_OVER = ("group", "event")
OWN = ("page_size", "cursor", "format")  # never left blank, as what a form of the page sends may be
USUAL, MOST = 50, 500  # items of a page
DAY = r"^((?!0000)[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?)?$"
WORDS = r"^[^\u0000]*$"
ORDERS = {
    "date": "the earliest first, undated ones last",
    "-date": "the latest first, undated ones last",
    "changed": "what was changed longest ago first",
}


class FormatForm(forms.Form):
    """How an answer is written. What it may be is checked before, where that is decided."""

    format = forms.CharField(required=False)


class PageForm(FormatForm):
    """Which page of a list is asked for."""

    page_size = forms.RegexField(
        r"\A[1-9][0-9]{0,2}\Z",
        required=False,
        error_messages={"invalid": f"Write a whole number from 1 to {MOST}."},
    )
    # Declared last, so that it is cleaned when the order is known.
    cursor = forms.CharField(
        required=False,
        validators=[RegexValidator(Cursor.PATTERN, "This is no cursor. Follow “next” and “previous”.")],
    )

    def clean_page_size(self) -> int:
        size = int(self.cleaned_data["page_size"] or USUAL)
        if size > MOST:
            raise forms.ValidationError(f"Write a whole number from 1 to {MOST}.")
        return size

    def clean_cursor(self) -> Cursor | None:
        cursor = Cursor.read(self.cleaned_data["cursor"])
        order = self.cleaned_data.get("order") if "order" in self.fields else "id"
        if cursor and order and cursor.order != order:
            raise forms.ValidationError(f"This cursor is of another order than “{order}”.")
        return cursor


class EventPageForm(PageForm):
    """Which page of a list of events is asked for, and in what order they are."""

    order = forms.ChoiceField(
        required=False,
        choices=[(order, order) for order in ORDERS],
        error_messages={"invalid_choice": f"Choose from those offered: {', '.join(ORDERS)}."},
    )
    field_order = ["order"]

    def clean_order(self) -> str:
        return self.cleaned_data["order"] or "date"


def selection(query: QueryDict) -> tuple[Selection, dict[str, Any]]:
    """The events that are asked for, and which page of them: `order`, `page_size` and `cursor`."""
    chosen = Selection(query)
    form = EventPageForm(query)
    single = [name for name, field in chosen.filters.form.fields.items() if not _may_repeat(field)]
    repeated = [name for name in chosen.filters.form.fields if name not in single]
    errors = [*_unknown(query, [*single, *form.fields], repeated)]
    _refuse([*errors, *_of(chosen.filters.form), *_of(form)])
    return chosen, form.cleaned_data


def page(query: QueryDict) -> dict[str, Any]:
    """Which page of sources or actors is asked for: `page_size` and `cursor`."""
    form = PageForm(query)
    _refuse([*_unknown(query, form.fields), *_of(form)])
    return form.cleaned_data


def nothing(query: QueryDict) -> None:
    """Refuse all parameters but the format."""
    _refuse(_unknown(query, FormatForm.base_fields))


def _may_repeat(field: forms.Field) -> bool:
    return isinstance(field, ChoicesField | KeysField)


def _unknown(
    query: QueryDict, single: Iterable[str], repeated: Sequence[str] = ()
) -> Iterable[tuple[str, str]]:
    """What there isn't, and what is given more than once and may not be."""
    known = {*single, *repeated}
    passed_over = PASSED_OVER if repeated else ()
    for name, values in query.lists():
        if name not in known and name not in passed_over:
            yield name, f"There is no such parameter here; there are {', '.join(sorted(known))}."
        elif len(values) > 1 and name not in repeated:
            yield name, "Give it once."
        elif name in OWN and not values[0]:
            yield name, "Give it a value, or leave it out."


def _of(form: forms.Form) -> Iterable[tuple[str, str]]:
    for name, messages in form.errors.items():
        for message in messages:
            yield name, str(message)


def _refuse(errors: Iterable[tuple[str, str]]) -> None:
    if told := list(errors):
        raise BadParameters(told)


# As OpenAPI has them. What a form takes beyond a pattern, such as a year with a question mark, works too.

EXAMPLES: dict[str, Any] = {
    "kind": "protest",
    "status": "planned",
    "country": "BY",
    "review": "confirmed",
    "disputed": "true",
    "text": "march",
    "from": "2020-08",
    "to": "2021",
    "order": "-date",
    "page_size": 10,
    "format": "json",
}
MEANINGS = {
    "kind": "of a kind",
    "status": "of a status",
    "country": "in a country, by its two-letter code (ISO 3166-1)",
    "review": "that curators have confirmed, or not looked at",
    "disputed": "that are disputed, or not",
    "actor": "in which an actor takes part, by its id",
    "source": "that a source tells of, by its id",
    "text": "with all these words in the title, a passage or a source’s headline; in double quotes in a row",
    "from": "that can have happened on or after a year, month or day",
    "to": "that can have happened on or before a year, month or day",
}


def of_events() -> list[OpenApiParameter]:
    """The filters, then what says which page."""
    fields = EventFilter().form.fields
    order = "; ".join(f"{name}: {meaning}" for name, meaning in ORDERS.items())
    enum = {"type": "string", "enum": [*ORDERS, ""], "default": "date"}
    return [
        *(_parameter(name, _schema(field), _meaning(name, field)) for name, field in fields.items()),
        _parameter("order", enum, f"Events in order: {order}."),
        *of_pages(list(ORDERS)),
    ]


def of_pages(orders: Sequence[str] = ("id",)) -> list[OpenApiParameter]:
    """What says which page of a list, and how it is written."""
    size = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
    cursor = {"type": "string", "pattern": Cursor.PATTERN.replace("(-?[a-z]+)", f"({'|'.join(orders)})")}
    return [
        _parameter("page_size", size, "How many items a page has."),
        _parameter("cursor", cursor, "Where the page begins: follow “next” and “previous”."),
        *of_answers(),
    ]


def of_answers() -> list[OpenApiParameter]:
    """What every address takes."""
    enum = {"type": "string", "enum": ["json", "html"]}
    return [_parameter("format", enum, "Asks for JSON or a page, whatever Accept says.")]


def _parameter(name: str, schema: dict[str, Any], meaning: str) -> OpenApiParameter:
    example = EXAMPLES.get(name)
    value = [example] if schema["type"] == "array" else example
    examples = [OpenApiExample(name, value)] if example else []
    return OpenApiParameter(name, schema, description=meaning, examples=examples)


def _meaning(name: str, field: forms.Field) -> str:
    return f"Events {MEANINGS[name]}{'; can be repeated' if _may_repeat(field) else ''}."


def _schema(field: forms.Field) -> dict[str, Any]:
    if isinstance(field, EdgeField):
        return {"type": "string", "pattern": DAY}
    if isinstance(field, KeysField):
        ids = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
        return {"type": "array", "items": ids, "maxItems": MOST_CHOSEN}
    if isinstance(field, ChoicesField):
        choices = [value for value, _ in list(field.choices)]  # type: ignore[arg-type]
        return {"type": "array", "items": {"type": "string", "enum": [*choices, ""]}}
    return {"type": "string", "maxLength": field.max_length, "pattern": WORDS}  # type: ignore[attr-defined]
