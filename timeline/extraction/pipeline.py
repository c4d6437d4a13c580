"""Text in, dated events out: the steps in their order, article by article, the parser fed in batches.

sentences -> triggers -> (only sentences with triggers) parser -> date, status, dispute, country, participants and
counts of each trigger -> mentions grouped into events -> fields resolved.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import cast

from spacy.tokens import Doc, Token

from timeline import edtf_dates
from timeline.extraction import (
    counts,
    dispute,
    grouping,
    lexicon,
    linking,
    parsing,
    participants,
    places,
    resolution,
    status,
    titles,
    triggers,
)
from timeline.extraction.dates import frames, tag
from timeline.extraction.grouping import Draft, Group
from timeline.extraction.linking import Linked
from timeline.extraction.places import Place
from timeline.extraction.records import Count, DateExpression, Event, Extraction, Kind, Mention, Span
from timeline.extraction.sentences import paragraphs, sentences
from timeline.extraction.triggers import Trigger

# Documents read ahead, so that the parser gets full batches; memory is bounded by it.
AHEAD = 64
_LEAD_PARAGRAPHS = 3
_DEFINITE = {"the", "this", "that", "these", "those", "his", "her", "their", "its"}
_INDEFINITE = {"a", "an", "another", "one"}


@dataclass(slots=True)
class Article:
    """One document on its way through the pipeline; all that the steps know of it."""

    text: str
    published: date
    sentences: list[Span]
    paragraph_of: list[int]
    paragraphs: list[Span]
    triggers: dict[int, list[Trigger]]
    dates: tuple[DateExpression, ...] = ()
    framed: tuple[DateExpression, ...] = ()
    places: list[Place] = field(default_factory=list)
    country: str = ""
    names: participants.Registry = field(default_factory=participants.Registry)


def extract(text: str, published: date) -> Extraction:
    """The events and dates of one article; `published` is what relative dates are resolved against.

    `text` is the stored text: headline, blank line, body, line ends "\\n". Never raises on any text.
    """
    return next(extract_many([(text, published)]))


def extract_many(documents: Iterable[tuple[str, date]]) -> Iterator[Extraction]:
    """`extract` for many documents (text, published), in their order, a bounded number at a time."""
    stream = iter(documents)
    while batch := [_prepare(text, published) for text, published in islice(stream, AHEAD)]:
        wanted = [(article, index) for article in batch for index in article.triggers]
        docs = parsing.parse(
            article.text[article.sentences[index].start : article.sentences[index].end]
            for article, index in wanted
        )
        parsed: dict[tuple[int, int], Doc] = {}
        for (article, index), doc in zip(wanted, docs, strict=True):
            parsed[id(article), index] = doc
        for article in batch:
            yield _finish(article, {i: parsed.pop((id(article), i)) for i in article.triggers})


def _prepare(text: str, published: date) -> Article:
    """All that needs no parser."""
    spans = sentences(text)
    blocks = paragraphs(text)
    about = triggers.topic(text)
    found = {index: hits for index, span in enumerate(spans) if (hits := triggers.scan(text, span, about))}
    article = Article(text, published, spans, _paragraph_of(spans, blocks), blocks, found)
    article.dates = tuple(tag(text, published, spans))
    if found:
        article.framed = tuple(frames(text, published, article.dates))
        article.places = places.find(text)
        lead = blocks[min(_LEAD_PARAGRAPHS, len(blocks)) - 1].end if blocks else 0
        article.country = places.dominant(article.places, blocks[0].end if len(blocks) > 1 else 0, lead)
        article.names = participants.register(text)
    return article


def _paragraph_of(spans: Sequence[Span], blocks: Sequence[Span]) -> list[int]:
    numbers, block = [], 0
    for span in spans:
        while block + 1 < len(blocks) and blocks[block].end <= span.start:
            block += 1
        numbers.append(block)
    return numbers


def _finish(article: Article, docs: dict[int, Doc]) -> Extraction:
    drafts = _Reader(article).read(docs)
    events = tuple(_event(article, one) for one in grouping.group(drafts))
    return Extraction(events, article.dates)


class _Reader:
    """Reads the sentences of one article in order; remembers the date and the country that it has reached."""

    def __init__(self, article: Article) -> None:
        self.article = article
        self.paragraph = -1
        self.heading = Linked("", "none")
        self.reached = Linked("", "none")
        self.country = ""

    def read(self, docs: dict[int, Doc]) -> list[Draft]:
        """Drafts of all triggers that tell of something real, in text order."""
        drafts: list[Draft] = []
        for index in sorted(docs):
            self._enter(self.article.paragraph_of[index])
            drafts += self._sentence(index, docs[index])
        return drafts

    def _enter(self, paragraph: int) -> None:
        if paragraph == self.paragraph:
            return
        self.paragraph = paragraph
        self.country = ""
        self.reached = Linked("", "none")
        self.heading = self._heading(paragraph)

    def _heading(self, paragraph: int) -> Linked:
        """The date that a chronology's entry opens with ("August 2020 - ...")."""
        block = self.article.paragraphs[paragraph]
        for expression in self.article.framed:
            if expression.start > block.start + 3:
                break
            if expression.start >= block.start:
                after = self.article.text[expression.end : expression.end + 3].lstrip()
                if after[:1] in ("-", "–", "—", ":", "|"):
                    return Linked(expression.edtf, "heading")
        return Linked("", "none")

    def _is_heading(self, paragraph: int) -> bool:
        """Whether the paragraph is a heading between others: short, and without a full stop."""
        block = self.article.paragraphs[paragraph]
        words = self.article.text[block.start : block.end]
        return (
            0 < paragraph
            and len(words) < 60
            and words[-1] not in '.!:”"’'
            and len(self.article.paragraphs) > 3
        )

    def _sentence(self, index: int, doc: Doc) -> list[Draft]:
        article = self.article
        sentence = article.sentences[index]
        expressions = [e for e in article.framed if sentence.start <= e.start and e.end <= sentence.end]
        heads: list[tuple[Trigger, Token]] = []
        for trigger in article.triggers[index]:
            find = parsing.last_verb if trigger.rule.head == "last" else parsing.token_at
            token = find(doc, trigger.start - sentence.start, trigger.end - sentence.start)
            if token is not None:
                heads.append((trigger, token))
        linked = linking.link(doc, sentence.start, heads, expressions)
        drafts = [
            draft
            for trigger, head in heads
            if (draft := self._draft(index, doc, trigger, head, linked.get(trigger))) is not None
        ]
        drafts = _shared_out(article, _one_a_kind(drafts))
        for draft in drafts:
            if draft.linked.told and draft.status == "occurred":
                self.reached = Linked(draft.linked.edtf, "paragraph")
            if draft.country_rule != "article":
                self.country = draft.country
        return drafts

    def _draft(
        self, index: int, doc: Doc, trigger: Trigger, head: Token, linked: Linked | None
    ) -> Draft | None:
        article = self.article
        sentence = article.sentences[index]
        words = _clause(head)
        when = linked or Linked("", "none")
        reading = status.read(doc, head, trigger, words, when.edtf, article.published)
        if reading.status is None:
            return None
        if linked is None:
            when = self._inferred(reading.status, trigger.kind)
        country, country_rule, country_span = self._country(doc, head, sentence)
        disputed = dispute.read(article.text, sentence.start, sentence.end, trigger.kind)
        determiners = {child.lower_ for child in head.children if child.dep_ in ("det", "poss")}
        cited = participants.cited(doc, head, sentence.start)
        return Draft(
            trigger=trigger,
            kind=trigger.kind,
            sentence=sentence,
            sentence_index=index,
            paragraph=self.paragraph,
            linked=when,
            status=reading.status,
            status_rule=reading.rule,
            status_span=_shift(reading.span, sentence.start),
            disputed=disputed,
            country=country,
            country_rule=country_rule,
            country_span=country_span,
            participants=tuple(participants.read(doc, sentence.start, head, trigger, country, article.names)),
            counts=(),
            cited=cited,
            qualifiers=frozenset(part.lower_ for part in head.subtree if part.i <= head.i),
            echo=trigger.rule.soft or trigger.kind in ("vote", "toll") or self._is_heading(self.paragraph),
            fresh=bool(determiners & _INDEFINITE),
        )

    def _inferred(self, told: str, kind: str) -> Linked:
        """The date of a trigger whose sentence gives none."""
        if told not in ("occurred", "ongoing") and not (
            told == "cancelled" and kind == "constitutional_change"
        ):
            return self.heading if self.heading.edtf else Linked("", "none")
        if self.reached.edtf:
            return self.reached
        if self.heading.edtf:
            return self.heading
        short = len(self.article.paragraphs) <= 2
        if told in ("occurred", "ongoing", "cancelled") and (self.paragraph == 0 or short):
            return Linked(self.article.published.isoformat(), "publication")
        return Linked("", "none")

    def _country(self, doc: Doc, head: Token, sentence: Span) -> tuple[str, str, Span | None]:
        """(code, rule, words) of where the trigger's event takes place."""
        article = self.article
        here = [place for place in article.places if sentence.start <= place.start < sentence.end]
        own = [place for place in here if place.country == article.country]
        best: tuple[int, Place] | None = None
        limit = 5 if own else 14
        for place in here:
            token = parsing.token_at(doc, place.start - sentence.start, place.end - sentence.start)
            if token is None:
                continue
            edges, boundaries = parsing.distance(head, token)
            cost = edges + 3 * boundaries + (4 if place.sort == "seat" else 0)
            before = article.text[max(0, place.start - 25) : place.start].split()
            locative = bool(before) and bool({"in", "across", "throughout"} & set(before[-2:]))
            possessive = article.text[place.end : place.end + 2] in ("’s", "'s")
            modifies = token.dep_ in ("amod", "compound", "poss", "nsubj", "nsubjpass")
            above = any(up.i == token.i for up in head.ancestors)
            if not (locative or above or possessive or modifies):
                continue
            cost -= 2 if locative or above else 0
            if best is None or cost < best[0]:
                best = (cost, place)
        if best and best[0] <= limit:
            place = best[1]
            return place.country, "sentence", Span(place.start, place.end)
        if own:
            return article.country, "sentence", Span(own[0].start, own[0].end)
        if self.country:
            return self.country, "paragraph", None
        return article.country, "article", None


def _shift(span: Span | None, offset: int) -> Span | None:
    return Span(span.start + offset, span.end + offset) if span else None


def _clause(head: Token) -> tuple[int, int]:
    """Offsets into the sentence of the clause that a trigger stands in, its own phrase included."""
    verb = parsing.governor(head)
    tokens = [*parsing.clause(verb), *head.subtree]
    while verb.dep_ in ("xcomp", "conj") and verb.head.i != verb.i and parsing.is_verb(verb.head):
        verb = verb.head
        tokens.append(verb)
    first = min(tokens, key=lambda token: token.idx)
    last = max(tokens, key=lambda token: token.idx)
    return first.idx, last.idx + len(last)


_COUNTED: dict[str, set[str]] = {
    "crackdown": {"detained", "killed", "injured", "fled", "sentenced"},
    "protest": {"attended", "killed", "injured"},
    "toll": {"detained", "killed", "injured", "fled"},
}


def _shared_out(article: Article, drafts: list[Draft]) -> list[Draft]:
    """The sentence's counts given to the events they count: casualties to the crackdown if the state acts."""
    if not drafts:
        return []
    sentence = drafts[0].sentence
    found = counts.find(article.text, sentence.start, sentence.end)
    if not found:
        return drafts
    kinds_here = {draft.kind for draft in drafts}
    forces = lexicon.contexts()["FORCES"].search(article.text, sentence.start, sentence.end)
    shared = []
    for draft in drafts:
        whats = set(_COUNTED.get(draft.kind, ()))
        if draft.kind == "protest" and "crackdown" in kinds_here and forces:
            whats -= {"killed", "injured"}
        if draft.kind == "crackdown" and "protest" in kinds_here and not forces:
            whats -= {"killed", "injured"}
        own = tuple(count for count in found if count.what in whats and _nearest(count, draft, drafts))
        shared.append(replace(draft, counts=own))
    return shared


def _nearest(count: Count, draft: Draft, drafts: Sequence[Draft]) -> bool:
    """Whether no other event of the same kind in the sentence stands nearer to the count."""
    rivals = [other for other in drafts if other.kind == draft.kind]
    nearest = min(rivals, key=lambda other: abs(other.trigger.start - count.span.start))
    return nearest is draft


def _one_a_kind(drafts: list[Draft]) -> list[Draft]:
    """Triggers of one kind in a sentence tell of one event unless dates, statuses or steps keep them apart."""
    kept: list[Draft] = []
    firm = {draft.kind for draft in drafts}
    for draft in drafts:
        if draft.kind == "vote" and firm & {"referendum", "election"}:
            continue
        if draft.kind == "toll" and firm & {"protest", "crackdown"}:
            continue
        same = next(
            (i for i, other in enumerate(kept) if other.kind == draft.kind and _alike(other, draft)), None
        )
        if same is None:
            kept.append(draft)
        elif _better(draft, kept[same]):
            kept[same] = draft
    if any(draft.kind == "referendum" for draft in kept):
        kept = [
            d for d in kept if d.kind != "constitutional_change" or d.linked.told or d.status != "occurred"
        ]
    return kept


def _alike(one: Draft, other: Draft) -> bool:
    if one.linked.told and other.linked.told and one.linked.edtf != other.linked.edtf:
        return one.linked.span == other.linked.span
    if one.kind == "constitutional_change" and one.trigger.step != other.trigger.step:
        return not (one.trigger.step and other.trigger.step)
    return not grouping.apart(one.qualifiers, other.qualifiers)


def _better(draft: Draft, other: Draft) -> bool:
    order = linking.RULE_ORDER
    return (draft.echo, order[draft.linked.rule]) < (other.echo, order[other.linked.rule])


def _event(article: Article, one: Group) -> Event:
    mentions = tuple(_mention(article, draft, one.kind) for draft in _one_a_sentence(one.drafts))
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


def _one_a_sentence(drafts: Sequence[Draft]) -> list[Draft]:
    kept: dict[Span, Draft] = {}
    for draft in drafts:
        if draft.sentence not in kept or _better(draft, kept[draft.sentence]):
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
    for name, span in (
        ("date", draft.linked.span),
        ("status", draft.status_span),
        ("disputed", draft.disputed),
        ("country", draft.country_span),
        ("cited", draft.cited),
    ):
        if span is not None:
            spans[name] = span
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
