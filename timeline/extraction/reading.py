"""One article's sentences read in order: what each trigger tells, whichever event it turns out to be of."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from timeline import edtf_dates
from timeline.extraction import (
    clock,
    counts,
    dispute,
    grouping,
    lexicon,
    linking,
    parsing,
    participants,
    places,
    status,
)
from timeline.extraction.clock import Clock
from timeline.extraction.grouping import Draft
from timeline.extraction.linking import Linked
from timeline.extraction.places import Place
from timeline.extraction.records import DateExpression, Span
from timeline.extraction.triggers import Trigger

if TYPE_CHECKING:  # spaCy takes a second to import, and much of the program does without
    from spacy.tokens import Doc, Token

_Placed = TypeVar("_Placed", DateExpression, Place)

_INDEFINITE = {"a", "an", "another", "one"}
# What a sentence may open with that is no part of it: bullets, a live blog's clock, an agency's dateline.
_LEAD_IN = re.compile(
    r"(?:[-–—*•·▪]\s+|\d{1,2}[.:]\d\d\s*(?:[ap]\.?m\.?)?\s+|[QA]:\s+"
    r"|[A-ZÀ-Þ][A-ZÀ-Þ .'’]{2,30}(?:,\s*[A-Z]\w{2,8}\.?\s\d{1,2})?(?:,\s*\d{4})?\s*"
    r"(?:\([^)\n]{1,40}\)\s*)?[-–—]+\s+)+"
)
_TOPIC = re.compile(
    r"(?=[^:\n]{0,80}(?:\d{4}|election|protest|referendum|strike|unrest|uprising|crisis))"
    r"[^:.!?\n]{4,80}: (?=[A-ZÀ-Þ“\"])",
    re.IGNORECASE,
)
# A line that is nothing but a date: "14 March 2005", "## June 1987".
_LINE = re.compile(r"[#*•\s]{0,4}(?P<date>\w[\w ,.–-]{2,28}\w)[*:.]{0,2}")
_SEPARATORS = ("-", "–", "—", ":", "|")


@dataclass(slots=True)
class Article:
    """One document on its way through the pipeline; all that the steps know of it.

    `starts` is where each sentence with triggers begins once its bullet, clock, dateline or date is left out.
    """

    text: str
    published: date
    sentences: list[Span]
    paragraphs: list[Span]
    paragraph_of: list[int]
    triggers: dict[int, list[Trigger]]
    clock: Clock
    dates: tuple[DateExpression, ...] = ()
    framed: tuple[DateExpression, ...] = ()
    starts: dict[int, int] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    country: str = ""
    topic_date: str = ""
    names: participants.Registry = field(default_factory=participants.Registry)


def heading(article: Article, paragraph: int) -> DateExpression | None:
    """The date that opens a chronology's entry ("August 2020 - ..."), None if the paragraph has none."""
    block = article.paragraphs[paragraph]
    opening = _LEAD_IN.match(article.text, block.start, block.end)
    start = opening.end() if opening else block.start
    for expression in article.framed:
        if expression.start > start + 4:
            return None
        if expression.start >= block.start:
            if opening and expression.end < start:
                return None  # an agency's dateline
            after = article.text[expression.end : expression.end + 3]
            headed = after[:1] == "\n" or after.lstrip()[:1] in _SEPARATORS
            return expression if headed else None
    return None


def _section_heads(article: Article) -> list[DateExpression | None]:
    """For each paragraph, the date that the line alone above it is, if two such lines at least head the text.

    It holds until the next, or a heading that is none.
    """
    by_end = {e.end: e for e in article.framed}
    alone: dict[int, DateExpression] = {}
    for number, block in enumerate(article.paragraphs):
        line = _LINE.fullmatch(article.text, block.start, block.end)
        found = by_end.get(line.end("date")) if line else None
        if line and found and found.start <= line.start("date"):
            alone[number] = found
    heads: list[DateExpression | None] = []
    held: DateExpression | None = None
    for number in range(len(article.paragraphs)):
        if number in alone:
            held = alone[number] if len(alone) > 1 else None
        elif is_heading(article, number):
            held = None
        heads.append(held)
    return heads


def is_heading(article: Article, paragraph: int) -> bool:
    """Whether the paragraph is a heading between others: short, and without a full stop."""
    block = article.paragraphs[paragraph]
    words = article.text[block.start : block.end]
    return paragraph > 0 and len(words) < 60 and words[-1] not in '.!:”"’' and len(article.paragraphs) > 3


_LONGEST_NAME = 40  # code points


def _place_in_capitals(text: str, line: Span) -> Place | None:
    """The place that a line in capitals names; None if it isn't one."""
    words = text[line.start : line.end]
    found = places.find(words.title()) if words.isupper() else []
    one = found[0] if len(found) == 1 and found[0].start == 0 else None
    return Place(line.start, line.start + one.end, one.country, one.sort) if one else None


def _section_countries(article: Article) -> dict[int, tuple[str, Span]]:
    """The country of each paragraph below a line that only names a place ("PERU")."""
    by_start = {place.start: place for place in article.places}
    held: tuple[str, Span] | None = None
    countries: dict[int, tuple[str, Span]] = {}
    for number, block in enumerate(article.paragraphs):
        place = by_start.get(block.start) if number else None
        if place is None and number and block.end - block.start < _LONGEST_NAME:
            place = _place_in_capitals(article.text, block)
        if place and place.country and not article.text[place.end : block.end].strip(" :.#*—–-"):
            held = place.country, Span(place.start, place.end)
        elif is_heading(article, number):
            held = None
        if held:
            countries[number] = held
    return countries


def topic(article: Article) -> Span | None:
    """The heading that a short item may open with, colon and blank included ("2011 protests: ")."""
    if len(article.paragraphs) > 2 or not article.sentences:
        return None
    first = article.sentences[0]
    match = _TOPIC.match(article.text, first.start, first.end)
    return Span(match.start(), match.end()) if match else None


def body_start(article: Article, index: int) -> int:
    """Where the sentence's own words begin, what it is introduced by left out."""
    sentence = article.sentences[index]
    start = sentence.start
    about = topic(article) if index == 0 else None
    if about:
        return about.end if article.triggers[index][0].start >= about.end else start
    date_first = heading(article, article.paragraph_of[index])
    if date_first and sentence.start <= date_first.start < sentence.end:
        start = date_first.end
        while start < sentence.end and article.text[start] in " -–—:|\u00a0":
            start += 1
    opening = _LEAD_IN.match(article.text, start, sentence.end)
    start = opening.end() if opening else start
    first = min((trigger.start for trigger in article.triggers[index]), default=start)
    return start if start <= first and start < sentence.end else sentence.start


# What stands between dates that are told in a row.
_IN_A_ROW = re.compile(
    r"(?:,|,?\s+and|,?\s+then)(?:\s+(?:and|again|then))*(?:\s+(?:in|on))?\s+", re.IGNORECASE
)
_OPENING = 4  # sentences, headline included, that may name the day of an article's story
_MONTH = 31  # days
_INTERVIEW = re.compile(r"\b(?:[Ww]e|I) (?:spoke|talked|sat down|met)\b|\bspoke (?:to|with) (?:us|me)\b")
_BOUNDS = ("before", "after", "since", "until", "by")
_REACH = 3  # sentences after an event that may still contest it
_IT_WAS = re.compile(r"(?:it|that|this|the (?:day|date|month|year)) was (?:on |in )?", re.IGNORECASE)
_RESULTS = ("result", "official figures")


class Reader:
    """Reads the sentences of one article in order; remembers the date and the country that it has reached."""

    def __init__(self, article: Article) -> None:
        self.article = article
        self.paragraph = -1
        self.heading = Linked("", "none")
        self.reached: dict[bool, Linked] = {}  # of votes, and of all else, in the paragraph
        self.country: tuple[str, Span | None] = ("", None)
        self.story_day = self._story_day()
        self.section_heads = _section_heads(article)
        self.section_countries = _section_countries(article)
        self.refused: dict[int, list[tuple[Trigger, str]]] = {}

    def _story_day(self) -> Linked:
        """The one day lately that the opening sentences name: what is told without a date was then."""
        article = self.article
        if len(article.paragraphs) < 3:
            return Linked("", "none")
        body = article.paragraphs[1].start
        opening = article.sentences[min(_OPENING, len(article.sentences)) - 1].end
        if _INTERVIEW.search(article.text, body, opening):
            return Linked("", "none")  # the day is that of a talk
        days = {e.edtf: e for e in article.framed if body <= e.start < opening and self._lately(e.edtf)}
        if len(days) != 1:
            return Linked("", "none")
        ((edtf, expression),) = days.items()
        return Linked(edtf, "paragraph", Span(expression.start, expression.end))

    def _lately(self, edtf: str) -> bool:
        """Whether the date is one day of the week up to publication."""
        day, latest = edtf_dates.bounds(edtf)
        return day is not None and day == latest and 0 <= (self.article.published - day).days <= 7

    def read(self, docs: dict[int, Doc]) -> list[Draft]:
        """Drafts of all triggers that tell of something real, in text order; `docs` by number of sentence."""
        drafts: list[Draft] = []
        for index in sorted(docs):
            self._enter(self.article.paragraph_of[index])
            drafts += self._sentence(index, docs[index])
        return self._contested_after(drafts)

    def _contested_after(self, drafts: list[Draft]) -> list[Draft]:
        """The drafts, disputed where a sentence soon after contests them ("They say they were robbed")."""
        told = {(draft.sentence_index, draft.kind) for draft in drafts}
        return [
            replace(draft, disputed=words)
            if draft.disputed is None
            and draft.status in ("occurred", "ongoing")
            and (words := self._contest(draft, told))
            else draft
            for draft in drafts
        ]

    def _contest(self, draft: Draft, told: set[tuple[int, str]]) -> Span | None:
        article, index = self.article, draft.sentence_index
        kinds = status.VOTES if draft.kind in status.VOTES else (draft.kind,)
        for later in range(index + 1, min(index + _REACH + 1, len(article.sentences))):
            if article.paragraph_of[later] != draft.paragraph or any((later, kind) in told for kind in kinds):
                return None
            span = article.sentences[later]
            if words := dispute.read_after(article.text, span.start, span.end, draft.kind):
                return words
        return None

    def _enter(self, paragraph: int) -> None:
        if paragraph == self.paragraph:
            return
        self.paragraph = paragraph
        self.country = self._dateline(paragraph)
        self.reached = {}
        found = heading(self.article, paragraph) or self.section_heads[paragraph]
        self.heading = (
            Linked(found.edtf, "heading", Span(found.start, found.end)) if found else Linked("", "none")
        )

    def _dateline(self, paragraph: int) -> tuple[str, Span | None]:
        """The country of the place that a paragraph of a round-up may open with."""
        start = self.article.paragraphs[paragraph].start
        for place in self.article.places:
            if place.start == start and place.sort == "dateline":
                return place.country, Span(place.start, place.end)
        return self.section_countries.get(paragraph, ("", None))

    def _sentence(self, index: int, doc: Doc) -> list[Draft]:
        article, start = self.article, self.article.starts[index]
        expressions = self._dates_in(index)
        heads: list[tuple[Trigger, Token]] = []
        for trigger in article.triggers[index]:
            find = parsing.last_verb if trigger.rule.head == "last" else parsing.token_at
            token = find(doc, trigger.start - start, trigger.end - start)
            if trigger.rule.head == "verb" and not parsing.ends_in_verb(
                doc, trigger.start - start, trigger.end - start
            ):
                continue
            if token is not None:
                heads.append((trigger, token))
        linked = linking.link(doc, start, heads, expressions)
        # The day of a result is not the day of the vote.
        linked = {trigger: date for trigger, date in linked.items() if trigger.rule.id not in _RESULTS}
        told = {date for date in linked.values() if date.rule in ("clause", "sentence")}
        told = {date for date in told if not _after(date, article.published)}
        if len(told) == 1:
            # One date and several triggers: what is told beside a dated event is of its day.
            shared = replace(told.pop(), rule="sentence")
            linked |= {t: shared for t, _ in heads if t not in linked and t.kind in ("protest", "crackdown")}
        read = (
            self._draft(index, doc, trigger, head, when)
            for trigger, head in heads
            for when in self._each_of(trigger, linked, expressions)
        )
        drafts = shared_out(article, one_a_kind([draft for draft in read if draft is not None]))
        for draft in drafts:
            if draft.linked.told and draft.status == "occurred":
                self.reached[draft.kind in status.VOTES] = replace(draft.linked, rule="paragraph")
            if draft.country_rule == "sentence":
                self.country = draft.country, draft.country_span
        return drafts

    def _each_of(
        self, trigger: Trigger, linked: dict[Trigger, Linked], expressions: Sequence[DateExpression]
    ) -> list[Linked | None]:
        """The trigger's date and, of a vote, those in a row with it ("re-elected in 2009 and in 2014")."""
        first = linked.get(trigger)
        if first is None or first.span is None or trigger.kind not in status.VOTES:
            return [first]
        found: list[Linked | None] = [first]
        taken = {date.span for date in linked.values()}
        end = first.span.end
        for expression in expressions:
            span = Span(expression.start, expression.end)
            if expression.start >= end and _IN_A_ROW.fullmatch(self.article.text[end : expression.start]):
                end = expression.end
                if span not in taken and not _is_day_after(expression.edtf, first.edtf):
                    found.append(Linked(expression.edtf, first.rule, span))
        return found

    def _draft(
        self, index: int, doc: Doc, trigger: Trigger, head: Token, linked: Linked | None
    ) -> Draft | None:
        clock.check()
        article, start = self.article, self.article.starts[index]
        votes = trigger.kind in status.VOTES
        if linked and (status.is_future(head) or (votes and linking.is_ahead(head, linked))):
            linked = linking.to_come(linked, article.text, article.published)
        elif linked and trigger.kind == "crackdown" and _after(linked, article.published):
            linked = None
        if linked and trigger.kind == "vote" and status.is_today(head, linked.edtf, article.published):
            linked = None
        reading = status.read(
            doc, head, trigger, clause(doc, head), linked.edtf if linked else "", article.published
        )
        if reading.status is None:
            self.refused.setdefault(index, []).append((trigger, reading.rule))
            return None
        country, country_rule, country_span = self._country(doc, head, index)
        determiners = {child.lower_ for child in head.children if child.dep_ in ("det", "poss")}
        return Draft(
            trigger=trigger,
            kind=trigger.kind,
            sentence=article.sentences[index],
            sentence_index=index,
            paragraph=self.paragraph,
            linked=linked or self._inferred(reading, trigger, head, index),
            status=reading.status,
            status_rule=reading.rule,
            status_span=Span(reading.span.start + start, reading.span.end + start) if reading.span else None,
            disputed=None,
            country=country,
            country_rule=country_rule,
            country_span=country_span,
            participants=tuple(participants.read(doc, start, head, trigger, country, article.names)),
            counts=(),
            cited=participants.cited(doc, head, start),
            qualifiers=frozenset(part.lower_ for part in head.subtree if part.i <= head.i),
            echo=trigger.rule.soft
            or trigger.kind in ("vote", "toll")
            or (head.dep_ == "compound" and trigger.kind in status.VOTES)
            or (reading.status == "occurred" and linked is None and status.in_general(head, trigger))
            or is_heading(article, self.paragraph),
            fresh=bool(determiners & _INDEFINITE),
            several=trigger.kind in status.VOTES and _is_several(head),
        )

    def _inferred(self, told: status.Reading, trigger: Trigger, head: Token, index: int) -> Linked:
        """The date of a trigger whose sentence gives none."""
        ahead = told.status in ("planned", "proposed")
        if ahead or (told.status == "cancelled" and trigger.kind != "constitutional_change"):
            return self.heading
        votes = trigger.kind in status.VOTES
        if reached := self.reached.get(votes) or self.reached.get(not votes):
            return reached
        if self.heading.edtf:
            return self._within_heading(index) or self.heading
        acts = not votes and told.rule == "tense: past" and not self._dates_in(index)
        if acts and (stated := self._stated_after(index)):
            return stated
        before = self._told_before(index)
        if (
            acts
            and before
            and self._is_past_day(before)
            and self._says_when(before)
            and status.simple_past(head)
        ):
            return Linked(before.edtf, "paragraph", Span(before.start, before.end))
        # Told in the past beside another day: it was on neither that day nor, as far as we know, this one.
        other_day = told.rule == "tense: past" and self._dates_in(index)
        happens = status.happens(head, trigger) and not other_day
        if not happens and self.article.topic_date:
            return Linked(self.article.topic_date, "heading")
        short = self.paragraph == 0 or len(self.article.paragraphs) <= 2
        if happens and short and not status.is_earlier(head):
            return Linked(self.article.published.isoformat(), "publication")
        acts = trigger.kind in ("protest", "crackdown") or trigger.rule.id == "to the polls"
        elsewhere = before is not None and before.edtf != self.story_day.edtf
        if acts and not (other_day or elsewhere) and told.rule == "tense: past" and status.simple_past(head):
            return self.story_day
        return Linked("", "none")

    def _told_before(self, index: int) -> DateExpression | None:
        """The last date that the sentences before this one in its paragraph tell, if theirs is one alone."""
        article = self.article
        for earlier in range(index - 1, -1, -1):
            if article.paragraph_of[earlier] != article.paragraph_of[index]:
                return None
            span = article.sentences[earlier]
            told = [e for e in _starting(article.framed, span.start, span.end) if e.end <= span.end]
            if told:
                return told[0] if len(told) == 1 else None
        return None

    def _says_when(self, expression: DateExpression) -> bool:
        """Whether the date tells when something was, not which thing is meant ("the January election")."""
        text = self.article.text
        before = text[max(0, expression.start - 12) : expression.start].lower().split()
        named = re.match(r" [a-z]", text[expression.end : expression.end + 2])
        return not (before and (before[-1] in _BOUNDS or (named and before[-1] in ("the", "a", "this"))))

    def _is_past_day(self, expression: DateExpression) -> bool:
        """Whether the date is a day or a month before publication, the one that its sentence is about."""
        latest = edtf_dates.bounds(expression.edtf).latest
        width = edtf_dates.width(expression.edtf)
        return (
            latest is not None and latest < self.article.published and width is not None and width <= _MONTH
        )

    def _stated_after(self, index: int) -> Linked | None:
        """The date that a sentence soon after gives, and nothing else: "It was 12 May 1998."."""
        article = self.article
        for later in range(index + 1, min(index + 4, len(article.sentences))):
            if article.paragraph_of[later] != article.paragraph_of[index]:
                return None
            span = article.sentences[later]
            opening = _IT_WAS.match(article.text, span.start, span.end)
            for e in article.framed if opening else ():
                if opening and e.start == opening.end() and e.end >= span.end - 1:
                    return Linked(e.edtf, "paragraph", Span(e.start, e.end))
        return None

    def _dates_in(self, index: int) -> list[DateExpression]:
        """The dates of a sentence's own words."""
        start, end = self.article.starts[index], self.article.sentences[index].end
        return [e for e in _starting(self.article.framed, start, end) if e.end <= end]

    def _within_heading(self, index: int) -> Linked | None:
        """The one date of the sentence that is narrower than its entry's: "December 2010 - On the 19th"."""
        inside = self._dates_in(index)
        if len(inside) != 1 or not edtf_dates.overlap(inside[0].edtf, self.heading.edtf):
            return None
        return Linked(inside[0].edtf, "heading", Span(inside[0].start, inside[0].end))

    def _country(self, doc: Doc, head: Token, index: int) -> tuple[str, str, Span | None]:
        """(code, rule, words) of where the trigger's event takes place."""
        article, start, sentence = self.article, self.article.starts[index], self.article.sentences[index]
        here = _starting(article.places, start, sentence.end)
        if place := _antecedent(head, [place for place in here if place.end <= start + head.idx], start):
            return place.country, "sentence", Span(place.start, place.end)
        own = [place for place in here if place.country == article.country]
        best: tuple[int, Place] | None = None
        pointed = _points_there(head)
        for place in here:
            if pointed and place.sort == "people":
                continue  # "fired there on people angry that a Russian was let in"
            token = parsing.token_at(doc, place.start - start, place.end - start)
            cost = _place_cost(article.text, head, place, token) if token is not None else None
            if cost is not None and (best is None or cost < best[0]):
                best = (cost, place)
        if best and best[0] <= (4 if own else 14):
            return best[1].country, "sentence", Span(best[1].start, best[1].end)
        if own:
            return article.country, "sentence", Span(own[0].start, own[0].end)
        if there := self._there(head, index):
            return there.country, "sentence", Span(there.start, there.end)
        if self.country[0]:
            return self.country[0], "paragraph", self.country[1]
        first = next((place for place in article.places if place.country == article.country), None)
        return article.country, "article", Span(first.start, first.end) if first else None

    def _there(self, head: Token, index: int) -> Place | None:
        """The place last named before a sentence that says "there" of its trigger."""
        article = self.article
        if not _points_there(head):
            return None
        block = article.paragraphs[self.paragraph]
        earlier = _starting(article.places, block.start, article.sentences[index].start)
        return earlier[-1] if earlier else None


def _starting(found: Sequence[_Placed], start: int, end: int) -> Sequence[_Placed]:
    """Those, of dates or places in text order, that begin in `start:end` of the text."""
    first = bisect_left(found, start, key=attrgetter("start"))
    return found[first : bisect_left(found, end, first, key=attrgetter("start"))]


def _points_there(head: Token) -> bool:
    """Whether a "there" says where the trigger's event was."""
    return any(token.lower_ == "there" and token.dep_ == "advmod" for token in head.subtree)


def _antecedent(head: Token, before: Sequence[Place], start: int) -> Place | None:
    """The place that a clause with "where" tells of: "will have Chile in mind, where protests broke out"."""
    where = next((token for token in head.doc[: head.i] if token.lower_ == "where"), None)
    if where is None or not any(up.i == where.head.i for up in (head, *head.ancestors)):
        return None
    named = [place for place in before if place.end <= start + where.idx]
    return named[-1] if named else None


def _place_cost(text: str, head: Token, place: Place, token: Token) -> int | None:
    """How far the place is from saying where the trigger's event was; None if it doesn't say that."""
    before = text[max(0, place.start - 25) : place.start].lower().split()
    if (before and before[-1] in ("former", "ex")) or _modified(token).lower_ in _ABROAD:
        return None
    edges, boundaries = parsing.distance(head, token)
    cost = edges + 3 * boundaries + (4 if place.sort == "seat" else 0)
    locative = bool({"in", "across", "throughout"} & set(before[-2:]))
    above = any(up.i == token.i for up in head.ancestors)
    if not above and _of_speaker(token, head):
        return None
    possessive = text[place.end : place.end + 2] in ("’s", "'s")
    if place.sort == "people" and token.dep_ not in (
        "amod",
        "compound",
        "poss",
        "nsubj",
        "nsubjpass",
        "pobj",
    ):
        return None
    modifies = token.dep_ in ("amod", "compound", "poss", "nsubj", "nsubjpass")
    if place.sort == "people" and not (locative or above) and _of_bystander(token, head):
        cost += _BYSTANDER
    if not (locative or above or possessive or modifies):
        return None
    return cost - (2 if locative or above else 0)


def _modified(token: Token) -> Token:
    """The noun that a place's name says more of: "embassy" in "the Mexican embassy"; else the name."""
    while token.dep_ in ("amod", "compound", "poss", "nmod"):
        token = token.head
    return token


def _of_speaker(token: Token, head: Token) -> bool:
    """Whether the place says who somebody is that only speaks of the trigger: "a U.S. observer said"."""
    noun = _modified(token)
    if noun.i == token.i or noun.dep_ != "nsubj" or noun.head.lower_ not in status.verbs("speech"):
        return False
    return parsing.governor(head).i != noun.head.i


_BYSTANDER = 8
# What belongs to a country and stands in another.
_ABROAD = frozenset(["embassy", "consulate", "ambassador", "envoy", "diplomat", "diplomats", "passport"])


def _of_bystander(token: Token, head: Token) -> bool:
    """Whether the place says who or what somebody beside the event is: "went to the Mexican embassy"."""
    noun = _modified(token)
    phrase = {head.i, *(up.i for up in head.ancestors)}
    within = noun.dep_ != "pobj" and any(up.i == head.i for up in noun.ancestors)
    if noun.i == token.i or noun.i in phrase or within:
        return False
    return noun.dep_ not in ("nsubj", "nsubjpass", "dobj") or noun.head.i != parsing.governor(head).i


def _is_day_after(one: str, other: str) -> bool:
    """Whether the first is the day after the second: a vote "on Sunday and Monday" is one."""
    (start, end), (day, last) = edtf_dates.bounds(one), edtf_dates.bounds(other)
    if start is None or day is None or start != end or day != last:
        return False
    return start - day == timedelta(days=1)


def _after(linked: Linked, published: date) -> bool:
    """Whether the date is altogether after publication."""
    earliest = edtf_dates.bounds(linked.edtf).earliest
    return earliest is not None and earliest > published


def clause(doc: Doc, head: Token) -> str:
    """The sentence with all but the clause that a trigger stands in, and its own phrase, blanked out."""
    verb = parsing.governor(head)
    if not parsing.is_verb(verb):
        return parsing.words(doc)  # a headline that the parser finds no verb in
    own = () if parsing.is_verb(head) else head.subtree
    tokens = {token.i for token in (*parsing.clause(verb), *own)}
    while verb.dep_ in ("xcomp", "conj") and verb.head.i != verb.i and parsing.is_verb(verb.head):
        verb = verb.head
        tokens.add(verb.i)
    return "".join(
        token.text_with_ws if token.i in tokens else " " * len(token.text_with_ws) for token in doc
    )


_COUNTED: dict[str, frozenset[str]] = {
    "crackdown": frozenset({"detained", "killed", "injured", "fled", "sentenced"}),
    "protest": frozenset({"attended", "killed", "injured"}),
    "toll": frozenset({"detained", "killed", "injured", "fled"}),
}
_CASUALTIES = frozenset({"killed", "injured"})


def shared_out(article: Article, drafts: list[Draft]) -> list[Draft]:
    """The sentence's counts and its words of dispute, each given to the event that it is said of.

    Casualties go to the crackdown if the state acts in the sentence, else to the protest.
    """
    if not drafts:
        return []
    sentence = drafts[0].sentence
    found = counts.find(article.text, sentence.start, sentence.end)
    forces = lexicon.contexts()["FORCES"].compiled.search(article.text, sentence.start, sentence.end)
    kinds = {draft.kind for draft in drafts}
    shared = []
    for draft in drafts:
        whats = _COUNTED.get(draft.kind, frozenset())
        if kinds >= {"crackdown", "protest"} and draft.kind == ("protest" if forces else "crackdown"):
            whats -= _CASUALTIES
        own = tuple(count for count in found if count.what in whats and _nearest(count.span, draft, drafts))
        disputed = dispute.read(article.text, sentence.start, sentence.end, draft.kind)
        if disputed and not _nearest(disputed, draft, drafts):
            disputed = None
        shared.append(replace(draft, counts=own, disputed=disputed))
    return shared


def _nearest(words: Span, draft: Draft, drafts: Sequence[Draft]) -> bool:
    """Whether no other event of the same kind in the sentence stands nearer to the words."""
    rivals = [other for other in drafts if other.kind == draft.kind]
    nearest = min(
        rivals, key=lambda other: max(words.start - other.trigger.end, other.trigger.start - words.end, 0)
    )
    return nearest is draft


def one_a_kind(drafts: list[Draft]) -> list[Draft]:
    """Triggers of one kind in a sentence tell of one event unless dates or steps keep them apart."""
    kept: list[Draft] = []
    firm = {draft.kind for draft in drafts if not draft.echo}
    polling = next((d for d in drafts if d.kind == "vote" and d.linked.rule == "publication"), None)
    if polling:
        drafts = [_on_polling_day(draft, polling) for draft in drafts]
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
        elif better(draft, kept[same]):
            kept[same] = draft
    votes = [draft for draft in kept if draft.kind == "referendum"]
    if votes:
        # A change without a date of its own is what the vote beside it decides.
        days = {draft.linked.span for draft in votes}
        kept = [
            draft
            for draft in kept
            if draft.kind != "constitutional_change"
            or draft.status != "occurred"
            or (draft.linked.in_sentence and draft.linked.span not in days)
        ]
    return kept


def _on_polling_day(draft: Draft, polling: Draft) -> Draft:
    """The vote of which only the year is named, where people go to the polls for it."""
    if draft.kind in status.VOTES and edtf_dates.overlap(draft.linked.edtf, polling.linked.edtf):
        return replace(draft, linked=polling.linked)
    return draft


_DEMANDS = frozenset(["crowd with a demand", "crowd demands", "crowd comes with a demand"])


def _alike(one: Draft, other: Draft) -> bool:
    if one.kind == "protest" and _DEMANDS & {one.trigger.rule.id, other.trigger.rule.id}:
        return True  # what a crowd demands is no protest beside the one that it demands it at
    if one.linked.told and other.linked.told and one.linked.span != other.linked.span:
        return False
    inferred = "publication" in (one.linked.rule, other.linked.rule)
    if inferred and one.linked.edtf and other.linked.edtf:
        # "Voters go to the polls …, more than at the 2007 election": today's vote is another.
        return edtf_dates.overlap(one.linked.edtf, other.linked.edtf)
    if one.kind == "constitutional_change" and one.trigger.step != other.trigger.step:
        if one.linked == other.linked and one.status == other.status:
            return True
        return not (one.trigger.step and other.trigger.step)
    if one.kind == "crackdown" and not grouping.together({one.trigger.step, other.trigger.step} - {""}):
        return False
    return not grouping.apart(one.qualifiers, other.qualifiers)


def better(draft: Draft, other: Draft) -> bool:
    """Whether the first of two drafts that tell the same in one sentence tells it better."""
    order = linking.RULE_ORDER
    return (draft.echo, order[draft.linked.rule]) < (other.echo, order[other.linked.rule])


def _is_several(head: Token) -> bool:
    """Whether a noun counts several events: "three referendums" is not what "the referendum" means later."""
    if head.lower_ in ("votes", "seats", "ballots", "points"):
        return False  # what is counted at one
    return head.tag_ == "NNS" and any(
        child.dep_ == "nummod" or child.lower_ in ("several", "many") for child in head.children
    )
