"""An event's fields beside the words that they were read from, and where its passages disagree."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django_countries import countries

from timeline import edtf_dates
from timeline.models import Event, Kind, Mention, Source, Status


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

    `inferred` says what the value was concluded from where no mention’s own words give it; `others` holds
    the readings that contradict the event's own value.
    """

    name: str
    label: str
    value: str
    words: list[Words]
    inferred: str
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


# What the extractor's rules go by where no words give the value; by field and rule.
INFERRED = {
    ("date", "publication"): "the day of publication, for the text gives no other",
    ("date", "heading"): "the heading that it stands under",
    ("date", "paragraph"): "the date told before it",
    ("country", "paragraph"): "the country told of before it",
    ("country", "article"): "the country that the article is about",
}

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
            inferred=_inferred(name, mentions) if getattr(event, name) else "",
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


def _inferred(name: str, mentions: Sequence[Mention]) -> str:
    """From what the value was concluded, unless the words of a mention itself give it."""
    known = [
        INFERRED.get((name, str(mention.rules.get(name))), "")
        for mention in mentions
        if getattr(mention, name)
    ]
    return known[0] if known and all(known) else ""


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


@dataclass(frozen=True)
class Said:
    """What one source gives for a field: a value, its words where they are known, and their place.

    `differs` where it contradicts the event's own value.
    """

    value: str
    words: str
    address: str
    differs: bool


@dataclass(frozen=True)
class Comparison:
    """One field of the event, and for each source in turn all that it says of it."""

    label: str
    value: str
    cells: list[list[Said]]


def compare(event: Event, told: Sequence[tuple[Source, Sequence[Mention]]]) -> list[Comparison]:
    """Field by field what each source says, by those of its passages that still stand.

    Each mention must come with its source's text. Fields that nobody says anything of are left out.
    """
    current = [
        [mention for mention in mentions if mention.standing == Mention.Standing.CURRENT]
        for _, mentions in told
    ]
    rows = [
        Comparison(
            rule.label,
            rule.in_words(getattr(event, name)),
            [_once(_read(event, name, rule, mention) for mention in mentions) for mentions in current],
        )
        for name, rule in RULES.items()
    ]
    people = "; ".join(count.value for count in counts(event, []))
    names = ", ".join(str(part.actor) for part in event.participations.all())
    rows += [
        Comparison("People", people, [_once(_people(event, mentions)) for mentions in current]),
        Comparison("Who", names, [_once(_who(mentions)) for mentions in current]),
    ]
    return [row for row in rows if any(row.cells)]


def _read(event: Event, name: str, rule: _Rule, mention: Mention) -> Said | None:
    """What a mention gives for a field; None for a date or a country that it leaves open."""
    value = getattr(mention, name)
    if name in ("date", "country") and not value:
        return None
    differs = rule.differ(value, getattr(event, name))
    return _said_at(mention, rule.in_words(value), mention.spans.get(name), differs=differs)


def _people(event: Event, mentions: Sequence[Mention]) -> Iterator[Said | None]:
    """The numbers that passages give; one differs where the event has others for the same thing."""
    stored = event.counts if isinstance(event.counts, list) else []
    known = [count for count in stored if _count_in_words(count)]
    for mention in mentions:
        for count in mention.counts:
            if value := _count_in_words(count):
                like = [one for one in known if one["what"] == count["what"]]
                differs = bool(like) and not any(_same_count(one, count) for one in like)
                yield _said_at(mention, value, count.get("span"), differs=differs)


def _who(mentions: Sequence[Mention]) -> Iterator[Said | None]:
    """The names that passages give; that one source names fewer than another contradicts nothing."""
    for mention in mentions:
        for entry in mention.participants:
            if isinstance(entry, dict) and entry.get("name"):
                yield _said_at(mention, str(entry["name"]), entry.get("span"), differs=False)


def _said_at(mention: Mention, value: str, span: Any, *, differs: bool) -> Said:
    """A value with the place of its words, else of the whole passage."""
    words = words_at(mention.source.text, span)
    start, end = span if words else (mention.start, mention.end)
    return Said(value, words, mention.source.address_of(start, end), differs)


def _once(said: Iterable[Said | None]) -> list[Said]:
    """Each value once, from the first passage that gives it."""
    found: dict[str, Said] = {}
    for one in said:
        if one:
            found.setdefault(one.value, one)
    return list(found.values())


@dataclass(frozen=True)
class Told:
    """Something said of the event, and the words that say it."""

    value: Any
    words: list[Words]


def counts(event: Event, mentions: Sequence[Mention]) -> list[Told]:
    """Numbers of people as a reader would say them, such as `at least 35,000 detained`."""
    stored = event.counts if isinstance(event.counts, list) else ()
    said = ((_count_in_words(count), count) for count in stored)
    return [Told(value, _said(mentions, "counts", _same_count, count)) for value, count in said if value]


def participants(event: Event, mentions: Sequence[Mention]) -> list[Told]:
    """The event's participations, each with the words that name the actor."""
    return [
        Told(part, _said(mentions, "participants", _names, {"names": [part.actor.name, *part.actor.aliases]}))
        for part in event.participations.all()
    ]


def _said(
    mentions: Sequence[Mention], field: str, same: Callable[[Any, Any], bool], wanted: dict[str, Any]
) -> list[Words]:
    """The words of the first entry of each source's passages that says the same."""
    found: dict[int, Words] = {}
    for mention in mentions:
        for entry in getattr(mention, field):
            if isinstance(entry, dict) and same(entry, wanted):
                text = words_at(mention.source.text, entry.get("span"))
                if text:
                    found.setdefault(mention.source_id, Words(text, mention))
    return list(found.values())


def _same_count(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one.get(name) == other.get(name) for name in ("what", "minimum", "maximum"))


def _names(entry: dict[str, Any], actor: dict[str, Any]) -> bool:
    """Whether an entry has one of the actor's names; a surname in one passage is the full name of another."""
    told = _words_of(entry.get("name", ""))
    return any(told <= name or name <= told for name in map(_words_of, actor["names"]) if told and name)


def _words_of(name: object) -> set[str]:
    return set(str(name).casefold().split())


def _count_in_words(count: Any) -> str:
    match count:
        case {"what": str(what), "minimum": int() | None as low, "maximum": int() | None as high}:
            number = _number(low, high)
            return f"{number} {what}" if number else ""
    return ""


def _number(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"{low:,}" if low == high else f"{low:,} to {high:,}"
    if low is not None:
        return f"at least {low:,}"
    return f"up to {high:,}" if high is not None else ""
