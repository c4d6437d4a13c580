"""Which words of a sentence tell of an event: the cheap scan that decides what meets the parser."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from timeline.extraction import lexicon, places
from timeline.extraction.lexicon import TriggerRule
from timeline.extraction.records import Span

# How far around a trigger its own context is looked at.
_NEAR = 40
# How far before a sentence what it speaks of may have been named, in code points.
_BEFORE = 1500
# An item of the day's news, shorter than this, has no room for many political words.
_SHORT = 1200


class Topic:
    """What an article as a whole is about; asked for only where a trigger may stand, and answered once."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _political_words(self) -> int:
        return self._different("political")

    @cached_property
    def political(self) -> bool:
        """Whether it is about politics; in a short item of news one word tells."""
        least = 1 if len(self._text) < _SHORT else lexicon.article_tests()["political"].least
        return self._political_words >= least

    @cached_property
    def figurative(self) -> bool:
        """Whether it is about sport, business or show, whose elections and rallies are figures of speech."""
        playful = self._different("figurative")
        return playful >= lexicon.article_tests()["figurative"].least and playful > self._political_words

    def _different(self, name: str) -> int:
        return len({word.lower() for word in lexicon.article_tests()[name].pattern.findall(self._text)})


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


def find(text: str, sentences: Sequence[Span]) -> dict[int, list[Trigger]]:
    """The triggers of an article by number of sentence; none if nothing in it tells of an event by itself."""
    about = Topic(text)
    found = {index: hits for index, span in enumerate(sentences) if (hits := scan(text, span, about))}
    firm = any(_tells(trigger) for hits in found.values() for trigger in hits)
    return found if firm and not about.figurative else {}


def _tells(trigger: Trigger) -> bool:
    """Whether a trigger can open an event, rather than only point at one told elsewhere."""
    pointing = trigger.rule.soft or trigger.kind in ("vote", "toll")
    return not pointing or bool(trigger.rule.default)


def scan(text: str, sentence: Span, about: Topic) -> list[Trigger]:
    """The triggers of one sentence in text order, none inside another of the same kind."""
    found: list[Trigger] = []
    for kind in lexicon.hinted(text[sentence.start : sentence.end]):
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
    if rule.kind == "protest" and _is_name(words, match):
        return False
    people = match.groupdict().get("people")
    return not people or places.is_people(people)


_CAPITALS = re.compile(r"[A-Z]\w+ (?:Rally|March|Strike|Movement|Uprising)\b")
_LOWER = re.compile(r"\b[a-z]{4,}")


def _is_name(words: str, match: re.Match[str]) -> bool:
    """Whether the match is a proper name ("Democratic Rally") in a sentence that isn't all in capitals."""
    return (
        bool(_CAPITALS.search(words[max(0, match.start() - 20) : match.end()]))
        and len(_LOWER.findall(words)) > 2
    )


def _apart(triggers: list[Trigger]) -> list[Trigger]:
    """Longest first, those that overlap a kept one dropped."""
    kept: list[Trigger] = []
    for trigger in sorted(triggers, key=lambda trigger: (trigger.rule.soft, trigger.start - trigger.end)):
        if all(trigger.end <= other.start or trigger.start >= other.end for other in kept):
            kept.append(trigger)
    return kept
