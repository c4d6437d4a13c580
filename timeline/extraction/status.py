"""Whether an event happened, is going on, is planned, is wanted or was called off; or is none at all.

Cue words of the clause come first, then tense and mood of the governing verbs, then the event's date against
the day of publication.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from re import Pattern
from typing import TYPE_CHECKING, cast

from timeline import edtf_dates
from timeline.extraction import lexicon, parsing
from timeline.extraction.records import Span, Status
from timeline.extraction.triggers import Trigger

if TYPE_CHECKING:  # spaCy takes a second to import, and much of the program does without
    from spacy.tokens import Doc, Token

_MONTH = 31  # days
VOTES = ("referendum", "election", "vote")
# What the words of calling off are, kind by kind.
_OFF = {"protest": "cancelled_acts", "constitutional_change": "failed"} | dict.fromkeys(VOTES, "cancelled")


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
    lists = (
        "cancelled",
        "cancelled_acts",
        "failed",
        "set_for",
        "planned",
        "planned_acts",
        "ongoing",
        "denied",
    )
    return {name: tuple(lexicon.compiled(pattern) for pattern in data[name]) for name in lists} | {
        name: (lexicon.compiled(data[name]),) for name in ("moved", "held", "running")
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
    latest = edtf_dates.bounds(when).latest
    past = latest is not None and latest < published
    if called_off := _called_off(text, trigger):
        return called_off
    told_step = trigger.kind == "constitutional_change" and trigger.step
    act = trigger.kind == "crackdown" and trigger.step != "ban"
    wish = None if told_step or past or act else wanted(head)
    if wish is not None and not (_given(head) and _is_after(when, published)):
        return Reading("proposed", "wanted", Span(wish.idx, wish.idx + len(wish)))
    if not past and not told_step and _is_called(head, "proposed"):
        return Reading("proposed", "called proposed")
    tense = _tense(above)
    if not past and (planned := _planned(trigger, head, tense, text, when, published)):
        return planned
    if (
        not past
        and trigger.kind in ("protest", "crackdown")
        and (ongoing := _ongoing(trigger, tense, text, when))
    ):
        return ongoing
    return Reading("occurred", f"tense: {tense}" if tense != "none" else "default")


def _planned(
    trigger: Trigger, head: Token, tense: str, text: str, when: str, published: date
) -> Reading | None:
    """The Reading of something still to come, None if it isn't."""
    vote = trigger.kind in VOTES
    earliest, latest = edtf_dates.bounds(when)
    if earliest and earliest > published:
        return Reading("planned", "date after publication")
    if vote and not when and (rule := _vote_ahead(head, tense)):
        return Reading("planned", rule)
    if latest and latest > published and earliest is None and tense != "past":
        return Reading("planned", "date after publication")
    if trigger.step == "effect" and not when and tense == "present":
        return Reading("planned", "takes effect later")
    if vote and _is_counted(head):
        return None
    if vote and (ahead := _this_year(head, trigger, tense, when, published)):
        return ahead
    if vote and (cue := _cue(text, "set_for")):
        return Reading("planned", "cue: planned", cue)
    cue = _cue(text, "planned" if vote or trigger.kind == "constitutional_change" else "planned_acts")
    acts = head.tag_ in parsing.FINITE_PRESENT and head.lower_ not in ("is", "are")
    if acts and trigger.kind == "constitutional_change":
        return None  # "suspends the constitution, with elections due in May": the news is what is done
    if cue and tense not in ("past", "perfect"):
        return Reading("planned", "cue: planned", cue)
    return Reading("planned", "future tense") if tense == "future" else None


# Ways of repression that are over once done: what has been done since is a tally.
_DONE = frozenset(["arrest", "violence", "execution", "search"])


def _ongoing(trigger: Trigger, tense: str, text: str, when: str) -> Reading | None:
    """The Reading of something that goes on, None if it is over or nothing says that it isn't."""
    cue = _cue(text, "ongoing")
    tally = trigger.kind == "crackdown" and trigger.step in _DONE and tense == "perfect"
    open_ended = when.endswith("/..") and not tally
    if tense == "past" or not (open_ended or (cue and tense in ("present", "perfect", "none"))):
        return None
    return Reading("ongoing", "cue: ongoing" if cue else "since then", cue)


def _this_year(head: Token, trigger: Trigger, tense: str, when: str, published: date) -> Reading | None:
    """A vote of the year of publication is ahead if candidates run, or if it isn't told as held."""
    if not (_wide(when) and _is_within(published, when)):
        return None
    if cue := _cue(parsing.words(head.doc), "running"):
        return Reading("planned", "candidates run", cue)
    if tense in ("past", "perfect") or happens(head, trigger):
        return None
    return Reading("planned", "not told as held")


def is_today(head: Token, when: str, published: date) -> bool:
    """Whether voting told in the present tense is of today, though only the year is named."""
    return _wide(when) and _is_within(published, when) and _tense(parsing.chain(head)) == "present"


def _wide(when: str) -> bool:
    width = edtf_dates.width(when) if when else None
    return width is not None and width > _MONTH


def _is_within(published: date, when: str) -> bool:
    earliest, latest = edtf_dates.bounds(when)
    return earliest is not None and latest is not None and earliest <= published <= latest


def _is_counted(head: Token) -> bool:
    """Whether it is the vote's result that is spoken of: "ahead of the results of the election"."""
    return (
        head.dep_ == "pobj"
        and head.head.lower_ in ("of", "from", "in")
        and head.head.head.lower_ in ("result", "results", "outcome", "winner", "winners", "count", "loser")
    )


def in_general(head: Token, trigger: Trigger) -> bool:
    """Whether a vote is spoken of as such ("the scale of an election", "the election should decide")."""
    if trigger.kind not in VOTES or parsing.is_verb(head) or happens(head, trigger):
        return False
    if _tense(parsing.chain(head)) == "modal":
        return True
    return any(child.lower_ in ("a", "an", "any", "every") for child in head.children)


def _vote_ahead(head: Token, tense: str) -> str:
    """The rule by which a vote without a date is still to come, "" if none says so."""
    more = (child for child in head.children if child.dep_ == "relcl" and not parsing.is_verb(head))
    if any(_tense([child]) in ("modal", "future") for child in more):
        return "what it would do"
    return "until then" if tense == "present" and _until(parsing.governor(head)) else ""


def _until(verb: Token) -> bool:
    return any(
        child.dep_ == "mark" and child.lower_ in ("until", "till", "before") for child in verb.children
    )


def _given(head: Token) -> bool:
    """Whether the trigger is spoken of as settled: "this Sunday's referendum", "the election"."""
    return any(child.lower_ in ("the", "this") or child.dep_ == "poss" for child in head.children)


def _is_after(when: str, published: date) -> bool:
    earliest = edtf_dates.bounds(when).earliest
    return earliest is not None and earliest > published


def is_earlier(head: Token) -> bool:
    """Whether the trigger came before the news: told in the past beside the present tense, or "after" it."""
    after = head.head if head.dep_ == "pobj" else head
    if after.lower_ in ("after", "following", "since"):
        return True
    above = parsing.chain(head)
    return len(above) > 1 and above[-1].tag_ in parsing.FINITE_PRESENT and _tense(above[:1]) == "past"


def is_future(head: Token) -> bool:
    """Whether the trigger's clause, or one that says more of the trigger, looks ahead."""
    more = any(c.dep_ == "relcl" and _tense([c]) in ("future", "present") for c in head.children)
    return more or _tense(parsing.chain(head)[:1]) == "future"


def happens(head: Token, trigger: Trigger) -> bool:
    """Whether a vote is told as happening there and then: it is what is held, voted in or won."""
    if trigger.kind not in VOTES:
        return True
    if trigger.rule.id in _RESULTS:
        return False
    verb = parsing.governor(head)
    return parsing.is_verb(head) or verb.lower_ in verbs("holding") or not parsing.is_verb(verb)


def simple_past(head: Token) -> bool:
    """Whether the trigger's own clause is told in the simple past ("officers broke", "were arrested")."""
    verb = parsing.governor(head)
    forms = [verb, *parsing.auxiliaries(verb)]
    return any(form.tag_ == "VBD" and form.lower_ not in ("had", "'d") for form in forms)


# Told once the votes are counted, on whatever day after the vote that is.
_RESULTS = {"winner of the vote", "official figures", "result", "seats filled"}


def _called_off(sentence: str, trigger: Trigger) -> Reading | None:
    cue = _cue(sentence, _OFF[trigger.kind]) if trigger.kind in _OFF else None
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


def wanted(head: Token) -> Token | None:
    """The word whose complement the trigger is, if that word wants, proposes or promises it."""
    token = head
    own = parsing.governor(head)
    for _ in range(8):
        if token.head.i == token.i:
            return None
        if token.dep_ == "prep" and token.lower_ not in ("for", "of", "to", "on"):
            return None
        beside = token.dep_ == "conj" and "to" in {child.lower_ for child in token.head.children}
        beside = beside or {"for", "to"} <= {child.lower_ for child in token.children}  # "for them to march"
        if token.dep_ in ("advcl", "relcl", "conj") and parsing.is_verb(token) and not beside:
            return None  # but "promised to free them and hold a vote" promises both
        above = token.head
        wants = above.lower_ in verbs("want") and not (token.dep_ == "nsubj" and above.tag_ != "VBN")
        wants = wants and not _shown_by_count(above)
        if (
            wants
            and above.i != head.i
            and _wants_with(above, token, head)
            and not (above.i == own.i and above.dep_ == "amod")
        ):
            return above
        token = above
    return None


def _shown_by_count(verb: Token) -> bool:
    """Whether it is a count of votes that suggests it: "exit polls suggest the party lost"."""
    return any(
        child.dep_ == "nsubj"
        and child.lower_ in ("polls", "poll", "results", "returns", "figures", "tallies")
        for child in verb.children
    )


def _wants_with(above: Token, token: Token, head: Token) -> bool:
    if above.lower_ == "called" and any(child.dep_ == "auxpass" for child in above.children):
        return False  # "voters were called to the polls for a run-off"
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


def _on_condition(verb: Token) -> bool:
    """Whether the verb is what could happen if something else did."""
    modal = any(helper.lower_ in ("could", "would", "might", "may") for helper in parsing.auxiliaries(verb))
    return modal and any(
        child.dep_ == "advcl"
        and any(mark.dep_ == "mark" and mark.lower_ in ("if", "unless") for mark in child.children)
        for child in verb.children
    )


def _unreal(doc: Doc, head: Token, above: list[Token], trigger: Trigger) -> Reading | None:
    """A Reading without status if a condition, a negation, a question or a wish holds the trigger."""
    if parsing.words(doc).rstrip("\"”’')").endswith("?"):
        return Reading(None, "question")
    for verb in above[:3]:
        marks = {child.lower_ for child in verb.children if child.dep_ in ("mark", "advmod")}
        if marks & {"if", "unless"} or _on_condition(verb):
            return Reading(None, "condition")
        if _inverted(verb):
            return Reading(None, "inverted condition")
    if any(child.lower_ == "no" and child.dep_ in ("det", "neg") for child in head.children):
        return Reading(None, "no such event")
    if _ruled_out(head):
        return Reading(None, "ruled out")
    if _is_called(head, *_none()["not_yet"]):
        return Reading(None, "may never be")
    if trigger.kind in VOTES:
        not_held = above[0].lower_ in verbs("making") and parsing.negated(above[0])
        return Reading(None, "not held") if not_held else None
    if parsing.negated(above[0]):
        return Reading(None, "negated")
    if trigger.kind in ("protest", "crackdown") and _not_done(above):
        return Reading(None, "not done")
    helpers = {helper.lower_ for helper in parsing.auxiliaries(above[0])}
    if helpers & {"could", "might", "may", "would", "should"} and trigger.kind in ("protest", "crackdown"):
        return Reading(None, "modal")
    return None


def _not_done(above: list[Token]) -> bool:
    """Whether the trigger's verb is what somebody deserves, threatens or refuses to do."""
    infinitive = any(helper.tag_ == "TO" for helper in parsing.auxiliaries(above[0]))
    return infinitive and len(above) > 1 and above[1].lower_ in _none()["infinitives"]


def _inverted(verb: Token) -> bool:
    """Whether the clause is a condition without "if": "should it fail", "had they won"."""
    subjects = [child.i for child in verb.children if child.dep_ in ("nsubj", "nsubjpass")]
    return any(
        child.lower_ in ("should", "were", "had")
        and (child.i == verb.sent.start or child.i < min(subjects, default=0))
        for child in verb.children
        if child.dep_ in ("aux", "auxpass")
    )


@lru_cache(maxsize=1)
def _none() -> dict[str, frozenset[str]]:
    return {name: frozenset(words) for name, words in lexicon.table("status")["none"].items()}


def _is_called(head: Token, *adjectives: str) -> bool:
    """Whether the trigger's noun has one of the adjectives: "their proposed referendum"."""
    return any(child.dep_ == "amod" and child.lower_ in adjectives for child in head.children)


def _ruled_out(head: Token) -> bool:
    """Whether the trigger hangs on words that rule it out: "ruled out a vote", "no plans", "is unlikely"."""
    verb = parsing.governor(head)
    if head.dep_ in ("dobj", "pobj") and verb.lower_ in _none()["verbs"]:
        return any(child.lower_ == "out" for child in verb.children)
    if head.dep_ == "nsubj" and any(
        child.dep_ == "acomp" and child.lower_ in _none()["adjectives"] for child in verb.children
    ):
        return True
    nouns = [token for token in (head, *head.ancestors)[1:6] if token.lower_ in _none()["nouns"]]
    return any(child.lower_ == "no" for noun in nouns for child in noun.children)
