"""Text in, dated events out: the steps in their order, article by article, the parser fed in batches.

sentences -> triggers -> (only sentences with triggers) parser -> date, status, dispute, country,
participants and counts of each trigger -> mentions grouped into events -> fields resolved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from time import thread_time
from typing import TYPE_CHECKING, cast

from timeline.extraction import (
    clock,
    grouping,
    lexicon,
    parsing,
    participants,
    places,
    reading,
    resolution,
    titles,
    triggers,
)
from timeline.extraction.dates import frames, tag
from timeline.extraction.grouping import Draft, Group
from timeline.extraction.places import Place
from timeline.extraction.reading import Article, Reader
from timeline.extraction.records import Event, Extraction, Kind, Mention, Span
from timeline.extraction.sentences import paragraphs, sentences

if TYPE_CHECKING:  # spaCy takes a second to import, and much of the program does without
    from spacy.tokens import Doc

# Documents read ahead, so that the parser gets full batches; memory is bounded by it.
AHEAD = 64
_LEAD_PARAGRAPHS = 3


def extract(text: str, published: date) -> Extraction:
    """The events and dates of one article; `published` is what relative dates are resolved against.

    `text` is the stored text: headline, blank line, body, line ends "\\n". Never raises on any text, but for
    TookTooLong within `allowing`.
    """
    return next(extract_many([(text, published)]))


def extract_many(documents: Iterable[tuple[str, date]]) -> Iterator[Extraction]:
    """`extract` for many documents (text, published), in their order, a bounded number at a time."""
    stream = iter(documents)
    _load()
    while batch := [prepare(text, published) for text, published in islice(stream, AHEAD)]:
        parsed = _parse(batch)
        for article in batch:
            with article.clock:
                read = _finish(article, {i: parsed.pop((id(article), i)) for i in article.triggers})
            yield read


def _load() -> None:
    """What is loaded once in a process, before the clock of its first article runs."""
    lexicon.prefilter()
    lexicon.context_prefilter()
    places.gazetteer()


def _parse(articles: Sequence[Article]) -> dict[tuple[int, int], Doc]:
    """The parsed sentences, by their article's id and their number; each article bears its share of time."""
    parsed: dict[tuple[int, int], Doc] = {}
    wanted = iter([(article, index) for article in articles for index in article.triggers])
    while some := list(islice(wanted, parsing.BATCH)):
        texts = [article.text[article.starts[i] : article.sentences[i].end] for article, i in some]
        parsing.load(parsing.model_name())  # once, and on no article's time
        begun = thread_time()
        docs = list(parsing.parse(texts))
        share = (thread_time() - begun) / sum(map(len, texts))
        for (article, index), text, doc in zip(some, texts, docs, strict=True):
            parsed[id(article), index] = doc
            article.clock.spend(share * len(text))
    return parsed


def prepare(text: str, published: date) -> Article:
    """An article with all that needs no parser: sentences, triggers, dates, places and names."""
    timed = clock.Clock(text)
    with timed:
        return _prepare(text, published, timed)


def _prepare(text: str, published: date, timed: clock.Clock) -> Article:
    spans = sentences(text)
    blocks = paragraphs(text)
    found = triggers.find(text, spans)
    article = Article(text, published, spans, blocks, _paragraph_of(spans, blocks), found, timed)
    article.dates = tuple(tag(text, published, spans))
    if found:
        article.framed = tuple(frames(text, published, article.dates))
        article.places = _places(text, blocks)
        lead = blocks[min(_LEAD_PARAGRAPHS, len(blocks)) - 1].end if blocks else 0
        article.country = places.dominant(article.places, blocks[0].end if len(blocks) > 1 else 0, lead)
        article.names = participants.register(text)
        _without_topic(article)
        article.starts = {index: reading.body_start(article, index) for index in found}
    return article


def _places(text: str, blocks: Sequence[Span]) -> list[Place]:
    """The places that are named, those in capitals at the head of a report among them."""
    heads = [place for block in blocks if (place := places.dateline(text, block.start, block.end))]
    taken = {place.start for place in heads}
    named = [place for place in places.find(text) if place.start not in taken]
    return sorted(heads + named, key=lambda place: place.start)


def _without_topic(article: Article) -> None:
    """Leave a short item's heading out, but for its date, where the item goes on to tell of something."""
    about = reading.topic(article)
    if about is None:
        return
    named = [e for e in article.framed if about.start <= e.start < about.end]
    article.topic_date = named[0].edtf if named else ""
    rest = [trigger for trigger in article.triggers.get(0, []) if trigger.start >= about.end]
    if rest:
        article.triggers[0] = rest


def _paragraph_of(spans: Sequence[Span], blocks: Sequence[Span]) -> list[int]:
    numbers, block = [], 0
    for span in spans:
        while block + 1 < len(blocks) and blocks[block].end <= span.start:
            block += 1
        numbers.append(block)
    return numbers


def _finish(article: Article, docs: dict[int, Doc]) -> Extraction:
    drafts = Reader(article).read(docs)
    events = []
    for one in grouping.group(drafts):
        clock.check()
        events.append(_event(article, one))
    return Extraction(tuple(events), article.dates)


def _event(article: Article, one: Group) -> Event:
    mentions = tuple(_mention(article, draft, one.kind) for draft in _one_a_sentence(_as_told(one)))
    resolved = resolution.resolve(mentions)
    return Event(
        kind=resolved.kind,
        title=resolved.title,
        date=resolved.date,
        status=resolved.status,
        disputed=resolved.disputed,
        country=resolved.country,
        participants=resolved.participants,
        counts=resolved.counts,
        mentions=mentions,
        spans=resolved.spans,
    )


def _as_told(one: Group) -> list[Draft]:
    """The group's drafts; those that only point at the event get the status of the first that tells of it."""
    firm = next((draft for draft in one.drafts if not draft.echo), None)
    if firm is None:
        return one.drafts
    return [
        replace(draft, status=firm.status, status_rule="as the event", status_span=None)
        if draft.echo and not draft.trigger.rule.status
        else draft
        for draft in one.drafts
    ]


def _one_a_sentence(drafts: Sequence[Draft]) -> list[Draft]:
    kept: dict[Span, Draft] = {}
    for draft in drafts:
        if draft.sentence not in kept or reading.better(draft, kept[draft.sentence]):
            kept[draft.sentence] = draft
    return sorted(kept.values(), key=lambda draft: draft.sentence.start)


def _mention(article: Article, draft: Draft, kind: str) -> Mention:
    spans = {"kind": Span(draft.trigger.start, draft.trigger.end)}
    rules = {
        "kind": draft.trigger.rule.id,
        "date": draft.linked.rule,
        "status": draft.status_rule,
        "country": draft.country_rule,
        "disputed": "cue" if draft.disputed else "no cue",
    }
    optional = {
        "date": draft.linked.span,
        "status": draft.status_span,
        "disputed": draft.disputed,
        "country": draft.country_span,
        "cited": draft.cited,
    }
    spans |= {name: span for name, span in optional.items() if span is not None}
    words = article.text[draft.sentence.start : draft.sentence.end]
    settled = cast("Kind", kind)
    return Mention(
        start=draft.sentence.start,
        end=draft.sentence.end,
        kind=settled,
        title=titles.base(settled, words, draft.trigger.step, draft.country),
        date=draft.linked.edtf,
        status=draft.status,
        disputed=draft.disputed is not None,
        country=draft.country,
        participants=draft.participants,
        counts=draft.counts,
        cited=article.text[draft.cited.start : draft.cited.end] if draft.cited else "",
        spans=spans,
        rules=rules,
    )
