"""Events, sources and actors in the vocabulary of schema.org, which search engines read out of pages.

Nothing is told that the page doesn't show. Each function gives the value of one JSON-LD block; `site` is what
addresses begin with. A citation goes under `subjectOf`, as a `CreativeWork` with its `Quotation`s.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from timeline import edtf_dates
from timeline.models import Actor, Event, Mention, Participation, Source, Status

Told: TypeAlias = dict[str, Any]

CONTEXT = "https://schema.org"
SCHEDULED, CANCELLED = f"{CONTEXT}/EventScheduled", f"{CONTEXT}/EventCancelled"
# A proposal is none of them: nothing has been scheduled.
STATUSES: dict[str, str] = {
    Status.OCCURRED: SCHEDULED,
    Status.ONGOING: SCHEDULED,
    Status.PLANNED: SCHEDULED,
    Status.CANCELLED: CANCELLED,
}
ROLES: dict[str, str] = {
    Participation.Role.INITIATOR: "organizer",
    Participation.Role.PARTICIPANT: "actor",
    Participation.Role.TARGET: "about",
}
ACTORS: dict[str, str] = {
    Actor.Kind.PERSON: "Person",
    Actor.Kind.STATE: "GovernmentOrganization",
}
WIKIDATA = "https://www.wikidata.org/entity/"


def event(
    shown: Event, told: Iterable[tuple[Source, Sequence[Mention]]], description: str, site: str
) -> Told:
    """An event, its sources each with the passages that tell of it."""
    address = site + shown.get_absolute_url()
    values: Told = {
        "@context": CONTEXT,
        "@type": "Event",
        "@id": address,
        "identifier": str(shown.pk),
        "url": address,
        "name": shown.title,
        "description": description,
        **_dates(shown.date),
        "eventStatus": STATUSES.get(shown.status),
        "location": _country(shown),
        "subjectOf": [_cited(source, mentions, site) for source, mentions in told],
    }
    for part in shown.participations.all():
        values.setdefault(ROLES[part.role], []).append(_named(part.actor, site))
    return _kept(values)


def _dates(written: str) -> Told:
    """ISO 8601's own shorter forms where the date is one; else the first and last day that it allows."""
    start, slash, end = written.partition("/")
    if not slash:
        end = start
    try:
        earliest, latest = edtf_dates.bounds(written)
    except edtf_dates.InvalidDate:
        return {}
    return {"startDate": _edge(start, earliest), "endDate": _edge(end, latest)}


def _edge(written: str, day: date | None) -> str | None:
    if day is None:
        return None
    plain = edtf_dates.PLAIN.fullmatch(written)
    return written if plain and int(plain["month"] or 1) <= 12 else day.isoformat()


def _country(shown: Event) -> Told | None:
    """The country, the only place that is known."""
    if not shown.country:
        return None
    return {"@type": "Country", "name": shown.country.name, "identifier": str(shown.country.code)}


def _named(actor: Actor, site: str) -> Told:
    address = site + actor.get_absolute_url()
    return {"@type": ACTORS.get(actor.kind, "Organization"), "@id": address, "name": actor.name}


def _cited(source: Source, mentions: Sequence[Mention], site: str) -> Told:
    """A source as what an event is told of in, with the words."""
    quotes = [
        {"@type": "Quotation", "text": mention.quote, "url": site + mention.get_absolute_url()}
        for mention in mentions
        if mention.standing == Mention.Standing.CURRENT
    ]
    return _kept({**_article(source, site), "hasPart": quotes})


def _article(source: Source, site: str) -> Told:
    address = site + source.get_absolute_url()
    return {
        "@type": "NewsArticle",
        "@id": address,
        "url": address,
        "headline": source.headline,
        "datePublished": source.published.isoformat(),
        "publisher": {"@type": "Organization", "name": source.publisher} if source.publisher else None,
        "isBasedOn": source.url if source.url.startswith(("https://", "http://")) else None,
        "identifier": {"@type": "PropertyValue", "propertyID": "SHA-256", "value": source.sha256},
    }


def source(shown: Source, site: str) -> Told:
    """A source by itself."""
    return _kept({"@context": CONTEXT, **_article(shown, site)})


def actor(shown: Actor, site: str) -> Told:
    """An actor with its other names and what it is on Wikidata."""
    return _kept(
        {
            "@context": CONTEXT,
            **_named(shown, site),
            "url": site + shown.get_absolute_url(),
            "alternateName": [name for name in shown.aliases if isinstance(name, str)],
            "sameAs": f"{WIKIDATA}{shown.wikidata}" if shown.wikidata else None,
        }
    )


def dataset(
    *,
    name: str,
    description: str,
    address: str,
    first: date | None,
    last: date | None,
    files: Mapping[str, str],
    events: Sequence[tuple[str, str]],
    total: int,
) -> Told:
    """A timeline: its files by media type and, of `total` events, those listed (name and address)."""
    return _kept(
        {
            "@context": CONTEXT,
            "@type": "Dataset",
            "@id": address,
            "url": address,
            "name": name,
            "description": description,
            "isAccessibleForFree": True,
            "temporalCoverage": f"{first}/{last}" if first and last else None,
            "distribution": [
                {"@type": "DataDownload", "encodingFormat": media, "contentUrl": file}
                for media, file in files.items()
            ],
            "mainEntity": {
                "@type": "ItemList",
                "numberOfItems": total,
                "itemListElement": [
                    {"@type": "ListItem", "position": place, "name": title, "url": file}
                    for place, (title, file) in enumerate(events, 1)
                ],
            },
        }
    )


def _kept(values: Told) -> Told:
    """Without what isn't known."""
    return {name: value for name, value in values.items() if value not in (None, "", [])}
