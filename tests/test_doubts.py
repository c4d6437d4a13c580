"""What makes an event less certain, and whether the least certain are those that are wrong."""

import json
from typing import Any

import pytest

from tests import evaluate
from timeline import extraction
from timeline.documents import Document, read
from timeline.doubts import certainty, doubts
from timeline.models import Event, Mention


def told(**fields: Any) -> Mention:
    """A passage as sure as they come; it is of a source that isn't stored."""
    fields.setdefault("source_id", 1)
    fields.setdefault("extractor", "a machine")
    fields.setdefault("standing", Mention.Standing.CURRENT)
    given = {"kind": "protest", "date": "2020-08-09", "status": "occurred", "country": "BY"}
    return Mention(**given | {"rules": {"date": "clause", "country": "sentence"}} | fields)


def event(**fields: Any) -> Event:
    return Event(**{"kind": "protest", "date": "2020-08-09", "status": "occurred", "country": "BY"} | fields)


SURE = [told(), told(source_id=2)]
LOOSE = {"date": "publication", "country": "sentence"}
CASES = [
    # the event, its passages, what is doubted
    (event(), SURE, []),
    (event(), [], ["No passage speaks for it."]),
    (event(), [told(standing="gone")], ["No passage stands in a current text."]),
    (event(), [told()], ["Only one passage tells of it."]),
    (event(), [told(), told()], ["Only one source tells of it."]),
    (event(), [*SURE, told(standing="withdrawn")], ["Some passages no longer stand"]),
    (event(date=""), SURE, ["No text gives a date."]),
    (event(), [told(rules=LOOSE), told(rules=LOOSE, source_id=2)], ["inferred from the day of publication"]),
    (event(), [told(rules=LOOSE), told(source_id=2)], []),  # one of them says it in so many words
    (event(date="2020-08/.."), [told(date="2020-08/.."), told(date="2020-08/..", source_id=2)], ["open"]),
    (event(date="201X"), [told(date="201X"), told(date="201X", source_id=2)], ["wider than a year"]),
    (event(country=""), [told(country=""), told(country="", source_id=2)], ["No country is named."]),
    (event(), [told(rules={"date": "clause"}), told(rules={"date": "clause"}, source_id=2)], ["elsewhere"]),
    (event(), [told(), told(status="planned", source_id=2)], ["differ about the status"]),
    (event(), [told(), told(date="2020-09", source_id=2)], ["can’t both be right"]),
    (event(), [told(), told(date="2020-08", source_id=2)], []),  # the month holds the day
    (event(), [told(), told(merge_reason="same date", source_id=2)], ["took the events of several articles"]),
]


@pytest.mark.parametrize(("one", "mentions", "expected"), CASES)
def test_each_doubt_is_told_in_words(one: Event, mentions: list[Mention], expected: list[str]) -> None:
    found = doubts(one, mentions)
    assert len(found) == len(expected), found
    assert all(part in doubt.words for part, doubt in zip(expected, found, strict=True))
    assert certainty(one, mentions) == 100 - sum(doubt.weight for doubt in found)


def test_the_gravest_come_first_and_nothing_is_below_nought() -> None:
    weak = event(date="", country="")
    mentions = [told(date="", country="", standing="gone"), told(date="2019", standing="withdrawn")]
    weights = [doubt.weight for doubt in doubts(weak, mentions)]
    assert weights == sorted(weights, reverse=True)
    assert 0 <= certainty(weak, mentions) < 40


def test_of_the_least_certain_more_are_wrong() -> None:
    """On the annotated corpus, in quarters by certainty: what a review queue in this order is good for."""
    lines = (evaluate.CORPUS / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    gold = {row["path"]: row["events"] for row in map(json.loads, lines)}
    weighed: list[tuple[int, bool]] = []
    for article in read(sorted(evaluate.CORPUS.glob("*.txt"))):
        assert isinstance(article, Document)
        rows = gold[article.path.rpartition("/")[2]]
        events = extraction.extract(article.text, article.published).events
        right = {e for r, e in evaluate.paired(rows, events, article.text) if not _wrong(rows[r], events[e])}
        for number, one in enumerate(events):
            mentions = [
                told(kind=m.kind, date=m.date, status=m.status, country=m.country, rules=dict(m.rules))
                for m in one.mentions
            ]
            fields = event(kind=one.kind, date=one.date, status=one.status, country=one.country)
            weighed.append((certainty(fields, mentions), number in right))
    weighed.sort()
    quarter = len(weighed) // 4
    worst, best = (sum(not right for _, right in some) for some in (weighed[:quarter], weighed[-quarter:]))
    assert worst >= 2.5 * best, (worst, best, quarter)


def _wrong(row: dict[str, Any], one: extraction.Event) -> set[str]:
    return set(evaluate._wrong(row, one)) & set(evaluate.WHOLE)
