"""Rows for tests: plain functions, every field with a sensible value and open to change by keyword.

Passages are always true: `source.text[start:end] == quote`, prefix and suffix included.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import count
from typing import Any

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User

from timeline import edtf_dates, roles
from timeline.models import Actor, Event, Mention, Participation, Review, Source, digest, surroundings

BODY = (
    "Thousands marched through Minsk on Sunday, according to the Viasna centre. "
    "Police detained at least 400 people. The government plans a referendum by February 2022."
)

numbers = count(1)


def make_source(body: str = BODY, **fields: Any) -> Source:
    """A source whose text is its headline, a blank line and `body`; `text` sets the whole instead."""
    number = next(numbers)
    headline = fields.setdefault("headline", f"Protesters fill the capital, day {number}")
    fields.setdefault("text", f"{headline}\n\n{body}")
    fields.setdefault("publisher", "The Daily Example")
    fields.setdefault("published", date(2020, 8, 10))
    fields.setdefault("path", f"articles/{number:05}.txt")
    return Source.objects.create(**fields)


def make_event(**fields: Any) -> Event:
    """An event of one known day; it has no mention until `make_mention` gives it one."""
    fields.setdefault("kind", "protest")
    fields.setdefault("title", "March in Minsk")
    fields.setdefault("date", "2020-08-09")
    fields.setdefault("country", "BY")
    return Event.objects.create(**fields)


def make_mention(
    source: Source, event: Event, start: int | None = None, end: int | None = None, **fields: Any
) -> Mention:
    """A passage of `source` that tells of `event` and reads as the event stands.

    The passage is `text[start:end]`, or the first place of the `words` given, or all that stands
    below the headline.
    """
    words = fields.pop("words", None)
    if words is not None:
        start = source.text.index(words)
        end = start + len(words)
    if start is None:
        start = len(source.headline) + 2
    if end is None:
        end = len(source.text)
    for name in ("kind", "title", "date", "status", "disputed", "country", "counts"):
        fields.setdefault(name, getattr(event, name))
    return Mention.objects.create(
        source=source,
        event=event,
        start=start,
        end=end,
        quote=source.text[start:end],
        prefix=surroundings(source.text, start, end)[0],
        suffix=surroundings(source.text, start, end)[1],
        **fields,
    )


def make_actor(**fields: Any) -> Actor:
    """An organisation with a name of its own."""
    fields.setdefault("name", f"Example Union {next(numbers)}")
    fields.setdefault("kind", Actor.Kind.ORGANISATION)
    return Actor.objects.create(**fields)


def make_participation(event: Event, actor: Actor, role: str = "initiator") -> Participation:
    """The actor's part in the event."""
    return Participation.objects.create(event=event, actor=actor, role=role)


KINDS = ("protest", "crackdown", "election", "referendum", "constitutional_change")
STATUSES = ("occurred", "occurred", "occurred", "ongoing", "planned", "proposed", "cancelled")
COUNTRIES = ("BY", "TR", "CL", "KE", "TH", "")


def make_timeline(size: int) -> list[Event]:
    """`size` events of every kind, status and shape of date, each with a passage and an actor, in bulk."""
    actors = [make_actor() for _ in range(5)]
    sources = [
        Source(
            headline=f"Report {number} of the year",
            text=f"Report {number} of the year\n\n{BODY}",
            sha256=digest(f"Report {number} of the year\n\n{BODY}"),
            publisher="The Daily Example",
            published=date(2022, 1, 1) + timedelta(days=number % 300),
            path=f"bulk/{next(numbers):06}.txt",
        )
        for number in range(size)
    ]
    events = [_bulk_event(number) for number in range(size)]
    Source.objects.bulk_create(sources, batch_size=500)
    Event.objects.bulk_create(events, batch_size=500)
    Mention.objects.bulk_create(_bulk_mentions(sources, events), batch_size=500)
    Participation.objects.bulk_create(
        (
            Participation(event=event, actor=actors[number % len(actors)], role="participant")
            for number, event in enumerate(events)
        ),
        batch_size=500,
    )
    return events


def _bulk_event(number: int) -> Event:
    day = date(2018, 1, 1) + timedelta(days=number * 37 % 1500)
    following = day + timedelta(days=20)
    written = (
        f"{day}", f"{day}", f"{day}", f"{day:%Y-%m}", f"{day:%Y}", f"{day}/{following}",
        f"../{day:%Y-%m}", f"{day:%Y-%m}/..", "",
    )[number % 9]  # fmt: skip
    earliest, latest = edtf_dates.bounds(written)
    return Event(
        kind=KINDS[number % len(KINDS)],
        title=f"Event number {number}",
        date=written,
        earliest=earliest,
        latest=latest,
        status=STATUSES[number % len(STATUSES)],
        disputed=number % 10 == 0,
        country=COUNTRIES[number % len(COUNTRIES)],
        review=Review.CONFIRMED if number % 4 == 0 else Review.UNREVIEWED,
    )


def _bulk_mentions(sources: list[Source], events: list[Event]) -> Iterable[Mention]:
    for source, event in zip(sources, events, strict=True):
        start = len(source.headline) + 2
        end = source.text.index(". ", start) + 1
        yield Mention(
            source=source,
            event=event,
            start=start,
            end=end,
            quote=source.text[start:end],
            suffix=surroundings(source.text, start, end)[1],
            kind=event.kind,
            title=event.title,
            date=event.date,
            status=event.status,
            disputed=event.disputed,
            country=event.country,
        )


def make_user(role: str = "", **fields: Any) -> User:
    """An account that may log in to the admin, with a role or without; `password` as it is typed."""
    number = next(numbers)
    fields.setdefault("username", f"{role.lower() or 'somebody'}-{number}")
    fields.setdefault("is_staff", True)
    if "password" in fields:
        fields["password"] = make_password(fields["password"])
    user = User.objects.create(**fields)
    if role:
        if not Group.objects.filter(name=role).exists():  # flushed after a test with real transactions
            roles.grant(apps, roles.ROLES)
        user.groups.add(Group.objects.get(name=role))
    return user
