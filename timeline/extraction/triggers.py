"""Which words of a sentence tell of an event: the cheap scan that decides what meets the parser."""

import re
from dataclasses import dataclass
from functools import lru_cache

from timeline.extraction import lexicon, places
from timeline.extraction.lexicon import TriggerRule
from timeline.extraction.records import Span

# How far around a trigger its own context is looked at.
_NEAR = 40
# How far before a sentence what it speaks of may have been named, in code points.
_BEFORE = 1500
# An item of the day's news, shorter than this, has no room for many political words.
_SHORT = 1200


@dataclass(frozen=True, slots=True)
class Topic:
    """What an article as a whole is about, as far as triggers ask."""

    political: bool
    figurative: bool


@dataclass(frozen=True, slots=True)
class Trigger:
    """A match of a rule; `start:end` are offsets into the text, `step` the step in making a constitution."""

    start: int
    end: int
    rule: TriggerRule
    step: str

    @property
    def kind(self) -> str:
        return self.rule.kind


@lru_cache(maxsize=1)
def _step_of() -> dict[str, str]:
    """Step in making a constitution by the participle that tells of it."""
    steps: dict[str, list[str]] = lexicon.table("constitutional_change")["steps"]
    return {word: step for step, words in steps.items() for word in words}


def topic(text: str) -> Topic:
    """What the article is about; a sport, business or show report has only figures of speech."""
    tests = lexicon.article_tests()
    political, figurative = (
        {match.lower() for match in tests[name].pattern.findall(text)} for name in ("political", "figurative")
    )
    playful = len(figurative) >= tests["figurative"].least and len(figurative) > len(political)
    least = 1 if len(text) < _SHORT else tests["political"].least
    return Topic(len(political) >= least, playful)


def scan(text: str, sentence: Span, about: Topic) -> list[Trigger]:
    """The triggers of one sentence in text order, none inside another of the same kind."""
    if about.figurative:
        return []
    found: list[Trigger] = []
    words = text[sentence.start : sentence.end]
    for kind in lexicon.kinds():
        if not kind.hint.search(words):
            continue
        of_kind = [
            Trigger(sentence.start + match.start(), sentence.start + match.end(), rule, _step(rule, match))
            for rule in kind.triggers
            for match in _matches(rule, text, sentence, about)
        ]
        found += _apart(of_kind)
    return sorted(found, key=lambda trigger: (trigger.start, trigger.end))


def _step(rule: TriggerRule, match: re.Match[str]) -> str:
    if rule.step:
        return rule.step
    groups = match.groupdict()
    word = (groups.get("step") or groups.get("step2") or "").lower()
    return _step_of().get(word.split(" ", 1)[0], "")


def _matches(rule: TriggerRule, text: str, sentence: Span, about: Topic) -> list[re.Match[str]]:
    """Where the rule holds; the matches' offsets are into the sentence."""
    if rule.political and not about.political:
        return []
    words = text[sentence.start : sentence.end]
    matches = [match for match in rule.pattern.finditer(words) if match.end() > match.start()]
    if not matches or (rule.unless_sentence and rule.unless_sentence.search(words)):
        return []
    contexts = lexicon.contexts()
    here = any(contexts[name].search(words) for name in rule.needs)
    if not here and rule.near:
        here = bool(contexts[rule.near].search(text, max(0, sentence.start - _BEFORE), sentence.end))
    if not here and (rule.needs or rule.near):
        return []
    return [match for match in matches if _stands(rule, words, match)]


def _stands(rule: TriggerRule, words: str, match: re.Match[str]) -> bool:
    if rule.unless_after and rule.unless_after.match(words, match.end()):
        return False
    if rule.unless_before and rule.unless_before.search(words[max(0, match.start() - _NEAR) : match.start()]):
        return False
    people = match.groupdict().get("people")
    return not people or places.is_people(people)


def _apart(triggers: list[Trigger]) -> list[Trigger]:
    """Longest first, those that overlap a kept one dropped."""
    kept: list[Trigger] = []
    for trigger in sorted(triggers, key=lambda trigger: (trigger.rule.soft, trigger.start - trigger.end)):
        if all(trigger.end <= other.start or trigger.start >= other.end for other in kept):
            kept.append(trigger)
    return kept
