"""Which words of a sentence tell of an event: the cheap scan that decides what meets the parser."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from timeline.extraction import clock, lexicon, places
from timeline.extraction.lexicon import Expression, TriggerRule
from timeline.extraction.records import Span

# How far around a trigger its own context is looked at.
_NEAR = 60
# How far before a verb its subject is looked for.
_SUBJECT = 70
# A sentence has six at most; what has more than this is none, and is read no further.
_MOST = 30
# An item of the day's news, shorter than this, has no room for many political words.
_SHORT = 1200
# In a long article, such as an interview, words of every subject stand: one more is asked for each so many.
_LONG = 8000


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
        return self._enough("political", lambda: self._political_words)

    @cached_property
    def repressive(self) -> bool:
        """Whether it is about a state that goes after its opponents."""
        return self._enough("repressive", lambda: self._different("repressive") + self._different("seizures"))

    @cached_property
    def figurative(self) -> bool:
        """Whether it is about sport, business or show, whose elections and rallies are figures of speech."""
        return self._playful >= lexicon.article_tests()["figurative"].least and (
            self._playful > self._political_words
        )

    @cached_property
    def playful(self) -> bool:
        """Whether it is about those all the same, however many words of politics it plays with."""
        enough = self._playful >= lexicon.article_tests()["figurative"].least_playful
        return enough and 3 * self._playful >= 2 * self._political_words

    @cached_property
    def _playful(self) -> int:
        return self._different("figurative")

    def _enough(self, name: str, different: Callable[[], int]) -> bool:
        test = lexicon.article_tests()[name]
        if self._short:
            one = test.least_short == 1
            found = test.pattern.search(self._text) is not None if one else self._different(name)
            return found >= test.least_short
        return different() >= test.least + len(self._text) // _LONG

    @property
    def _short(self) -> bool:
        return len(self._text) < _SHORT

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
    if not firm or about.figurative:
        return {}
    return _of_lands(text, sentences, found) if about.playful else found


def _of_lands(
    text: str, sentences: Sequence[Span], found: dict[int, list[Trigger]]
) -> dict[int, list[Trigger]]:
    """Elections of a land that the sentence names: an article on sport may tell of those beside its play."""
    kept: dict[int, list[Trigger]] = {}
    for index, hits in found.items():
        named = places.find(text[sentences[index].start : sentences[index].end])
        elections = [trigger for trigger in hits if trigger.kind == "election" and not trigger.rule.broad]
        if elections and any(place.sort == "country" for place in named):
            kept[index] = elections
    return kept


def _tells(trigger: Trigger) -> bool:
    """Whether a trigger can open an event, rather than only point at one told elsewhere."""
    pointing = trigger.rule.soft or trigger.kind in ("vote", "toll")
    return not pointing or bool(trigger.rule.default)


def scan(text: str, span: Span, about: Topic) -> list[Trigger]:
    """The first triggers of one sentence in text order, none inside another of the same kind."""
    clock.check()
    possible = lexicon.prefilter().may_match(text[span.start : span.end])
    if not possible:
        return []
    sentence = _Sentence(text, span)
    of_kind: dict[str, list[Trigger]] = {}
    for vocabulary, rule in possible:
        found = _matches(rule, sentence, about)
        if found and not (vocabulary.unless and sentence.has(vocabulary.unless)):
            of_kind.setdefault(vocabulary.kind, []).extend(
                Trigger(span.start + match.start(), span.start + match.end(), rule, _step(rule, match))
                for match in found
            )
    apart = [trigger for triggers in of_kind.values() for trigger in _apart(triggers)]
    return sorted(apart, key=lambda trigger: (trigger.start, trigger.end))[:_MOST]


class _Sentence:
    """A sentence that remembers what was found in it: many rules ask for the same contexts."""

    def __init__(self, text: str, span: Span) -> None:
        self.text = text
        self.span = span
        self.words = text[span.start : span.end]
        self._possible = frozenset(lexicon.context_prefilter().may_match(self.words))
        self._found: dict[Expression, bool] = {}
        self._found_before: dict[tuple[Expression, int], bool] = {}

    def has(self, pattern: Expression) -> bool:
        """Whether the pattern, one of `lexicon.context_prefilter`, is found in it."""
        if pattern not in self._possible:
            return False
        if pattern not in self._found:
            self._found[pattern] = pattern.compiled.search(self.words) is not None
        return self._found[pattern]

    def has_near(self, pattern: Expression, within: int) -> bool:
        """Whether the pattern is found in it, or not further than that before it."""
        if (pattern, within) not in self._found_before:
            start = max(0, self.span.start - within)
            self._found_before[pattern, within] = (
                pattern.compiled.search(self.text, start, self.span.end) is not None
            )
        return self._found_before[pattern, within]


def _step(rule: TriggerRule, match: re.Match[str]) -> str:
    if rule.step:
        return rule.step
    groups = match.groupdict()
    word = (groups.get("step") or groups.get("step2") or "").lower()
    return _step_of().get(word.split(" ", 1)[0], "")


def _matches(rule: TriggerRule, sentence: _Sentence, about: Topic) -> list[re.Match[str]]:
    """Where the rule holds; the matches' offsets are into the sentence."""
    if (rule.political and not about.political) or (rule.repressive and not about.repressive):
        return []
    beside = _has_beside(rule, sentence)
    if not (beside or rule.near):
        return []
    first = rule.pattern.compiled.search(sentence.words)
    # What stands before the sentence is long, so it is looked through last.
    if not first or not (beside or _has_before(rule, sentence)):
        return []
    if rule.unless_sentence and sentence.has(rule.unless_sentence):
        return []
    return list(_standing(rule, sentence.words, first))


def _has_beside(rule: TriggerRule, sentence: _Sentence) -> bool:
    """Whether one of the contexts that the rule needs is in the sentence; true of one that needs none."""
    contexts = lexicon.contexts()
    return not (rule.needs or rule.near) or any(sentence.has(contexts[name]) for name in rule.needs)


def _has_before(rule: TriggerRule, sentence: _Sentence) -> bool:
    """Whether what will do instead is not far before the sentence."""
    return sentence.has_near(lexicon.contexts()[rule.near], rule.within)


def _standing(rule: TriggerRule, words: str, match: re.Match[str] | None) -> Iterator[re.Match[str]]:
    """The match and those after it that stand; where one doesn't, another may begin inside it."""
    while match:
        stands = match.end() > match.start() and _stands(rule, words, match)
        if stands:
            yield match
        match = rule.pattern.compiled.search(words, match.end() if stands else match.start() + 1)


def _stands(rule: TriggerRule, words: str, match: re.Match[str]) -> bool:
    if rule.unless_after and rule.unless_after.compiled.match(words, match.end()):
        return False
    if rule.unless_before and rule.unless_before.compiled.search(
        words[max(0, match.start() - _NEAR) : match.start()]
    ):
        return False
    if rule.kind == "protest" and _is_name(words, match):
        return False
    if rule.subject and not _has_subject(rule.subject, words, match.start()):
        return False
    return _names_places(match)


def _has_subject(name: str, words: str, end: int) -> bool:
    before = lexicon.contexts()[name].compiled.finditer(words, max(0, end - _SUBJECT), end)
    return any(_names_places(match) for match in before)


def _names_places(match: re.Match[str]) -> bool:
    """Whether what the match takes for a people or a land is one."""
    groups = match.groupdict()
    people, land = groups.get("people"), groups.get("land")
    return (not people or places.is_people(people)) and (not land or places.is_place(land))


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
    for trigger in sorted(triggers, key=_rank):
        if all(_beside(trigger, other) for other in kept):
            kept.append(trigger)
    return kept


def _beside(trigger: Trigger, other: Trigger) -> bool:
    """Whether both may stay: they don't overlap, or it's for the parser to say that the kept one is none."""
    unsure = other.rule.head == "verb" and trigger.rule.head != "verb"
    return unsure or trigger.end <= other.start or trigger.start >= other.end


def _rank(trigger: Trigger) -> tuple[bool, bool, int]:
    """Those first that tell of an event by themselves; of words for a vote, those that say what for."""
    rule = trigger.rule
    pointing = rule.soft or (rule.kind == "vote" and not rule.default)
    return pointing, rule.broad, trigger.start - trigger.end
