"""What the chart needs to know of events, read from the database."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import OuterRef, Subquery, TextField, Value
from django.db.models.functions import Left
from django_countries import countries

from timeline.models import EventQuerySet, Kind, Mention, Participation, Review

LIMIT = 2000  # marks drawn at most; a browser draws as many in about 0.1 s
QUOTE = 90


class Dot(NamedTuple):
    """What is drawn of one event; the quote is the beginning of its first passage."""

    pk: int
    kind: str
    title: str
    date: str
    status: str
    disputed: bool
    country: str
    quote: str | None = None
    review: str = Review.CONFIRMED
    imported: bool = False


def read(events: EventQuerySet, *, quoted: bool = True) -> list[Dot]:
    """The dated events among those given, as many as can be drawn, in one query."""
    first = Mention.objects.filter(event=OuterRef("pk")).order_by("pk")
    words = Subquery(first.values(words=Left("quote", QUOTE + 1))[:1]) if quoted else Value(None, TextField())
    rows = events.filter(sort_date__isnull=False).annotate(quote=words).values_list(*Dot._fields)[:LIMIT]
    return [Dot(*row) for row in rows]


def lanes_by(group: str, dots: Sequence[Dot]) -> dict[int, list[str]]:
    """The names of the lanes that each event stands in: one, or with `group` "actor" one an actor."""
    if group == "country":
        named = {code: countries.name(code) or "Country unknown" for code in {dot.country for dot in dots}}
        return {dot.pk: [named[dot.country]] for dot in dots}
    if group == "actor":
        names: dict[int, list[str]] = defaultdict(list)
        parts = Participation.objects.filter(event__in=[dot.pk for dot in dots])
        for event, name in parts.values_list("event", "actor__name").distinct():
            names[event].append(name)
        return {dot.pk: sorted(names[dot.pk]) or ["No actor named"] for dot in dots}
    return {dot.pk: [str(Kind(dot.kind).label)] for dot in dots}
