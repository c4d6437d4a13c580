"""An event's fields beside the words that they were read from, and where its passages disagree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django_countries import countries

from timeline import edtf_dates
from timeline.models import Event, Kind, Mention, Status


@dataclass(frozen=True)
class Words:
    """Words of a source behind a field."""

    text: str
    mention: Mention


@dataclass(frozen=True)
class Reading:
    """A value that some passages give for a field."""

    value: str
    mentions: list[Mention]


@dataclass(frozen=True)
class Field:
    """One fact of the event: its value, the words behind it, and who reads otherwise.

    `others` holds the readings that contradict the event's own value.
    """

    name: str
    label: str
    value: str
    words: list[Words]
    others: list[Reading]
    locked: bool


def date_in_words(value: str) -> str:
    """A mention's date as a reader would say it; as it stands where it can't be read."""
    try:
        return edtf_dates.in_words(value)
    except edtf_dates.InvalidDate:
        return value


def _differ(one: Any, other: Any) -> bool:
    return bool(one != other)


def _dates_differ(one: str, other: str) -> bool:
    """Two dates that can both be true don't contradict each other; nor does no date."""
    try:
        return bool(one and other) and not edtf_dates.overlap(one, other)
    except edtf_dates.InvalidDate:
        return True


def _countries_differ(one: Any, other: Any) -> bool:
    return bool(str(one) and str(other) and str(one) != str(other))


@dataclass(frozen=True)
class _Rule:
    label: str
    in_words: Callable[[Any], str]
    differ: Callable[[Any, Any], bool]


RULES = {
    "kind": _Rule("Kind", lambda value: str(Kind(value).label), _differ),
    "date": _Rule("Date", date_in_words, _dates_differ),
    "status": _Rule("Status", lambda value: str(Status(value).label), _differ),
    "country": _Rule("Country", lambda value: countries.name(str(value)) or "unknown", _countries_differ),
    "disputed": _Rule("Disputed", lambda value: "Yes" if value else "No", _differ),
}


def fields(event: Event, mentions: Sequence[Mention]) -> list[Field]:
    """The event's facts. Each mention must come with its source's text."""
    return [
        Field(
            name=name,
            label=rule.label,
            value=rule.in_words(getattr(event, name)),
            words=_words(name, mentions),
            others=_others(name, rule, event, mentions),
            locked=name in event.locked_fields,
        )
        for name, rule in RULES.items()
    ]


def _words(name: str, mentions: Sequence[Mention]) -> list[Words]:
    """The words of each mention behind a field, each wording of one source once."""
    found: dict[tuple[int, str], Words] = {}
    for mention in mentions:
        text = words_at(mention.source.text, mention.spans.get(name))
        if text:
            found.setdefault((mention.source_id, text), Words(text, mention))
    return list(found.values())


def words_at(text: str, span: Any) -> str:
    """The words at a stored span `[start, end]`; none where it isn't one of this text."""
    match span:
        case [int(start), int(end)] if 0 <= start < end <= len(text):
            return text[start:end]
    return ""


def _others(name: str, rule: _Rule, event: Event, mentions: Sequence[Mention]) -> list[Reading]:
    """Readings of current passages that contradict the event's value."""
    readings: dict[str, list[Mention]] = {}
    for mention in mentions:
        value = getattr(mention, name)
        if mention.standing == Mention.Standing.CURRENT and rule.differ(value, getattr(event, name)):
            readings.setdefault(rule.in_words(value), []).append(mention)
    return [Reading(value, told) for value, told in readings.items()]


def counts_in_words(counts: Any) -> list[str]:
    """Numbers of people as a reader would say them: `800 detained`, `over 35,000 detained`."""
    told = []
    for count in counts if isinstance(counts, list) else ():
        match count:
            case {"what": str(what), "minimum": int() | None as low, "maximum": int() | None as high}:
                told.append(f"{_number(low, high)} {what}")
    return [line for line in told if not line.startswith("?")]


def _number(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"{low:,}" if low == high else f"{low:,} to {high:,}"
    if low is not None:
        return f"at least {low:,}"
    return f"up to {high:,}" if high is not None else "?"
