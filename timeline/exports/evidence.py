"""Events with all that stands behind them, as plain values: what every format is made from.

Read in batches of a fixed number of queries, so that any number of events takes the same memory. The values
are those that JSON knows; dates are ISO 8601, an event's `date` is EDTF, offsets are code points.
`docs/formats.md` and the schema describe every name.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from django.urls import reverse

from timeline.models import Actor, Event, Mention, Origin, Participation, Source
from timeline.places import place_of

Told: TypeAlias = dict[str, Any]
Keys: TypeAlias = Sequence[int]
AT_A_TIME = 500

EVENT = ("kind", "title", "date", "earliest", "latest", "status", "disputed", "country", "counts", "summary",
         "review", "created_at", "updated_at")  # fmt: skip
READ = ("kind", "title", "date", "status", "disputed", "country", "participants", "counts")
PASSAGE = ("start", "end", "prefix", "suffix", *READ, "spans", "rules", "extractor", "standing",
           "placed_by_hand")  # fmt: skip
SOURCE = ("headline", "publisher", "url", "published", "text", "sha256", "places", "extractor", "loaded_at")
ACTOR = ("name", "kind", "country", "aliases", "wikidata")


def events(keys: Keys, site: str = "") -> Iterator[Told]:
    """The events with these ids, in this order, each with its passages and who took part.

    `site` is what addresses begin with, such as `https://timeline.example.org`. Those that are not there, or
    that readers don't see, are left out: they may go while others are read.
    """
    for some in _batches(keys):
        found = {
            row.pop("pk"): row
            for row in Event.objects.public().filter(pk__in=some).values("pk", "locked_fields", *EVENT)
        }
        passages, parts, origins = _passages(some, site), _participants(some), _origins(some)
        for key in some:
            if row := found.get(key):
                by_hand = row.pop("locked_fields")
                yield {
                    "id": key,
                    "address": site + reverse("event", args=[key]),
                    **_plain(row),
                    "set_by_hand": by_hand,
                    "participants": parts[key],
                    "passages": passages[key],
                    "origin": origins.get(key),
                }


def sources(keys: Keys, site: str = "") -> Iterator[Told]:
    """The sources with these ids, each with its whole text."""
    for some in _batches(keys):
        found = Source.objects.public().in_bulk(some)
        for key in some:
            if source := found.get(key):
                yield {
                    "id": key,
                    "address": site + source.get_absolute_url(),
                    **_plain({name: getattr(source, name) for name in SOURCE}),
                    "replaced_by": source.replaced_by_id,
                }


def actors(keys: Keys, site: str = "") -> Iterator[Told]:
    """The actors with these ids."""
    for some in _batches(keys):
        found = Actor.objects.public().filter(pk__in=some).in_bulk()
        for key in some:
            if actor := found.get(key):
                values = {name: getattr(actor, name) for name in ACTOR}
                yield {"id": key, "address": site + actor.get_absolute_url(), **_plain(values)}


def _batches(keys: Keys) -> Iterator[list[int]]:
    for start in range(0, len(keys), AT_A_TIME):
        yield [int(key) for key in keys[start : start + AT_A_TIME]]


def _plain(values: Told) -> Told:
    return {name: _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value.code or "") if hasattr(value, "code") else value


def _passages(keys: list[int], site: str) -> dict[int, list[Told]]:
    """By event; the words themselves are `exact`, as in W3C's TextQuoteSelector."""
    found: defaultdict[int, list[Told]] = defaultdict(list)
    rows = Mention.objects.standing_by().filter(event__in=keys).order_by("event", "source", "start", "pk")
    paged = Source.objects.exclude(places=[]).only("places").filter(mentions__event__in=keys).in_bulk()
    for row in rows.values("pk", "event_id", "source_id", "quote", "cited", "merge_reason", *PASSAGE):
        key, source = row.pop("pk"), row.pop("source_id")
        found[row.pop("event_id")].append(
            {
                "id": key,
                "source": source,
                "address": f"{site}{reverse('source', args=[source])}#m{key}",
                "place": place_of(paged[source], row["start"]) if source in paged else None,
                "exact": row.pop("quote"),
                "says": row.pop("cited"),
                "taken_for_the_same": row.pop("merge_reason"),
                **_plain(row),
            }
        )
    return found


def _participants(keys: list[int]) -> dict[int, list[Told]]:
    found: defaultdict[int, list[Told]] = defaultdict(list)
    rows = Participation.objects.filter(event__in=keys).order_by("event", "pk")
    for event, actor, name, role in rows.values_list("event", "actor", "actor__name", "role"):
        found[event].append({"actor": actor, "name": name, "role": role})
    return found


def _origins(keys: list[int]) -> dict[int, Told]:
    """Of imported events: the file, and the row as it came."""
    rows = Origin.objects.filter(event__in=keys).select_related("imported")
    return {
        origin.event_id: {
            "collection": origin.collection,
            "identifier": origin.identifier,
            "format": origin.imported.format,
            "file": origin.imported.file,
            "imported_at": origin.imported.at.isoformat(),
            "row": origin.row,
        }
        for origin in rows
    }
