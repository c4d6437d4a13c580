"""One event's fields out of all that was read of it, by stated rules.

Within one article (`resolve`):
- date: the best told wins, in the order phrase, clause, sentence, heading, paragraph, publication; among
  equally told ones that can be the same date, the finer.
- status: cancelled if any mention says so, unless another was moved to a new date; else that of the mention
  that gave the date; an event that any mention tells as having occurred is not planned.
- disputed: if any mention says so.
- country: the one most mentions give, the first among equals.
- participants: all, a name inside a fuller one merged into it.
- counts: for each thing counted, the highest minimum; the first among equals.
- title: the most specific, with the country and the largest count; one that was given by a row of another
  program's file stays as it is.

Across articles (`resolve_across`): the latest published wins on status, counts and title; the finer date
wins where two can be the same, else the latest published; disputed if any says so; the country that most
say; participants as above.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from timeline import edtf_dates
from timeline.extraction import titles
from timeline.extraction.records import Count, Kind, Mention, Participant, Span, Status, What

DATE_RULES = ("phrase", "clause", "sentence", "heading", "paragraph", "publication", "none")
GIVEN = "given"  # by a row: the rule of a title that no words of an article were made into


@dataclass(frozen=True, slots=True)
class Resolved:
    """An event's fields; `decided_by` has, for each, the index of the mention or article that decided it."""

    kind: Kind
    title: str
    date: str
    status: Status
    disputed: bool
    country: str
    participants: tuple[Participant, ...]
    counts: tuple[Count, ...]
    spans: Mapping[str, Span] = field(default_factory=dict)
    decided_by: Mapping[str, int] = field(default_factory=dict)


def resolve(mentions: Sequence[Mention]) -> Resolved:
    """The fields of the event that these mentions of one article tell of; ValueError if there are none."""
    if not mentions:
        raise ValueError("an event has at least one mention")
    dated = _best_dated(mentions)
    status_from = _status(mentions, dated)
    disputed_from = next((i for i, mention in enumerate(mentions) if mention.disputed), None)
    country = _most_common(mention.country for mention in mentions)
    country_from = next(
        (i for i, m in enumerate(mentions) if m.country == country and m.rules.get("country") == "sentence"),
        next(i for i, m in enumerate(mentions) if m.country == country),
    )
    counts = _counts(mention.counts for mention in mentions)
    titled = max(range(len(mentions)), key=lambda i: (_specific(mentions[i].title), -i))
    decided = {"date": dated, "status": status_from, "country": country_from, "title": titled}
    if disputed_from is not None:
        decided["disputed"] = disputed_from
    spans = {
        name: mentions[index].spans[name] for name, index in decided.items() if name in mentions[index].spans
    }
    title = mentions[titled].title
    if mentions[titled].rules.get("title") != GIVEN:
        title = titles.with_count(titles.retitled(title, country), counts)
    return Resolved(
        kind=mentions[0].kind,
        title=title,
        date=mentions[dated].date,
        status=mentions[status_from].status,
        disputed=disputed_from is not None,
        country=country,
        participants=_participants(mention.participants for mention in mentions),
        counts=counts,
        spans=spans,
        decided_by=decided,
    )


def resolve_across(articles: Sequence[tuple[date, Resolved]]) -> Resolved:
    """The fields of an event told by several articles: (day of publication, what `resolve` gave) of each."""
    if not articles:
        raise ValueError("an event is told by at least one article")
    order = sorted(range(len(articles)), key=lambda i: articles[i][0])
    latest = articles[order[-1]][1]
    dated = order[-1]
    for index in reversed(order):
        dated = index if _finer(articles[index][1].date, articles[dated][1].date) else dated
    disputed = next((i for i in order if articles[i][1].disputed), None)
    country = _most_common(articles[i][1].country for i in reversed(order))
    counts = _latest_counts([articles[i][1].counts for i in order])
    decided = {"date": dated, "status": order[-1], "title": order[-1]}
    if disputed is not None:
        decided["disputed"] = disputed
    return Resolved(
        kind=latest.kind,
        title=latest.title,
        date=articles[dated][1].date,
        status=latest.status,
        disputed=disputed is not None,
        country=country,
        participants=_participants(articles[i][1].participants for i in order),
        counts=counts,
        decided_by=decided,
    )


def _best_dated(mentions: Sequence[Mention]) -> int:
    """Index of the mention whose date the event takes."""
    ranked = sorted(range(len(mentions)), key=lambda i: (_rank(mentions[i]), i))
    best = ranked[0]
    for index in ranked[1:]:
        if _told(mentions[index]) and _finer(mentions[index].date, mentions[best].date):
            best = index
    return best


def _told(mention: Mention) -> bool:
    return _rank(mention) <= DATE_RULES.index("sentence")


def _rank(mention: Mention) -> int:
    rule = mention.rules.get("date", "none")
    rank = DATE_RULES.index(rule) if rule in DATE_RULES else len(DATE_RULES)
    return rank if mention.date else len(DATE_RULES) + 1


def _finer(one: str, other: str) -> bool:
    """Whether the two can be the same date and the first is the narrower; any date is finer than none."""
    if not one or not other:
        return bool(one)
    if not edtf_dates.overlap(one, other):
        return False
    widths = edtf_dates.width(one), edtf_dates.width(other)
    return widths[0] is not None and (widths[1] is None or widths[0] < widths[1])


def _status(mentions: Sequence[Mention], dated: int) -> int:
    """Index of the mention whose status the event takes."""
    by_status: dict[Status, int] = {}
    for index, mention in enumerate(mentions):
        by_status.setdefault(mention.status, index)
    if "cancelled" in by_status and mentions[dated].rules.get("status") != "moved to a new date":
        return by_status["cancelled"]
    if "ongoing" in by_status:
        return by_status["ongoing"]
    if "occurred" in by_status and mentions[dated].status in ("planned", "proposed"):
        held = [m for m in mentions if m.status == "occurred"]
        if len(held) * 2 > len(mentions):
            return by_status["occurred"]
    return dated


def _most_common(countries: Iterable[str]) -> str:
    """The country given most, the first among equals; "" only if nothing else was given."""
    counted = Counter(countries)
    known = [(count, -order, code) for order, (code, count) in enumerate(counted.items()) if code]
    return max(known)[2] if known else ""


def _counts(all_counts: Iterable[tuple[Count, ...]]) -> tuple[Count, ...]:
    best: dict[What, Count] = {}
    for counts in all_counts:
        for count in counts:
            if count.what not in best or (count.minimum or 0) > (best[count.what].minimum or 0):
                best[count.what] = count
    return tuple(best.values())


def _latest_counts(all_counts: Sequence[tuple[Count, ...]]) -> tuple[Count, ...]:
    latest: dict[What, Count] = {}
    for counts in all_counts:
        latest |= {count.what: count for count in counts}
    return tuple(latest.values())


def _participants(groups: Iterable[tuple[Participant, ...]]) -> tuple[Participant, ...]:
    """All of them, each name once; "Lukashenko" beside "Alexander Lukashenko" is the same person."""
    kept: list[Participant] = []
    for participant in (one for group in groups for one in group):
        words = set(participant.name.casefold().split())
        same = next(
            (
                i
                for i, other in enumerate(kept)
                if other.country == participant.country
                and (words <= (others := set(other.name.casefold().split())) or others <= words)
            ),
            None,
        )
        if same is None:
            kept.append(participant)
        elif len(words) > len(kept[same].name.split()):
            kept[same] = participant
    return tuple(kept)


def _specific(title: str) -> int:
    return len(title.split(" in ", 1)[0].split())
