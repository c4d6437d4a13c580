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
    lists = ("cancelled", "proposed", "planned", "ongoing", "hypothetical", "denied")
    return {name: tuple(lexicon.compiled(pattern) for pattern in data[name]) for name in lists} | {
        "moved": (lexicon.compiled(data["moved"]),)
    }


@lru_cache(maxsize=1)
def speech_verbs() -> frozenset[str]:
    """Verb forms of saying."""
    return frozenset(lexicon.table("status")["speech"])


def read(
    doc: Doc, head: Token, trigger: Trigger, words: tuple[int, int], when: str, published: date
) -> Reading:
    """The status of a trigger whose head is `head`; `words` is its clause in the sentence, `when` its EDTF date.

    A Reading whose status is None says that the words tell of nothing real, and by which rule.
    """
    verbs = parsing.chain(head)
    unreal = _unreal(doc, head, verbs, trigger, words)
    if unreal:
        return unreal
    if trigger.rule.status:
        return Reading(cast("Status", trigger.rule.status), "trigger")
    cued = _cued(doc.text, trigger, words)
    tense = _tense(verbs)
    earliest, latest = edtf_dates.bounds(when)
    if cued and cued.status == "cancelled":
        return cued
    if earliest and earliest > published and (not cued or cued.status != "proposed"):
        return Reading("planned", "date after publication", cued.span if cued else None)
    past = latest is not None and latest < published
    if cued and cued.status == "proposed" and not past:
        return cued
    if cued and cued.status == "planned" and not past and tense != "past":
        return cued
    if tense == "future" and not past:
        return Reading("planned", "future tense")
    if cued and cued.status == "ongoing" and trigger.kind in ("protest", "crackdown") and latest is None:
        return cued
    return Reading("occurred", "tense" if tense == "past" else "default")


def _cued(sentence: str, trigger: Trigger, words: tuple[int, int]) -> Reading | None:
    start, end = words
    for name in ("cancelled", "proposed", "planned", "ongoing"):
        if name == "cancelled" and trigger.kind not in VOTES:
            continue
        for pattern in cues()[name]:
            match = pattern.search(sentence, start, end)
            if match is None:
                continue
            if name == "cancelled" and cues()["moved"][0].search(sentence, start, end):
                return Reading("planned", "moved to a new date", Span(match.start(), match.end()))
            return Reading(cast("Status", name), f"cue: {name}", Span(match.start(), match.end()))
    return None


def _tense(verbs: list[Token]) -> str:
    """ "past", "present", "future", "modal" or "none": of the nearest verb in the chain that shows one."""
    for verb in verbs:
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
            return "past" if forms & {"has", "have", "’ve", "'ve"} else "present"
    return "none"


def _unreal(
    doc: Doc, head: Token, verbs: list[Token], trigger: Trigger, words: tuple[int, int]
) -> Reading | None:
    """A Reading without status if a condition, a negation or a wish holds the trigger."""
    for verb in verbs[:3]:
        marks = {child.lower_ for child in verb.children if child.dep_ in ("mark", "advmod")}
        if marks & {"if", "unless"}:
            return Reading(None, "condition")
        first = min((child for child in verb.children), key=lambda child: child.i, default=verb)
        if first.lower_ in ("should", "were", "had") and first.dep_ in ("aux", "auxpass") and first.is_title:
            return Reading(None, "inverted condition")
    if any(child.lower_ == "no" and child.dep_ in ("det", "neg") for child in head.children):
        return Reading(None, "no such event")
    if parsing.negated(verbs[0]) and trigger.kind not in VOTES:
        return Reading(None, "negated")
    perfect = {helper.lower_ for helper in parsing.auxiliaries(verbs[0])}
    if perfect & {"would", "could", "might"} and perfect & {"have"}:
        return Reading(None, "unreal past")
    if trigger.kind in ("protest", "crackdown") and perfect & {"could", "might", "may", "would", "should"}:
        return Reading(None, "modal")
    return None
