"""Whether an event happened, is going on, is planned, is wanted or was called off; or is none at all.

Cue words of the clause come first, then tense and mood of the governing verbs, then the event's date against
the day of publication.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from re import Pattern
from typing import cast

from spacy.tokens import Doc, Token

from timeline import edtf_dates
from timeline.extraction import lexicon, parsing
from timeline.extraction.records import Span, Status
from timeline.extraction.triggers import Trigger

VOTES = ("referendum", "election", "vote")


@dataclass(frozen=True, slots=True)
class Reading:
    """A status, the rule that gave it and, where a word gave it, that word (offsets into the sentence)."""

    status: Status | None
    rule: str
    span: Span | None = None


@lru_cache(maxsize=1)
def cues() -> dict[str, tuple[Pattern[str], ...]]:
    """The lists of status.toml, compiled."""
    data = lexicon.table("status")
    lists = ("cancelled", "planned", "planned_acts", "ongoing", "denied")
    return {name: tuple(lexicon.compiled(pattern) for pattern in data[name]) for name in lists} | {
        name: (lexicon.compiled(data[name]),) for name in ("moved", "held")
    }


@lru_cache(maxsize=4)
def verbs(name: str) -> frozenset[str]:
    """A list of verb forms in status.toml: "speech", "decision" or "want"."""
    return frozenset(lexicon.table("status")[name])


@lru_cache(maxsize=1)
def _want_with() -> dict[str, list[str]]:
    with_: dict[str, list[str]] = lexicon.table("status")["want_with"]
    return with_


def read(doc: Doc, head: Token, trigger: Trigger, text: str, when: str, published: date) -> Reading:
    """The status of a trigger whose head is `head`; `when` is its EDTF date.

    `text` is its sentence with all but its own clause blanked out, so that offsets are the sentence's.
    A Reading whose status is None says that the words tell of nothing real, and by which rule.
    """
    above = parsing.chain(head)
    unreal = _unreal(doc, head, above, trigger)
    if unreal:
        return unreal
    if trigger.rule.status:
        return Reading(cast("Status", trigger.rule.status), "trigger")
    vote = trigger.kind in VOTES
    earliest, latest = edtf_dates.bounds(when)
    past = latest is not None and latest < published
    if vote and (called_off := _called_off(text)):
        return called_off
    told_step = trigger.kind == "constitutional_change" and trigger.step
    wish = None if told_step or trigger.kind == "crackdown" else _wish(head)
    if wish is not None and not past:
        return Reading("proposed", "wanted", Span(wish.idx, wish.idx + len(wish)))
    if earliest and earliest > published:
        return Reading("planned", "date after publication")
    tense = _tense(above)
    if vote and not when and tense == "present" and _until(above[0]):
        return Reading("planned", "until then")
    if latest and latest > published and earliest is None and tense != "past":
        return Reading("planned", "date after publication")
    if trigger.step == "effect" and not when and tense == "present":
        return Reading("planned", "takes effect later")
    cue = _cue(text, "planned" if vote or trigger.kind == "constitutional_change" else "planned_acts")
    if cue and not past and tense not in ("past", "perfect"):
        return Reading("planned", "cue: planned", cue)
    if tense == "future" and not past:
        return Reading("planned", "future tense")
    cue = _cue(text, "ongoing")
    open_ended = when.endswith("/..")
    if trigger.kind in ("protest", "crackdown") and not past and tense != "past" and (cue or open_ended):
        if open_ended or tense in ("present", "perfect"):
            return Reading("ongoing", "cue: ongoing" if cue else "since then", cue)
    return Reading("occurred", f"tense: {tense}" if tense != "none" else "default")


def _until(verb: Token) -> bool:
    return any(
        child.dep_ == "mark" and child.lower_ in ("until", "till", "before") for child in verb.children
    )


def happens(head: Token, trigger: Trigger) -> bool:
    """Whether a vote is told as happening there and then: it is what is held, voted in or won."""
    if trigger.kind not in VOTES:
        return True
    if trigger.rule.id in _RESULTS:
        return False
    verb = parsing.governor(head)
    return parsing.is_verb(head) or verb.lower_ in verbs("holding") or not parsing.is_verb(verb)


# Told once the votes are counted, on whatever day after the vote that is.
_RESULTS = {"winner of the vote", "official figures", "result", "seats filled"}


def _called_off(sentence: str) -> Reading | None:
    cue = _cue(sentence, "cancelled")
    if cue is None or _cue(sentence, "held"):
        return None
    if _cue(sentence, "moved"):
        return Reading("planned", "moved to a new date", cue)
    return Reading("cancelled", "cue: cancelled", cue)


def _cue(sentence: str, name: str) -> Span | None:
    for pattern in cues()[name]:
        if match := pattern.search(sentence):
            return Span(match.start(), match.end())
    return None


def _wish(head: Token) -> Token | None:
    """The word whose complement the trigger is, if that word wants, proposes or promises it."""
    token = head
    own = parsing.governor(head)
    for _ in range(8):
        if token.head.i == token.i:
            return None
        if token.dep_ == "prep" and token.lower_ not in ("for", "of", "to", "on"):
            return None
        if token.dep_ in ("advcl", "relcl", "conj") and parsing.is_verb(token):
            return None
        above = token.head
        wants = above.lower_ in verbs("want") and not (token.dep_ == "nsubj" and above.tag_ != "VBN")
        if (
            wants
            and above.i != head.i
            and _wants_with(above, token, head)
            and not (above.i == own.i and above.dep_ == "amod")
        ):
            return above
        token = above
    return None


def _wants_with(above: Token, token: Token, head: Token) -> bool:
    needed = _want_with().get(above.lower_)
    if needed is None:
        return True
    return token.lower_ in needed or bool(
        {child.lower_ for child in (*token.children, *head.children)} & set(needed)
    )


def _tense(above: list[Token]) -> str:
    """Of the nearest verb that shows one: "past", "perfect", "present", "future", "modal"; else "none"."""
    for verb in above:
        helpers = parsing.auxiliaries(verb)
        forms = {helper.lower_ for helper in helpers}
        tags = {helper.tag_ for helper in helpers} | {verb.tag_}
        if forms & {"will", "shall", "’ll", "'ll", "wo"}:
            return "future"
        if forms & {"would", "could", "might", "may", "should", "can", "must"}:
            return "modal"
        if tags & parsing.FINITE_PAST:
            return "past"
        if tags & parsing.FINITE_PRESENT:
            return "perfect" if forms & {"has", "have", "’ve", "'ve"} else "present"
    return "none"


def _unreal(doc: Doc, head: Token, above: list[Token], trigger: Trigger) -> Reading | None:
    """A Reading without status if a condition, a negation, a question or a wish holds the trigger."""
    if doc.text.rstrip("\"”’')").endswith("?"):
        return Reading(None, "question")
    for verb in above[:3]:
        marks = {child.lower_ for child in verb.children if child.dep_ in ("mark", "advmod")}
        if marks & {"if", "unless"}:
            return Reading(None, "condition")
        if any(
            child.dep_ in ("aux", "auxpass")
            and child.i == verb.sent.start
            and child.lower_ in ("should", "were", "had")
            for child in verb.children
        ):
            return Reading(None, "inverted condition")
    if any(child.lower_ == "no" and child.dep_ in ("det", "neg") for child in head.children):
        return Reading(None, "no such event")
    if trigger.kind in VOTES:
        return None
    if parsing.negated(above[0]):
        return Reading(None, "negated")
    helpers = {helper.lower_ for helper in parsing.auxiliaries(above[0])}
    if helpers & {"could", "might", "may", "would", "should"} and trigger.kind in ("protest", "crackdown"):
        return Reading(None, "modal")
    return None
