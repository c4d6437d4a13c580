"""What is stored of rows in the words of the admin's pages: a value, and what has become of it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from timeline import facts
from timeline.history import State, Table
from timeline.models import Actor, Event, Mention, Participation, Review, Version

NONE = "(none)"
LABELS = {
    "kind": "Kind",
    "title": "Title",
    "date": "Date",
    "status": "Status",
    "disputed": "Disputed",
    "country": "Country",
    "counts": "How many people",
    "participants": "Who took part",
    "review": "Review",
    "summary": "Summary",
    "locked_fields": "Set by hand",
    "merged_into_id": "Merged into",
    "event_id": "Tells of",
    "merged_from_id": "Told before a merge of",
    "placed_by_hand": "Placed by hand",
    "standing": "Standing",
    "cited": "Says",
    "name": "Name",
    "aliases": "Other names",
    "wikidata": "Wikidata id",
}
TEXTS = ("title", "summary", "name", "cited")
LONGEST = 6_000  # characters whose words are compared one by one
CHOICES = {
    "review": dict(Review.choices),
    "standing": dict(Mention.Standing.choices),
    "role": dict(Participation.Role.choices),
    "kind": dict(Actor.Kind.choices),
}


@dataclass(frozen=True)
class Difference:
    """A field's values at two times, in words, what went marked as deleted and what came as inserted."""

    name: str
    label: str
    before: SafeString
    after: SafeString


class Names:
    """The rows that states and versions speak of, fetched together, as links."""

    def __init__(self, told: Iterable[tuple[str, int | None, State | None]]) -> None:
        """Of each state: its table, its row, and the state itself."""
        keys: defaultdict[str, set[int]] = defaultdict(set)
        self.last: dict[tuple[str, int], State] = {}
        for table, row, state in told:
            if row is not None:
                keys[table].add(row)
                self.last[table, row] = state or self.last.get((table, row), {})
            for of, key in _spoken_of(table, state or {}):
                keys[of].add(key)
        self.events = Event.objects.in_bulk(keys[Table.EVENT])
        self.actors = Actor.objects.in_bulk(keys[Table.ACTOR])
        self.passages = Mention.objects.only("quote").in_bulk(keys[Table.MENTION])

    @classmethod
    def of(cls, versions: Iterable[Version]) -> "Names":
        return cls((v.table, v.row, state) for v in versions for state in (v.before, v.after))

    def link(self, table: str, row: int) -> SafeString:
        """The row as a link to its page; what is known of one that is gone."""
        found: dict[str, Mapping[int, Any]] = {
            Table.EVENT: self.events,
            Table.MENTION: self.passages,
            Table.ACTOR: self.actors,
        }
        if here := found[table].get(row):
            address = reverse(f"admin:timeline_{type(here).__name__.lower()}_change", args=[row])
            words = f"“{here}”" if table == Table.MENTION else str(here)
            return format_html('<a href="{}">{}</a>', address, words)
        state = self.last.get((table, row), {})
        words = state.get("title") or state.get("name") or f"{Table(table).label.lower()} {row}"
        return format_html("{}, which is gone", words)


def _spoken_of(table: str, state: State) -> Iterator[tuple[str, int]]:
    for name in ("event_id", "merged_from_id", "merged_into_id"):
        if state.get(name):
            yield Table.ACTOR if table == Table.ACTOR else Table.EVENT, state[name]
    for actor, _ in state.get("participants", ()):
        yield Table.ACTOR, actor


def differences(table: str, before: State | None, after: State | None, names: Names) -> Iterator[Difference]:
    """Field by field what is not the same in two states of a row; None where it wasn't there."""
    then, now = before or {}, after or {}
    for name in dict.fromkeys([*then, *now]):
        old, new = then.get(name), now.get(name)
        if old == new or not (old or new):
            continue
        label = LABELS.get(name, name)
        if name in TEXTS:
            yield Difference(name, label, *marked(str(old or ""), str(new or "")))
        elif isinstance(old or [], list) and isinstance(new or [], list):
            yield Difference(name, label, *_marked_list(table, name, old or [], new or [], names))
        else:
            was = NONE if before is None else format_html("<del>{}</del>", worded(table, name, old, names))
            is_now = NONE if after is None else format_html("<ins>{}</ins>", worded(table, name, new, names))
            yield Difference(name, label, SafeString(was), SafeString(is_now))


def worded(table: str, name: str, value: Any, names: Names) -> SafeString | str:
    """A field's value in words; a date as it is written too, for that is how it is typed."""
    if name in ("event_id", "merged_from_id", "merged_into_id") and value:
        return names.link(Table.ACTOR if table == Table.ACTOR else Table.EVENT, value)
    if name == "date" and value:
        words = facts.date_in_words(value)
        return words if words == value else f"{words} ({value})"
    if name == "kind" and table == Table.ACTOR:
        return str(CHOICES["kind"].get(value, value) or NONE)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if not value:
        return NONE
    if name in facts.RULES:
        return facts.RULES[name].in_words(value)
    if name in CHOICES:
        return str(CHOICES[name].get(value, value))
    if isinstance(value, list):
        return format_html_join(", ", "{}", ((one,) for one in _entries(name, value, names)))
    return str(value)


def _entries(name: str, values: Sequence[Any], names: Names) -> list[SafeString | str]:
    """Each entry of a list in words."""
    if name == "participants":
        return [
            format_html("{} ({})", names.link(Table.ACTOR, actor), CHOICES["role"].get(role, role).lower())
            for actor, role in values
        ]
    if name == "counts":
        said = (facts.counts(Event(counts=[one]), []) or one for one in values)
        return [str(told[0].value if isinstance(told, list) else told) for told in said]
    if name == "locked_fields":
        return [LABELS.get(one, one) for one in values]
    return [str(one) for one in values]


def _marked_list(
    table: str, name: str, old: list[Any], new: list[Any], names: Names
) -> tuple[SafeString, SafeString]:
    """Both lists in words, the entries that only one of them has marked."""

    def side(mine: list[Any], other: list[Any], tag: str) -> SafeString:
        if not mine:
            return SafeString(NONE)
        entries = ((one, worded(table, name, [one], names)) for one in mine)
        return format_html_join(
            ", ",
            "{}",
            (
                (words if one in other else format_html("<{0}>{1}</{0}>", SafeString(tag), words),)
                for one, words in entries
            ),
        )

    return side(old, new, "del"), side(new, old, "ins")


def marked(old: str, new: str) -> tuple[SafeString, SafeString]:
    """Both texts, word for word, those that went marked in the one and those that came in the other."""
    if len(old) + len(new) > LONGEST:
        steps, was, now = [("replace", 0, 1, 0, 1)], [old], [new]
    else:
        was, now = (re.findall(r"\w+\s*|[^\w\s]\s*|\s+", text) for text in (old, new))
        steps = list(SequenceMatcher(None, was, now, autojunk=False).get_opcodes())
    before = ((step == "equal", "".join(was[i:j])) for step, i, j, _, _ in steps)
    after = ((step == "equal", "".join(now[i:j])) for step, _, _, i, j in steps)
    return _run(before, "del") or SafeString(NONE), _run(after, "ins") or SafeString(NONE)


def _run(pieces: Iterable[tuple[bool, str]], tag: str) -> SafeString:
    return format_html_join(
        "",
        "{}",
        (
            (text if same else format_html("<{0}>{1}</{0}>", SafeString(tag), text),)
            for same, text in pieces
            if text
        ),
    )
