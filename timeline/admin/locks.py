"""What the machine would now say of fields that it doesn't write any more, and from which words."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from timeline import facts
from timeline.admin.wording import NONE, Names, worded
from timeline.extraction import resolution
from timeline.history import Table
from timeline.models import Event, Mention, Source
from timeline.resolving import columns, differing, reading

Place = tuple[Mention, Sequence[int]]
MOST = 3  # words shown for a field


def machine_says(event: Event) -> dict[str, SafeString]:
    """A sentence with the value that a field would have were it given back, by field.

    These are the locked ones, and of a confirmed event those of which something else is read now.
    """
    if not (event.locked_fields or event.has_news):
        return {}
    passages = event.mentions.filter(standing=Mention.Standing.CURRENT)
    mentions = list(passages.select_related("source").defer("source__text"))
    fields = reading(mentions)
    news = differing(event, fields) if fields and event.has_news else set()
    names = [name for name in Event.READ_FIELDS if name in news or name in event.locked_fields]
    if not fields:
        none = SafeString(
            "No passage stands in a current text: given back, it stays as it is until one does."
        )
        return dict.fromkeys(event.locked_fields, none)
    read = columns(fields) | {"participants": _who(fields)}
    places = {name: list(_places(name, read[name], mentions))[:MOST] for name in names}
    words = _words(places)
    return {
        name: format_html(
            "The machine would now say {}{}",
            _value(event, name, read[name]),
            format_html(", from {}.", _linked(words[name])) if words[name] else ".",
        )
        for name in names
    }


def _who(fields: resolution.Resolved) -> list[str]:
    return [f"{one.name} ({one.role})" for one in fields.participants]


def _value(event: Event, name: str, value: Any) -> SafeString:
    if name == "participants":
        return format_html("<b>{}</b>", ", ".join(value) or NONE)
    if value == getattr(event, name):
        return SafeString("<b>the same</b>")
    return format_html("<b>{}</b>", worded(Table.EVENT, name, value, Names([])))


def _places(name: str, value: Any, mentions: Iterable[Mention]) -> Iterator[Place]:
    """Where the words stand that give a field its value."""
    for mention in mentions:
        if name in ("participants", "counts"):
            said: list[Any] = getattr(mention, name)
            yield from ((mention, entry["span"]) for entry in said if entry.get("span"))
        elif getattr(mention, name) == value and name in mention.spans:
            yield mention, mention.spans[name]


def _words(places: dict[str, list[Place]]) -> dict[str, list[tuple[str, str]]]:
    """The words with their address, each wording once."""
    wanted = {mention.source_id for found in places.values() for mention, _ in found}
    sources = Source.objects.in_bulk(wanted)
    words: dict[str, dict[str, str]] = {name: {} for name in places}
    for name, found in places.items():
        for mention, span in found:
            source = sources[mention.source_id]
            if text := facts.words_at(source.text, span):
                words[name].setdefault(text, source.address_of(*span))
    return {name: list(found.items()) for name, found in words.items()}


def _linked(words: Iterable[tuple[str, str]]) -> SafeString:
    return format_html_join(", ", '<a href="{1}">“{0}”</a>', words)


def held_by_hand(says: SafeString) -> SafeString:
    """What is told beside a locked field."""
    return format_html('<strong class="sign">Set by hand</strong> No load writes it. {}', says)


def newer(says: SafeString) -> SafeString:
    """What is told beside a field of which something else is read than what was confirmed."""
    return format_html('<strong class="sign">Newer evidence</strong> {}', says)
