"""Lists that a person types: numbers of people as JSON, and names one a line."""

import json
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
            read = super().to_python(value)
            _encodable(read)
        except (RecursionError, ValueError) as error:
            raise ValidationError(self.error_messages["invalid"], "invalid", {"value": value}) from error
        return read

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            read = super().bound_data(data, initial)
            _encodable(read)
        except (RecursionError, ValueError):
            return InvalidJSONInput(data)
        return read


def _encodable(read: Any) -> None:
    """ValueError where an escape such as \\ud800 stands for half a character: no page could show it again."""
    json.dumps(read, ensure_ascii=False).encode()


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


class NamesField(forms.CharField):
    """Names, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})
    longest = 200

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]  # a list of what Django has as one
        lines = value if isinstance(value, list) else str(value or "").splitlines()
        return [name for name in dict.fromkeys(" ".join(line.split()) for line in lines) if name]

    def validate(self, value: Any) -> None:
        super().validate(value)
        for name in value:
            if len(name) > self.longest:
                raise ValidationError(f"“{name[:40]}…” is longer than {self.longest} characters.")
            if not name.isprintable():
                raise ValidationError(f"“{name}” has characters that can’t be seen. Type it anew.")
