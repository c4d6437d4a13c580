"""Which date belongs to which trigger.

Nearest in meaning first: an expression inside the trigger's own phrase, then in its clause, then elsewhere in
its sentence unless it belongs to a verb of saying or to another trigger; then the date that the paragraph has
reached (a chronology's heading, or the sentence before); then the day of publication, marked as inferred.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from timeline import edtf_dates
from timeline.extraction import parsing, status
from timeline.extraction.records import DateExpression, Span
from timeline.extraction.triggers import Trigger

if TYPE_CHECKING:  # spaCy takes a second to import, and much of the program does without
    from spacy.tokens import Doc, Token

Rule = Literal["phrase", "clause", "sentence", "heading", "paragraph", "publication", "none"]

RULE_ORDER: dict[str, int] = {
    rule: order
    for order, rule in enumerate(
        ("phrase", "clause", "sentence", "heading", "paragraph", "publication", "none")
    )
}

# Edges and clause boundaries between a trigger and a date beyond which the date is another's.
_FARTHEST = 9
_FARTHEST_ALONE = 14  # if no other date is told in the sentence
_BOUNDARY = 3
# Days before publication within which "will" is taken to be reported speech of what has happened since.
_LATELY = 14


@dataclass(frozen=True, slots=True)
class Linked:
    """A date with the rule that linked it; `span` is None where no words of the article gave it."""

    edtf: str
    rule: Rule
    span: Span | None = None

    @property
    def told(self) -> bool:
        """Whether words meant for the event give the date: its own sentence's, or its entry's heading."""
        return bool(self.edtf) and self.rule in ("phrase", "clause", "sentence", "heading")

    @property
    def in_sentence(self) -> bool:
        """Whether the words that give the date stand in the trigger's own sentence."""
        return self.rule in ("phrase", "clause", "sentence")


@dataclass(frozen=True, slots=True)
class _Candidate:
    cost: int
    expression: DateExpression
    rule: Rule


def link(
    doc: Doc, offset: int, heads: Sequence[tuple[Trigger, Token]], expressions: Sequence[DateExpression]
) -> dict[Trigger, Linked]:
    """The date of each trigger of a sentence as far as the sentence itself gives one.

    `offset` is where the sentence starts in the text. A date is taken by the trigger nearest to it; others
    may share it where nothing nearer is theirs.
    """
    if all(trigger.kind in status.VOTES for trigger, _ in heads):
        # How long something lasts is not when a vote is held: "could keep him in office until 2030".
        expressions = [e for e in expressions if not _UNTIL.match(parsing.words(doc), e.start - offset)]
    placed = [
        (expression, token)
        for expression in expressions
        if (token := parsing.token_at(doc, expression.start - offset, expression.end - offset)) is not None
    ]
    far = _FARTHEST if len(placed) > 1 else _FARTHEST_ALONE
    linked: dict[Trigger, Linked] = {}
    whole = {trigger: of for trigger, _ in heads if (of := _since_it(doc, offset, trigger, expressions))}
    owners: dict[DateExpression, int] = {}
    for expression, token in placed:
        costs = [
            c.cost for trigger, head in heads if (c := _candidate(doc, trigger, head, token, expression, far))
        ]
        owners[expression] = min(costs, default=99)
    for trigger, head in heads:
        candidates = [
            c for expression, token in placed if (c := _candidate(doc, trigger, head, token, expression, far))
        ]
        # A date that another trigger stands much nearer to is that trigger's.
        candidates = [c for c in candidates if c.cost <= owners[c.expression] + _BOUNDARY]
        if trigger.kind in status.VOTES:
            candidates = [c for c in candidates if not c.expression.edtf.endswith("/..")]
        if trigger in whole:
            linked[trigger] = whole[trigger]
        elif taken_up := _taken_up(doc, offset, head, expressions):
            linked[trigger] = taken_up
        elif candidates:
            best = _narrowed(min(candidates, key=lambda candidate: candidate.cost), candidates)
            linked[trigger] = _with_next(doc, offset, best, expressions)
    return linked


def _with_next(doc: Doc, offset: int, best: _Candidate, expressions: Sequence[DateExpression]) -> Linked:
    """The date and the day beside it, where the two are named together: "on Sunday and Monday"."""
    one = best.expression
    for pair in pairwise(expressions):
        days = len(one.edtf) == len("2001-01-01") and one in pair
        if days and _are_next(*pair, parsing.words(doc)[pair[0].end - offset : pair[1].start - offset]):
            edtf = f"{pair[0].edtf}/{pair[1].edtf}"
            return Linked(edtf, best.rule, Span(pair[0].start, pair[1].end))
    return Linked(one.edtf, best.rule, Span(one.start, one.end))


def _since_it(
    doc: Doc, offset: int, trigger: Trigger, expressions: Sequence[DateExpression]
) -> Linked | None:
    """The date of a trigger that a "since" takes in: "since the march of 2020" dates the march 2020."""
    for expression in expressions:
        inside = expression.start <= trigger.start and trigger.end <= expression.end
        if (
            inside
            and parsing.words(doc)[expression.start - offset :][:5].lower() == "since"
            and expression.edtf.endswith("/..")
        ):
            return Linked(
                expression.edtf.removesuffix("/.."), "phrase", Span(expression.start, expression.end)
            )
    return None


# What takes a date up in a clause of its own: "on 3 May, when …", "8 March, the day on which …".
_TAKES_UP = re.compile(
    r",? (?:when|(?:a|the) (?:same )?(?:day|night|week|month|year) (?:when|(?:on|in) which)) ", re.IGNORECASE
)


def _taken_up(doc: Doc, offset: int, head: Token, expressions: Sequence[DateExpression]) -> Linked | None:
    """The date that the trigger's clause says more of: "on 25 February, when he carried the presidency"."""
    for number, expression in enumerate(expressions):
        words = _TAKES_UP.match(parsing.words(doc), expression.end - offset)
        if not words or head.idx < words.end():
            continue
        opening = next(
            (t for t in doc if words.start() <= t.idx < words.end() and t.lower_ in ("when", "which")), None
        )
        if opening is None:
            continue
        up = parsing.governor(opening)
        main = parsing.governor(head)
        if parsing.is_verb(up) and (main.i == up.i or (main.dep_ == "conj" and main.head.i == up.i)):
            before = expressions[number - 1] if number else None
            edtf, start = expression.edtf, expression.start
            if before and _are_next(
                before, expression, parsing.words(doc)[before.end - offset : start - offset]
            ):
                edtf, start = f"{before.edtf}/{edtf}", before.start
            return Linked(edtf, "clause", Span(start, expression.end))
    return None


_BOTH = re.compile(r" and (?:on |in )?", re.IGNORECASE)


def _are_next(one: DateExpression, other: DateExpression, between: str) -> bool:
    """Whether two dates named together follow each other: "on Tuesday and Wednesday", "1965 and 1966"."""
    if not _BOTH.fullmatch(between) or "/" in one.edtf + other.edtf or len(one.edtf) != len(other.edtf):
        return False
    latest, earliest = edtf_dates.bounds(one.edtf).latest, edtf_dates.bounds(other.edtf).earliest
    return latest is not None and earliest is not None and (earliest - latest).days == 1


_SETS = frozenset(["sets", "schedules", "plans", "fixes"])
_UNTIL = re.compile(r"(?:until|till|through)\b", re.IGNORECASE)
_MONTH_OR_DAY = re.compile(r"(\d{4})(-\d\d(?:-\d\d)?)")


def is_ahead(head: Token, linked: Linked) -> bool:
    """Whether a vote's month says which vote is prepared for: "its candidate for the December election"."""
    prepared = linked.rule == "phrase" and head.dep_ == "pobj" and head.head.lower_ in ("for", "before")
    wanted = head.dep_ == "dobj" and status.wanted(head) is not None  # "asked for a vote in May"
    verb = parsing.governor(head)
    return (
        prepared
        or wanted
        or _is_chosen(head, verb)
        or (verb.tag_ in parsing.FINITE_PRESENT and verb.lower_ in status.verbs("decision") | _SETS)
    )


_CHOOSES = dict.fromkeys(
    ("set", "sets", "fixed", "fixes", "named", "names", "chosen", "chose", "chooses", "picked", "picks"), ""
) | dict.fromkeys(("settled", "settles", "decided", "decides"), "on")


def _is_chosen(head: Token, verb: Token) -> bool:
    """Whether a day is what somebody chooses for the vote: "settled on 21 September for a referendum"."""
    needed = _CHOOSES.get(verb.lower_)
    if needed is None or not {head.lower_, head.head.lower_} & {"for", "as"}:
        return False
    for child in verb.children:
        day = next(child.children, child) if needed and child.lower_ == needed else child
        chosen = day.dep_ == ("pobj" if needed else "dobj") and day.i < head.i
        if chosen and any(part.text[0].isdigit() or part.text.endswith("day") for part in day.subtree):
            return True
    return False


def to_come(linked: Linked, text: str, published: date) -> Linked:
    """The date in a clause of the future tense: a month or day without a year is the next, not the last."""
    match = _MONTH_OR_DAY.fullmatch(linked.edtf)
    if match is None or linked.span is None or re.search(r"\d{4}", text[linked.span.start : linked.span.end]):
        return linked
    latest = edtf_dates.bounds(linked.edtf).latest
    later = f"{int(match[1]) + 1:04}{match[2]}"
    if latest is None or latest >= published or (published - latest).days < _LATELY or match[2] == "-02-29":
        return linked
    return replace(linked, edtf=later)


def _narrowed(best: _Candidate, candidates: Sequence[_Candidate]) -> _Candidate:
    """The narrower date beside the nearest, if both can be the same: "in December 2010, on the 19th"."""
    for other in candidates:
        near = other.cost <= best.cost + 2
        if near and edtf_dates.overlap(other.expression.edtf, best.expression.edtf):
            narrow, wide = edtf_dates.width(other.expression.edtf), edtf_dates.width(best.expression.edtf)
            if narrow is not None and wide is not None and narrow < wide:
                best = other
    return best


def _candidate(
    doc: Doc, trigger: Trigger, head: Token, token: Token, expression: DateExpression, far: int
) -> _Candidate | None:
    edges, boundaries = parsing.distance(head, token)
    if any(min(head.i, token.i) <= at < max(head.i, token.i) for at in _semicolons(doc)):
        boundaries += 1  # whatever the parser makes of the two halves
        edges += 1
    cost = edges + _BOUNDARY * boundaries
    if trigger.kind == "constitutional_change" and _which_text(token, head):
        return None
    if _of_another(doc, token, head) or (trigger.kind == "crackdown" and _for_reason(token, head)):
        return None
    inside = any(ancestor.i == head.i for ancestor in token.ancestors)
    if trigger.kind in status.VOTES:
        if _beside(doc, token, head) and expression.rule != "weekday":
            return _Candidate(-1, expression, "phrase")
        if not inside and _says_of(token, head):
            return _Candidate(_BOUNDARY, expression, "clause")
    if inside and boundaries <= 1:
        rule: Rule = "clause" if parsing.is_verb(head) else "phrase"
        return _Candidate(edges // 2 + boundaries, expression, rule)
    if _of_saying(token, head) or _in_passing(token, head):
        return None
    if _aside(token, head) or (trigger.kind in status.VOTES and _of_deciding(doc, token, head)):
        return None
    if cost > far:
        return None
    return _Candidate(cost, expression, "clause" if boundaries == 0 else "sentence")


@lru_cache(maxsize=1)
def _semicolons(doc: Doc) -> list[int]:
    """The indexes of those of the sentence that is read."""
    return [token.i for token in doc if token.text == ";"]


def _of_saying(token: Token, head: Token) -> bool:
    """Whether the date tells when something was said, the trigger being in what was said."""
    verb = parsing.governor(token)
    if verb.lower_ not in status.verbs("speech"):
        return False
    said = next((up for up in (head, *head.ancestors) if up.head.i == verb.i), None)
    # "proposed it in March, and both chambers passed the bill": what stands beside is not what is said.
    return said is not None and said.dep_ != "conj" and parsing.governor(head).i != verb.i


def _in_passing(token: Token, head: Token) -> bool:
    """Whether the date stands in a clause about another noun ("under a timetable made public in May")."""
    current = token
    while current.head.i != current.i:
        if current.dep_ in ("relcl", "acl"):
            return not any(up.i == current.i for up in (head, *head.ancestors)) and not _heads(
                current.head, head
            )
        current = current.head
    return False


_DUE = {
    "due",
    "scheduled",
    "set",
    "planned",
    "slated",
    "expected",
    "held",
    "to be held",
    "to take place",
    "due to be held",
    "scheduled to take place",
}


def _beside(doc: Doc, token: Token, head: Token) -> bool:
    """Whether the date stands right after the vote, wherever the parser hangs it: "laws for the vote in May".

    After what is decided about a vote, it may tell when that was: "suspended the vote in May".
    """
    if head.dep_ in ("dobj", "nsubjpass"):
        return False
    if token.dep_ != "pobj" or token.head.lower_ not in ("in", "on", "for"):
        return False
    between = doc[head.i + 1 : token.head.i].text.lower() if token.head.i > head.i else None
    return between is not None and (not between or between in _DUE)


def _says_of(token: Token, head: Token) -> bool:
    """Whether the date is in a clause right after the vote, to whatever noun the parser hangs it."""
    verb = parsing.governor(token)
    return verb.dep_ in ("relcl", "acl") and verb.left_edge.i == head.i + 1


def _aside(token: Token, head: Token) -> bool:
    """Whether the vote is named only to say who somebody is, and the date is told of something else.

    "The minister, who lost the election, resigned on Friday"; "X, a candidate for mayor, spoke on Friday".
    """
    current = head
    while current.head.i != current.i:
        aside = current.dep_ == "relcl" or (current.dep_ == "appos" and current.i != head.i)
        if aside and current.head.i != token.i:
            return not any(up.i == current.i for up in (token, *token.ancestors))
        current = current.head
    return False


def _of_another(doc: Doc, token: Token, head: Token) -> bool:
    """Whether the date says which of another noun's kind is meant: "the 2008 earthquake"."""
    if _after_another(token, head):
        return True
    noun = token.head
    if (
        token.dep_ not in _MODIFIERS
        or not noun.tag_.startswith("NN")
        or token.i > noun.i
        or _heads(noun, head)
    ):
        return False
    before = doc[token.left_edge.i - 1] if token.left_edge.i else None
    # "In 2008 police …" is no modifier, whatever the parser makes of it.
    return token.dep_ == "poss" or before is None or before.tag_ != "IN"


_TEXTS = {"constitution", "charter", "law", "treaty", "pact", "code"}
# Of the verbs by which a text comes into being, the year of the text is theirs too.
_MAKES = re.compile(r"(?:adopt|approv|enact|pass|promulgat|draft|writ|wrote|sign|proclaim|ratif|produc|vot)")


def _which_text(token: Token, head: Token) -> bool:
    """Whether a year says which text is meant that is changed at another time: "amend the law of 1945"."""
    above = token.head if token.dep_ == "pobj" and token.head.lower_ == "of" else None
    noun = above.head if above is not None else token.head if token.dep_ in _MODIFIERS else None
    if noun is None or noun.lower_ not in _TEXTS or not token.text.isdigit():
        return False
    verb = parsing.governor(head)
    return (
        noun.dep_ in ("dobj", "pobj", "nsubjpass") and parsing.is_verb(verb) and not _MAKES.match(verb.lower_)
    )


def _for_reason(token: Token, head: Token) -> bool:
    """Whether the date is that of what somebody is punished for: "jailed for blocking a road last July"."""
    above = {up.i for up in (head, *head.ancestors)}
    below = token
    for up in token.ancestors:
        if up.i in above:
            return False
        if up.dep_ == "prep" and up.lower_ == "for" and below.i != token.i:
            return True
        below = up
    return False


def _after_another(token: Token, head: Token) -> bool:
    """Whether the date is that of something before or after: "ahead of the vote on 3 July"."""
    above = {up.i for up in (head, *head.ancestors)}
    below = token
    for up in token.ancestors:
        if up.i in above:
            return False
        if up.dep_ == "prep" and up.lower_ in _APART and below.i != token.i:
            return True
        if up.lower_ == "of" and up.head.lower_ == "ahead" and below.i != token.i:
            return True
        if up.dep_ == "advcl" and any(mark.lower_ in _APART for mark in up.children if mark.dep_ == "mark"):
            return True
        below = up
    return False


_APART = {"after", "before", "following", "since", "until", "despite", "over"}
_MODIFIERS = {"nummod", "compound", "poss", "nmod", "amod"}


def _heads(noun: Token, head: Token) -> bool:
    """Whether the noun is the trigger itself, or the two are one phrase."""
    return noun.i == head.i or noun.head.i == head.i or head.head.i == noun.i


def _of_deciding(doc: Doc, token: Token, head: Token) -> bool:
    """Whether the date tells when a vote was called, moved or ruled on rather than when it is held."""
    verb = parsing.governor(token)
    if head.dep_ == "nsubj" and head.head.i == verb.i:
        return False  # "a referendum approved it in 1978"
    if head.dep_ == "pobj" and head.head.lower_ in ("in", "at", "by", "during"):
        return False  # "voters rejected it in a referendum on Sunday"
    if verb.lower_ not in status.verbs("decision") or not any(up.i == verb.i for up in head.ancestors):
        return False
    before = doc[max(0, token.left_edge.i - 2) : token.left_edge.i + 1].text.lower().split()
    return not {"for", "to", "until"} & set(before)
