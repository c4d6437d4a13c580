"""Made-up events in any number, as news would have them, and the same ones at every run.

    DATABASE_URL=sqlite:////tmp/events.sqlite3 python -m bench.dataset 1000

Kinds, statuses, countries, actors and words are drawn as unevenly as they come in archives: a few countries,
names and words have most. Two papers tell of the same news: some events have a passage in one, some in both.
Rows go to the database past the ORM, which would take most of an hour for a million events, but by the
models' own list of fields, so that a new field with a default needs nothing here.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from itertools import accumulate
from typing import Any

import django
import numpy as np

from bench.words import vocabulary

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.management.color import no_style  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402

from timeline import database, edtf_dates  # noqa: E402
from timeline.models import (  # noqa: E402
    Actor,
    Event,
    Kind,
    Mention,
    Participation,
    Review,
    Source,
    Status,
    digest,
    surroundings,
)

SEED = 20_260_101
ACTORS = 20_000
A_PAIR = 20  # events that two papers tell of between them: one source for ten events
A_BATCH = 500  # such pairs that are drawn and stored at once
FIRST_YEAR, LAST_YEAR = 1950, 2026
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
EXTRACTOR = "made up"

KINDS = {
    Kind.PROTEST: 0.42,
    Kind.CRACKDOWN: 0.25,
    Kind.ELECTION: 0.20,
    Kind.CONSTITUTIONAL_CHANGE: 0.08,
    Kind.REFERENDUM: 0.05,
}
TOLD_OF_THE_PAST = {
    Status.OCCURRED: 0.88,
    Status.CANCELLED: 0.05,
    Status.ONGOING: 0.04,
    Status.PLANNED: 0.02,
    Status.PROPOSED: 0.01,
}
TOLD_OF_THE_FUTURE = {Status.PLANNED: 0.65, Status.PROPOSED: 0.20, Status.CANCELLED: 0.15}
REVIEWS = {Review.UNREVIEWED: 0.93, Review.CONFIRMED: 0.05, Review.REJECTED: 0.02}
ROLES = {
    Participation.Role.INITIATOR: 0.5,
    Participation.Role.TARGET: 0.3,
    Participation.Role.PARTICIPANT: 0.2,
}
ACTOR_KINDS = {
    Actor.Kind.PERSON: 0.55,
    Actor.Kind.ORGANISATION: 0.30,
    Actor.Kind.GROUP: 0.10,
    Actor.Kind.STATE: 0.05,
}
# How long before its paper an event took place: in days, at most, and how many of them did.
AGES = {14: 0.65, 730: 0.20, 30 * 365: 0.10, -365: 0.05}
WRITTEN: dict[Callable[[date], str], float] = {
    lambda day: day.isoformat(): 0.70,
    lambda day: day.isoformat()[:7]: 0.15,
    lambda day: day.isoformat()[:4]: 0.10,
    lambda day: f"{day}/{day + timedelta(days=1 + day.toordinal() % 40)}": 0.01,
    lambda day: f"{day.isoformat()[:7]}/..": 0.01,
    lambda day: f"../{day.isoformat()[:7]}": 0.01,
    lambda day: "": 0.02,  # noqa: ARG005
}
# The commonest first.
CODES = (
    "US RU CN IR TR IN FR EG GB UA HK BY VE KE NG PK DE IL MM ES TH ZA BR MX BD CL PL ID SD ET "
    "CO PE IQ SY LB TN DZ MA UG ZW KZ GE AM AZ KG RS HU IT GR BO NI HT SN ML GN CD CM NP LK PH"
)
COUNTRIES = CODES.split()
LABELS = dict(Kind.choices)
SAID = ("kind", "title", "date", "status", "disputed", "country", "counts")
NO_COUNTRY = 0.03
DISPUTED = 0.06
TOLD_TWICE = 0.5
COUNTED = 0.3
PAPERS = ("The Daily Example", "Evening Sample", "The National Specimen", "Sample Wire", "The Model Review")
SYLLABLES = (
    "ba",
    "de",
    "ko",
    "li",
    "ma",
    "ne",
    "ro",
    "sa",
    "ti",
    "vu",
    "yel",
    "dor",
    "mir",
    "han",
    "os",
    "ur",
)


class Draw:
    """Numbers drawn for one batch; the same seed and batch draw the same."""

    def __init__(self, batch: int) -> None:
        self.numbers = np.random.default_rng([SEED, batch])

    def of(self, shares: dict[Any, float], count: int) -> list[Any]:
        """Values as often as their shares say."""
        values = [value.value if isinstance(value, Enum) else value for value in shares]
        limits = list(accumulate(shares.values()))
        places = np.searchsorted(limits, self.numbers.random(count) * limits[-1], side="right")
        return [values[place] for place in places.tolist()]

    def zipf(self, size: int, count: int) -> list[int]:
        """Ranks from 0 to `size`, the n-th as often as 1/n."""
        limits = np.cumsum(1 / np.arange(1, size + 1))
        return np.searchsorted(limits, self.numbers.random(count) * limits[-1], side="right").tolist()

    def within(self, low: int, high: int, count: int) -> list[int]:
        """Whole numbers, the higher excluded."""
        return self.numbers.integers(low, high, count).tolist()

    def chance(self, share: float, count: int) -> list[bool]:
        return (self.numbers.random(count) < share).tolist()

    def phrases(self, shortest: int, longest: int, count: int) -> list[str]:
        """Lines of so many words, both limits included, as common as they are."""
        lengths = self.within(shortest, longest + 1, count)
        ranks = iter(self.zipf(len(vocabulary()), sum(lengths)))
        words = vocabulary()
        return [" ".join([words[next(ranks)] for _ in range(length)]).capitalize() for length in lengths]

    def days(self, count: int) -> list[date]:
        """Days of publication: the nearer to the last year, the more."""
        back = self.numbers.random(count) ** 2.2 * (LAST_YEAR - FIRST_YEAR + 1)
        years = LAST_YEAR - back.astype(int)
        return [
            date(one, 1, 1) + timedelta(days=day)
            for one, day in zip(years.tolist(), self.within(0, 365, count), strict=True)
        ]


@dataclass
class Rows:
    """Rows of the four tables, each a dictionary of the fields that differ from the defaults."""

    sources: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    mentions: list[dict[str, Any]] = field(default_factory=list)
    participations: list[dict[str, Any]] = field(default_factory=list)


def actors(size: int) -> Iterator[dict[str, Any]]:
    """The actors of a timeline of `size` events, the busiest first."""
    draw = Draw(0)
    count = min(ACTORS, max(10, size))
    kinds = draw.of(ACTOR_KINDS, count)
    homes = draw.zipf(len(COUNTRIES), count)
    for number, (kind, home) in enumerate(zip(kinds, homes, strict=True)):
        name = _name(number)
        if kind != Actor.Kind.PERSON:
            name = f"{name.partition(' ')[2]} {Actor.Kind(kind).label} of {COUNTRIES[home]} {number}"
        yield {
            "id": number + 1,
            "name": name,
            "kind": kind,
            "country": "" if kind == Actor.Kind.PERSON else COUNTRIES[home],
        }


def _name(number: int) -> str:
    """A name that no other number has."""
    parts = [SYLLABLES[number >> shift & 15] for shift in (0, 4, 8, 12)]
    return f"{parts[0]}{parts[1]}".capitalize() + " " + f"{parts[2]}{parts[3]}".capitalize()


def batches(size: int) -> Iterator[Rows]:
    """All but the actors, in the order that their references ask for."""
    pairs = -(-size // A_PAIR)
    known_actors = min(ACTORS, max(10, size))
    mentions = 0
    for batch, first in enumerate(range(0, pairs, A_BATCH), 1):
        rows = _batch(batch, first, min(A_BATCH, pairs - first), size, known_actors)
        for row in rows.mentions:
            mentions += 1
            row["id"] = mentions
        yield rows


def _batch(batch: int, first: int, pairs: int, size: int, known_actors: int) -> Rows:
    draw, rows = Draw(batch), Rows()
    # Drawn for a whole batch even at the end, so that the same event is the same in any number of events.
    count = A_BATCH * A_PAIR
    days = draw.days(A_BATCH)
    numbers = range(first * A_PAIR, min((first + pairs) * A_PAIR, size))
    published = [days[index // A_PAIR] for index in range(count)]
    rows.events = _events(draw, count, published)[: len(numbers)]
    for number, event in zip(numbers, rows.events, strict=True):
        event["id"] = number + 1
    rows.participations = _participations(draw, count, known_actors, numbers)
    twice = draw.chance(TOLD_TWICE, count)
    headlines = iter(draw.phrases(6, 12, 2 * A_BATCH))
    told = [iter(draw.phrases(12, 30, count)) for _ in range(2)]
    for pair in range(pairs):
        those = slice(pair * A_PAIR, (pair + 1) * A_PAIR)
        shared = list(zip(rows.events[those], twice[those], strict=False))
        for paper in range(2):
            events = [event for place, (event, both) in enumerate(shared) if both or place % 2 == paper]
            number = 2 * (first + pair) + paper
            source, mentions = _source(number, next(headlines), days[pair], events, told[paper])
            rows.sources.append(source)
            rows.mentions += mentions
    return rows


def _events(draw: Draw, count: int, published: Sequence[date]) -> list[dict[str, Any]]:
    ages = draw.of(AGES, count)
    parts = draw.numbers.random(count).tolist()
    columns = zip(
        draw.of(KINDS, count),
        draw.of(TOLD_OF_THE_PAST, count),
        draw.of(TOLD_OF_THE_FUTURE, count),
        draw.of(REVIEWS, count),
        draw.zipf(len(COUNTRIES), count),
        draw.chance(NO_COUNTRY, count),
        draw.chance(DISPUTED, count),
        draw.chance(COUNTED, count),
        draw.within(20, 5000, count),
        draw.of(WRITTEN, count),
        draw.phrases(2, 6, count),
        strict=True,
    )
    events = []
    for place, values in enumerate(columns):
        kind, past, future, review, home, nowhere, disputed, counted, people, written, words = values
        day = published[place] - timedelta(days=int(ages[place] * parts[place]))
        day = min(max(day, date(FIRST_YEAR, 1, 1)), date(LAST_YEAR, 12, 31))
        edtf = written(day)
        earliest, latest = edtf_dates.bounds(edtf)
        country = "" if nowhere else COUNTRIES[home]
        events.append(
            {
                "kind": kind,
                "title": f"{LABELS[kind]}: {words}",
                "date": edtf,
                "earliest": earliest,
                "latest": latest,
                "status": future if ages[place] < 0 else past,
                "disputed": disputed,
                "country": country,
                "counts": _counts(kind, people) if counted else "[]",
                "review": review,
                "certainty": int(100 * parts[place]),
            }
        )
    return events


def _counts(kind: str, people: int) -> str:
    what = {Kind.CRACKDOWN: "detained", Kind.PROTEST: "attended"}.get(Kind(kind))
    return json.dumps([{"what": what, "minimum": people, "maximum": None}] if what else [])


def _participations(draw: Draw, count: int, known: int, numbers: Sequence[int]) -> list[dict[str, Any]]:
    firsts, seconds = draw.zipf(known, count), draw.zipf(known, count)
    roles = draw.of(ROLES, 2 * count)
    rows = []
    for place, number in enumerate(numbers):
        one, other = firsts[place], seconds[place]
        if one == other:
            other = (one + 1) % known
        for part, actor in enumerate((one, other)):
            rows.append(
                {
                    "id": 2 * number + part + 1,
                    "event": number + 1,
                    "actor": actor + 1,
                    "role": roles[2 * place + part],
                }
            )
    return rows


def _source(
    number: int, headline: str, day: date, events: Sequence[dict[str, Any]], told: Iterator[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A source whose text is a headline and a sentence for each event, and the mentions that cite them."""
    pieces, places, length = [f"{headline}\n\n"], [], len(headline) + 2
    for count, _ in enumerate(events, 1):
        sentence = f"{next(told)}."
        pieces.append(sentence + ("\n\n" if count % 4 == 0 else " "))
        places.append((length, length + len(sentence)))
        length += len(pieces[-1])
    text = "".join(pieces).rstrip()
    source = {
        "id": number + 1,
        "headline": headline,
        "publisher": PAPERS[number % len(PAPERS)],
        "published": day + timedelta(days=number % 2),
        "text": text,
        "sha256": digest(text),
        "path": f"made-up/{number + 1:07}.txt",
        "extractor": EXTRACTOR,
    }
    mentions = []
    for event, (start, end) in zip(events, places, strict=True):
        before, after = surroundings(text, start, end)
        quote = text[start:end]
        mentions.append(
            {
                "source": number + 1,
                "event": event["id"],
                "start": start,
                "end": end,
                "quote": quote,
                "prefix": before,
                "suffix": after,
                **{name: event[name] for name in SAID},
                "counts": event["counts"].replace("}", f', "span": [{start}, {end}]}}'),
                "spans": f'{{"kind": [{start}, {start + len(quote.partition(" ")[0])}]}}',
                "extractor": EXTRACTOR,
            }
        )
    return source, mentions


def store(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> int:
    """Write the rows past the ORM: COPY into PostgreSQL, one prepared statement for SQLite."""
    fields = [one for one in model._meta.concrete_fields if not one.generated]
    names = [one.name for one in fields]
    defaults = {one.name: _default(one) for one in fields}
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(one.column) for one in fields)
    values = [tuple([(defaults | row)[name] for name in names]) for row in rows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for value in values:
                    copy.write_row(value)
        else:
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)
    return len(values)


def _default(one: "models.Field[Any, Any]") -> Any:
    if isinstance(one, models.DateTimeField) and (one.auto_now or one.auto_now_add):
        return MOMENT if connection.vendor == "postgresql" else MOMENT.replace(tzinfo=None).isoformat(" ")
    if isinstance(one, models.JSONField):
        return json.dumps(one.get_default())
    return one.get_default()


def fill(size: int) -> None:
    """Put `size` events into the migrated, empty database."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-524288")
    database.remove(connection)
    with transaction.atomic():
        store(Actor, actors(size))
    for rows in batches(size):
        with transaction.atomic():
            store(Source, rows.sources)
            store(Event, rows.events)
            store(Mention, rows.mentions)
            store(Participation, rows.participations)
    everything = [Actor, Source, Event, Mention, Participation]
    with connection.cursor() as cursor:
        # Their ids were given by hand.
        for statement in connection.ops.sequence_reset_sql(no_style(), everything):
            cursor.execute(statement)
    database.install(connection)
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("size", type=int, help="how many events")
    size = parser.parse_args().size
    call_command("migrate", verbosity=0)
    there = Event.objects.count()
    if there == size:
        print(f"{size:,} events are there already")
        return
    if there:
        raise SystemExit(f"The database holds {there:,} events, not {size:,}: name another in DATABASE_URL.")
    began, worked = time.perf_counter(), time.process_time()
    fill(size)
    print(
        f"{size:,} events in {time.perf_counter() - began:.1f} s, "
        f"{time.process_time() - worked:.1f} s of a processor’s time"
    )


if __name__ == "__main__":
    main()
