"""An extractor for tests of loading: what it reads is written in the text.

Each line of the form `[kind date status country actor] words` is a mention; lines that share a number, as in
`[1 kind date …]`, tell of one event.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from timeline.extraction import Extraction, records, resolution

LINE = re.compile(
    r"^\[(?:(?P<number>\d+) )?(?P<kind>\w+) (?P<date>\S+) (?P<status>\w+) (?P<country>\w\w)"
    r"(?: (?P<actor>[^\]]+))?\] (?P<words>.+)$",
    re.MULTILINE,
)


def extract(text: str, published: date) -> Extraction:
    groups: dict[str, list[records.Mention]] = {}
    for match in LINE.finditer(text):
        span = records.Span(*match.span("words"))
        actor = match["actor"]
        mention = records.Mention(
            start=span.start,
            end=span.end,
            kind=match["kind"],
            title=f"{match['kind'].capitalize()} in {match['country']}",
            date="" if match["date"] == "-" else match["date"],
            status=match["status"],
            disputed="rigged" in match["words"],
            country=match["country"],
            participants=(records.Participant(actor, "initiator", "person", "", span),) if actor else (),
            spans={"kind": span, "date": span},
            rules={"kind": "toy", "date": "toy"},
        )
        groups.setdefault(match["number"] or f"at {match.start()}", []).append(mention)
    return Extraction(tuple(as_event(mentions) for mentions in groups.values()), ())


def extract_many(texts: Iterable[tuple[str, date]]) -> Iterator[Extraction]:
    for text in texts:
        yield extract(*text)


def as_event(mentions: list[records.Mention]) -> records.Event:
    fields = resolution.resolve(mentions)
    return records.Event(
        kind=fields.kind,
        title=fields.title,
        date=fields.date,
        status=fields.status,
        disputed=fields.disputed,
        country=fields.country,
        participants=fields.participants,
        counts=fields.counts,
        mentions=tuple(mentions),
    )
