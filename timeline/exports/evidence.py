"""Events with all that stands behind them, as plain values: what every format is made from.

Read in batches of a fixed number of queries, so that any number of events takes the same memory. A database
that goes away for a moment is waited for, because what is half sent can't be sent anew. The values are those
that JSON knows; dates are ISO 8601, an event's `date` is EDTF, offsets are code points. `docs/formats.md` and
the schema describe every name.
"""

# Queries come from the models, which say what readers see; rows come past them, in a fifth of the time.

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, TypeAlias

import numpy as np
import orjson
from django.db import connection, models
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from django.urls import reverse
from numpy.typing import NDArray

from timeline import columns
from timeline.models import (
    Actor,
    Event,
    Mention,
    Origin,
    Participation,
    Review,
    Source,
    among,
    public_reviews,
)
from timeline.places import place_in
from timeline.transactions import retried

Told: TypeAlias = dict[str, Any]
Keys: TypeAlias = Sequence[int] | NDArray[np.int64]
# What becomes of the text of a column that holds JSON; None leaves it a text.
Parse: TypeAlias = Callable[[str], Any] | None
Chosen: TypeAlias = Callable[[RawSQL], QuerySet[Any]]
# The rows with some ids.
Rows: TypeAlias = Callable[[Iterable[int]], Iterator[tuple[Any, ...]]]
AT_A_TIME = 1000
TEXTS_AT_A_TIME = 20  # of 5 MB at most

EVENT = ("kind", "title", "date", "earliest", "latest", "status", "disputed", "country", "counts", "summary",
         "review", "created_at", "updated_at")  # fmt: skip
READ = ("kind", "title", "date", "status", "disputed", "country", "participants", "counts")
PASSAGE = ("start", "end", "place", "prefix", "suffix", *READ, "spans", "rules", "extractor", "standing",
           "placed_by_hand")  # fmt: skip
CITED = ("headline", "publisher", "url", "published", "sha256", "loaded_at")
SOURCE = ("headline", "publisher", "url", "published", "text", "sha256", "places", "extractor", "loaded_at")
WHOLE = ("text", "places")  # of a source: as long as the article
ACTOR = ("name", "kind", "country", "aliases", "wikidata")


def parsed(text: str) -> Any:
    """The value of a JSON text; halves of surrogate pairs, which no file can hold, are replaced by U+FFFD."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        whole = json.dumps(json.loads(text), ensure_ascii=False)
        return json.loads(whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def events(
    keys: Keys, site: str = "", parse: Parse = parsed, passage: Sequence[str] = PASSAGE
) -> Iterator[Told]:
    """The events with these ids, in this order, each with its passages and who took part.

    `site` is what addresses begin with, such as `https://timeline.example.org`; `passage` names what is
    wanted of passages besides words, address and source. Those that are not there, or
    that readers don't see, are left out: they may go while others are read.
    """
    before, after = _address("event", site)
    names = ("id", "address", *EVENT, "set_by_hand", "participants", "passages", "origin")
    rows = _rows(_events, parse, "pk", *EVENT, "locked_fields")
    passages, parts, origins = _passages(site, parse, passage), _participants(), _origins(parse)
    for some in _batches(keys, AT_A_TIME):
        found = {key: row for key, *row in rows(some)}
        told, taking_part, origin = passages(some), parts(some), origins(some)
        for key in some:
            if row := found.get(key):
                address = f"{before}{key}{after}"
                values = (key, address, *row, taking_part[key], told[key], origin.get(key))
                yield dict(zip(names, values, strict=True))


def sources(keys: Keys, site: str = "", parse: Parse = parsed, *, whole: bool = True) -> Iterator[Told]:
    """The sources with these ids, each with its whole text, or all but that."""
    before, after = _address("source", site)
    names = SOURCE if whole else tuple(name for name in SOURCE if name not in WHOLE)
    rows = _rows(_public_sources, parse, "pk", *names, "replaced_by")
    for some in _batches(keys, TEXTS_AT_A_TIME if whole else AT_A_TIME):
        found = {key: row for key, *row in rows(some)}
        newer = _public({row[-1] for row in found.values()} - {None})
        for key in some:
            if row := found.get(key):
                yield {
                    "id": key,
                    "address": f"{before}{key}{after}",
                    **dict(zip(names, row, strict=False)),
                    "replaced_by": row[-1] if row[-1] in newer else None,
                }


def citations(keys: Iterable[int]) -> dict[int, Told]:
    """By the ids of sources, what they are cited by."""
    rows = _rows(_sources, parsed, "pk", *CITED)
    return {key: dict(zip(CITED, row, strict=True)) for key, *row in rows(keys)}


def actors(keys: Keys, site: str = "", parse: Parse = parsed) -> Iterator[Told]:
    """The actors with these ids."""
    before, after = _address("actor", site)
    rows = _rows(_actors, parse, "pk", *ACTOR)
    for some in _batches(keys, AT_A_TIME):
        found = {key: row for key, *row in rows(some)}
        for key in some:
            if row := found.get(key):
                yield {"id": key, "address": f"{before}{key}{after}", **dict(zip(ACTOR, row, strict=True))}


def needed(keys: Keys) -> tuple[list[int], list[int]]:
    """The ids of all sources and of all actors that these events have to do with.

    With a source come the earlier and the later texts of its article.
    """
    known = retried(columns.current)
    chosen = known.mask_of(np.asarray(keys, np.int64)) & known.public
    told, parts = (
        np.unique(others[chosen[rows]]).tolist()
        for rows, others in (known.pairs("source"), known.pairs("actor"))
    )
    replaced = Source.objects.exclude(replaced_by=None).values_list("pk", "replaced_by")
    newer: dict[int, Any] = retried(lambda: dict(replaced))
    older: defaultdict[int, list[int]] = defaultdict(list)
    for key, other in newer.items():
        older[other].append(key)
    found = set(told)
    left = list(told)
    while left:
        key = left.pop()
        more = {*older[key], *([newer[key]] if key in newer else [])} - found
        found |= more
        left += more
    return sorted(found), parts


def _batches(keys: Keys, size: int) -> Iterator[list[int]]:
    for start in range(0, len(keys), size):
        yield [int(key) for key in keys[start : start + size]]


def _address(name: str, site: str) -> tuple[str, str]:
    """What stands before and after the id in the address of a page."""
    before, _, after = reverse(name, args=[0]).rpartition("0")
    return site + before, after


def _public(sources: set[int]) -> set[int]:
    """Those of these sources that readers see."""
    if not sources:
        return set()
    seen = Source.objects.public().filter(pk__in=sources).values_list("pk", flat=True)
    return retried(lambda: set(seen))


# What can be asked for, given what stands for the ids.


def _events(ids: RawSQL) -> QuerySet[Any]:
    return Event.objects.public().filter(pk__in=ids)


def _public_sources(ids: RawSQL) -> QuerySet[Any]:
    return Source.objects.public().filter(pk__in=ids)


def _sources(ids: RawSQL) -> QuerySet[Any]:
    return Source.objects.filter(pk__in=ids)


def _sources_with_places(ids: RawSQL) -> QuerySet[Any]:
    return Source.objects.filter(pk__in=ids).exclude(places=[])


def _actors(ids: RawSQL) -> QuerySet[Any]:
    return Actor.objects.public().filter(pk__in=ids)


def _mentions(ids: RawSQL) -> QuerySet[Any]:
    mentions = Mention.objects.standing_by().filter(event__in=ids)
    return mentions.order_by("event_id", "source_id", "start", "pk")


def _parts(ids: RawSQL) -> QuerySet[Any]:
    return Participation.objects.filter(event__in=ids).order_by("event_id", "pk")


def _imported(ids: RawSQL) -> QuerySet[Any]:
    # Where a restored event was before is nobody's concern: it is what it was there.
    return Origin.objects.filter(event__imported=True, event__in=ids)


@lru_cache
def _put(
    chosen: Chosen,
    names: tuple[str, ...],
    vendor: str,  # noqa: ARG001  (by which `among` goes)
    shown: tuple[Review, ...],  # noqa: ARG001  (by which `public()` goes)
) -> tuple[str, tuple[Any, ...], list[Any]]:
    """SQL, its parameters and its fields, for what readers are `shown`.

    It is made once, since Django takes about as long for that as the database for a thousand rows.
    """
    query = chosen(among(_IDS))
    fields = [_field(query.model, name) for name in names]
    asked = [_asked(name, field) for name, field in zip(names, fields, strict=True)]
    return *query.values_list(*asked).query.sql_with_params(), fields


def _rows(chosen: Chosen, parse: Parse, *names: str) -> Rows:
    """Reads rows with their values as JSON has them."""
    sql, params, fields = _put(chosen, names, connection.vendor, public_reviews())
    makers = [(place, make) for place, field in enumerate(fields) if (make := _as_json(field, parse))]

    def read(keys: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        ids = orjson.dumps(list(keys)).decode()
        rows = retried(partial(_fetched, sql, [ids if param == _IDS else param for param in params]))
        if not rows:
            return iter(())
        told: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for place, make in makers:  # a column at a time, which takes half of what a row at a time does
            told[place] = map(make, told[place])
        return zip(*told, strict=True)

    return read


def _fetched(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _field(model: Any, name: str) -> Any:
    field = None
    for part in name.split("__"):
        known = model._meta  # noqa: SLF001  (Django's public name for it)
        field = known.pk if part == "pk" else known.get_field(part)
        model = field.related_model
    return field


_TEXT = (models.DateField, models.JSONField)  # a DateTimeField is a DateField too


def _asked(name: str, field: Any) -> Any:
    """A column, asked for in a way in which no driver makes anything of it that takes its time."""
    if isinstance(field, _TEXT):
        return Cast(name, models.TextField())
    return Cast(name, models.IntegerField()) if isinstance(field, models.BooleanField) else F(name)


def _as_json(field: Any, parse: Parse) -> Any:
    if isinstance(field, models.JSONField):
        return parse
    if isinstance(field, models.DateTimeField):
        zone = _ZONE[connection.vendor]
        return lambda text: f"{text[:10]}T{text[11:]}{zone}"
    return bool if isinstance(field, models.BooleanField) else None


# How the databases write that a moment is UTC, as they are told to.
_ZONE = {"sqlite": "+00:00", "postgresql": ":00"}

_IDS = "ids"  # stands for them in a query that is yet to be asked


def _passages(site: str, parse: Parse, wanted: Sequence[str]) -> Callable[[list[int]], dict[int, list[Told]]]:
    """Passages by event; the words themselves are `exact`, as in W3C's TextQuoteSelector."""
    before, after = _address("source", site)
    names = [name for name in wanted if name != "place"]
    told = ("id", "source", "address", "exact", "says", "taken_for_the_same", *names)
    asked = ("event", "pk", "source", "quote", "cited", "merge_reason", *names)
    rows = _rows(_mentions, parse, *asked)
    add_places = _places() if "place" in wanted else None

    def read(keys: list[int]) -> dict[int, list[Told]]:
        found: defaultdict[int, list[Told]] = defaultdict(list)
        for event, key, source, *row in rows(keys):
            values = (key, source, f"{before}{source}{after}#m{key}", *row)
            found[event].append(dict(zip(told, values, strict=True)))
        if add_places:
            add_places([one for some in found.values() for one in some])
        return found

    return read


def _places() -> Callable[[list[Told]], None]:
    """Tells with each passage the page or paragraph that it stands in, or None."""
    rows = _rows(_sources_with_places, parsed, "pk", "places")

    def add(passages: list[Told]) -> None:
        known: dict[int, Any] = dict(rows({one["source"] for one in passages}))
        for one in passages:
            places = known.get(one["source"])
            one["place"] = place_in(places, one["start"]) if places else None

    return add


def _participants() -> Callable[[list[int]], dict[int, list[Told]]]:
    """Who took part, by event."""
    rows = _rows(_parts, parsed, "event", "actor", "actor__name", "role")

    def read(keys: list[int]) -> dict[int, list[Told]]:
        found: defaultdict[int, list[Told]] = defaultdict(list)
        for event, actor, name, role in rows(keys):
            found[event].append({"actor": actor, "name": name, "role": role})
        return found

    return read


def _origins(parse: Parse) -> Callable[[list[int]], dict[int, Told]]:
    """By imported event, the file and the row as it came."""
    told = {
        "collection": "collection",
        "identifier": "identifier",
        "format": "imported__format",
        "file": "imported__file",
        "imported_at": "imported__at",
        "row": "row",
    }
    rows = _rows(_imported, parse, "event", *told.values())
    return lambda keys: {event: dict(zip(told, row, strict=True)) for event, *row in rows(keys)}
