"""What speaks against the machine's reading of an event: the least certain are looked at first.

Each doubt has a weight in points of a hundred; what is left of a hundred is the event's certainty. It orders
the review queue and promises nothing: the weights say which readings have turned out wrong more often.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timeline import edtf_dates
from timeline.models import IMPORTED, Event, Mention

YEAR = 366
FIRM_DATES = ("phrase", "clause")
LOOSE_DATES = {
    "sentence": (4, "The date stands in another clause of the sentence."),
    "heading": (8, "The date stands in a heading."),
    "paragraph": (12, "The date stands in another sentence of the paragraph."),
    "publication": (20, "The date is inferred from the day of publication."),
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that makes a reading less certain, in words for the curator."""

    weight: int
    words: str


def doubts(event: Event, mentions: Sequence[Mention]) -> list[Doubt]:
    """All of them, the gravest first. `mentions` are the event's, whatever their standing.

    Only columns are looked at: migration 0005 asks with rows that have no properties.
    """
    mentions = [one for one in mentions if one.extractor or one.standing != Mention.Standing.WITHDRAWN]
    current = [mention for mention in mentions if mention.standing == Mention.Standing.CURRENT]
    found = [*_of_evidence(mentions, current), *_of_date(event, current), *_of_place(event, current)]
    found += _of_sources(current)
    return sorted(found, key=lambda doubt: -doubt.weight)


def certainty(event: Event, mentions: Sequence[Mention]) -> int:
    """0 to 100."""
    return max(0, 100 - sum(doubt.weight for doubt in doubts(event, mentions)))


def _of_evidence(mentions: Sequence[Mention], current: Sequence[Mention]) -> Iterable[Doubt]:
    if not mentions:
        yield Doubt(40, "No passage speaks for it.")
    elif not current:
        yield Doubt(40, "No passage stands in a current text.")
    elif len(current) < len(mentions):
        yield Doubt(10, "Some passages no longer stand, or are no longer read this way.")
    if len(current) == 1:
        yield Doubt(8, "Only one passage tells of it.")
    if len({mention.source_id for mention in current}) == 1 < len(current):
        yield Doubt(4, "Only one source tells of it.")


def _of_date(event: Event, current: Sequence[Mention]) -> Iterable[Doubt]:
    if not event.date:
        yield Doubt(25, "No text gives a date.")
        return
    telling = [mention.rules.get("date", "") for mention in current if mention.date == event.date]
    if telling and not any(rule in FIRM_DATES for rule in telling):
        loose = [LOOSE_DATES[rule] for rule in telling if rule in LOOSE_DATES]
        if loose:
            yield Doubt(*min(loose))
    width = edtf_dates.width(event.date)
    if width is None:
        yield Doubt(4, "The date is open on one side.")
    elif width > YEAR:
        yield Doubt(8, "The date is wider than a year.")


def _of_place(event: Event, current: Sequence[Mention]) -> Iterable[Doubt]:
    if not event.country:
        yield Doubt(12, "No country is named.")
    elif current and not any(
        mention.rules.get("country") == "sentence" or mention.extractor.startswith(IMPORTED)
        for mention in current
    ):
        yield Doubt(5, "The country is taken from elsewhere in the text.")


def _of_sources(current: Sequence[Mention]) -> Iterable[Doubt]:
    for name in ("kind", "status", "country"):
        values = {getattr(mention, name) for mention in current} - {""}
        if len(values) > 1:
            yield Doubt(8, f"The passages differ about the {name}.")
    dates = sorted({mention.date for mention in current} - {""})
    if any(not edtf_dates.overlap(one, other) for one in dates for other in dates):
        yield Doubt(12, "The passages give dates that can’t both be right.")
    if any(mention.merge_reason for mention in current):
        yield Doubt(5, "The machine took the events of several articles for one.")
