"""Lists that a person types as JSON: numbers of people and names."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

COUNTED = ("detained", "killed", "injured", "fled", "sentenced", "attended")
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
